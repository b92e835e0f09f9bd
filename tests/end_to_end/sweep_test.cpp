// Sweeps: candidates that are tried on a part of each split's training side, and the one that is chosen.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "end_to_end/forger.hpp"

namespace offload::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSuite = R"(
[suite]
name = "swept"
[data]
source = "synthetic:40"
split = {folds = 2}
[budgets]
cells = [{name = "open"}, {name = "tight", latency_s = 12, cost_usd = 0.012}]
[training]
steps = 600
[[row]]
name = "random"
[[row]]
name = "rc-ppo"
parameters = {n_steps = 128)";

constexpr const char* kEvaluation = "\n[evaluation]\noracle_nodes = 0\n";

class SweepTest : public CommandTest {
 protected:
  // `parameters` go on with those of rc-ppo; `rest` follows.
  void write_suite(const std::string& parameters, const std::string& rest = "") const {
    write("suite.toml", kSuite + parameters + "}\n" + rest + kEvaluation);
  }
  json trial_of(const std::string& folder, const std::string& row, const std::string& split) const {
    return Forger(folder_ / folder).copy_of(row, split);
  }
  json report_of(const std::string& folder) const {
    return json::parse(read_text(folder_ / folder / "report.json"));
  }
};

constexpr const char* kGrid =
    "[[sweep]]\nrow = \"rc-ppo\"\nparameters = {learning_rate = [1e-5, 3e-2], ent_coef = [0.0, 0.1]}\n";

double mean(const json& rewards) {
  double sum = 0;
  for (const json& reward : rewards) sum += reward.get<double>();
  return sum / static_cast<double>(rewards.size());
}

TEST_F(SweepTest, TheBestOfValidationRunsToTheBitAsItWouldByItself) {
  write_suite("", kGrid);
  const Outcome swept = run("run suite.toml --out swept");
  ASSERT_EQ(swept.status, 0) << swept.err;
  for (const char* split : {"r0f0", "r0f1"}) {
    const json trial = trial_of("swept", "rc-ppo", split);
    const json& candidates = trial["tuning"]["candidates"];
    ASSERT_EQ(candidates.size(), 4u);
    EXPECT_EQ(candidates[1]["name"], "rc-ppo/ent_coef=0.0,learning_rate=3e-2");
    EXPECT_EQ(trial["tuning"]["validation_episodes"], 5);  // a quarter of 20
    std::size_t best = 0;
    for (std::size_t i = 1; i < 4; ++i) {
      if (mean(candidates[i]["reward"]) > mean(candidates[best]["reward"])) best = i;
      EXPECT_EQ(candidates[i]["steps"], 600);
    }
    ASSERT_EQ(trial["tuning"]["chosen"], best);
    EXPECT_NE(mean(candidates[0]["reward"]), mean(candidates[1]["reward"]));

    std::string chosen;
    for (const auto& [key, value] : candidates[best]["parameters"].items())
      chosen += ", " + key + " = " + value.dump();
    write_suite(chosen);
    const std::string plain = std::string("plain-") + split;
    ASSERT_EQ(run("run suite.toml --out " + plain).status, 0);
    const json alone = trial_of(plain, "rc-ppo", split);
    EXPECT_EQ(alone["cells"], trial["cells"]);
    EXPECT_EQ(alone["training"], trial["training"]);
    EXPECT_EQ(alone["parameters"], trial["parameters"]);
  }
}

TEST_F(SweepTest, ItsCostIsReported) {
  write_suite("", kGrid);
  ASSERT_EQ(run("run suite.toml --out swept").status, 0);
  const json row = report_of("swept")["rows"][1];
  EXPECT_EQ(row["tuning"]["candidates"], 4);
  EXPECT_EQ(row["tuning"]["steps"], 4 * 600 * 2);
  EXPECT_EQ(row["training"]["steps"], 600 * 2);
  std::int64_t chosen = 0;
  for (const json& tried : row["tuning"]["tried"]) chosen += tried["chosen"].get<std::int64_t>();
  EXPECT_EQ(chosen, 2);
  EXPECT_FALSE(row["parameters"].contains("learning_rate"));  // another one in every run
  EXPECT_EQ(row["parameters"]["n_steps"], 128);
  const json timing = report_of("swept")["timing"][1];
  EXPECT_GT(timing["tune_cpu_s"].get<double>(), 0);
  EXPECT_LT(timing["tune_cpu_s"].get<double>(), timing["cpu_s"].get<double>());
  EXPECT_EQ(report_of("swept")["rows"][0]["tuning"], nullptr);
}

