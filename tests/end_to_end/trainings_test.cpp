// Suites that train every row several times on a split ([training] runs, or seeds of splits given by ids).
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TrainingsTest : public CommandTest {
 protected:
  static std::string suite(const std::string& split, const std::string& training,
                           const std::string& more = "") {
    return "[suite]\nname = \"trainings\"\n[data]\nsource = \"synthetic:60\"\nsplit = " + split +
           "\n[training]\nsteps = 200\n" + training +
           "\n[budgets]\ncells = [{name = \"tight\", latency_s = 12, cost_usd = 0.012}]\n"
           "[[row]]\nname = \"local-only\"\n[[row]]\nname = \"epsilon-greedy\"\n" +
           more;
  }
  json report() const { return json::parse(read_text(folder_ / "results" / "trainings" / "report.json")); }
};

TEST_F(TrainingsTest, AreAveragedWithinTheirSplit) {
  write("suite.toml", suite("{test_ratio = 0.25, seeds = [0, 1]}", "runs = 3"));
  ASSERT_EQ(run("run suite.toml").status, 0);
  const json made = report();
  EXPECT_EQ(made["suite"]["trainings"], 3);
  EXPECT_THAT(made["suite"]["splits"],
              ElementsAre("seed0", "seed0-t1", "seed0-t2", "seed1", "seed1-t1", "seed1-t2"));
  EXPECT_EQ(made["suite"]["claim"]["claim"], "D");
  EXPECT_EQ(made["suite"]["claim"]["one_training_set"], false);
  EXPECT_THAT(made["evidence"]["runs"], ElementsAre("seed0", "seed1"));
  EXPECT_EQ(made["evidence"]["run"].size(), 30U);
  // One job of exact policies a split, which scores all of its trainings.
  EXPECT_EQ(json::parse(read_text(folder_ / "results/trainings/suite.json"))["references"].size(), 2U);
  EXPECT_TRUE(made["leaderboard"][0]["rows"][0]["score"].is_number());
  EXPECT_TRUE(made["leaderboard"][0]["rows"][0]["optimality_gap"].is_number());
  // A rule decides alike in every training; what learns does not.
  const json& rewards = made["cells"][0]["rows"];
  EXPECT_EQ(rewards[0]["scores"][0]["run_reward"][0], rewards[0]["scores"][0]["run_reward"][1]);
  EXPECT_NE(rewards[1]["scores"][0]["run_reward"][0], rewards[1]["scores"][0]["run_reward"][1]);
  EXPECT_EQ(run("verify results/trainings --train").status, 0);
  EXPECT_THAT(run("oracle suite.toml --split seed0-t1").err, HasSubstr("known: seed0, seed1"));
}

TEST_F(TrainingsTest, OfOneSplitAreItsRuns) {
  write("suite.toml",
        suite("{train_ids = [0,1,2,3,4,5,6,7,8,9], test_ids = [20,21,22,23,24,25], seeds = [0,1,2,3]}", ""));
  ASSERT_EQ(run("run suite.toml").status, 0);
  const json made = report();
  EXPECT_EQ(made["suite"]["trainings"], 4);
  EXPECT_EQ(made["suite"]["claim"]["one_training_set"], true);
  EXPECT_EQ(made["evidence"]["runs"].size(), 4U);
  EXPECT_TRUE(made["tests"][0]["pairs"][0]["fresh_data"]["p"].is_null());
}

TEST_F(TrainingsTest, DoNotGoWithTestsDrawnAnew) {
  write("suite.toml", suite("{test_ratio = 0.25}", "runs = 2",
                            "[environment]\nquirks = {evaluation_with_replacement = true}\n"));
  const Outcome refused = run("run suite.toml --dry-run");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("suite.toml:8: runs: the quirk evaluation_with_replacement"));
}

// Before a suite runs: more runs find smaller differences, and what a pilot showed replaces what is assumed.
TEST_F(TrainingsTest, PowerSaysWhatWillBeFound) {
  write("suite.toml",
        suite("{test_ratio = 0.25, seeds = [0, 1, 2, 3]}", "", "[evaluation]\noracle_nodes = 0\n"));
  const Outcome text = run("power suite.toml --difference 0.2");
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("trainings: 4 runs of 15 tests, 60 episodes; claim D"));
  EXPECT_THAT(text.out, HasSubstr("To find 0.2 in 80 %: "));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "results"));
  const json made = json::parse(run("power suite.toml --json").out);
  double last = 1e9;
  for (const json& line : made["lines"]) {
    if (line["episodes"] != 60) continue;
    EXPECT_LT(line["one_pair"].get<double>(), last);
    EXPECT_GE(line["family"], line["one_pair"]);
    last = line["one_pair"];
  }
  ASSERT_EQ(run("run suite.toml").status, 0);
  const Outcome pilot = run("power suite.toml --from results/trainings --json");
  EXPECT_EQ(pilot.status, 0) << pilot.err;
  EXPECT_NE(json::parse(pilot.out)["spread"], made["spread"]);
  EXPECT_EQ(run("power suite.toml --from results/trainings/report.json --json").out, pilot.out);
  EXPECT_EQ(run("power suite.toml --from nowhere").status, 5);
  EXPECT_EQ(run("power suite.toml --power 2").status, 2);
}

}  // namespace
}  // namespace offload::testing
