#include "process/copies/copy.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <new>
#include <stdexcept>
#include <thread>

#include "check/shifted_clock.hpp"
#include "contract/messages.hpp"
#include "plugin/isolated.hpp"
#include "process/copies/nameless_memory.hpp"

namespace offload {
namespace {

using ::testing::HasSubstr;

// What `body` comes to in a contained process, which is where copies are made.
std::string contained(const std::function<std::string()>& body) { return run_isolated("it", body); }
std::string refusal(const std::function<std::string()>& body) {
  return message_of(ErrorKind::plugin, [&] { contained(body); });
}

int kept = 0;

TEST(Copy, AnswersAndIsGoneWithWhatItKept) {
  EXPECT_EQ(contained([] {
              const std::string large(3'000'000, 'x');
              const auto seen = [&] { return std::to_string(++kept) + large; };
              const bool alike = run_in_copy(seen) == "1" + large && run_in_copy(seen) == "1" + large;
              return std::to_string(kept) + (alike ? " alike" : " other");
            }),
            "0 alike");
  EXPECT_EQ(contained([] { return run_in_copy([] { return std::string(); }); }), "");
}

// Where one stands would be a word to the next copy.
TEST(Copy, IsNoneWhereAFileCannotBeOpenedAnew) {
  const std::string found = contained([]() -> std::string {
    const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    dup2(file, 200);
    const rlimit few = {100, 100};
    setrlimit(RLIMIT_NOFILE, &few);
    try {
      return run_in_copy([] { return std::string("a copy"); });
    } catch (const Error& error) {
      return error.what();
    }
  });
  EXPECT_THAT(found, HasSubstr("cannot open descriptor 200 anew for an evaluation"));
}

// Contents, addresses, places in files and rights stay; what is written reaches nobody else.
TEST(Copy, TakesOverWhatIsSharedWithoutAName) {
  EXPECT_EQ(contained([] {
              const NamelessMemory before = nameless_memory().value();
              constexpr std::size_t kBytes = 1 << 16;
              auto* mapping = static_cast<char*>(
                  mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
              std::strcpy(mapping + kBytes / 2, "kept");
              mprotect(mapping, kBytes, PROT_NONE);
              const int file = memfd_create("file", 0);
              if (write(file, "abc", 3) != 3) return std::string("no file");
              lseek(file, 1, SEEK_SET);
              const NamelessMemory shared = nameless_memory_since(before).value();
              std::string found = std::to_string(shared.size()) + " ";
              found += run_in_copy([&] {
                take_over(shared);
                mprotect(mapping, kBytes, PROT_READ | PROT_WRITE);
                char next = 0;
                std::string seen = mapping + kBytes / 2;
                if (read(file, &next, 1) == 1) seen += next;
                std::strcpy(mapping + kBytes / 2, "lost");
                if (pwrite(file, "x", 1, 0) != 1) seen += "not written";
                return seen;
              });
              mprotect(mapping, kBytes, PROT_READ);
              char first = 0;
              if (pread(file, &first, 1, 0) != 1) return std::string("no file");
              return found + " " + (mapping + kBytes / 2) + first + std::to_string(lseek(file, 0, SEEK_CUR));
            }),
            "2 keptb kepta1");
}

TEST(Copy, DoesNotKnowWhatIsSharedWithoutADescriptorToAsk) {
  EXPECT_EQ(contained([] {
              const rlimit none{0, 0};
              setrlimit(RLIMIT_NOFILE, &none);
              return std::string(nameless_memory() ? "known" : "not known");
            }),
            "not known");
}

TEST(Copy, KnowsOfChildren) {
  EXPECT_EQ(contained([] {
              std::string found = has_children() ? "yes" : "no";
              const pid_t child = fork();
              if (child == 0) _exit(0);
              found += has_children() ? " yes" : " no";
              waitpid(child, nullptr, 0);
              return found + (has_children() ? " yes" : " no");
            }),
            "no yes no");
}

TEST(Copy, ThrowsWhatWasThrown) {
  const auto config = [] {
    contained([] { return run_in_copy([]() -> std::string { fail(ErrorKind::config, "a.toml:3: no"); }); });
  };
  EXPECT_EQ(message_of(ErrorKind::config, config), "a.toml:3: no");
  EXPECT_EQ(refusal([] { return run_in_copy([]() -> std::string { throw std::runtime_error("plain"); }); }),
            "plain");
  EXPECT_EQ(refusal([] { return run_in_copy([]() -> std::string { throw 1; }); }), "unknown exception");
  EXPECT_THAT(refusal([] { return run_in_copy([]() -> std::string { throw std::bad_alloc(); }); }),
              HasSubstr("needs more memory than"));
}

TEST(Copy, ItsEndIsTheEndOfWhoWaitsForIt) {
  const auto ending = [](void (*end)()) {
    return refusal([end] {
      return run_in_copy([end] {
        std::puts("last words");
        std::fflush(stdout);
        end();
        return std::string("not reached");
      });
    });
  };
  EXPECT_THAT(ending([] { std::abort(); }),
              HasSubstr("died of signal 6 (SIGABRT); its last output: last words"));
  EXPECT_THAT(ending([] { std::raise(SIGKILL); }), HasSubstr("died of signal 9"));
  EXPECT_THAT(ending([] { std::exit(0); }), HasSubstr("ended the process with exit status 0"));
  EXPECT_THAT(ending([] { std::exit(7); }), HasSubstr("ended the process with exit status 7"));
}

// Signals that are ignored or waited for by others, descriptors that are closed, copies of the copy.
TEST(Copy, WhatForeignCodeDoesToTheProcessTakesNothingAway) {
  EXPECT_EQ(contained([] {
              std::signal(SIGCHLD, SIG_IGN);
              return run_in_copy([] {
                if (fork() > 0) wait(nullptr);
                closefrom(0);
                return std::string("told");
              });
            }),
            "told");
}

TEST(Copy, ThreadsAreCounted) {
  EXPECT_EQ(contained([] {
              std::string seen = single_threaded() ? "one" : "more";
              std::atomic<bool> go = true;
              std::thread other([&go] {
                while (go) std::this_thread::yield();
              });
              seen += single_threaded() ? " one" : " more";
              go = false;
              other.join();
              return seen;
            }),
            "one more");
}

TEST(Spare, IsACopyOfBefore) {
  EXPECT_EQ(contained([] {
              SpareProcess spare(
                  [](std::string_view asked) { return std::string(asked) + std::to_string(++kept); });
              kept = 10;
              std::thread other([] {
                for (;;) pause();
              });
              other.detach();
              return spare.run("a").value() + spare.run("b").value();
            }),
            "a1b1");
}

TEST(Spare, ThrowsAndEndsAsItsCopyDoes) {
  const auto asked = [](const char* what) {
    return refusal([what] {
      SpareProcess spare([](std::string_view request) -> std::string {
        if (request == "abort") std::abort();
        if (request == "exit") std::exit(3);
        fail(ErrorKind::plugin, "{} is not known", request);
      });
      return spare.run(what).value_or("gone");
    });
  };
  EXPECT_EQ(asked("this"), "this is not known");
  EXPECT_THAT(asked("abort"), HasSubstr("died of signal 6"));
  EXPECT_THAT(asked("exit"), HasSubstr("exit status 3"));
}

// A plugin that waits for all its children does not wait for the spare, and where it was killed there is
// none.
TEST(Spare, IsNobodysChildToWaitForAndMayBeGone) {
  EXPECT_EQ(contained([] {
              SpareProcess spare([](std::string_view) { return std::string("here"); });
              const bool alone = wait(nullptr) < 0;
              return spare.run("").value_or("gone") + (alone ? " alone" : "");
            }),
            "here alone");
  EXPECT_EQ(contained([] {
              SpareProcess spare([](std::string_view) {
                const pid_t itself = getppid();
                if (fork() == 0) {
                  usleep(20'000);
                  kill(itself, SIGKILL);
                  _exit(0);
                }
                return std::string("here");
              });
              std::string answers = spare.run("").value_or("gone");
              usleep(500'000);
              return answers + ", then " + spare.run("").value_or("gone");
            }),
            "here, then gone");
}

TEST(ShiftedClock, ReachesEveryClockOfTheLibraries) {
  EXPECT_EQ(contained([] {
              const auto steady = std::chrono::steady_clock::now();
              const auto wall = std::chrono::system_clock::now();
              const std::time_t second = std::time(nullptr);
              shift_clocks(3600);
              using std::chrono::minutes;
              const bool later = std::chrono::steady_clock::now() - steady > minutes(59) &&
                                 std::chrono::system_clock::now() - wall > minutes(59) &&
                                 std::time(nullptr) - second > 3500;
              return std::string(later ? "later" : "the same");
            }),
            "later");
}

}  // namespace
}  // namespace offload
