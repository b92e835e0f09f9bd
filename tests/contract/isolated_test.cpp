#include "plugin/isolated.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "contract/messages.hpp"
#include "plugin/library.hpp"
#include "processes.hpp"

namespace offload {
namespace {

using testing::count_named;
using ::testing::HasSubstr;

std::string refusal(const std::function<std::string()>& body, const IsolationLimits& limits = {}) {
  return message_of(ErrorKind::plugin, [&] { run_isolated("it", body, limits); });
}

TEST(Isolated, ReturnsTheString) {
  const std::string large(3'000'000, 'x');
  EXPECT_EQ(run_isolated("it", [&] { return large; }), large);
  EXPECT_EQ(run_isolated("it", [] { return std::string(); }), "");
}

TEST(Isolated, HearsTheFirstProcessAndNoCopyOfIt) {
  const auto copied = [] {
    const pid_t copy = ::fork();
    if (copy > 0) ::waitpid(copy, nullptr, 0);
    return std::string(copy > 0 ? "first" : "copy");
  };
  EXPECT_EQ(run_isolated("it", copied), "first");
}

TEST(Isolated, CarriesErrorsOver) {
  const auto config = [] {
    run_isolated("it", []() -> std::string { fail(ErrorKind::config, "a.toml:3: no"); });
  };
  EXPECT_EQ(message_of(ErrorKind::config, config), "a.toml:3: no");
  EXPECT_EQ(refusal([]() -> std::string { throw std::runtime_error("plain"); }), "plain");
  EXPECT_EQ(refusal([]() -> std::string { throw 1; }), "unknown exception");
}

TEST(Isolated, NamesHowAChildEnded) {
  EXPECT_EQ(refusal([]() -> std::string {
              std::raise(SIGSEGV);
              return "";
            }),
            "it: died of signal 11 (SIGSEGV)");
  EXPECT_EQ(refusal([]() -> std::string { ::_exit(0); }), "it: ended the process with exit status 0");
  EXPECT_THAT(refusal([]() -> std::string {
                std::fprintf(stderr, "last words");
                std::abort();
              }),
              HasSubstr("it: died of signal 6 (SIGABRT); its last output: last words"));
}

TEST(Isolated, BoundsTimeResultAndOutput) {
  IsolationLimits limits;
  limits.timeout_s = 0.2;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(refusal(
                []() -> std::string {
                  for (;;) ::pause();
                },
                limits),
            "it: did not finish within 0.2 s and was killed");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  limits = {};
  limits.result_bytes = 1000;
  EXPECT_EQ(refusal([] { return std::string(100'000, 'x'); }, limits), "it: returned more than 1000 bytes");
  limits = {};
  limits.output_bytes = 10;
  EXPECT_EQ(refusal(
                []() -> std::string {
                  std::fprintf(stderr, "%s", (std::string(1'000'000, 'x') + "the end").c_str());
                  ::_exit(3);
                },
                limits),
            "it: ended the process with exit status 3; its last output: xxxthe end");
}

// Starts a process with a name of its own that waits for ever, and returns when it does.
void leave_behind(const std::string& name, bool own_session) {
  int ready[2];
  if (::pipe(ready) != 0) std::abort();
  if (::fork() == 0) {
    if (own_session) ::setsid();
    ::prctl(PR_SET_NAME, name.c_str());
    ::close(ready[1]);
    ::close(ready[0]);
    for (;;) ::pause();
  }
  ::close(ready[1]);
  char none;
  [[maybe_unused]] const auto end = ::read(ready[0], &none, 1);
}

// What it starts must not keep the caller waiting, and does not outlive it: neither a child that keeps the
// pipes open, nor a daemon in a session of its own, nor the child of a child that is gone.
TEST(Isolated, EndsWithAllThatItStarted) {
  const std::string name = fmt::format("left-{}", ::getpid());
  const auto start = std::chrono::steady_clock::now();
  const std::string found = run_isolated("it", [&] {
    leave_behind(name, false);
    leave_behind(name, true);
    const pid_t between = ::fork();
    if (between == 0) {
      leave_behind(name, true);
      ::_exit(0);
    }
    ::waitpid(between, nullptr, 0);
    return std::to_string(count_named(name));
  });
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_EQ(found, "3");
  EXPECT_EQ(count_named(name), 0);
}

class StaticInitialiser : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(StaticInitialiser, HarmsTheChildOnly) {
  const auto& [harm, expected] = GetParam();
  ::setenv("OFFLOAD_TEST_HARM", harm, 1);
  IsolationLimits limits;
  limits.timeout_s = 1;
  const auto load = [] { return to_json(identify_plugin(BAD_PLUGINS "/static-init.so")); };
  const std::string message = refusal(load, limits);
  ::unsetenv("OFFLOAD_TEST_HARM");
  EXPECT_THAT(message, HasSubstr(expected));
  EXPECT_THAT(message, HasSubstr(std::string("loading with harm=") + harm));
  EXPECT_EQ(plugin_info_from_json(run_isolated("it", load)).id, "static-init");
}

INSTANTIATE_TEST_SUITE_P(Harms, StaticInitialiser,
                         ::testing::Values(std::pair("exit", "ended the process with exit status 0"),
                                           std::pair("segfault", "died of signal 11 (SIGSEGV)"),
                                           std::pair("throw", "died of signal 6 (SIGABRT)"),
                                           std::pair("hang", "did not finish within 1 s and was killed")),
                         [](const auto& instance) { return std::string(instance.param.first); });

}  // namespace
}  // namespace offload
