// What was learned is kept as a file, and a row can start from it: with other budgets, or to learn on.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class CheckpointTest : public CommandTest {
 protected:
  static std::string suite(const std::string& cells, const std::string& row) {
    return "[suite]\nname = \"small\"\n[data]\nsource = \"synthetic:40\"\nsplit = {test_ratio = 0.25}\n"
           "[budgets]\ncells = [" +
           cells + "]\n[evaluation]\noracle_nodes = 0\n[[row]]\nname = \"learner\"\n" + row + "\n";
  }
  nlohmann::json trial(const std::string& folder) const {
    for (const auto& entry : fs::directory_iterator(folder_ / folder / "trials")) {
      return nlohmann::json::parse(read_text(entry.path()))["trial"];
    }
    return {};
  }
  // Trains where nothing but the open cell is evaluated; the kept file becomes learned.ckpt.
  void train(const std::string& row) {
    write("train.toml", suite(kOpen, row + "\ntraining = {steps = 600, checkpoints = true}"));
    const Outcome outcome = run("run train.toml --out trained");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    int files = 0;
    for (const auto& entry : fs::directory_iterator(folder_ / "trained" / "checkpoints")) {
      fs::copy_file(entry.path(), folder_ / "learned.ckpt");
      EXPECT_EQ(entry.path().filename(), trial("trained")["key"].get<std::string>() + ".ckpt");
      ++files;
    }
    ASSERT_EQ(files, 1);
  }

  const std::string kOpen = "{name = \"open\"}";
  const std::string kTight = "{name = \"tight\", latency_s = 12, cost_usd = 0.012}";
};

void same_elsewhere(const nlohmann::json& before, const nlohmann::json& after) {
  EXPECT_EQ(after["training"]["steps"], 0);
  ASSERT_EQ(after["cells"].size(), 2u);
  EXPECT_EQ(after["cells"][0]["cell"], "tight");
  EXPECT_EQ(after["cells"][1]["decisions"], before["cells"][0]["decisions"]);
}

TEST_F(CheckpointTest, DecidesTheSameElsewhere) {
  for (const std::string plugin : {"epsilon-greedy", "rc-ppo", "rc-dqn"}) {
    if (!fs::exists(OFFLOAD_BINARY_DIR "/lib/offload-bench/plugins/" + plugin + ".so")) continue;
    const std::string row = "plugin = \"" + plugin + "\"";
    ASSERT_NO_FATAL_FAILURE(train(row)) << plugin;
    write("again.toml",
          suite(kTight + ", " + kOpen, row + "\ncheckpoint = \"learned.ckpt\"\ntraining = {steps = 0}"));
    const Outcome outcome = run("run again.toml --out again");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    same_elsewhere(trial("trained"), trial("again"));
    for (const char* name : {"trained", "again", "learned.ckpt"}) fs::remove_all(folder_ / name);
  }
}

TEST_F(CheckpointTest, LearnsOnFromWhereItWas) {
  ASSERT_NO_FATAL_FAILURE(train("plugin = \"epsilon-greedy\""));
  const auto learn_on = [this](const std::string& out) {
    write("on.toml", suite(kOpen,
                           "plugin = \"epsilon-greedy\"\ncheckpoint = \"learned.ckpt\"\n"
                           "training = {steps = 400, checkpoints = true}"));
    const Outcome outcome = run("run on.toml --out " + out);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  };
  learn_on("on");
  learn_on("twice");
  EXPECT_EQ(trial("on")["cells"], trial("twice")["cells"]);
  for (const auto& entry : fs::directory_iterator(folder_ / "on" / "checkpoints")) {
    EXPECT_THAT(read_text(entry.path()).substr(0, 50),
                HasSubstr("offload-checkpoint/3 epsilon-greedy 1000 "));
    const std::string text = read_text(entry.path());
    const std::size_t line = text.find('\n') + 1;
    const auto lineage = nlohmann::json::parse(text.substr(line, text.find('\n', line) - line));
    ASSERT_EQ(lineage["stages"].size(), 2U) << lineage;
    EXPECT_EQ(lineage["stages"][0]["steps"], 600);
    EXPECT_EQ(lineage["stages"][1]["steps"], 400);
    EXPECT_EQ(lineage["stages"][0]["episodes"].size(), 30U);
    EXPECT_EQ(lineage["stages"][0]["episodes"], lineage["stages"][1]["episodes"]);
  }
}

