// offload-simulated-log TABLE... [--logs N] [--seed N]: hides all but one arm per query of tables of known
// outcomes, trains rows on what is left and asks which verdicts on them may be believed (README.md). Prints
// Markdown tables; the same arguments give the same bytes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/workers.hpp"
#include "data/dataset.hpp"
#include "offload/random.hpp"
#include "study.hpp"

namespace offload::simulated_log {
namespace {

using LogsOfPolicies = std::vector<std::vector<LogVerdicts>>;  // [logging policies][logs]

void print_details(const World& world, const LogsOfPolicies& logs) {
  for (std::size_t p = 0; p < logs.size(); ++p) {
    fmt::print(
        "\n**{}, {}** ({} queries, {} arms, {} tasks; {} logs; effective sample size {:.0f} % of the test "
        "half)\n\n",
        world.name, kLoggingPolicies[p].name, world.queries(), world.arms, world.tasks, logs[p].size(),
        100 * median_effective_share(logs[p], world.queries() / 2));
    fmt::print(
        "| estimator | bias | rmse | 95 % holds | sign right | sure | sure and wrong | bought v per task |\n"
        "|:--|--:|--:|--:|--:|--:|--:|--:|\n");
    for (std::size_t e = 0; e < kEstimators; ++e) {
      const Summary s = summarise(logs[p], static_cast<Estimator>(e));
      fmt::print("| {} | {:+.4f} | {:.4f} | {:.2f} | {} of {} | {} | {} | {} of {} |\n", kEstimatorNames[e],
                 s.bias, s.rmse, s.coverage, s.right, s.signs, s.sure, s.sure_and_wrong, s.bought_right,
                 s.bought);
    }
  }
}

// Over all tables, by logging policy.
void print_summary(const std::vector<std::string>& names, const std::vector<LogsOfPolicies>& worlds) {
  for (std::size_t p = 0; p < std::size(kLoggingPolicies); ++p) {
    fmt::print(
        "\n**{}**\n\n| estimator | rmse: {} | 95 % holds | sign right | sure | sure and wrong "
        "|\n|:--|{}--:|--:|--:|--:|\n",
        kLoggingPolicies[p].name, fmt::join(names, " | "),
        fmt::join(std::vector<std::string>(names.size(), "--:|"), ""));
    for (std::size_t e = 0; e < kEstimators; ++e) {
      fmt::print("| {} |", kEstimatorNames[e]);
      std::vector<LogVerdicts> all;
      for (const LogsOfPolicies& world : worlds) {
        fmt::print(" {:.4f} |", summarise(world[p], static_cast<Estimator>(e)).rmse);
        all.insert(all.end(), world[p].begin(), world[p].end());
      }
      const Summary s = summarise(all, static_cast<Estimator>(e));
      fmt::print(" {:.2f} | {:.0f} % of {} | {} | {} |\n", s.coverage, 100.0 * s.right / std::max(1, s.signs),
                 s.signs, s.sure, s.sure_and_wrong);
    }
  }
}

LogsOfPolicies study(const World& world, int logs, std::uint64_t seed, std::size_t workers) {
  LogsOfPolicies all(std::size(kLoggingPolicies), std::vector<LogVerdicts>(static_cast<std::size_t>(logs)));
  for (std::size_t p = 0; p < all.size(); ++p) {
    parallel_for(all[p].size(), workers, [&](std::size_t log, std::size_t) {
      all[p][log] = judge(world, kLoggingPolicies[p], stream(seed, log));
    });
  }
  return all;
}

int run(int argc, char** argv) {
  CLI::App app("How far verdicts from logs are from the truth of tables that tell it.",
               "offload-simulated-log");
  std::vector<std::string> tables;
  int logs = 20;
  std::uint64_t seed = 0;
  std::size_t jobs = 1;
  app.add_option("table", tables, "neutral tables with texts (offload-bench datasets import)")->required();
  app.add_option("--logs", logs, "logs per table and logging policy")->check(CLI::Range(1, 100000));
  app.add_option("--seed", seed, "of splits and logs");
  app.add_option("--jobs", jobs, "threads")->check(CLI::Range(1, 256));
  CLI11_PARSE(app, argc, argv);
  std::vector<std::string> names;
  std::vector<LogsOfPolicies> worlds;
  for (const std::string& table : tables) {
    names.push_back(std::filesystem::path(table).stem().string());
    const World world = make_world(names.back(), load_dataset(table, 0, {}, {}));
    worlds.push_back(study(world, logs, seed, jobs));
    print_details(world, worlds.back());
  }
  print_summary(names, worlds);
  return 0;
}

}  // namespace
}  // namespace offload::simulated_log

int main(int argc, char** argv) try {
  return offload::simulated_log::run(argc, argv);
} catch (const offload::Error& error) {
  fmt::print(stderr, "offload-simulated-log: {}\n", error.what());
  return error.exit_status();
}
