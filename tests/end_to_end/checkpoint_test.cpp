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
                HasSubstr("offload-checkpoint/2 epsilon-greedy 1000 "));
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

}  // namespace
}  // namespace offload::testing
