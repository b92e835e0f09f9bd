// A results folder in the hands of a forger who seals and reports anew what was changed: whatever it is,
// verify does not end with 0.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <memory>

#include "end_to_end/forging.hpp"

namespace offload::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSuite = R"([suite]
name = "checked"
seed = 7
[data]
source = "scenario:3,4,3:40"
split = {seeds = [0], folds = "folds.json"}
[reward]
plugin = "./own-reward.so"
[budgets]
cells = [{name = "mid", latency_s = 20, cost_usd = 0.02}, {name = "tight", latency_s = 12, cost_usd = 0.012}]
[training]
steps = 300
curve_every = 150
budgets = {sample = "uniform"}
[[row]]
name = "random"
[[row]]
name = "local-only"
[[row]]
name = "cloud-only"
[[row]]
name = "text"
plugin = "constant"
parameters = {action = 1}
[[row]]
name = "learner"
plugin = "epsilon-greedy"
training = {checkpoints = true}
[[row]]
name = "bold"
plugin = "epsilon-greedy"
parameters = {epsilon = 0.9}
training = {steps = 20}
[evaluation]
max_violation_rate = 0.0
)";

// For what no exact policy has a part in, at little more than half of the time.
const std::string kWithoutExact = std::string(kSuite) + "oracle_nodes = 0\n";

class ForgeryTest : public ForgingTest {
 protected:
  void SetUp() override {
    ForgingTest::SetUp();
    Json folds;
    for (int e = 0; e < 40; ++e) folds["f" + std::to_string(e / 20)].push_back(e);
    write("folds.json", folds.dump());
    std::filesystem::copy_file(OFFLOAD_BINARY_DIR "/lib/offload-bench/plugins/tmo-weighted.so",
                               folder_ / "own-reward.so");
  }
  void try_all_of(const std::string& suite, const std::vector<Forgery>& forgeries) {
    make_honest(suite);
    try_all(forgeries);
  }
};

TEST_F(ForgeryTest, OfRowsAndPlugins) { try_all_of(kWithoutExact, rows_and_plugins()); }
TEST_F(ForgeryTest, OfTraining) { try_all_of(kWithoutExact, training()); }
TEST_F(ForgeryTest, OfFigures) { try_all_of(kSuite, figures()); }
TEST_F(ForgeryTest, OfTheFolder) { try_all_of(kSuite, folder()); }
TEST_F(ForgeryTest, OfForeignFiles) { try_all_of(kSuite, foreign_files()); }
TEST_F(ForgeryTest, OfPlans) { try_all_of(kWithoutExact, plans()); }

// What has to be believed of learners without it.
TEST_F(ForgeryTest, OfWhatLearnedIsFoundByTraining) {
  make_honest(kSuite);
  std::size_t tried = 0;
  for (const auto& table : {training(), figures(), folder()}) {
    for (const Forgery& forgery : table) {
      if (forgery.status != kBelieved || forgery.name.find("Missing") != std::string::npos) continue;
      SCOPED_TRACE(forgery.name);
      EXPECT_EQ(verify_forged(forgery.change, "--train").status, kWrong);
      ++tried;
    }
  }
  const Outcome outcome = verify_forged(learned("/cells/0/value", nullptr), "--train");
  EXPECT_EQ(outcome.status, kWrong);
  EXPECT_THAT(outcome.out, HasSubstr("/trial/cells/0/value"));
  EXPECT_EQ(tried, 5U);
}

// Opening it would wait for ever.
TEST_F(ForgeryTest, APipeInPlaceOfACheckpoint) {
  make_honest(kWithoutExact);
  const auto into_a_pipe = [](const Forger& forger) {
    const std::filesystem::path file = forger.folder() / "checkpoints" /
                                       (forger.copy_of("learner", "f0")["key"].get<std::string>() + ".ckpt");
    std::filesystem::remove(file);
    ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  };
  const Outcome outcome = verify_forged(into_a_pipe, "--train");
  EXPECT_EQ(outcome.status, kWrong);
  EXPECT_THAT(outcome.out, HasSubstr("not a regular file"));
}

