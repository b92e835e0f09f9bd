// A campaign whose undisturbed outcome is known, for tests that disturb it.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"

namespace offload::testing {

class Undisturbed : public CommandTest {
 protected:
  static constexpr std::ptrdiff_t kTrials = 3 * 4;
  static constexpr std::size_t kJobs = kTrials + 3;  // and exact policies

  void SetUp() override {
    CommandTest::SetUp();
    write("suite.toml", suite());
  }

  // A name for the processes that a plugin starts and leaves, 15 characters at most.
  static std::string mark() { return fmt::format("mark-{}", getpid()); }

  static std::string suite() {
    return fmt::format(R"([suite]
name = "disturbed"
seed = 7
[data]
source = "synthetic:24"
split = {{test_ratio = 0.25, seeds = [0, 1, 2]}}
[budgets]
cells = [{{name = "open"}}, {{name = "tight", latency_s = 12, cost_usd = 0.012}}]
[training]
steps = 2000
curve_every = 1000
[[row]]
name = "random"
[[row]]
name = "epsilon-greedy"
training = {{budgets = {{sample = "uniform"}}, slots = 4}}
[[row]]
name = "greedy-per-cell"
plugin = "greedy-quality"
training = {{budgets = "per_cell"}}
[[row]]
name = "leaves-children"
plugin = "hostile"
parameters = {{harm = "children", name = "{}"}}
[evaluation]
oracle_nodes = 200
)",
                       mark());
  }

  // What identity is about: report.json without what may differ, and the two tables.
  std::string outcome(const std::string& folder) const {
    auto report = nlohmann::json::parse(read_text(folder_ / folder / "report.json"));
    report.erase("timing");
    report.erase("host");
    return report.dump(1) + read_text(folder_ / folder / "leaderboard.csv") +
           read_text(folder_ / folder / "trials.csv");
  }

  void run_undisturbed() {
    const Outcome calm = run("run suite.toml --out calm --jobs 2 --plugin-dir " BAD_PLUGINS);
    ASSERT_EQ(calm.status, 0) << calm.err;
    undisturbed_ = outcome("calm");
  }

  // Also that no half-written file is left.
  void expect_undisturbed(const std::string& folder) const {
    EXPECT_EQ(outcome(folder), undisturbed_);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / folder)) {
      EXPECT_NE(entry.path().extension(), ".tmp") << entry.path();
    }
  }

  std::string undisturbed_;
};

}  // namespace offload::testing
