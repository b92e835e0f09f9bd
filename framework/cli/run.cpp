// `offload-bench run`: a suite from TOML to a results folder and a leaderboard.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <numeric>
#include <system_error>

#include "campaign/campaign.hpp"
#include "campaign/debug_trial.hpp"
#include "campaign/plan.hpp"
#include "campaign/plan_text.hpp"
#include "campaign/results_folder.hpp"
#include "cli/jobs.hpp"
#include "cli/progress.hpp"
#include "cli/range.hpp"
#include "cli/signals.hpp"
#include "cli/suite_options.hpp"
#include "cli/terminal.hpp"
#include "cli/usage/shell_lines.hpp"
#include "cli/verbs.hpp"
#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/plain_file.hpp"
#include "report/report.hpp"
#include "report/terminal/terminal_table.hpp"

namespace offload::cli {
namespace {

struct RunOptions {
  std::vector<std::string> suites;
  SuiteOptions suite;
  std::string out;
  std::vector<std::string> plugin_folders;
  std::string shard;
  std::string debug, split;
  int jobs = 0;
  bool dry_run = false;
};

int exit_status(const CampaignOutcome& outcome, const Report& report) {
  if (outcome.signal != 0) return 128 + outcome.signal;
  return report.clean() ? 0 : 1;
}

Shard parse_shard(const std::string& text) {
  if (text.empty()) return {};
  Shard shard{0, 0};
  const char* const end = text.data() + text.size();
  const auto [slash, index_error] = std::from_chars(text.data(), end, shard.index);
  if (index_error == std::errc() && slash != end && *slash == '/') {
    const auto [rest, count_error] = std::from_chars(slash + 1, end, shard.count);
    if (count_error == std::errc() && rest == end && shard.index >= 1 && shard.index <= shard.count)
      return shard;
  }
  fail(ErrorKind::config, "--shard {}: expected K/N with 1 <= K <= N, such as 2/8", printable(text));
}

// Returns the number of lines.
int print_outcome(const CampaignOutcome& outcome, const std::string& folder) {
  const JobCounts &trials = outcome.trials, &references = outcome.references;
  std::string out =
      fmt::format("{} run, {} failed, {} already done\n", counted(trials.finished + trials.failed, "trial"),
                  trials.failed, trials.kept);
  if (references.finished + references.failed + references.kept > 0) {
    out += fmt::format("exact policies of {} computed, {} failed, {} already done\n",
                       counted(references.finished + references.failed, "split"), references.failed,
                       references.kept);
  }
  out += fmt::format("results in {0}; to read in a browser:\n{0}/report.html\n\n", folder);
  fmt::print("{}", out);
  return static_cast<int>(std::ranges::count(out, '\n'));
}

// After a first signal, which leaves jobs out: `planned` is how many there were.
void tell_how_to_go_on(const CampaignOutcome& outcome, std::size_t planned) {
  for (const JobCounts* jobs : {&outcome.trials, &outcome.references})
    planned -= jobs->finished + jobs->failed + jobs->kept;
  if (outcome.signal == 0 || planned == 0) return;
  tell("stopped: {} not run; the same command goes on with {}\n",
       counted(planned, "job") + (planned == 1 ? " has" : " have"), planned == 1 ? "it" : "them");
}

// Before anything is written there.
void tell_of_another_plan(const Plan& plan, const std::filesystem::path& folder) {
  const std::string left = left_by_another_plan(plan, near(folder));
  if (!left.empty()) tell("{}\n", left);
}

// Besides those of the report. Its copy of the suite is not in its own way.
std::vector<std::string> names_written(const std::string& suite, const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::equivalent(suite, folder / "suite.toml", error)) return {"inputs"};
  return {"suite.toml", "inputs"};
}

// Until the jobs begin there is nothing to lose, and a signal ends the command at once.
int run_suite(const std::string& file, const RunOptions& options) {
  const Shard shard = parse_shard(options.shard);
  Suite suite = suite_of(file, options.suite);
  const bool several = options.suites.size() > 1;
  const std::filesystem::path out = options.out.empty() ? "results" : options.out;
  const auto folder =
      std::filesystem::absolute(options.out.empty() || several ? out / file_name(suite.name) : out);
  require_report_folder(folder, names_written(file, folder));  // before data are read
  const PluginSearch search({options.plugin_folders.begin(), options.plugin_folders.end()});
  Plan plan = make_plan(std::move(suite), search, folder);
  const std::string task = task_sentence(plan.stored.task);
  if (!task.empty()) put("{}\n", printable(task, 400));
  if (options.dry_run) {
    tell_of_another_plan(plan, folder);
    put("{}", plan_text(plan, folder, known_width() > 0 ? table_width() : 0));
    return 0;
  }
  tell_of_another_plan(plan, folder);
  const ResultsFolder results(plan, folder);
  ProgressLine progress;
  const int jobs = options.jobs > 0 ? options.jobs : default_jobs();
  const std::vector<std::uint32_t> numbers = jobs_of(plan, shard);
  const CampaignOutcome outcome =
      run_campaign(plan, numbers, results.store(), jobs, progress, catch_signals());
  release_signals();
  if (signals_so_far().count > 1) {
    tell("ended at once; finished trials are kept: the same command goes on with the others\n");
    return 128 + signals_so_far().last;
  }
  const Report report = report_of(std::move(plan.stored), {folder});
  write_report(folder, report);
  const int lines = print_outcome(outcome, near(folder).string());
  fmt::print("{}", terminal_screen(shown_of(report), {wants_color(), table_width(), kScreenLines - lines,
                                                      command_for_all(near(folder).string())}));
  tell_how_to_go_on(outcome, numbers.size());
  return exit_status(outcome, report);
}

// What a trial comes to, for who looks for why it does not come to more.
void print_trial(const TrialResult& result) {
  const TrainingResult& training = result.training;
  put("row {} on split {}: {}, {}, {}; nothing was stored\n", printable(result.row), printable(result.split),
      counted(training.steps, "step"), counted(training.episodes, "episode"),
      counted(training.gradient_steps, "gradient step"));
  for (const std::string& name : training.not_finite)
    put("scalar {} is no finite number at the end\n", printable(name));
  for (const CellResult& cell : result.cells) {
    std::map<std::uint16_t, std::size_t> actions;
    for (const auto& episode : cell.decisions) {
      for (const std::uint16_t action : episode) ++actions[action];
    }
    const std::vector<double>& reward = cell.scores.front().reward;
    const double mean =
        std::accumulate(reward.begin(), reward.end(), 0.0) / static_cast<double>(reward.size());
    std::string taken;
    for (const auto& [action, count] : actions)
      taken += fmt::format("{}{}: {}", taken.empty() ? "" : ", ", action, count);
    put("cell {}: reward {:.3f}, decisions by action: {}\n", printable(cell.cell), mean, taken);
  }
}

int debug(const RunOptions& options) {
  if (options.suites.size() > 1) fail(ErrorKind::config, "--debug: one suite at a time");
  const PluginSearch search({options.plugin_folders.begin(), options.plugin_folders.end()});
  const auto folder = std::filesystem::temp_directory_path() / "offload-bench-cache";
  print_trial(debug_trial(suite_of(options.suites.front(), options.suite), options.debug, options.split,
                          search, folder, [](double) {}));
  return 0;
}

// Each into a folder of its own; the worst exit status. A signal ends all.
int run(const RunOptions& options) {
  if (!options.debug.empty() && options.dry_run)
    fail(ErrorKind::config, "--debug runs a trial, and --dry-run none; give one of them");
  if (!options.debug.empty()) return debug(options);
  if (!options.split.empty()) fail(ErrorKind::config, "--split: only with --debug ROW");
  std::map<std::string, std::string> named;
  for (const std::string& file : options.suites) {
    if (options.suites.size() == 1) break;
    const auto [first, added] = named.emplace(suite_of(file, options.suite).name, file);
    if (added) continue;
    fail(ErrorKind::config, "{}: has the name '{}' of {}; give each suite a name of its own", printable(file),
         printable(first->first), printable(first->second));
  }
  int status = 0;
  for (const std::string& suite : options.suites) {
    status = std::max(status, run_suite(suite, options));
    if (status > 128) break;
  }
  return status;
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* verb = app.add_subcommand("run", "Runs a suite: trials, reports, leaderboard");
  verb->add_option("suite", options->suites,
                   "The suite's TOML file; of several each gets a folder below --out")
      ->required();
  add_suite_options(*verb, options->suite);
  verb->add_option("--out", options->out, "Results folder [results/<suite name>]");
  verb->add_option("--jobs", options->jobs, "Trials at once [number of processors]")->check(whole(1, 1024));
  verb->add_option("--shard", options->shard,
                   "K/N: only the K-th of N equal parts; report or copy the folders together");
  verb->add_option("--plugin-dir", options->plugin_folders, "Folder of plugins, searched first; repeatable");
  verb->add_option("--debug", options->debug,
                   "ROW: one trial of it in this very process, without limits: for debuggers and sanitizers");
  verb->add_option("--split", options->split, "With --debug: the split; left out: the first");
  verb->add_flag("--dry-run", options->dry_run, "Check everything and print the plan; run nothing");
  verb->footer(
      "Running again does what is missing. A first SIGINT (Ctrl-C) or SIGTERM lets the running trials end, "
      "a\n"
      "second ends them within 2 s; finished trials are kept, and the exit status is 130 or 143.\n"
      "Example: offload-bench run benchmarks/suites/m4ai.toml --dataset M4A1.json --jobs 2");
  verb->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace offload::cli
