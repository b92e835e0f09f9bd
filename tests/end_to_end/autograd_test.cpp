// A fused row neither needs nor loads the autograd library; a row that asks for it says what is wrong with
// it.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

const std::string kLibraries = OFFLOAD_BINARY_DIR "/lib/offload-bench";

class AutogradTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    if (!fs::exists(kLibraries + "/plugins/rc-ppo.so")) GTEST_SKIP() << "built without the learning agents";
    std::string suite =
        "[data]\nsource = \"synthetic:20\"\nsplit = {test_ratio = 0.25}\n"
        "[budgets]\ncells = [{name = \"open\"}]\n[evaluation]\noracle_nodes = 0\n";
    for (const std::string compute : {"fused", "autograd"}) {
      suite += "[[row]]\nname = \"" + compute + "\"\nplugin = \"rc-ppo\"\nparameters = {compute = \"" +
               compute + "\"}\ntraining = {steps = 100}\n";
    }
    write("both.toml", suite);
  }
  nlohmann::json trial(const std::string& row) const {
    for (const auto& entry : fs::directory_iterator(folder_ / "out" / "trials")) {
      const nlohmann::json trial = nlohmann::json::parse(read_text(entry.path()))["trial"];
      if (trial["row"] == row) return trial;
    }
    return {};
  }
};

TEST_F(AutogradTest, IsLoadedByItsRowAlone) {
  if (!fs::exists(kLibraries + "/liboffload-autograd.so")) GTEST_SKIP() << "built without LibTorch";
  const Outcome outcome = run("run both.toml --out out");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(trial("autograd")["host"].contains("agent.libtorch"));
  EXPECT_TRUE(trial("autograd")["host"].contains("agent.blas"));
  const nlohmann::json fused = trial("fused")["host"];
  EXPECT_THAT(fused["agent.kernels"].get<std::string>(), HasSubstr("fused "));
  for (const char* other : {"agent.libtorch", "agent.aten", "agent.blas"})
    EXPECT_FALSE(fused.contains(other));
}

TEST_F(AutogradTest, MissingFailsItsRowAlone) {
  const Outcome outcome = run("run both.toml --out out", "OFFLOAD_AUTOGRAD=/nowhere/autograd.so");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(trial("fused")["status"], "ok");
  EXPECT_THAT(trial("autograd")["failure"]["reason"].get<std::string>(),
              HasSubstr("compute = \"autograd\": /nowhere/autograd.so: cannot be loaded"));
}

}  // namespace
}  // namespace offload::testing
