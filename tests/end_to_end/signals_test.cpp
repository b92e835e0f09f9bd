// What a first signal says and a second one ends.
#include <gmock/gmock.h>

#include "end_to_end/steered.hpp"

namespace offload::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class SignalsTest : public Steered {
 protected:
  std::string error() const { return read_text(folder_ / "err.txt"); }

  // A first signal, which only tells.
  void ask_to_stop(pid_t command, int signal) {
    kill(command, signal);
    EXPECT_TRUE(comes_true([this] { return error().find("stopping after ") != std::string::npos; }))
        << error();
    EXPECT_THAT(error(), HasSubstr("; a second signal ends at once\n"));
    EXPECT_TRUE(runs(command));
    EXPECT_GT(count_named(mark()), 0);
  }

  void expect_nothing_left() const {
    EXPECT_TRUE(comes_true([] { return count_named(mark()) == 0; })) << "processes left behind";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      EXPECT_NE(entry.path().extension(), ".tmp") << entry.path();
    }
  }

  // Two signals while jobs wait for ever; returns what was said at the first.
  std::string end_at_once(const std::string& arguments, int processes, int signal) {
    const pid_t command = start_waiting(arguments);
    EXPECT_TRUE(waits(processes)) << error();
    ask_to_stop(command, signal);
    const auto second = std::chrono::steady_clock::now();
    kill(command, signal);
    EXPECT_EQ(await(command), 128 + signal) << error();
    EXPECT_LT(std::chrono::steady_clock::now() - second, std::chrono::seconds(60));
    expect_nothing_left();
    return error();
  }
};

TEST_F(SignalsTest, RunTellsWhatItWaitsForAndEndsAtTheSecond) {
  EXPECT_THAT(end_at_once("run suite.toml --out results --jobs 2", 2, SIGTERM),
              AllOf(HasSubstr("stopping after exact policies on seed0 ("),
                    HasSubstr(", exact policies on seed1 ("), HasSubstr("finished trials are kept")));
  const Outcome again = run("run suite.toml --out results --jobs 2 --plugin-dir " BAD_PLUGINS);
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("8 trials run, 0 failed"));
}

// Without a second signal: how to go on is said after the report of what there is.
TEST_F(SignalsTest, RunSaysHowToGoOnAfterAFirstSignal) {
  const pid_t command = start_waiting("run suite.toml --out results --jobs 1");
  ASSERT_TRUE(waits(1)) << error();
  ask_to_stop(command, SIGINT);
  std::filesystem::remove(folder_ / "wait");
  EXPECT_EQ(await(command), 130) << error();
  EXPECT_THAT(error(), EndsWith("stopped: 11 jobs have not run; the same command goes on with them\n"));
  EXPECT_THAT(read_text(folder_ / "out.txt"),
              AllOf(HasSubstr("No trial has finished: nothing can be ranked"), Not(HasSubstr("Tier "))));
  const Outcome again = run("run suite.toml --out results --jobs 1 --plugin-dir " BAD_PLUGINS);
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("8 trials run, 0 failed, 0 already done"));
}

TEST_F(SignalsTest, OracleTellsWhatItWaitsForAndEndsAtTheSecond) {
  EXPECT_THAT(end_at_once("oracle suite.toml --split seed2", 1, SIGINT),
              HasSubstr("stopping after exact policies on seed2 ("));
}

TEST_F(SignalsTest, VerifyTellsWhatItWaitsForAndEndsAtTheSecond) {
  ASSERT_EQ(run("run suite.toml --out results --plugin-dir " BAD_PLUGINS).status, 0);
  EXPECT_THAT(end_at_once("verify results --jobs 2", 2, SIGTERM),
              HasSubstr("stopping after exact policies of split seed0, exact policies of split seed1; "));
  EXPECT_EQ(read_text(folder_ / "out.txt"), "");
  EXPECT_EQ(run("verify results --plugin-dir " BAD_PLUGINS).status, 0);
}

TEST_F(SignalsTest, VerifySaysWhatAFirstSignalLeftOut) {
  ASSERT_EQ(run("run suite.toml --out results --plugin-dir " BAD_PLUGINS).status, 0);
  const pid_t command = start_waiting("verify results --jobs 1");
  ASSERT_TRUE(waits(1)) << error();
  ask_to_stop(command, SIGINT);
  std::filesystem::remove(folder_ / "wait");
  EXPECT_EQ(await(command), 130) << error();
  expect_nothing_left();
  // Of 4 splits' exact policies, replays and second runs, and the report, the first exact policies alone were
  // done.
  EXPECT_THAT(read_text(folder_ / "out.txt"),
              AllOf(HasSubstr("what was verified agrees"),
                    HasSubstr("not verified: 12 jobs, which a signal left out")));
}

}  // namespace
}  // namespace offload::testing
