// Attempts to leave an isolated agent's process, twelve kinds: each is held there, and each but those that
// need a process of their own works in this one, so that what is held is no accident.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "check/random_turns.hpp"
#include "contract/messages.hpp"
#include "plugin/instance.hpp"
#include "plugin/sample_environment.hpp"
#include "process/sandbox.hpp"
#include "remote/remote_agent.hpp"
#include "temporary_folder.hpp"

namespace offload {
namespace {

using test::TemporaryFolder;
using testing::HasSubstr;

const std::string kEscaper = std::string(BAD_PLUGINS) + "/escaper.so";

class Isolation : public ::testing::Test {
 protected:
  void SetUp() override {
    target_ = folder_.path() / "data";
    std::ofstream(target_) << "of the test alone";
    const std::uint64_t held = RemoteAgent(kEscaper, {}, environment_.raw(), {}).held();
    if ((held & kHeldFiles) == 0 || (held & kHeldCalls) == 0)
      GTEST_SKIP() << "not held here: " << missing_text(held);
  }

  Parameters parameters(const std::string& attempt) const {
    return {{"attempt", {attempt, ""}}, {"target", {target_.string(), ""}}};
  }
  std::string in_isolation(const std::string& attempt) const {
    return message_of(ErrorKind::plugin, [&] {
      RemoteAgent agent(kEscaper, parameters(attempt), environment_.raw(), {});
      act(agent, SampleTurns(environment_.raw(), 1), OFFLOAD_EVALUATE);
    });
  }
  std::string in_this_process(const std::string& attempt) const {
    return message_of(ErrorKind::plugin, [&] {
      AgentInstance agent(kEscaper, parameters(attempt), environment_.raw());
      act(agent, SampleTurns(environment_.raw(), 1), OFFLOAD_EVALUATE);
    });
  }
  void expect_held(const std::string& attempt) const {
    EXPECT_EQ(in_isolation(attempt), "agent 'escaper' failed in act: held");
    EXPECT_THAT(in_this_process(attempt), HasSubstr("failed in act: escaped"));
  }

  SampleEnvironment environment_;
  TemporaryFolder folder_;
  std::filesystem::path target_;
};

TEST_F(Isolation, NoDataFile) { expect_held("data"); }
TEST_F(Isolation, NoMemoryOfOthers) { expect_held("memory"); }
TEST_F(Isolation, NoNetwork) { expect_held("network"); }
TEST_F(Isolation, NothingIsWritten) { expect_held("write"); }
TEST_F(Isolation, NoProcesses) { expect_held("process"); }
TEST_F(Isolation, NoSharedMemory) { expect_held("shared"); }

TEST_F(Isolation, NoMappedData) {
  const int file = open(target_.c_str(), O_RDONLY);
  void* mapped = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, file, 0);
  close(file);
  expect_held("mapped");
  munmap(mapped, 4096);
}

TEST_F(Isolation, NoInheritedDescriptors) {
  const int file = open(target_.c_str(), O_RDONLY);  // without O_CLOEXEC
  expect_held("descriptors");
  close(file);
}

TEST_F(Isolation, NoWordForACopy) {
  RemoteAgent earlier(kEscaper, parameters("none"), environment_.raw(), {});
  act(earlier, SampleTurns(environment_.raw(), 1), OFFLOAD_EVALUATE);
  expect_held("copy");
  std::filesystem::remove("/tmp/offload-escaper");
}

TEST_F(Isolation, ConstructorsAtLoadAreHeld) {
  setenv("OFFLOAD_TEST_TARGET", target_.c_str(), 1);
  EXPECT_EQ(in_isolation("load"), "agent 'escaper' failed in act: held");
  unsetenv("OFFLOAD_TEST_TARGET");
}

TEST_F(Isolation, ExitHandlersAreHeld) {
  EXPECT_THROW(in_isolation("exit"), AgentEnded);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "at-exit"));
}

// An interpreter is held before it begins.
TEST_F(Isolation, OtherProgramsAreHeldLikewise) {
  const std::string cat = std::filesystem::canonical("/bin/cat");
  RemoteSettings settings;
  settings.program = {cat, target_.string()};
  settings.readable = {cat};
  testing::internal::CaptureStderr();
  EXPECT_THROW(RemoteAgent(kEscaper, {}, environment_.raw(), settings), AgentEnded);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("Permission denied"));
  settings.readable.push_back(target_);
  testing::internal::CaptureStderr();
  EXPECT_THROW(RemoteAgent(kEscaper, {}, environment_.raw(), settings), AgentEnded);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "of the test alone");
}

// What changes behind the host's back is either a valid answer or a sentence; never another's memory.
TEST_F(Isolation, ATransportThatChangesAllTheTime) {
  int answered = 0, refused = 0;
  for (int run = 0; run < 20; ++run) {
    RemoteAgent agent(kEscaper, parameters("transport"), environment_.raw(), {});
    try {
      for (int call = 0; call < 50; ++call) {
        for (const std::int32_t action : act(agent, SampleTurns(environment_.raw(), 64), OFFLOAD_EVALUATE))
          ASSERT_TRUE(action >= 0 && action < environment_.raw().actions) << action;
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

TEST(Sandbox, SaysWhatIsMissing) {
  EXPECT_EQ(missing_text(kHeldAll), "");
  EXPECT_THAT(missing_text(kHeldAll & ~kHeldFiles), HasSubstr("Linux 5.13"));
  EXPECT_THAT(missing_text(0), HasSubstr("; no seccomp"));
}

}  // namespace
}  // namespace offload