TEST_F(ForgeryTest, OfAValueThatThePlanDoesNotCompute) {
  make_honest(kWithoutExact);
  const Json value = {{"value", .5}, {"violation_probability", 0}, {"masked_actions", 0}};
  const Outcome outcome = verify_forged(learned("/cells/0/value", value), "");
  EXPECT_EQ(outcome.status, kWrong);
  EXPECT_THAT(outcome.out, HasSubstr("the plan computes none"));
}

// What readers pass over, or take for a run's own.
TEST_F(ForgeryTest, OfFilesInDisguise) {
  make_honest(kWithoutExact);
  const std::vector<std::string> names = {".lock",
                                          "cache/best.md",
                                          "README.md.1.tmp",
                                          "trials/x.json.2.tmp",
                                          "checkpoints/a.ckpt.3.tmp",
                                          "inputs/x.4.tmp",
                                          "cache/" + std::string(64, 'a') + ".packed"};
  const auto disguised = [&](const Forger& forger) {
    copy(folder_ / "cache", forger.folder() / "cache");  // as a run leaves it that has no other place for it
    for (const std::string& name : names) {
      create_directories((forger.folder() / name).parent_path());
      write_text(forger.folder() / name, "bold is the best");
    }
  };
  const Outcome outcome = verify_forged(disguised, "--train", false);
  EXPECT_EQ(outcome.status, kBelieved) << outcome.out;
  for (const std::string& name : names) EXPECT_THAT(outcome.out, HasSubstr('"' + name + '"'));
  std::size_t copies = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "cache")) {
    EXPECT_THAT(outcome.out, Not(HasSubstr(entry.path().filename().native())));
    ++copies;
  }
  EXPECT_GT(copies, 0U);
}

// Times are not repeated, but some cannot have been.
TEST_F(ForgeryTest, OfTimesAndMachines) {
  make_honest(kWithoutExact);
  const auto timed = [](const Forger& forger, const char* row, const Json& times, const Json& host) {
    forger.trial(row, "f0", [&](Json& trial) {
      trial["timing"].update(times);
      trial["host"].update(host);
    });
  };
  const auto change = [&](const Forger& forger) {
    timed(forger, "random", {{"wall_s", -1.0}, {"act_p50_us", 1e9}}, {{"instruction_set", "avx9"}});
    timed(forger, "local-only", {{"train_s", 1e9}, {"cpu_s", 0.0}}, {{"offload_bench", "9.9"}});
    timed(forger, "cloud-only",
          {{"load_s", 1e9},
           {"peak_memory_mb", 0.0},
           {"environment_steps_per_s", nullptr},
           {"act_p99_us", nullptr}},
          Json::object());
    timed(forger, "text", {{"update_mean_us", 1.0}, {"environment_steps_per_s", 5.0}}, Json::object());
    timed(forger, "bold", {{"evaluate_s", 1e9}, {"environment_steps_per_s", 1e12}}, Json::object());
    forger.trial("learner", "f0", [](Json& trial) { trial["host"].erase("cpu"); });
  };
  const Outcome outcome = verify_forged(change, "");
  EXPECT_EQ(outcome.status, kWrong);
  for (const char* place :
       {"timing/wall_s", "timing/act_p50_us", "host/instruction_set", "timing/train_s", "timing/cpu_s",
        "host/offload_bench", "timing/load_s", "timing/peak_memory_mb", "timing/update_mean_us",
        "timing/environment_steps_per_s", "timing/evaluate_s", "host/cpu"})
    EXPECT_THAT(outcome.out, HasSubstr(std::string("\"/trial/") + place + '"'));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("\"nothing\""), Not(HasSubstr("timing/act_p99_us"))));
}

