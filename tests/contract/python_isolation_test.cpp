// The attempts of isolation_test.cpp by a reward in Python: each is held there, and each but those that need
// a host works by itself, so that what is held is no accident.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "check/random_turns.hpp"
#include "contract/messages.hpp"
#include "plugin/sample_environment.hpp"
#include "process/sandbox.hpp"
#include "remote/remote_reward.hpp"
#include "temporary_folder.hpp"
#include "test_python.hpp"

namespace offload {
namespace {

using testing::HasSubstr;

const std::string kSource = std::string(OFFLOAD_SOURCE_DIR) + "/tests/contract/bad/escaper.py";

class PythonIsolation : public ::testing::Test {
 protected:
  void SetUp() override {
    if (python_.empty()) GTEST_SKIP() << test::kNoPython;
    const std::uint64_t held = reward("none").held();
    if ((held & kHeldFiles) == 0 || (held & kHeldCalls) == 0)
      GTEST_SKIP() << "not held here: " << missing_text(held);
  }

  RemoteReward reward(const std::string& attempt) const {
    return {kSource + ":Escaper",
            {{"attempt", {attempt, ""}}, {"target", {target_.string(), ""}}},
            environment_.raw(),
            RemoteSettings{.python = python_}};
  }
  std::vector<double> scores(RemoteReward& reward, std::size_t rows) const {
    std::vector<double> scores(rows, -1);
    reward.score(random_outcomes(environment_.raw(), std::vector<std::size_t>(rows, 0)).raw(), scores.data());
    return scores;
  }
  std::string in_isolation(const std::string& attempt) const {
    return message_of(ErrorKind::plugin, [&] {
      RemoteReward asked = reward(attempt);
      scores(asked, 1);
    });
  }
  std::string by_itself(const std::string& attempt) const {
    const std::string command = fmt::format("{} {} {} {} 2>&1", python_, kSource, attempt, target_.string());
    FILE* const output = popen(command.c_str(), "r");
    std::string said(1000, '\0');
    said.resize(fread(said.data(), 1, said.size(), output));
    pclose(output);
    return said;
  }
  void expect_held(const std::string& attempt) const {
    EXPECT_THAT(in_isolation(attempt), HasSubstr("reward 'escaper' failed in score: RuntimeError: held"));
    EXPECT_THAT(by_itself(attempt), testing::StartsWith("escaped: "));
  }

  const std::string python_ = test::test_python();
  const SampleEnvironment environment_;
  const test::TemporaryFolder folder_;
  const std::filesystem::path target_ = folder_.write("data", "of the test alone");
};

TEST_F(PythonIsolation, NoDataFile) { expect_held("data"); }
TEST_F(PythonIsolation, NoMemoryOfOthers) { expect_held("memory"); }
TEST_F(PythonIsolation, NoMappedData) { expect_held("mapped"); }
TEST_F(PythonIsolation, NoNetwork) { expect_held("network"); }
TEST_F(PythonIsolation, NothingIsWritten) { expect_held("write"); }
TEST_F(PythonIsolation, NoProcesses) { expect_held("process"); }
TEST_F(PythonIsolation, NoSharedMemory) { expect_held("shared"); }

TEST_F(PythonIsolation, NoInheritedDescriptors) {
  // Without O_CLOEXEC; two, as the first may be where an agent has its transport.
  const int files[] = {open("/dev/null", O_RDONLY), open(target_.c_str(), O_RDONLY)};
  expect_held("descriptors");
  for (const int file : files) close(file);
}

TEST_F(PythonIsolation, NoWordForACopy) {
  RemoteReward earlier = reward("none");
  EXPECT_EQ(scores(earlier, 1), std::vector<double>(1, 0));
  expect_held("copy");
  std::filesystem::remove("/tmp/offload-escaper-python");
}

TEST_F(PythonIsolation, WhatIsDoneAtLoadIsHeld) {
  setenv("OFFLOAD_TEST_TARGET", target_.c_str(), 1);
  expect_held("load");
  unsetenv("OFFLOAD_TEST_TARGET");
}

TEST_F(PythonIsolation, ExitHandlersAreHeld) {
  RemoteReward leaving = reward("exit");
  EXPECT_THROW(scores(leaving, 1), AgentEnded);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "at-exit"));
  by_itself("exit");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "at-exit"));
}

// What changes behind the host's back is either a number or a sentence; never another's memory.
TEST_F(PythonIsolation, ATransportThatChangesAllTheTime) {
  int answered = 0, refused = 0;
  // How its thread is scheduled is the machine's affair: until both have come, for long enough.
  for (int run = 0; run < 3 || (run < 50 && (answered == 0 || refused == 0)); ++run) {
    RemoteReward changing = reward("transport");
    try {
      for (int call = 0; call < 300; ++call) {
        for (const double score : scores(changing, 16)) ASSERT_TRUE(std::isfinite(score)) << score;
        ++answered;
      }
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("escaper"));
      ++refused;
    } catch (const AgentEnded&) {
      ++refused;
    }
  }
  EXPECT_GT(answered, 0);
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace offload
