// Two processes that take turns share a processor as long as nobody else needs it and neither has threads.
#include "process/one_processor.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

namespace offload {
namespace {

cpu_set_t mask_of(pid_t process) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  EXPECT_EQ(sched_getaffinity(process, sizeof mask, &mask), 0);
  return mask;
}

bool same(const cpu_set_t& a, const cpu_set_t& b) { return CPU_EQUAL(&a, &b) != 0; }

// A child that does `body` until it is killed.
class Child {
 public:
  explicit Child(const std::function<void()>& body) : pid_(fork()) {
    if (pid_ != 0) return;
    body();
    for (;;) pause();
  }
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

TEST(OneProcessor, BothAreKeptOnOneUntilItEnds) {
  const cpu_set_t before = mask_of(0);
  const Child child([] {});
  {
    OneProcessor shared(child.pid());
    EXPECT_TRUE(shared.turn());
    const cpu_set_t one = mask_of(0);
    EXPECT_EQ(CPU_COUNT(&one), 1);
    EXPECT_TRUE(same(one, mask_of(child.pid())));
    cpu_set_t both;
    CPU_AND(&both, &one, &before);
    EXPECT_EQ(CPU_COUNT(&both), 1);
  }
  EXPECT_TRUE(same(mask_of(0), before));
}

TEST(OneProcessor, WhoIsBegunMeanwhileIsNotKept) {
  const cpu_set_t before = mask_of(0);
  const Child child([] {});
  OneProcessor shared(child.pid());
  ASSERT_TRUE(shared.turn());
  const Child later([] {});
  OneProcessor::let_go(later.pid());
  EXPECT_TRUE(same(mask_of(later.pid()), before));
}

// A second one, such as a fresh copy of an agent beside the first, comes to where the first is.
TEST(OneProcessor, SeveralOfOneThreadShareOne) {
  const cpu_set_t before = mask_of(0);
  const Child child([] {}), other([] {});
  {
    OneProcessor first(child.pid());
    OneProcessor second(other.pid());
    EXPECT_TRUE(second.turn());
    EXPECT_TRUE(first.turn());
    EXPECT_TRUE(same(mask_of(child.pid()), mask_of(other.pid())));
  }
  EXPECT_TRUE(same(mask_of(0), before));
}

TEST(OneProcessor, WhoHasThreadsIsLeftAlone) {
  const cpu_set_t before = mask_of(0);
  const Child child([] { std::thread([] { pause(); }).detach(); });
  while (std::filesystem::hard_link_count("/proc/" + std::to_string(child.pid()) + "/task") < 4) sleep_ms(1);
  OneProcessor shared(child.pid());
  EXPECT_FALSE(shared.turn());
  EXPECT_TRUE(same(mask_of(child.pid()), before));
  EXPECT_TRUE(same(mask_of(0), before));
}

TEST(OneProcessor, WhoComesToHaveThreadsIsLetGo) {
  const cpu_set_t before = mask_of(0);
  const Child child([] {
    sleep_ms(300);
    std::thread([] { pause(); }).detach();
  });
  OneProcessor shared(child.pid());
  ASSERT_TRUE(shared.turn());
  bool shares = true;
  for (int tries = 0; shares && tries < 20'000; ++tries) {
    shares = shared.turn();
    sleep_ms(1);
  }
  EXPECT_FALSE(shares);
  EXPECT_TRUE(same(mask_of(0), before));
  for (const auto& thread :
       std::filesystem::directory_iterator("/proc/" + std::to_string(child.pid()) + "/task"))
    EXPECT_TRUE(same(mask_of(std::stoi(thread.path().filename().string())), before)) << thread.path();
}

// Two that sleep get little of their processor, as they would beside others.
TEST(OneProcessor, TriesAnotherWhereItIsCrowded) {
  const cpu_set_t before = mask_of(0);
  if (CPU_COUNT(&before) < 2) GTEST_SKIP() << "one processor alone";
  const Child child([] {});
  OneProcessor shared(child.pid());
  ASSERT_TRUE(shared.turn());
  const cpu_set_t first = mask_of(0);
  bool moved = false;
  for (int tries = 0; !moved && tries < 20'000; ++tries) {
    EXPECT_TRUE(shared.turn());
    moved = !same(mask_of(0), first);
    if (tries % 64 == 0) sleep_ms(1);
  }
  EXPECT_TRUE(moved);
  EXPECT_TRUE(same(mask_of(0), mask_of(child.pid())));
}

}  // namespace
}  // namespace offload
