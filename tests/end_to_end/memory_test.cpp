// Wherever a memory limit ends something, the message says which, by how much, of what, and what to do.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "end_to_end/steered.hpp"

namespace offload::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using Json = nlohmann::json;

class MemoryTest : public Steered {
 protected:
  // AddressSanitizer's allocator hangs where memory ends instead of throwing.
  void SetUp() override {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "needs an allocator that refuses";
#endif
    Steered::SetUp();
  }
  Json failure_of(const std::string& kind, const std::string& row) const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "results" / (kind + "s"))) {
      const Json result = Json::parse(read_text(entry.path())).at(kind);
      if (row.empty() || result.at("row") == row) return result.at("failure");
    }
    return {};
  }
};

constexpr const char* kRefused =
    "needs more than the 200 MB it may use .had 1[0-9][0-9] MB when more was refused.; raise ";

TEST_F(MemoryTest, RunNamesLimitUseAndFix) {
  const Outcome outcome = run("run suite.toml --out results --plugin-dir " BAD_PLUGINS, asking("allocate"));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err,
              ContainsRegex("failed: random on seed0: .*memory_limit_mb in the training of the row"));
  EXPECT_THAT(outcome.err,
              ContainsRegex("failed: exact policies on seed0: .*lower .evaluation. oracle_nodes"));
  for (const char* kind : {"trial", "reference"}) {
    const Json failure = failure_of(kind, "");
    EXPECT_EQ(failure.at("limit"), "memory") << failure;
    EXPECT_THAT(failure.at("reason").get<std::string>(), ContainsRegex(kRefused));
  }
}

TEST_F(MemoryTest, OracleNamesLimitUseAndFix) {
  const Outcome outcome = run("oracle suite.toml --plugin-dir " BAD_PLUGINS, asking("allocate"));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("failed: exact policies on seed3: "), ContainsRegex(kRefused)));
}

TEST_F(MemoryTest, VerifyNamesWhatItCouldNotRecompute) {
  ASSERT_EQ(run("run suite.toml --out results --plugin-dir " BAD_PLUGINS).status, 0);
  const std::string verify = "verify results --jobs 2 --plugin-dir " BAD_PLUGINS;
  const Outcome outcome = run(verify + " --memory-limit 150", asking("allocate"));
  EXPECT_EQ(outcome.status, 1);
  for (const char* what : {"references/[0-9a-f]*.json: exact policies of split seed0: ",
                           "trials/[0-9a-f]*.json and 1 more: replay of split seed0: ",
                           "trials/[0-9a-f]*.json: the second run of row 'random' on split seed0: "}) {
    EXPECT_THAT(
        outcome.out,
        ContainsRegex(
            std::string("not verified: ") + what +
            ".*needs more than the 150 MB it may use .had 1([0-4][0-9]|50) MB when more was refused.; give "
            "verify more by --memory-limit\n"));
  }
  EXPECT_THAT(outcome.out, HasSubstr("what was verified agrees"));
}

TEST_F(MemoryTest, VerifyNamesTheSignalThatEndedAJob) {
  ASSERT_EQ(run("run suite.toml --out results --plugin-dir " BAD_PLUGINS).status, 0);
  const Outcome outcome = run("verify results --json --plugin-dir " BAD_PLUGINS, asking("abort"));
  EXPECT_EQ(outcome.status, 1);
  const Json failures = Json::parse(outcome.out)[0]["failures"];
  ASSERT_EQ(failures.size(), 16U) << failures;  // of 4 splits: exact policies, the replay and two second runs
  for (const Json& failure : failures) {
    EXPECT_THAT(failure.get<std::string>(), HasSubstr("died of signal 6 (SIGABRT)"));
  }
}

TEST_F(MemoryTest, CheckNamesTheLimitFromOutside) {
  const Outcome outcome =
      run("check steered-reward --plugin-dir " BAD_PLUGINS, "ulimit -d 200000 && " + asking("allocate"));
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.out, ContainsRegex("needs more than the 204 MB that `ulimit` leaves it .had [0-9]* MB "
                                         "when more was refused.; raise that"));
}

// The data set alone takes more.
TEST_F(MemoryTest, TheCommandNamesItsOwnLimit) {
  const Outcome outcome =
      run("run suite.toml --dataset synthetic:1000000 --dry-run --plugin-dir " BAD_PLUGINS,
          "ulimit -d 40000 && ");
  EXPECT_EQ(outcome.status, 5);
  EXPECT_THAT(
      outcome.err,
      ContainsRegex("^offload-bench: needs more than the 40 MB that `ulimit` leaves it .had [0-9]* MB when"));
}

TEST_F(MemoryTest, AKillFromOutsideIsCalledThat) {
  const pid_t command = start_waiting("run suite.toml --out results --jobs 1");
  ASSERT_TRUE(waits(1));
  const std::vector<pid_t> started = descendants_of(command);
  ASSERT_FALSE(started.empty());
  kill(started.back(), SIGKILL);
  std::filesystem::remove(folder_ / "wait");
  EXPECT_GE(await(command), 0);
  EXPECT_THAT(
      read_text(folder_ / "err.txt"),
      ContainsRegex(
          "failed: exact policies on seed0: was ended by signal 9 .SIGKILL. from outside, as the system "
          "does where memory runs out; it had taken up to [0-9]* MB"));
}

}  // namespace
}  // namespace offload::testing
