// The same results on every instruction set, for the rows whose plugins declare it.
#include <gmock/gmock.h>

#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;

// What glibc chooses its variants of exp, log and pow by; the loader's choice of clones it does not change.
constexpr const char* kNoFma = "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA,-FMA4 ";

class PortableTest : public CommandTest {
 protected:
  static std::string suite(const std::string& more_rows = "") {
    return R"([suite]
name = "portable"
[data]
source = "synthetic:40"
split = {test_ratio = 0.25, seeds = [0]}
[budgets]
cells = [{name = "open"}, {name = "tight", latency_s = 12, cost_usd = 0.012}]
[training]
steps = 600
curve_every = 200
budgets = {sample = "tmo-normal"}
[[row]]
name = "random"
[[row]]
name = "epsilon-greedy"
[[row]]
name = "ppo"
plugin = "rc-ppo"
parameters = {n_steps = 256, constraint = "lagrangian", ent_coef = 0.01}
[[row]]
name = "a2c"
plugin = "rc-a2c"
parameters = {shield = true}
[[row]]
name = "dqn"
plugin = "rc-dqn"
parameters = {shield = true, constraint = "lagrangian", encoding = "one-hot"}
)" + more_rows +
           R"([evaluation]
lenses = ["simulator", "held_out"]
models = ["knn", "table", "true_mean"]
oracle_nodes = 2000
)";
  }
  bool machine_has(const std::string& set) const {
    return run("run suite.toml --dry-run", "OFFLOAD_ISA=" + set).status == 0;
  }
  nlohmann::json report(const std::string& folder) const {
    return nlohmann::json::parse(read_text(folder_ / folder / "report.json"));
  }
  // By row and split.
  std::map<std::string, std::string> keys(const std::string& folder) const {
    std::map<std::string, std::string> keys;
    const auto plan = nlohmann::json::parse(read_text(folder_ / folder / "suite.json"));
    for (const auto& trial : plan.at("trials")) {
      keys[trial.at("row").get<std::string>() + " " + trial.at("split").get<std::string>()] = trial.at("key");
    }
    return keys;
  }
};

TEST_F(PortableTest, TheSameResultsOnEveryInstructionSet) {
  write("suite.toml", suite());
  ASSERT_EQ(run("run suite.toml --out baseline", std::string(kNoFma) + "OFFLOAD_ISA=baseline").status, 0);
  auto expected = report("baseline");
  EXPECT_THAT(expected.at("host").dump(), HasSubstr(R"("bits":"portable")"));
  EXPECT_THAT(expected.at("host").dump(), HasSubstr("fused baseline"));
  for (const char* part : {"timing", "host"}) expected.erase(part);
  for (const std::string set : {"avx2", "avx512"}) {
    if (!machine_has(set)) {
      std::cout << "not run: " << set << ", which this processor lacks\n";
      continue;
    }
    ASSERT_EQ(run("run suite.toml --out " + set, "OFFLOAD_ISA=" + set).status, 0);
    auto found = report(set);
    EXPECT_THAT(found.at("host").dump(), HasSubstr("fused " + set));
    for (const char* part : {"timing", "host"}) found.erase(part);
    EXPECT_EQ(found.dump(), expected.dump()) << set;
    for (const char* file : {"leaderboard.csv", "trials.csv"}) {
      EXPECT_EQ(read_text(folder_ / set / file), read_text(folder_ / "baseline" / file))
          << set << " " << file;
    }
    EXPECT_EQ(keys(set), keys("baseline"));
    // Its trials are done wherever they were.
    EXPECT_THAT(run("run suite.toml --out baseline", "OFFLOAD_ISA=" + set).out, HasSubstr("0 trials run"));
    EXPECT_EQ(run("verify baseline --train", "OFFLOAD_ISA=" + set).status, 0);
  }
}

TEST_F(PortableTest, OtherRowsKeepTheInstructionSetInTheirKeys) {
  write("suite.toml", suite("[[row]]\nname = \"other\"\nplugin = \"" BAD_PLUGINS
                            "/bad-agent.so\"\ntraining = {steps = 1}\n"));
  ASSERT_EQ(run("run suite.toml --dry-run", "OFFLOAD_ISA=baseline").status, 0);
  if (!machine_has("avx2")) GTEST_SKIP() << "this processor has one instruction set";
  std::map<std::string, std::map<std::string, std::string>> of;
  for (const std::string set : {"baseline", "avx2"}) {
    ASSERT_EQ(run("run suite.toml --shard 1/1000 --out " + set, "OFFLOAD_ISA=" + set).status, 0);
    of[set] = keys(set);
  }
  ASSERT_EQ(of["baseline"].size(), 6u);
  for (const auto& [trial, key] : of["baseline"]) {
    EXPECT_EQ(of["avx2"].at(trial) == key, !trial.starts_with("other ")) << trial;
  }
}

TEST_F(PortableTest, AnInstructionSetThatIsNotThereIsRefused) {
  write("suite.toml", suite());
  const Outcome outcome = run("run suite.toml --dry-run", "OFFLOAD_ISA=sse9");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("OFFLOAD_ISA: 'sse9' is not an instruction set of this processor; unset "
                                     "it, or name baseline"));
}

}  // namespace
}  // namespace offload::testing
