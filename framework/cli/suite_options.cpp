#include "cli/suite_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/range.hpp"

namespace offload::cli {

void add_suite_options(CLI::App& verb, SuiteOptions& options) {
  verb.add_option("--dataset", options.dataset, "Data set in place of the suite's: a file or synthetic:N");
  verb.add_option("--set", options.set,
                  "KEY=VALUE: a value in place of the suite's, such as training.steps=1000 or "
                  "row.rc-ppo.parameters.clip_range=0.1; repeatable")
      ->allow_extra_args(false);
  verb.add_option("--seed", options.seed, "The suite's seed, as --set suite.seed=N");
  verb.add_option("--runs", options.runs,
                  "Runs of every row: so many of the suite's seeds, folds or trainings")
      ->check(whole(1, 1000));
}

Suite suite_of(const std::string& file, const SuiteOptions& options) {
  SuiteChanges changes;
  changes.dataset = options.dataset;
  for (const std::string& text : options.set) changes.set.push_back(toml_assignment(text, "--set"));
  if (options.seed) changes.set.push_back({"suite.seed", *options.seed, "--seed " + *options.seed});
  if (options.runs == 0) return read_suite(file, changes);
  const std::string place = fmt::format("--runs {}", options.runs);
  changes.set.push_back(runs_of(read_suite(file, changes), options.runs, place));
  return read_suite(file, changes);
}

}  // namespace offload::cli
