// offload-simulated-log TABLE... [--logs N] [--seed N]: hides all but one arm per query of tables of known
// outcomes, trains rows on what is left and asks which verdicts on them may be believed (README.md). Prints
// Markdown tables; the same arguments give the same bytes.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/workers.hpp"
#include "data/dataset.hpp"
#include "offload/random.hpp"
#include "study.hpp"

namespace offload::simulated_log {
namespace {

void print(const World& world, const LoggingPolicy& policy, const std::vector<LogVerdicts>& logs) {
  fmt::print(
      "\n**{}, {}** ({} logs of {} queries x {} arms; effective sample size {:.0f} % of the test half)\n\n",
      world.name, policy.name, logs.size(), world.queries(), world.arms,
      100 * median_effective_share(logs, world.queries() / 2));
  fmt::print(
      "| estimator | bias | rmse | 95 % holds | sign right | sure | sure and wrong | bought v per task |\n"
      "|:--|--:|--:|--:|--:|--:|--:|--:|\n");
  for (std::size_t e = 0; e < kEstimators; ++e) {
    const Summary s = summarise(logs, static_cast<Estimator>(e));
    fmt::print("| {} | {:+.4f} | {:.4f} | {:.2f} | {} of {} | {} | {} | {} of {} |\n", kEstimatorNames[e],
               s.bias, s.rmse, s.coverage, s.right, s.signs, s.sure, s.sure_and_wrong, s.bought_right,
               s.bought);
  }
}

void study(const World& world, int logs, std::uint64_t seed, std::size_t workers) {
  for (const LoggingPolicy& policy : kLoggingPolicies) {
    std::vector<LogVerdicts> verdicts(static_cast<std::size_t>(logs));
    parallel_for(verdicts.size(), workers, [&](std::size_t log, std::size_t) {
      verdicts[log] = judge(world, policy, stream(seed, log));
    });
    print(world, policy, verdicts);
  }
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
  for (const std::string& table : tables) {
    study(make_world(std::filesystem::path(table).stem().string(), load_dataset(table, 0, {}, {})), logs,
          seed, jobs);
  }
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
