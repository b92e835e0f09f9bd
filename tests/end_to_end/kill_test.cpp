// The kill campaign: whatever ends the command or its workers, whenever, loses no finished trial and runs
// none twice, and running again ends as if nothing had happened. Twenty kills by default;
// OFFLOAD_TEST_KILLS=200 for the long version (CONTRIBUTING.md).
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <map>
#include <random>
#include <thread>

#include "end_to_end/undisturbed.hpp"
#include "processes.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

bool namespaces_allowed() {
  return std::system("unshare -pf true 2>/dev/null || unshare -Upf true 2>/dev/null") == 0;
}

enum class Blow { command, worker, all, interrupt, terminate_twice };
constexpr std::array kBlowNames = {"kill -9 command", "kill -9 worker", "kill -9 all", "SIGINT",
                                   "SIGTERM twice"};

class KillTest : public Undisturbed {
 protected:
  using Files = std::map<std::string, std::pair<ino_t, std::int64_t>>;  // inode, time of change in ns

  // Every blow costs two runs, so a split less.
  static constexpr std::ptrdiff_t kTrials = 2 * 4;
  static constexpr std::size_t kJobs = kTrials + 2;

  void SetUp() override {
    Undisturbed::SetUp();
    std::string text = suite();
    const std::string seeds = "seeds = [0, 1, 2]";
    write("suite.toml", text.replace(text.find(seeds), seeds.size(), "seeds = [0, 1]"));
  }