TEST_F(CheckpointTest, RefusesWhatIsNotOne) {
  ASSERT_NO_FATAL_FAILURE(train("plugin = \"epsilon-greedy\""));
  const auto error = [this](const std::string& row) {
    write("bad.toml", suite(kOpen, row + "\ntraining = {steps = 0}"));
    const Outcome outcome = run("run bad.toml --out bad");
    EXPECT_NE(outcome.status, 0);
    return outcome.err;
  };
  EXPECT_THAT(error("plugin = \"epsilon-greedy\"\ncheckpoint = \"none.ckpt\""),
              HasSubstr("there is no file"));
  EXPECT_THAT(error("plugin = \"random\"\ncheckpoint = \"learned.ckpt\""),
              HasSubstr("is a checkpoint of agent 'epsilon-greedy', not 'random'"));
  std::string bytes = read_text(folder_ / "learned.ckpt");
  std::string other = bytes;
  write("learned.ckpt", other.insert(other.find("epsilon-greedy ") + 15, "9"));
  EXPECT_THAT(error("plugin = \"epsilon-greedy\"\ncheckpoint = \"learned.ckpt\""),
              HasSubstr("cut off or changed"));
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write("learned.ckpt", bytes);
  EXPECT_THAT(error("plugin = \"epsilon-greedy\"\ncheckpoint = \"learned.ckpt\""),
              HasSubstr("cut off or changed"));
  write("learned.ckpt", "something else");
  EXPECT_THAT(error("plugin = \"epsilon-greedy\"\ncheckpoint = \"learned.ckpt\""),
              HasSubstr("not a checkpoint"));
}

// What a checkpoint was trained on, against what tests the row that starts from it.
class LineageTest : public CheckpointTest {
 protected:
  // The report's words on a row that starts from learned.ckpt under `split`, of `source`.
  nlohmann::json lineage(const std::string& split, const std::string& source = "synthetic:40") {
    std::string text = suite(kOpen,
                             "plugin = \"epsilon-greedy\"\ncheckpoint = \"learned.ckpt\"\n"
                             "training = {steps = 0}");
    text.replace(text.find("{test_ratio = 0.25}"), 19, split);
    text.replace(text.find("synthetic:40"), 12, source);
    write("row.toml", text);
    fs::remove_all(folder_ / "row");
    const Outcome outcome = run("run row.toml --out row");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    report_ = nlohmann::json::parse(read_text(folder_ / "row" / "report.json"));
    return report_["rows"][0]["lineage"];
  }
  std::string warnings() const { return report_["suite"]["warnings"].dump(); }

  nlohmann::json report_;
};

TEST_F(LineageTest, IsFlaggedInReports) {
  ASSERT_NO_FATAL_FAILURE(train("plugin = \"epsilon-greedy\""));
  EXPECT_EQ(lineage("{test_ratio = 0.25}"),
            nlohmann::json({{"training", "unseen"}, {"seen_tests", 0}, {"tests", 10}}));
  EXPECT_THAT(warnings(), ::testing::Not(HasSubstr("checkpoint")));
  const auto seen = lineage("{test_ratio = 0.5, seeds = [0, 1]}");
  EXPECT_EQ(seen["training"], "seen");
  EXPECT_GT(seen["seen_tests"], 0);
  EXPECT_EQ(seen["tests"], 40);
  EXPECT_THAT(warnings(), HasSubstr("was trained on " + seen["seen_tests"].dump() + " of its 40 tests"));
  // What its checkpoint says of itself is believed.
  const Outcome verified = run("verify row --train");
  EXPECT_EQ(verified.status, 6) << verified.out;
  EXPECT_THAT(verified.out, HasSubstr("what the checkpoint was trained on of row learner"));
  EXPECT_EQ(lineage("{test_ratio = 0.25}", "synthetic:50")["training"], "other data");
}

