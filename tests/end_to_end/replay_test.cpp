// Replay against the reference's numbers, and of files that do not fit.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;

class ReplayTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    shared_ = shared_folder();
    if (shared_.empty()) GTEST_SKIP() << "needs the shared golden files; set OFFLOAD_SHARED";
  }
  Outcome replay(const std::string& golden, const std::string& more) const {
    return run("replay '" + (shared_ / "golden" / golden).string() + "' --dataset '" +
               (shared_ / "data" / "M4A1.json").string() + "' " + more);
  }
  std::filesystem::path shared_;
};

TEST_F(ReplayTest, GoldenFilesOfBothVersions) {
  for (const auto& [golden, compat] : {std::pair{"m4a1_journal_tx2_wired.json", "tmo-journal"},
                                       std::pair{"m4a1_journal_pi5_5g.json", "tmo-journal"},
                                       std::pair{"m4a1_conference_tx2_wired.json", "tmo-conference"}}) {
    const Outcome outcome = replay(golden, std::string("--json --compat ") + compat);
    EXPECT_EQ(outcome.status, 0) << golden << outcome.err;
    const auto json = nlohmann::json::parse(outcome.out);
    EXPECT_EQ(json["comparison"]["mismatches"], 0);
    EXPECT_EQ(json["comparison"]["steps_compared"], json["steps"].size() + json["training"].size());
    EXPECT_GE(json["steps"].size(), 200U);
  }
}

TEST_F(ReplayTest, ConferenceNumbersNeedTheirQuirks) {
  const Outcome outcome = replay("m4a1_conference_tx2_wired.json", "--compat none");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, HasSubstr("mismatch at /evaluation/0/steps/0"));
}

TEST_F(ReplayTest, OtherModelAndLens) {
  for (const char* more : {"--model table", "--lens held_out"}) {
    const Outcome outcome = replay("m4a1_journal_tx2_wired.json", std::string("--json ") + more);
    EXPECT_LE(outcome.status, 1) << outcome.err;
    EXPECT_GE(nlohmann::json::parse(outcome.out)["steps"].size(), 200U);
  }
}

TEST_F(ReplayTest, AlteredAndForeignFilesAreFound) {
  const auto golden = nlohmann::json::parse(read_text(shared_ / "golden" / "m4a1_journal_tx2_wired.json"));
  const std::string data = "' --dataset '" + (shared_ / "data" / "M4A1.json").string() + "' ";
  const auto status = [&](const nlohmann::json& json) {
    write("altered.json", json.dump());
    return run("replay 'altered.json" + data + "--compat tmo-journal").status;
  };
  auto altered = golden;
  altered["evaluation"][3]["steps"][1]["episode_latency_s"] = 1.0;
  EXPECT_EQ(status(altered), 1);
  altered = golden;
  altered["evaluation"][3]["actions"][0] = 9;
  EXPECT_EQ(status(altered), 3);
  altered = golden;
  altered["evaluation"][0]["episode_id"] = 100000;
  EXPECT_EQ(status(altered), 3);
  altered = golden;
  altered["evaluation"][0]["actions"].push_back(0);
  EXPECT_EQ(status(altered), 3);
  altered = golden;
  altered.erase("test_ids");
  EXPECT_EQ(status(altered), 3);
  write("altered.json", "{\"evaluation\": ");
  EXPECT_EQ(run("replay 'altered.json" + data).status, 3);
  EXPECT_EQ(run("replay 'missing.json" + data).status, 5);
}

}  // namespace
}  // namespace offload::testing