  // With a cache of its own, so that the data set is packed anew.
  pid_t start(const std::string& out) const {
    const std::string cache = (folder_ / out / "cache").string(), suite = (folder_ / "suite.toml").string();
    const std::string results = (folder_ / out).string();
    const char* arguments[] = {OFFLOAD_BINARY_DIR "/bin/offload-bench",
                               "run",
                               suite.c_str(),
                               "--out",
                               results.c_str(),
                               "--jobs",
                               "2",
                               "--plugin-dir",
                               BAD_PLUGINS,
                               nullptr};
    setenv("OFFLOAD_BENCH_CACHE", cache.c_str(), 1);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (const int stream : {1, 2}) {
      posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0);
    }
    pid_t pid = -1;
    posix_spawn(&pid, arguments[0], &actions, nullptr, const_cast<char* const*>(arguments), environ);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
  }

  Files finished(const std::string& out) const {
    Files files;
    for (const char* kind : {"trials", "references"}) {
      std::error_code none;
      for (const auto& entry : std::filesystem::directory_iterator(folder_ / out / kind, none)) {
        const std::string text = read_text(entry.path());
        if (entry.path().extension() != ".json" || text.find("\"status\":\"ok\"") == std::string::npos)
          continue;
        struct stat status {};
        stat(entry.path().c_str(), &status);
        files[entry.path()] = {status.st_ino, status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
      }
    }
    return files;
  }

  void strike(pid_t command, Blow blow) {
    std::vector<pid_t> others = descendants_of(command);
    std::shuffle(others.begin(), others.end(), random_);
    switch (blow) {
      case Blow::command:
        kill(command, SIGKILL);
        break;
      case Blow::worker:
        if (!others.empty()) kill(others.front(), SIGKILL);
        break;
      case Blow::all:
        others.insert(others.begin() + static_cast<std::ptrdiff_t>(random_() % (others.size() + 1)), command);
        for (const pid_t pid : others) kill(pid, SIGKILL);
        break;
      case Blow::interrupt:
        kill(command, SIGINT);
        break;
      case Blow::terminate_twice:
        kill(command, SIGTERM);
        std::this_thread::sleep_for(2ms);
        kill(command, SIGTERM);
        break;
    }
  }

  // The command's wait status; everything else that it started has to be gone a moment later.
  int await_end(pid_t command, const std::vector<pid_t>& known) {
    int status = 0;
    waitpid(command, &status, 0);
    const auto left = [&known] {
      return count_named(mark()) > 0 || std::any_of(known.begin(), known.end(), runs);
    };
    for (int i = 0; i < 300 && left(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_FALSE(left()) << "processes left behind";
    return status;
  }

  static void expect_status(int status, Blow blow) {
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    const auto expect_one_of = [code](std::initializer_list<int> allowed) {
      EXPECT_THAT(std::vector<int>(allowed), ::testing::Contains(code));
    };
    // The blow may come after the end, or before the command looks out for signals.
    if (blow == Blow::worker) expect_one_of({0, 1, 4});
    if (blow == Blow::command || blow == Blow::all) expect_one_of({0, 128 + SIGKILL});
    if (blow == Blow::interrupt) expect_one_of({0, 128 + SIGINT});
    if (blow == Blow::terminate_twice) expect_one_of({0, 128 + SIGTERM});
  }

  // One blow after `delay`, then a run to the end.
  void survive(Blow blow, std::chrono::microseconds delay) {
    SCOPED_TRACE(
        fmt::format("{} after {} ms", kBlowNames[static_cast<std::size_t>(blow)], delay.count() / 1000));
    const pid_t command = start("hurt");
    std::this_thread::sleep_for(delay);
    const std::vector<pid_t> known = descendants_of(command);
    strike(command, blow);
    expect_status(await_end(command, known), blow);
    const Files before = finished("hurt");
    const Outcome again = run("run suite.toml --out hurt --jobs 2 --plugin-dir " BAD_PLUGINS);
    EXPECT_EQ(again.status, 0) << again.err;
    const auto trials = std::count_if(before.begin(), before.end(), [](const auto& file) {
      return file.first.find("/trials/") != std::string::npos;
    });
    EXPECT_THAT(again.out,
                HasSubstr(fmt::format("{} trial{} run, 0 failed, {} already done", kTrials - trials,
                                      kTrials - trials == 1 ? "" : "s", trials)));
    const Files after = finished("hurt");
    for (const auto& [file, identity] : before) EXPECT_EQ(after.at(file), identity) << "ran twice: " << file;
    expect_undisturbed("hurt");
    kept_ += before.size();
    inside_ += !before.empty() && before.size() < after.size();
    std::filesystem::remove_all(folder_ / "hurt");
  }

  std::mt19937 random_{20'241};
  std::size_t kept_ = 0, inside_ = 0;
};

TEST_F(KillTest, NothingIsLostAndNothingRunsTwice) {
  const char* asked = std::getenv("OFFLOAD_TEST_KILLS");
  const int kills = asked != nullptr ? std::atoi(asked) : 20;
  std::vector<Blow> blows = {Blow::command, Blow::worker, Blow::all, Blow::interrupt, Blow::terminate_twice};
  if (!namespaces_allowed()) {
    std::printf(
        "no process namespaces here: what plugins started can outlive a kill of all at once; left out\n");
    std::erase(blows, Blow::all);
  }
  const auto began = Clock::now();
  run_undisturbed();
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
  std::map<Blow, int> count;
  for (int i = 0; i < kills && !HasFailure(); ++i) {
    const Blow blow = blows[static_cast<std::size_t>(i) % blows.size()];
    survive(blow, whole * static_cast<int>(random_() % 1000) / 1000);
    ++count[blow];
  }
  for (const auto& [blow, number] : count) {
    std::printf("%s: %d\n", kBlowNames[static_cast<std::size_t>(blow)], number);
  }
  std::printf("%d of %d in the middle of the trials; %zu finished trials kept, 0 lost, 0 run twice\n",
              static_cast<int>(inside_), kills, kept_);
}

TEST_F(KillTest, FirstInterruptLetsRunningTrialsEndAndTheSecondDoesNot) {
  const auto interrupted = [this](int times) {
    const pid_t command = start("hurt");
    while (finished("hurt").empty()) std::this_thread::sleep_for(1ms);
    for (int i = 0; i < times; ++i) {
      kill(command, SIGINT);
      std::this_thread::sleep_for(5ms);
    }
    const int status = await_end(command, {});
    EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 130);
    std::size_t failed = 0;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "hurt" / "trials", none)) {
      failed += read_text(entry.path()).find("\"status\":\"failed\"") != std::string::npos;
    }
    EXPECT_EQ(failed, 0U);
    const std::size_t done = finished("hurt").size();
    EXPECT_LT(done, kJobs);
    std::filesystem::remove_all(folder_ / "hurt");
    return done;
  };
  run_undisturbed();
  EXPECT_GE(interrupted(1), interrupted(2));
}

}  // namespace
}  // namespace offload::testing
