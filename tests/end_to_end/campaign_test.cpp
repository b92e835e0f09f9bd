// The main job: suites run, results are whole, reproducible and continued.
#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;

class CampaignTest : public CommandTest {
 protected:
  static std::string suite() {
    return R"([suite]
name = "small"
seed = 7
[data]
source = "synthetic:40"
split = {test_ratio = 0.25, seeds = [0, 1]}
[budgets]
cells = [{name = "open"}, {name = "tight", latency_s = 12, cost_usd = 0.012}]
[training]
steps = 400
curve_every = 200
[[row]]
name = "random"
[[row]]
name = "random-masked"
plugin = "random"
parameters = {masked = true}
[[row]]
name = "epsilon-greedy"
training = {budgets = {sample = "uniform"}, slots = 4}
[[row]]
name = "greedy-per-cell"
plugin = "greedy-quality"
training = {budgets = "per_cell"}
[evaluation]
lenses = ["simulator", "held_out"]
models = ["knn", "table", "true_mean"]
oracle_nodes = 2000
)";
  }
  // The report without what may differ from run to run.
  nlohmann::json report(const std::string& folder) const {
    auto json = nlohmann::json::parse(read_text(folder_ / folder / "report.json"));
    json.erase("timing");
    json.erase("host");
    return json;
  }
};

TEST_F(CampaignTest, SameResultsForAnyJobsAndAfterLosingSome) {
  write("suite.toml", suite());
  ASSERT_EQ(run("run suite.toml --out one --jobs 1").status, 0);
  const Outcome two = run("run suite.toml --out two --jobs 2");
  ASSERT_EQ(two.status, 0) << two.err;
  EXPECT_EQ(report("one"), report("two"));
  for (const char* file : {"leaderboard.csv", "trials.csv"}) {
    EXPECT_EQ(read_text(folder_ / "one" / file), read_text(folder_ / "two" / file));
  }
  std::map<std::string, std::filesystem::file_time_type> before;
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "two" / "trials")) {
    if (++count % 3 == 0) {
      std::filesystem::remove(entry.path());
    } else {
      before[entry.path().string()] = std::filesystem::last_write_time(entry.path());
    }
  }
  EXPECT_EQ(count, 8);
  const Outcome again = run("run suite.toml --out two --jobs 2");
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("2 trials run"));
  EXPECT_EQ(report("one"), report("two"));
  for (const auto& [file, time] : before) EXPECT_EQ(std::filesystem::last_write_time(file), time);
}

TEST_F(CampaignTest, DryRunRunsNothing) {
  write("suite.toml", suite());
  const Outcome outcome = run("run suite.toml --out results --dry-run");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("8 trials"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "results" / "trials"));
}

TEST_F(CampaignTest, MaskedRowsNeverViolate) {
  write("suite.toml", suite());
  ASSERT_EQ(run("run suite.toml --out results").status, 0);
  int checked = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "results" / "trials")) {
    const auto text = read_text(entry.path());
    const auto json = nlohmann::json::parse(text);
    const auto& trial = json.contains("trial")     ? json["trial"]
                        : json.contains("payload") ? json["payload"]
                                                   : json;
    if (trial["row"] != "random-masked") continue;
    for (const auto& cell : trial["cells"]) {
      EXPECT_EQ(cell["masked_actions"], 0);
      ++checked;
      if (cell["cell"] != "tight") continue;
      for (const double latency_s : cell["latency_s"]) EXPECT_LE(latency_s, 12);
      for (const double cost_usd : cell["cost_usd"]) EXPECT_LE(cost_usd, .012);
    }
  }
  EXPECT_EQ(checked, 4);
}

TEST_F(CampaignTest, WallLimitFailsTheRow) {
  write("suite.toml", suite() +
                          "[[row]]\nname = \"slow\"\nplugin = \"epsilon-greedy\"\n"
                          "training = {steps = 1000000000, wall_limit_s = 0.3}\n");
  const std::string text = read_text(folder_ / "suite.toml");
  const auto evaluation = text.find("[evaluation]");
  const auto slow = text.find("[[row]]\nname = \"slow\"");
  write("suite.toml",
        text.substr(0, evaluation) + text.substr(slow) + text.substr(evaluation, slow - evaluation));
  const Outcome outcome = run("run suite.toml --out results");
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  EXPECT_THAT(outcome.err,
              HasSubstr("took longer than its 0.3 s: raise wall_limit_s in the training of the row"));
}

}  // namespace
}  // namespace offload::testing
