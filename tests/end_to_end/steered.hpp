// Suites whose reward waits, aborts or allocates where it is told to, for tests of what the command says
// then.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <thread>
#include <vector>

#include "end_to_end/command.hpp"
#include "processes.hpp"

namespace offload::testing {

class Steered : public CommandTest {
 protected:
  // Far beyond what anything here takes; whoever runs into it hangs.
  static constexpr std::chrono::seconds kPatience{120};

  void SetUp() override {
    CommandTest::SetUp();
    write("wait", "");
    write("suite.toml", R"([suite]
name = "steered"
[data]
source = "synthetic:24"
split = {test_ratio = 0.25, seeds = [0, 1, 2, 3]}
[reward]
plugin = "steered-reward"
[budgets]
cells = [{name = "tight", latency_s = 12, cost_usd = 0.012}]
[training]
steps = 100
memory_limit_mb = 200
[[row]]
name = "random"
[[row]]
name = "cost-min"
[evaluation]
oracle_nodes = 200
)");
  }

  static std::string mark() { return fmt::format("wait-{}", getpid()); }
  // A prefix for `run`.
  static std::string asking(const std::string& what) { return "OFFLOAD_TEST_REWARD=" + what; }

  // The command with a reward that waits, and what it prints in out.txt and err.txt; returns its process.
  pid_t start_waiting(const std::string& arguments) const {
    const std::string line = fmt::format(
        "cd '{}' && exec env OFFLOAD_BENCH_CACHE=cache OFFLOAD_TEST_REWARD=wait OFFLOAD_TEST_FILE='{}' "
        "OFFLOAD_TEST_NAME={} '" OFFLOAD_BINARY_DIR "/bin/offload-bench' {} --plugin-dir " BAD_PLUGINS
        " >out.txt 2>err.txt </dev/null",
        folder_.string(), (folder_ / "wait").string(), mark(), arguments);
    const char* shell[] = {"/bin/sh", "-c", line.c_str(), nullptr};
    pid_t pid = -1;
    posix_spawn(&pid, shell[0], nullptr, nullptr, const_cast<char* const*>(shell), environ);
    return pid;
  }

  // Whether it came true before patience ran out.
  static bool comes_true(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }
  static bool waits(int processes) {
    return comes_true([processes] { return count_named(mark()) >= processes; });
  }

  // The exit status, or -1 of one that has to be killed.
  static int await(pid_t command) {
    int status = 0;
    if (!comes_true([&] { return waitpid(command, &status, WNOHANG) == command; })) {
      kill(command, SIGKILL);
      waitpid(command, &status, 0);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
};

}  // namespace offload::testing
