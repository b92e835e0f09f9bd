// What the command line says of a suite beside its file: --set, --seed, --runs.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class SetTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    write("suite.toml", R"(# a comment that stays
[suite]
name = "small"
[data]
source = "synthetic:40"
split = {seeds = [4, 7], test_ratio = 0.25}
[environment.quirks]
zero_reward_over_budget = false
[budgets]
cells = [{name = "open"}, {name = "tight", latency_s = 12, cost_usd = 0.012}]
[[row]]
name = "random"
[[row]]
name = "text.only"   # a name with a dot
plugin = "constant"
parameters = {action = 1}
[evaluation]
oracle_nodes = 0
)");
  }
  json plan(const std::string& options) const {
    const Outcome outcome = run("run suite.toml --out results " + options);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return json::parse(read_text(folder_ / "results" / "suite.json"));
  }
  std::string refused(const std::string& options) const {
    const Outcome outcome = run("run suite.toml --dry-run " + options);
    EXPECT_EQ(outcome.status, 2) << outcome.out;
    return outcome.err;
  }
};

TEST_F(SetTest, ValuesOfEveryPlaceAreSet) {
  const json resolved = plan(
      "--set training.steps=77 --set training.slots=2 --set 'row.\"text.only\".parameters.action=2' "
      "--set row.random.parameters.masked=true --set budgets.cells.tight.latency_s=13.5 --set "
      "environment.window=3 "
      "--set profile.network=WiFi --seed 9 --runs 3")["resolved"];
  EXPECT_EQ(resolved["suite"]["seed"], 9);
  EXPECT_EQ(resolved["rows"][0]["training"]["steps"], 77);
  EXPECT_EQ(resolved["rows"][0]["training"]["slots"], 2);
  EXPECT_EQ(resolved["rows"][0]["parameters"]["masked"], true);
  EXPECT_EQ(resolved["rows"][1]["parameters"]["action"], 2);
  EXPECT_EQ(resolved["budgets"]["cells"][1]["latency_s"], 13.5);
  EXPECT_EQ(resolved["environment"]["window"], 3);
  EXPECT_EQ(resolved["profile"]["network"], "WiFi");
  ASSERT_EQ(resolved["data"]["splits"].size(), 3u);
  EXPECT_EQ(resolved["data"]["splits"][2]["seed"], 8);
}

TEST_F(SetTest, IsAsIfTheFileHadBeenEditedAndVerifies) {
  const json set = plan("--set training.steps=50 --set row.random.parameters.masked=true");
  EXPECT_THAT(read_text(folder_ / "results" / "suite.toml"), HasSubstr("# a comment that stays"));
  EXPECT_EQ(run("verify results").status, 0);
  std::string text = read_text(folder_ / "suite.toml");
  text.replace(text.find("name = \"random\"\n"), 16, "name = \"random\"\nparameters = {masked = true}\n");
  write("suite.toml", text + "[training]\nsteps = 50\n");
  const Outcome again = run("run suite.toml --out results");
  EXPECT_THAT(again.out, HasSubstr("0 trials run, 0 failed, 4 already done")) << again.err;
  json edited = json::parse(read_text(folder_ / "results" / "suite.json"));
  EXPECT_EQ(edited["trials"], set["trials"]);
  EXPECT_EQ(edited["resolved"], set["resolved"]);
}

// In alphabetical order and cut, the one that was set was not among those shown.
TEST_F(SetTest, ADryRunShowsWhatIsSetAndCountsTheDefaults) {
  write("mine.toml",
        "[suite]\nname = \"mine\"\n[data]\nsource = \"synthetic:8\"\n[[row]]\nname = \"rc-dqn\"\n"
        "parameters = {shield = true, gamma = 0.5}\n[[row]]\nname = \"random\"\n[[row]]\nname = "
        "\"local-only\"\n"
        "[[row]]\nname = \"masked\"\nplugin = \"random\"\nparameters = {masked = true}\n");
  const Outcome plan = run("run mine.toml --dry-run", "COLUMNS=100");
  EXPECT_THAT(plan.out, HasSubstr("suite     mine\n"));
  EXPECT_THAT(plan.out, HasSubstr(" (gamma = 0.5, shield = true and "));
  EXPECT_THAT(plan.out, HasSubstr(" defaults: describe rc-dqn)\n"));
  EXPECT_THAT(plan.out, HasSubstr("random 1.0.0 (1 default: describe random)\n"));
  EXPECT_THAT(plan.out, HasSubstr("local-only 1.0.0\n"));
  EXPECT_THAT(plan.out, HasSubstr("random 1.0.0 (masked = true)\n"));
}

TEST_F(SetTest, MistakesNameTheOptionOrTheLineOfTheFile) {
  EXPECT_THAT(refused("--set training.steps=many"),
              HasSubstr("--set training.steps=many: steps: expected a whole number"));
  EXPECT_THAT(refused("--set row.rando.parameters.masked=true"),
              HasSubstr("nothing is named 'rando' there; known: random, text.only; did you mean 'random'?"));
  EXPECT_THAT(refused("--set row.random.parameters.mask=true"),
              HasSubstr("--set row.random.parameters.mask=true: unknown key 'mask' for agent 'random'"));
  EXPECT_THAT(refused("--set training"), HasSubstr("--set training: expected KEY=VALUE"));
  EXPECT_THAT(refused("--set data=1"), HasSubstr("--set data=1: data is a table"));
  EXPECT_THAT(refused("--set 'budgets.rho=[1'"), HasSubstr("not valid TOML"));
  EXPECT_THAT(refused("--seed -1"), HasSubstr("--seed -1: seed: expected a whole number"));
  write("broken.toml",
        "[data]\nsource = \"synthetic:40\"\n[budgets]\nrho = [-1]\n[[row]]\nname = \"random\"\n");
  const Outcome broken = run("run broken.toml --dry-run --set data.seed=3 --set training.steps=5");
  EXPECT_THAT(broken.err, HasSubstr("broken.toml:4: rho:"));
}

TEST_F(SetTest, OtherVerbsKnowThem) {
  const Outcome oracle =
      run("oracle suite.toml --set evaluation.oracle_nodes=1000000 --set data.source=synthetic:20 --runs 1");
  EXPECT_EQ(oracle.status, 0) << oracle.err;
  EXPECT_THAT(oracle.out, HasSubstr("seed4"));
  EXPECT_THAT(oracle.out, Not(HasSubstr("seed7")));
  const Outcome power = run("power suite.toml --runs 4 --set data.source=synthetic:60");
  EXPECT_THAT(power.out, HasSubstr("4 runs of 15 tests, 60 episodes")) << power.err;
}

TEST_F(SetTest, TheUsersOwnSuiteIsNotReplaced) {
  std::filesystem::create_directory(folder_ / "own");
  std::filesystem::rename(folder_ / "suite.toml", folder_ / "own" / "suite.toml");
  const std::string before = read_text(folder_ / "own" / "suite.toml");
  const Outcome outcome = run("run own/suite.toml --out own --set training.steps=5");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("the copy in the results folder would replace it"));
  EXPECT_EQ(read_text(folder_ / "own" / "suite.toml"), before);
}

TEST_F(SetTest, FoldsAreRepeatedAndOnlyThat) {
  EXPECT_THAT(refused("--set 'data.split={folds=5}' --runs 7"), HasSubstr("--runs 7: 5 folds make 5 runs"));
  const json resolved = plan("--set 'data.split={folds=2}' --runs 4 --set training.steps=5")["resolved"];
  EXPECT_EQ(resolved["data"]["splits"].size(), 4u);
}

}  // namespace
}  // namespace offload::testing
