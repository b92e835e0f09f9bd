// isolation = "process" changes where an agent runs, and no bit of what comes of it.
#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class IsolationTest : public CommandTest {
 protected:
  static std::string suite(const std::string& isolation, const std::string& rows) {
    return R"([suite]
name = "isolated"
seed = 7
[data]
source = "synthetic:60"
split = {test_ratio = 0.25}
[budgets]
cells = [{name = "open"}, {name = "tight", latency_s = 12, cost_usd = 0.012}]
[training]
steps = 900
curve_every = 300
isolation = ")" +
           isolation + "\"\n" + rows + "[evaluation]\noracle_nodes = 2000\n";
  }
  // Trials by row, without what may differ.
  std::map<std::string, Json> trials(const std::string& folder) const {
    std::map<std::string, Json> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / folder / "trials")) {
      Json trial = Json::parse(read_text(entry.path())).at("trial");
      for (const char* name : {"key", "timing", "host", "copies"}) trial.erase(name);
      all[trial.at("row")] = trial;
    }
    return all;
  }
  Json report(const std::string& folder) const {
    return Json::parse(read_text(folder_ / folder / "report.json"));
  }
};

TEST_F(IsolationTest, ComesToTheSameBits) {
  const std::string rows = R"([[row]]
name = "random"
[[row]]
name = "rc-ppo"
[[row]]
name = "recurrent-mean"
training = {slots = 8}
[[row]]
name = "epsilon-greedy"
training = {budgets = {sample = "uniform"}, slots = 4, checkpoints = true}
[[row]]
name = "by-cell"
plugin = "epsilon-greedy"
training = {budgets = "per_cell", slots = 4}
)";
  for (const char* isolation : {"none", "process"}) {
    write("suite.toml", suite(isolation, rows));
    const Outcome outcome = run(std::string("run suite.toml --out ") + isolation);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  const auto bare = trials("none"), isolated = trials("process");
  ASSERT_EQ(bare.size(), 5U);
  for (const auto& [name, trial] : bare) EXPECT_TRUE(isolated.at(name) == trial) << name;
  const auto checkpoint = [&](const char* folder) {
    const auto file = std::filesystem::directory_iterator(folder_ / folder / "checkpoints")->path();
    return read_text(file);
  };
  EXPECT_EQ(checkpoint("none"), checkpoint("process"));
  EXPECT_EQ(report("none").at("rows")[0].at("isolation"), "none");
  EXPECT_EQ(report("process").at("rows")[0].at("isolation"), "process");
  const Outcome verified = run("verify process --train");
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

// What is known of queries, and the arms by name, are what an agent in the trial's process has.
TEST_F(IsolationTest, SeesTheSameOfAWorld) {
  const std::string head = R"([suite]
name = "routing"
seed = 3
[data]
source = ")" OFFLOAD_SOURCE_DIR R"(/datasets/routing.csv"
sessions = 4
split = {test_ratio = 0.25}
[reward]
plugin = "quality"
[budgets]
cells = [{name = "open"}, {name = "tight", latency_s = 10, cost_usd = 0.0008}]
[training]
steps = 2000
slots = 4
isolation = ")";
  const std::string rows = R"([[row]]
name = "features"
plugin = "rc-ppo"
parameters = {features = true}
[[row]]
name = "without"
plugin = "rc-ppo"
[[row]]
name = "large"
plugin = "constant"
parameters = {arm = "cloud-large"}
)";
  for (const char* isolation : {"none", "process"}) {
    write("suite.toml", head + isolation + "\"\n" + rows);
    const Outcome outcome = run(std::string("run suite.toml --out ") + isolation);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  const auto bare = trials("none"), isolated = trials("process");
  ASSERT_EQ(bare.size(), 3U);
  for (const auto& [name, trial] : bare) EXPECT_TRUE(isolated.at(name) == trial) << name;
  EXPECT_FALSE(bare.at("features").at("cells") == bare.at("without").at("cells"));
}

TEST_F(IsolationTest, IsARowsOwnChoiceAndPartOfItsKey) {
  const std::string row = "[[row]]\nname = \"random\"\n";
  write("none.toml", suite("none", row));
  write("row.toml", suite("none", row + "isolation = \"process\"\n"));
  write("wrong.toml", suite("container", row));
  for (const char* name : {"none", "row"})
    ASSERT_EQ(run(std::string("run ") + name + ".toml --out results-" + name).status, 0);
  EXPECT_EQ(report("results-row").at("rows")[0].at("isolation"), "process");
  EXPECT_THAT(run("show --long results-row").out, HasSubstr("Isolated all: in processes of their own"));
  EXPECT_THAT(read_text(folder_ / "results-row" / "report.md"), HasSubstr("- Isolated: all"));
  EXPECT_THAT(read_text(folder_ / "results-none" / "report.md"), ::testing::Not(HasSubstr("- Isolated")));
  const auto key = [&](const char* folder) {
    return std::filesystem::directory_iterator(folder_ / folder / "trials")->path().filename();
  };
  EXPECT_NE(key("results-none"), key("results-row"));
  const Outcome wrong = run("run wrong.toml");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("wrong.toml:12: unknown isolation 'container'; known: none, process"));
}

