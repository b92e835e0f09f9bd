// Adds at once, and adds and builds that are killed at random moments: no entry is lost or there twice.
// Twenty kills by default; OFFLOAD_TEST_KILLS=200 for the long version (CONTRIBUTING.md).
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <random>
#include <set>
#include <thread>

#include "end_to_end/on_a_board.hpp"

namespace offload::testing {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

class LeaderboardKills : public LeaderboardTest {
 protected:
  void SetUp() override {
    LeaderboardTest::SetUp();
    seeds_ = "0";
  }
  pid_t start(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all = {OFFLOAD_BINARY_DIR "/bin/offload-bench", "leaderboard"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& one : all) pointers.push_back(one.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (const int stream : {1, 2})
      posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0);
    pid_t pid = -1;
    posix_spawn(&pid, pointers[0], &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::vector<std::string> adding(const std::string& name) const {
    return {"add", path("board"), path(name + ".tar.zst"), "--date", "2026-01-02", "--jobs", "1"};
  }
  static int end_of(pid_t pid) {
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
};

TEST_F(LeaderboardKills, EightAddsAtOnceAreEightEntries) {
  make_task();
  submit("mu", row("mine", "cost-min"));
  std::vector<pid_t> running;
  for (int i = 0; i < 8; ++i) {
    const std::string name = "mu" + std::to_string(i);
    expect_ok("submit mu --as " + name + " --out " + name + ".tar.zst");
    // Every other one twice: the same bundle is one entry.
    running.push_back(start(adding(name)));
    if (i % 2 == 0) running.push_back(start(adding(name)));
  }
  for (const pid_t pid : running) EXPECT_EQ(end_of(pid), 0);
  EXPECT_EQ(entries(), 8U);
  EXPECT_EQ(built()["ranked"].size(), 8U);
}

TEST_F(LeaderboardKills, LoseAndDoubleNothing) {
  const char* asked = std::getenv("OFFLOAD_TEST_KILLS");
  const int kills = asked != nullptr ? std::atoi(asked) : 20;
  make_task();
  submit("nu", row("mine", "local-only"));
  std::mt19937 random(7);
  const auto began = std::chrono::steady_clock::now();
  ASSERT_EQ(add("nu").status, 0);
  const auto whole =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
  std::size_t expected = 1;
  int survived = 0;
  for (int i = 0; i < kills && !HasFailure(); ++i) {
    const bool builds = i % 4 == 3;
    const std::string name = "nu" + std::to_string(i);
    if (!builds) expect_ok("submit nu --as " + name + " --out " + name + ".tar.zst");
    const pid_t pid = start(builds ? std::vector<std::string>{"build", path("board"), "--out", path("site")}
                                   : adding(name));
    std::this_thread::sleep_for(whole * static_cast<int>(random() % 1000) / 1000);
    kill(pid, SIGKILL);
    survived += end_of(pid) == 0;
    const std::size_t now = entries();
    EXPECT_TRUE(now == expected || (!builds && now == expected + 1)) << now << " of " << expected;
    if (!builds) {
      EXPECT_EQ(add(name).status, 0);
      ++expected;
    }
    EXPECT_EQ(entries(), expected);
  }
  const Json board = built();
  std::set<std::string> names;
  for (const Json& line : board["ranked"]) names.insert(line["entrant"].get<std::string>());
  EXPECT_EQ(board["ranked"].size(), expected);
  EXPECT_EQ(names.size(), expected);
  EXPECT_TRUE(fs::is_empty(folder_ / "board" / "work"));
  std::printf("%d kills, %d too late; %zu entries, 0 lost, 0 doubled\n", kills, survived, expected);
}

}  // namespace
}  // namespace offload::testing
