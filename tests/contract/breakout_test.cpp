// What an isolated agent may ask the kernel for: nothing of some seventy calls, each of which this process
// may make; and what is held by looking at it. And processes that a nursery begins: as alike and as apart as
// new programs.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <sstream>

#include "check/random_turns.hpp"
#include "contract/messages.hpp"
#include "plugin/instance.hpp"
#include "plugin/sample_environment.hpp"
#include "process/copies/copy.hpp"
#include "process/sandbox.hpp"
#include "remote/remote_agent.hpp"

namespace offload {
namespace {

using testing::HasSubstr;

const std::string kBreakout = std::string(BAD_PLUGINS) + "/breakout.so";
const std::string kEscaper = std::string(BAD_PLUGINS) + "/escaper.so";

class Breakout : public ::testing::Test {
 protected:
  void SetUp() override {
    held_ = RemoteAgent(kBreakout, {}, environment_.raw(), nursed()).held();
    if ((held_ & kHeldFiles) == 0 || (held_ & kHeldCalls) == 0)
      GTEST_SKIP() << "not held here: " << missing_text(held_);
  }

  RemoteSettings nursed() {
    RemoteSettings settings;
    settings.nursery = &nursery_;
    return settings;
  }
  std::string tried(const std::string& attempt, const RemoteSettings& settings) const {
    return message_of(ErrorKind::plugin, [&] {
      RemoteAgent agent(kBreakout, {{"attempt", {attempt, ""}}}, environment_.raw(), settings);
      act(agent, SampleTurns(environment_.raw(), 1), OFFLOAD_EVALUATE);
    });
  }

  SampleEnvironment environment_;
  Nursery nursery_;
  std::uint64_t held_ = 0;
};

TEST_F(Breakout, NoCallIsHeard) {
  const std::string held = "agent 'breakout' failed in act: held";
  EXPECT_EQ(tried("calls", {}), held);
  EXPECT_EQ(tried("calls", nursed()), held);
  const std::string here = message_of(ErrorKind::plugin, [&] {
    AgentInstance agent(kBreakout, {}, environment_.raw());
    act(agent, SampleTurns(environment_.raw(), 1), OFFLOAD_EVALUATE);
  });
  EXPECT_THAT(here, HasSubstr("failed in act: reached: "));
  std::istringstream words(here);
  EXPECT_GT(std::count(std::istreambuf_iterator<char>(words), {}, ' '), 40) << here;
  for (const char* call : {" unshare", " execve", " nice", " session", " robust_list", " set_affinity",
                           " clock", " timer", " /exe"})
    EXPECT_THAT(here, HasSubstr(call));
}

TEST_F(Breakout, ReadingLeavesNoTime) {
  if ((held_ & kHeldTimes) == 0) GTEST_SKIP() << "not held here: " << missing_text(held_);
  for (const bool newborn : {false, true}) {
    RemoteAgent agent(kBreakout, {{"attempt", {std::string("times"), ""}}}, environment_.raw(),
                      newborn ? nursed() : RemoteSettings{});
    const timespec times[] = {{0, 0}, {0, UTIME_OMIT}};
    ASSERT_EQ(utimensat(AT_FDCWD, kBreakout.c_str(), times, 0), 0);
    EXPECT_EQ(message_of(ErrorKind::plugin,
                         [&] { act(agent, SampleTurns(environment_.raw(), 1), OFFLOAD_EVALUATE); }),
              "agent 'breakout' failed in act: held");
  }
}

TEST_F(Breakout, ThreadsHaveAnEnd) {
  EXPECT_THAT(tried("threads", nursed()), HasSubstr("has more than 512 threads"));
}

TEST_F(Breakout, MemoryThatIsSharedHasAnEnd) {
  RemoteSettings settings = nursed();
  settings.memory_mb = 64;
  EXPECT_THAT(tried("memory", settings), HasSubstr("takes more shared memory than memory_limit_mb"));
}

TEST_F(Breakout, ThreadsMayAskAboutThemselves) {
  EXPECT_EQ(tried("own_threads", nursed()), "agent 'breakout' failed in act: held");
}

TEST_F(Breakout, WhoStopsItselfIsLate) {
  RemoteSettings settings = nursed();
  settings.answer_limit = std::chrono::milliseconds(100);
  EXPECT_THAT(tried("stop", settings), HasSubstr("does not answer in time"));
}

// All begin with descriptors of their own.
TEST_F(Breakout, NoFlagReachesTheNextOne) {
  for (int process = 0; process < 2; ++process)
    EXPECT_EQ(tried("flags", nursed()), "agent 'breakout' failed in act: held");
}

TEST_F(Breakout, WhatANurseryBeginsIsNew) {
  const Parameters nothing = {{"attempt", {std::string("none"), ""}}},
                   copies = {{"attempt", {std::string("copy"), ""}}};
  RemoteAgent earlier(kEscaper, nothing, environment_.raw(), nursed());
  act(earlier, SampleTurns(environment_.raw(), 1), OFFLOAD_EVALUATE);
  RemoteAgent later(kEscaper, copies, environment_.raw(), nursed());
  EXPECT_EQ(message_of(ErrorKind::plugin,
                       [&] { act(later, SampleTurns(environment_.raw(), 1), OFFLOAD_EVALUATE); }),
            "agent 'escaper' failed in act: held");
  EXPECT_EQ(earlier.held(), RemoteAgent(kEscaper, nothing, environment_.raw(), {}).held());
  EXPECT_TRUE(has_children());
  nursery_.end();
  // What it began lives on, and is this process's to wait for.
  act(earlier, SampleTurns(environment_.raw(), 1), OFFLOAD_EVALUATE);
  earlier.end();
}

}  // namespace
}  // namespace offload