TEST_F(IsolationTest, WhatIsRememberedIsGoneWithThePass) {
  std::string rows;
  const auto add = [&rows](const std::string& name, const std::string& plugin,
                           const std::string& parameters) {
    rows +=
        "[[row]]\nname = \"" + name + "\"\nplugin = \"" + plugin + "\"\nparameters = {" + parameters + "}\n";
  };
  add("twin", "peeker", "");
  add("bits", "peeker", "by = \"bits\", global = true");
  add("start", "peeker", "thread = true, by = \"start\"");
  add("saving", "saving-peeker", "thread = true, by = \"bits\", global = true");
  add("sharer-twin", "sharer", "");  // without a checkpoint: trained again for every pass
  for (const std::string kept : {"mapping", "hidden"})
    add("sharer-" + kept, "sharer", "kept = \"" + kept + "\"");
  write("suite.toml", suite("process", rows));
  const Outcome outcome = run("run suite.toml --out results --plugin-dir " BAD_PLUGINS);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto found = trials("results");
  for (const auto& [name, trial] : found) {
    const Json& twin = found.at(name.starts_with("sharer") ? "sharer-twin" : "twin");
    ASSERT_EQ(trial.at("status"), "ok") << name << trial.at("failure");
    EXPECT_TRUE(trial.at("cells") == twin.at("cells")) << name;
    EXPECT_TRUE(trial.at("training").at("curve") == twin.at("training").at("curve")) << name;
  }
  EXPECT_TRUE(report("results").at("suite").at("flags").empty());
}

TEST_F(IsolationTest, ACheckpointThatForgetsFailsTheRow) {
  write("suite.toml", suite("process", "[[row]]\nname = \"forgetful\"\n"));
  const Outcome outcome =
      run("run suite.toml --out results --plugin-dir " BAD_PLUGINS, "OFFLOAD_TEST_FAULT=nothing ");
  EXPECT_EQ(outcome.status, 1) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("a new process that loaded its checkpoint decides otherwise"));
}

// What a library does as it is loaded, by the verbs that say what there is. That a row which is not isolated
// may do it shows that it would.
TEST_F(IsolationTest, DescribedPluginsAreHeld) {
  const std::string variable = "OFFLOAD_TEST_WRITTEN='" + (folder_ / "written").string() + "' ";
  const auto written = [this] { return std::filesystem::exists(folder_ / "written"); };
  const Outcome described = run("describe escaper --plugin-dir " BAD_PLUGINS, variable);
  EXPECT_EQ(described.status, 0) << described.err;
  EXPECT_THAT(described.out, HasSubstr("attempt = \"none\""));
  EXPECT_THAT(run("list --plugin-dir " BAD_PLUGINS, variable).out, HasSubstr("escaper"));
  EXPECT_FALSE(written());
  write("suite.toml", suite("none", "[[row]]\nname = \"escaper\"\ntraining = {steps = 0}\n"));
  EXPECT_EQ(run("run suite.toml --out results --plugin-dir " BAD_PLUGINS, variable).status, 0);
  EXPECT_TRUE(written());
}

TEST_F(IsolationTest, ChecksAndMicrobenchmarksAreHeld) {
  const std::string variable = "OFFLOAD_TEST_WRITTEN='" + (folder_ / "written").string() + "' ";
  const auto written = [this] { return std::filesystem::remove(folder_ / "written"); };
  const std::string micro =
      "micro " BAD_PLUGINS
      "/escaper.so --benchmark_filter='act/batch:1(/real_time)?$' --benchmark_min_time=0.01";
  for (const std::string& verb : {std::string("check escaper --plugin-dir " BAD_PLUGINS), micro}) {
    const Outcome held = run(verb + " --isolation process", variable);
    EXPECT_EQ(held.status, 0) << held.out << held.err;
    EXPECT_FALSE(written()) << verb;
    EXPECT_EQ(run(verb, variable).status, 0);
    EXPECT_TRUE(written()) << verb;
  }
  // Rates are by elapsed time there, and CPU is that of both processes.
  const Json timed =
      Json::parse(run(micro + " --isolation process --benchmark_format=json").out).at("benchmarks").at(0);
  EXPECT_EQ(timed.at("name"), "agent:escaper/act/batch:1/real_time");
  EXPECT_NEAR(timed.at("items_per_second").get<double>() * timed.at("real_time").get<double>() / 1e9, 1,
              1e-6);
  EXPECT_TRUE(timed.contains("cpu_us"));
  const Outcome wrong = run("micro --isolation all");
  EXPECT_EQ(wrong.status, 2) << wrong.out;
  EXPECT_THAT(wrong.err, HasSubstr("--isolation: expected none or process, found 'all'"));
}

// One without a checkpoint, which is held against what it did first, and one with.
TEST_F(IsolationTest, CheckFindsFromOutsideWhoRemembers) {
  for (const char* peeker : {"peeker", "saving-peeker"}) {
    const Outcome found =
        run(std::string("check ") + peeker + " --isolation process --plugin-dir " BAD_PLUGINS,
            "OFFLOAD_TEST_BY=bits OFFLOAD_TEST_FROM=suite ");
    EXPECT_EQ(found.status, 4) << found.out << found.err;
    EXPECT_THAT(found.out, ::testing::ContainsRegex("remembers no evaluation +FAILED"));
  }
  const Outcome good = run("check epsilon-greedy --isolation process");
  EXPECT_EQ(good.status, 0) << good.out << good.err;
}

// As without isolation, before anything runs.
TEST_F(IsolationTest, WhatIsNoAgentIsRefusedInOneSentence) {
  for (const char* plugin : {"newer-major", "tmo-weighted", "no-symbol"}) {
    for (const char* isolation : {"none", "process"}) {
      write("suite.toml", suite(isolation, std::string("[[row]]\nname = \"") + plugin + "\"\n"));
      const Outcome outcome = run("run suite.toml --plugin-dir " BAD_PLUGINS);
      EXPECT_EQ(outcome.status, 4) << plugin << outcome.err;
      EXPECT_THAT(outcome.err, HasSubstr("suite.toml:13: "));
    }
  }
}

}  // namespace
}  // namespace offload::testing