TEST_F(SweepTest, VerifyMakesTheChoiceAgain) {
  write_suite("", kGrid);
  ASSERT_EQ(run("run suite.toml --out swept").status, 0);
  const Outcome whole = run("verify swept --train");
  EXPECT_EQ(whole.status, 0) << whole.out << whole.err;
  Forger(folder_ / "swept").trial("rc-ppo", "r0f0", [](json& trial) {
    trial["tuning"]["chosen"] = (trial["tuning"]["chosen"].get<int>() + 1) % 4;
  });
  const Outcome forged = run("verify swept");
  EXPECT_EQ(forged.status, 1);
  EXPECT_THAT(forged.out + forged.err, HasSubstr("/trial/tuning/chosen"));
}

TEST_F(SweepTest, LearnersAreTunedAlikeOrTheReportSaysSo) {
  const std::string other = "[[row]]\nname = \"rc-a2c\"\n";
  write_suite("", other + kGrid);
  const Outcome refused = run("run suite.toml --dry-run");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err,
              HasSubstr("row 'rc-ppo' is tuned among 4 candidates and 'rc-a2c', which learns as well, "
                        "among none"));
  write_suite("", other + kGrid + "[tuning]\nunequal = true\n");
  ASSERT_EQ(run("run suite.toml --out unequal --set training.steps=200").status, 0);
  EXPECT_THAT(
      report_of("unequal")["suite"]["warnings"].dump(),
      HasSubstr("Learners were not tuned alike (candidates per run): rc-ppo among 4, rc-a2c not at all."));
}

TEST_F(SweepTest, DrawsFollowTheSeed) {
  const std::string sweep =
      "[[sweep]]\nrow = \"rc-ppo\"\ntrials = 5\nseed = 3\nparameters = {learning_rate = {log_uniform = "
      "[1e-4, 1e-2]}, "
      "n_epochs = {integer = [2, 6]}, clip_range = {uniform = [0.1, 0.3]}}\n";
  write_suite("", sweep);
  const Outcome one = run("run suite.toml --dry-run");
  EXPECT_THAT(one.out, HasSubstr("tuned among 5 candidates on every split")) << one.err;
  EXPECT_THAT(one.out, HasSubstr("      rc-ppo/clip_range=0."));
  EXPECT_EQ(run("run suite.toml --dry-run").out, one.out);
  EXPECT_NE(run("run suite.toml --dry-run --set sweep.rc-ppo.seed=4").out, one.out);
}

TEST_F(SweepTest, MistakesAreNamed) {
  const auto refused = [this](const std::string& sweep) {
    write_suite("", "[[sweep]]\n" + sweep);
    const Outcome outcome = run("run suite.toml --dry-run");
    EXPECT_EQ(outcome.status, 2) << outcome.out;
    return outcome.err;
  };
  EXPECT_THAT(refused("row = \"rcppo\"\nparameters = {learning_rate = [1e-3]}\n"),
              HasSubstr("no row 'rcppo'; known: random, rc-ppo; did you mean 'rc-ppo'?"));
  EXPECT_THAT(refused("row = \"rc-ppo\"\n"), HasSubstr("[[sweep]] needs parameters"));
  EXPECT_THAT(refused("row = \"rc-ppo\"\nparameters = {learning_rat = [1e-3]}\n"),
              HasSubstr("suite.toml:18: unknown key 'learning_rat' for agent 'rc-ppo'"));
  EXPECT_THAT(refused("row = \"rc-ppo\"\nparameters = {learning_rate = {log_uniform = [1e-3, 1e-2]}}\n"),
              HasSubstr("learning_rate is a range; say how many candidates to draw: trials = N"));
  EXPECT_THAT(refused("row = \"rc-ppo\"\ntrials = 9\nparameters = {n_epochs = [2, 3]}\n"),
              HasSubstr("hardly 9 different candidates (2 were found)"));
  EXPECT_THAT(refused("row = \"rc-ppo\"\nparameters = {n_epochs = [2, 2]}\n"), HasSubstr("is there twice"));
}

TEST_F(SweepTest, TheExampleRunsAndGoesOn) {
  const std::string suite = "run '" OFFLOAD_SOURCE_DIR
                            "/benchmarks/suites/sweep.toml' --out r --runs 2 --set training.steps=400 "
                            "--set data.source=synthetic:60";
  ASSERT_EQ(run(suite + " --shard 1/2").status, 0);
  const Outcome whole = run(suite);
  EXPECT_EQ(whole.status, 0) << whole.err;
  EXPECT_THAT(whole.out, Not(HasSubstr(" 0 already done")));
  const json rows = report_of("r")["rows"];
  EXPECT_EQ(rows[2]["tuning"]["tried"].size(), 6u);
  EXPECT_EQ(rows[3]["tuning"]["tried"].size(), 6u);
}

}  // namespace
}  // namespace offload::testing