// A plugin that leaves a trace wherever it runs.
TEST_F(ForgeryTest, NoPluginOfTheFolderRunsUnasked) {
  const std::string trace = (folder_ / "trace").string();
  std::filesystem::copy_file(BAD_PLUGINS "/hostile.so", folder_ / "own.so");
  write("suite.toml", kWithoutExact +
                          "[[row]]\nname = \"own\"\nplugin = \"./own.so\"\nparameters = {harm = "
                          "\"append\", name = \"" +
                          trace + "\"}\n");
  ASSERT_EQ(run("run suite.toml --out own").status, 0);
  ASSERT_TRUE(std::filesystem::remove(trace));
  const Outcome believed = run("verify own --train");
  EXPECT_EQ(believed.status, kBelieved) << believed.out;
  EXPECT_FALSE(std::filesystem::exists(trace));
  EXPECT_THAT(believed.out, AllOf(HasSubstr("training counts\n    of row own (2 trials): its plugin is the "
                                            "folder's own; --run-plugins runs it"),
                                  HasSubstr("what the plugin is: version, parameters, kind of row own")));
  EXPECT_EQ(run("verify own --train --run-plugins").status, 0);
  EXPECT_TRUE(std::filesystem::remove(trace));
  // Installed, by its bytes, under another name.
  std::filesystem::create_directory(folder_ / "installed");
  std::filesystem::copy_file(folder_ / "own.so", folder_ / "installed" / "known.so");
  EXPECT_EQ(run("verify own --train --plugin-dir installed").status, 0);
  EXPECT_TRUE(std::filesystem::exists(trace));
}

TEST_F(ForgeryTest, ARewardOfTheFolderDoesNotRunUnasked) {
  std::filesystem::copy_file(BAD_PLUGINS "/steered-reward.so", folder_ / "own-reward.so",
                             std::filesystem::copy_options::overwrite_existing);
  write("suite.toml", kSuite);
  ASSERT_EQ(run("run suite.toml --out own").status, 0);
  const Outcome believed = run("verify own");
  EXPECT_EQ(believed.status, kBelieved) << believed.out << believed.err;
  EXPECT_THAT(believed.out,
              AllOf(HasSubstr("0 trials replayed"), HasSubstr("exact policies of split f0, split f1")));
  EXPECT_EQ(run("verify own --train --run-plugins").status, 0);
}

TEST_F(ForgeryTest, WhatIsInAnotherFolderIsNotMissing) {
  std::string suite = kSuite;
  const std::string cells = "latency_s = 20, cost_usd = 0.02";
  write("suite.toml", suite.replace(suite.find(cells), cells.size(), "latency_s = 8, cost_usd = 0.006"));
  for (const char* shard : {"1/2", "2/2"})
    ASSERT_EQ(run(std::string("run suite.toml --out part") + shard[0] + " --shard " + shard).status, 0);
  ASSERT_EQ(run("report part1 part2").status, 0);
  const Outcome whole = run("verify part1 part2 --train");
  EXPECT_EQ(whole.status, 0);
  for (const std::string part : {"part1", "part2"}) {
    EXPECT_THAT(whole.out, HasSubstr(part + ": 6 trials replayed (240 episodes), 6 of them run again;\n"
                                            "  exact policies of 1 split recomputed: everything agrees"));
  }
  const Outcome half = run("verify part2 --train --json");
  EXPECT_EQ(half.status, kBelieved);
  EXPECT_THAT(half.out,
              AllOf(HasSubstr("\"exact policies (1 split)\""), HasSubstr("never run or taken away")));
  Forger(folder_ / "part2").replace("report.md", "learner", "winner");
  const Outcome forged = run("verify part1 part2 --train");
  EXPECT_EQ(forged.status, kBelieved);
  EXPECT_THAT(forged.out, HasSubstr("the report's files of part2"));
}

TEST_F(ForgeryTest, WhatFinishedInAnotherFolderDidNotFail) {
  make_honest(kWithoutExact);
  std::filesystem::copy(folder_ / "honest", folder_ / "again", std::filesystem::copy_options::recursive);
  Forger(folder_ / "again").trial("text", "f0", fail_trial);
  ASSERT_EQ(run("report again").status, 1);
  EXPECT_EQ(run("verify honest again --train").status, 0);
  EXPECT_EQ(run("verify again --train").status, kWrong);
}

}  // namespace
}  // namespace offload::testing
