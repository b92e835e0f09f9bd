// Finding out why a plugin does not do what it should: one trial in the foreground, output of checks, notes
// of rows.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class DebugTest : public CommandTest {
 protected:
  // A suite of the row `name`, which runs `plugin` with these parameters, and of a learner.
  void write_suite(const std::string& plugin, const std::string& parameters) const {
    write("suite.toml",
          "[data]\nsource = \"synthetic:20\"\n[training]\nsteps = 300\n[[row]]\nname = \"watched\"\nplugin = "
          "\"" +
              plugin + "\"\nparameters = {" + parameters +
              "}\n[[row]]\nname = \"rc-ppo\"\nparameters = {n_steps = 64}\n[evaluation]\noracle_nodes = 0\n");
  }
  static std::string bad(const std::string& name) { return std::string(BAD_PLUGINS) + "/" + name + ".so"; }
  json row(std::size_t index) const {
    return json::parse(read_text(folder_ / "results" / "report.json"))["rows"][index];
  }
};

TEST_F(DebugTest, OneTrialRunsInTheCommandItselfAndStoresNothing) {
  write_suite("random", "");
  const Outcome outcome = run("run suite.toml --out results --debug rc-ppo");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("row rc-ppo on split seed0: 300 steps"),
                                 HasSubstr("nothing was stored"), HasSubstr("cell none: reward "),
                                 ContainsRegex("decisions by action: [0-9]+: [0-9]+(, [0-9]+: [0-9]+)+\n")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "results"));
}

// A debugger stands where the plugin does: in the process that was started, which ends by the plugin's own
// signal.
TEST_F(DebugTest, ACrashIsTheCommandsOwnAndOutputIsShown) {
  write_suite(bad("hostile"), "harm = \"print-abort\"");
  const Outcome contained = run("run suite.toml --out results");
  EXPECT_EQ(contained.status, 1);
  const Outcome watched = run("run suite.toml --debug watched", "exec");
  EXPECT_EQ(watched.status, 128 + SIGABRT) << watched.err;
  EXPECT_THAT(watched.out, HasSubstr("the last words"));
}

TEST_F(DebugTest, TheFirstLinesOfACrashAreKeptAsWellAsTheLast) {
  write_suite(bad("hostile"), "harm = \"print-abort\"");
  EXPECT_EQ(run("run suite.toml --out results").status, 1);
  const json report = json::parse(read_text(folder_ / "results" / "report.json"));
  const std::string output = report["host"]["failed_output"][0]["last_output"];
  EXPECT_THAT(output, AllOf(StartsWith("xxxx"), HasSubstr(" bytes or a few more are left out ...]"),
                            HasSubstr("the last words")));
  EXPECT_LE(output.size(), 4000u);
}

TEST_F(DebugTest, MistakesAreNamed) {
  write_suite("random", "");
  EXPECT_THAT(run("run suite.toml --debug watche").err,
              HasSubstr("--debug: no row 'watche'; known: watched, rc-ppo; did you mean 'watched'?"));
  EXPECT_THAT(run("run suite.toml --debug watched --split r9").err, HasSubstr("no split 'r9'; known: seed0"));
  EXPECT_THAT(run("run suite.toml --split seed0").err, HasSubstr("only with --debug ROW"));
  write_suite("agent.py:Agent", "");
  EXPECT_THAT(run("run suite.toml --debug watched").err,
              HasSubstr("an agent in Python has a process of its own"));
}

TEST_F(DebugTest, ARowThatTookOneActionThroughoutIsSaidTo) {
  write_suite(bad("bad-agent"), "");
  ASSERT_EQ(run("run suite.toml --out results").status, 0);
  EXPECT_EQ(row(0)["notes"],
            json::parse(R"(["took one action throughout: local at every turn of every cell"])"));
  write_suite("local-only", "");
  ASSERT_EQ(run("run suite.toml --out results").status, 0);
  EXPECT_EQ(row(0)["notes"], json::array());  // its purpose
}

TEST_F(DebugTest, AScalarThatTurnedNanIsSaidTo) {
  write_suite(bad("hostile"), "harm = \"scalar\"");
  ASSERT_EQ(run("run suite.toml --out results").status, 0);
  EXPECT_THAT(row(0)["notes"].dump(),
              HasSubstr("its scalar loss was no finite number at the end of training in 1 of 1 run"));
  EXPECT_EQ(run("verify results --train --plugin-dir '" BAD_PLUGINS "'").status, 0);
}

TEST_F(DebugTest, CheckShowsWhatAPluginPrints) {
  const std::string check = "check '" + bad("bad-agent") + "'", talks = "OFFLOAD_TEST_FAULT=talk";
  EXPECT_THAT(run(check, talks).out, Not(HasSubstr("deciding for")));
  EXPECT_THAT(run(check + " --show-output", talks).out, HasSubstr("    it printed:\n      deciding for "));
}

TEST_F(DebugTest, APluginWithLibTorchIsStartedByName) {
  ASSERT_EQ(run("plugin new deep-one --kind torch").status, 0);
  const std::string project = read_text(folder_ / "deep-one" / "CMakeLists.txt");
  EXPECT_THAT(project, AllOf(HasSubstr("find_package(Torch 1.13 REQUIRED)"),
                             HasSubstr("offload_add_plugin(deep-one SOURCES deep_one.cpp LIBRARIES torch"),
                             Not(HasSubstr("my-agent")), Not(HasSubstr("my-reward"))));
  EXPECT_THAT(read_text(folder_ / "deep-one" / "deep_one.cpp"),
              AllOf(HasSubstr("class DeepOne final"), HasSubstr("OFFLOAD_AGENT(DeepOne, \"deep-one\"")));
  EXPECT_THAT(run("plugin new deep --kind torch --language python").err,
              HasSubstr("--kind torch: is an agent in C++"));
}

}  // namespace
}  // namespace offload::testing