// Candidates that are validated on what the checkpoint was trained on are chosen by what they remember.
TEST_F(LineageTest, OfWhatValidatesASweepIsFlagged) {
  ASSERT_NO_FATAL_FAILURE(train("plugin = \"epsilon-greedy\""));
  write("row.toml", suite(kOpen,
                          "plugin = \"epsilon-greedy\"\ncheckpoint = \"learned.ckpt\"\n"
                          "training = {steps = 64}") +
                        "\n[[sweep]]\nrow = \"learner\"\nparameters = {epsilon = [0.2, 0.6]}\n");
  const Outcome outcome = run("run row.toml --out row");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  report_ = nlohmann::json::parse(read_text(folder_ / "row" / "report.json"));
  const auto& found = report_["rows"][0]["lineage"];
  EXPECT_EQ(found["training"], "unseen");
  EXPECT_GT(found["validation"], 0);
  EXPECT_EQ(found["seen_validation"], found["validation"]);
  EXPECT_THAT(warnings(),
              HasSubstr("was trained on " + found["validation"].dump() + " of the " +
                        found["validation"].dump() + " episodes that its candidates were validated"));
}

// As the format before wrote it.
TEST_F(LineageTest, IsUnknownOfAnOlderFile) {
  fs::copy_file(OFFLOAD_SOURCE_DIR "/tests/fuzz/corpus/checkpoint/epsilon-greedy", folder_ / "learned.ckpt");
  write("row.toml", suite(kOpen,
                          "plugin = \"epsilon-greedy\"\ncheckpoint = \"learned.ckpt\"\n"
                          "training = {steps = 0}"));
  run("run row.toml --out row");
  const auto report = nlohmann::json::parse(read_text(folder_ / "row" / "report.json"));
  EXPECT_EQ(report["rows"][0]["lineage"]["training"], "unknown");
  EXPECT_THAT(report["suite"]["warnings"].dump(), HasSubstr("does not say what it was trained on"));
}

TEST_F(LineageTest, OfficialTasksRefuseWhatWasTrainedOnTests) {
  const std::string task = read_text(OFFLOAD_SOURCE_DIR "/benchmarks/suites/tasks/synth-true-v1.toml");
  const std::string frozen =
      task.substr(0, task.find("[[row]]")) + task.substr(task.find("[evaluation]")) + "\n";
  const auto official = [&](const std::string& row) {
    write("official.toml",
          frozen + "[[row]]\nname = \"learner\"\nplugin = \"epsilon-greedy\"\n" + row + "\n");
    return run("run official.toml --out official --dry-run");
  };
  // Trained on all that tests anywhere.
  write("train.toml",
        "[suite]\nname = \"all\"\n[data]\nsource = \"synthetic:200\"\nsplit = {test_ratio = 0.05}\n"
        "[evaluation]\noracle_nodes = 0\n[[row]]\nname = \"learner\"\nplugin = \"epsilon-greedy\"\n"
        "training = {steps = 100, checkpoints = true}\n");
  ASSERT_EQ(run("run train.toml --out trained").status, 0);
  for (const auto& entry : fs::directory_iterator(folder_ / "trained" / "checkpoints"))
    fs::copy_file(entry.path(), folder_ / "learned.ckpt");
  EXPECT_THAT(official("").out, HasSubstr("this is synth-true-v1, unaltered"));
  Outcome refused = official("checkpoint = \"learned.ckpt\"");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err,
              ::testing::ContainsRegex("official.toml:[0-9]+: row 'learner' starts from .*learned.ckpt, "
                                       "which was trained on [0-9]+ of the [0-9]+ tests; synth-true-v1 "
                                       "tests on unseen episodes: start from another checkpoint"));
  fs::copy_file(OFFLOAD_SOURCE_DIR "/tests/fuzz/corpus/checkpoint/epsilon-greedy", folder_ / "old.ckpt");
  refused = official("checkpoint = \"old.ckpt\"");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("which does not say what it was trained on"));
}

}  // namespace
}  // namespace offload::testing
