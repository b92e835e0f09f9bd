// From a results folder to a place on a board, and everything that strangers, kills and full disks do to it
// meanwhile.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <thread>

#include "end_to_end/command.hpp"
#include "end_to_end/forger.hpp"
#include "processes.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;
namespace fs = std::filesystem;

const std::string kShipped = OFFLOAD_BINARY_DIR "/lib/offload-bench/plugins/";

class LeaderboardTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    const Outcome outcome = run("leaderboard init board");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }

  static std::string suite(const std::string& rows, const std::string& data = {}) {
    return R"([suite]
name = "small"
description = "A small task"
seed = 7
[data]
source = "synthetic:24"
split = {test_ratio = 0.25, seeds = [0, 1, 2]}
)" + data + R"([budgets]
cells = [{name = "open"}, {name = "tight", latency_s = 12, cost_usd = 0.012}]
[training]
steps = 200
)" + rows + R"([evaluation]
oracle_nodes = 2000
)";
  }
  static std::string row(const std::string& name, const std::string& plugin, const std::string& rest = {}) {
    return "[[row]]\nname = \"" + name + "\"\nplugin = \"" + plugin + "\"\n" + rest;
  }
  void expect_ok(const std::string& arguments) const {
    const Outcome outcome = run(arguments);
    ASSERT_EQ(outcome.status, 0) << arguments << "\n" << outcome.out << outcome.err;
  }
  void make_task(const std::string& options = {}, const std::string& data = {}) const {
    write("task.toml", suite(row("random", "random"), data));
    expect_ok("leaderboard task board task.toml --date 2026-01-01 --jobs 2 " + options);
  }
  // Runs the rows and packs them as NAME.tar.zst.
  void submit(const std::string& name, const std::string& rows, const std::string& options = {},
              const std::string& run_options = {}, const std::string& data = {}) const {
    write(name + ".toml", suite(rows, data));
    expect_ok("run " + name + ".toml --jobs 2 --out " + name + " " + run_options);
    pack(name, options);
  }
  void pack(const std::string& name, const std::string& options = {}) const {
    expect_ok("submit " + name + " --as " + name + " --out " + name + ".tar.zst " + options);
  }
  Outcome add(const std::string& name, const std::string& options = {},
              const std::string& prefix = {}) const {
    return run("leaderboard add board " + name + ".tar.zst --date 2026-01-02 --jobs 2 " + options, prefix);
  }
  Json built(const std::string& options = {}) const {
    expect_ok("leaderboard build board --out site " + options);
    return Json::parse(read_text(folder_ / "site" / "2026-01-02" / "small.json"));
  }
  std::size_t entries() const {
    const std::string text = run("leaderboard list board").out;
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  // A project that builds without a compiler: it puts a library in its place, once `script` has run.
  void write_project(const std::string& id, const fs::path& library, const std::string& script = {}) const {
    const fs::path project = folder_ / "projects" / id;
    fs::create_directories(project);
    fs::copy_file(library, project / "given.so", fs::copy_options::overwrite_existing);
    write_text(project / "CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(given NONE)\n" +
                                               script + "\nconfigure_file(given.so ${CMAKE_BINARY_DIR}/" +
                                               id + ".so COPYONLY)\n");
  }
};

constexpr const char* kNoSdk = "--sdk /usr ";

TEST_F(LeaderboardTest, ShippedRowsComeToTheSameBits) {
  make_task();
  submit("alpha", row("mine", "epsilon-greedy") + row("other", "cost-min"));
  const Outcome added = add("alpha");
  EXPECT_EQ(added.status, 0) << added.err;
  EXPECT_THAT(added.out, HasSubstr("by alpha: same bits"));
  const Outcome again = add("alpha");
  EXPECT_EQ(again.status, 0);
  EXPECT_THAT(again.out, HasSubstr("entry 1, added before"));
  const Json board = built();
  ASSERT_EQ(board["ranked"].size(), 2U);
  EXPECT_EQ(board["ranked"][0]["mark"], "same bits");
  // The joint report of one entry is what its own report says.
  const Json own = Json::parse(read_text(folder_ / "alpha" / "report.json"));
  const Json& first = own["leaderboard"][0]["rows"][0];
  EXPECT_EQ(board["ranked"][0]["reward"], first["reward"]);
  EXPECT_EQ(board["ranked"][0]["rank"], first["rank"]);
  EXPECT_EQ(fs::exists(folder_ / "board" / "work") && !fs::is_empty(folder_ / "board" / "work"), false);
}

TEST_F(LeaderboardTest, SourceIsBuiltAndRunAgain) {
  make_task();
  expect_ok("plugin new thrifty");
  ASSERT_EQ(
      std::system(("cmake --install '" OFFLOAD_BINARY_DIR "' --component sdk --prefix '" +
                   (folder_ / "sdk").string() + "' >/dev/null && cmake -S '" +
                   (folder_ / "thrifty").string() + "' -B '" + (folder_ / "thrifty/build").string() +
                   "' -DCMAKE_PREFIX_PATH='" + (folder_ / "sdk").string() +
                   "' >/dev/null && cmake --build '" + (folder_ / "thrifty/build").string() + "' >/dev/null")
                      .c_str()),
      0);
  submit("beta", row("mine", "thrifty"), "--source thrifty", "--plugin-dir thrifty/build");
  const Outcome added = add("beta", "--sdk sdk");
  EXPECT_EQ(added.status, 0) << added.err;
  EXPECT_THAT(added.out, HasSubstr("same bits"));
  // A mistake in it is the entry's.
  write("thrifty/thrifty.cpp", "#error mine\n");
  pack("beta", "--source thrifty");
  const Outcome broken = add("beta", "--sdk sdk");
  EXPECT_EQ(broken.status, 1) << broken.err;
  EXPECT_THAT(broken.out, AllOf(HasSubstr("not reproduced"), HasSubstr("source/thrifty: building it")));
}

TEST_F(LeaderboardTest, LibrariesRunIsolatedAndWhatIsMissingIsReplayed) {
  make_task();
  submit("gamma", row("mine", "peeker"), "--plugin-dir " BAD_PLUGINS, "--plugin-dir " BAD_PLUGINS);
  const Outcome added = add("gamma");
  EXPECT_THAT(added.out, HasSubstr("same bits")) << added.err;
  pack("gamma");
  const Outcome replayed = add("gamma");
  EXPECT_THAT(replayed.out,
              AllOf(HasSubstr("decisions only"), HasSubstr("neither in the bundle nor installed")))
      << replayed.err;
  const Json board = built();
  EXPECT_EQ(board["ranked"].size(), 1U);
  EXPECT_EQ(board["replayed"].size(), 1U);
}

TEST_F(LeaderboardTest, ForgersAreNotReproduced) {
  make_task();
  // Figures that do not follow from the decisions.
  submit("delta", row("mine", "cost-min"));
  const Forger forger(folder_ / "delta");
  forger.trial("mine", "seed0", [](Json& trial) {
    for (Json& reward : trial["cells"][0]["scores"][0]["reward"]) reward = 9.0;
  });
  pack("delta");
  const Outcome figures = add("delta");
  EXPECT_EQ(figures.status, 1) << figures.err;
  EXPECT_THAT(figures.out, AllOf(HasSubstr("not reproduced"), HasSubstr("verify: ")));
  // A method that is another one's: its source gives a library that decides at random.
  submit("epsilon", row("mine", "greedy-quality"));
  write_project("greedy-quality", kShipped + "random.so");
  pack("epsilon", "--source projects/greedy-quality");
  const Outcome method = add("epsilon", kNoSdk);
  EXPECT_EQ(method.status, 1) << method.err;
  EXPECT_THAT(method.out, HasSubstr("not reproduced"));
  const Json board = built();
  EXPECT_EQ(board["ranked"].size(), 0U);
  EXPECT_EQ(board["not_ranked"].size(), 2U);
}

TEST_F(LeaderboardTest, OtherSettingsAreRefused) {
  make_task();
  write("zeta.toml", suite(row("mine", "cost-min")));
  std::string text = read_text(folder_ / "zeta.toml");
  write("zeta.toml", text.replace(text.find("latency_s = 12"), 14, "latency_s = 24"));
  expect_ok("run zeta.toml --out zeta");
  pack("zeta");
  const Outcome budgets = add("zeta");
  EXPECT_EQ(budgets.status, 3);
  EXPECT_THAT(budgets.err,
              AllOf(HasSubstr("not run as the task is frozen"), HasSubstr("/cells/1/latency_s")));
  const Outcome task = run("leaderboard task board task.toml");
  EXPECT_EQ(task.status, 2);
  EXPECT_THAT(task.err, HasSubstr("task 'small': is there already"));
  EXPECT_EQ(entries(), 0U);
}

TEST_F(LeaderboardTest, BuildsReachNothingOutside) {
  make_task();
  submit("eta", row("mine", "cost-min"));
  write("precious", "as it was");
  write("secret", "of the board");
  const std::string base = folder_.string();
  // Each attempt ends the build where it succeeds.
  std::string script;
  for (const std::string& attempt :
       {"echo x > " + base + "/precious", "cat " + base + "/secret", "rm " + base + "/precious", "ls " + base,
        "cat " + base + "/board/board.sqlite", std::string("touch /usr/evil"), std::string("cat /etc/passwd"),
        std::string("exec 3<>/dev/tcp/127.0.0.1/80"), std::string("kill -9 1"),
        std::string("unshare -n true"), std::string("mknod x c 1 3"), std::string("mount -t tmpfs x /tmp"),
        std::string("cat /proc/1/environ")})
    script += "execute_process(COMMAND bash -c [==[" + attempt +
              "]==] RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)\nif(status EQUAL "
              "0)\nmessage(FATAL_ERROR [==[escaped: " +
              attempt + "]==])\nendif()\n";
  script += "file(CREATE_LINK /etc/passwd ${CMAKE_BINARY_DIR}/link SYMBOLIC)\n";
  write_project("cost-min", kShipped + "cost-min.so", script);
  pack("eta", "--source projects/cost-min");
  const Outcome added = add("eta", kNoSdk);
  EXPECT_EQ(added.status, 0) << added.out << added.err;
  EXPECT_THAT(added.out, HasSubstr("same bits"));
  EXPECT_EQ(read_text(folder_ / "precious"), "as it was");
  // A link in the place of the library leads nowhere.
  write_project(
      "cost-min", kShipped + "cost-min.so",
      "file(CREATE_LINK " + kShipped + "cost-min.so ${CMAKE_BINARY_DIR}/cost-min.so SYMBOLIC)\nreturn()");
  pack("eta", "--source projects/cost-min");
  EXPECT_THAT(add("eta", kNoSdk).out, HasSubstr("left no cost-min.so"));
  // It ends with its limit, and all that it started.
  write_project("cost-min", kShipped + "cost-min.so",
                "execute_process(COMMAND bash -c \"(exec -a stays-behind sleep 1000) & sleep 1000\")");
  pack("eta", "--source projects/cost-min");
  EXPECT_THAT(add("eta", std::string(kNoSdk) + "--build-limit 5").out,
              HasSubstr("did not finish within 5 s"));
}

TEST_F(LeaderboardTest, MarksNothingWithoutAllOfIsolation) {
  make_task();
  submit("theta", row("mine", "cost-min"));
  const Outcome added = add("theta", "", WITHOUT_LANDLOCK);
  EXPECT_EQ(added.status, 1);
  EXPECT_THAT(added.err, AllOf(HasSubstr("does not hold all of isolation"), HasSubstr("no Landlock")));
  write_project("cost-min", kShipped + "cost-min.so", "message(FATAL_ERROR ran)");
  pack("theta", "--source projects/cost-min");
  const Outcome built = add("theta", kNoSdk, WITHOUT_LANDLOCK);
  EXPECT_EQ(built.status, 1);
  EXPECT_THAT(built.err, AllOf(HasSubstr("nothing of a bundle is run"), Not(HasSubstr("ran)"))));
  EXPECT_EQ(entries(), 0U);
}

TEST_F(LeaderboardTest, HiddenEpisodesStayHidden) {
  expect_ok("leaderboard secret --out secret.json --episodes 30");
  const Json secret = Json::parse(read_text(folder_ / "secret.json"));
  const std::string hidden = "hidden = {commitment = \"" + secret["commitment"].get<std::string>() + "\"}\n";
  write("task.toml", suite(row("random", "random"), hidden));
  EXPECT_EQ(run("leaderboard task board task.toml").status, 2);
  write("other.json", "[]");
  const Outcome wrong = run("leaderboard task board task.toml --hidden other.json");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("commits to"));
  make_task("--hidden secret.json --per-entrant 1", hidden);
  submit("iota", row("mine", "cost-min"), "", "", hidden);
  const Outcome added = add("iota");
  EXPECT_EQ(added.status, 0) << added.err;
  const Json board = built();
  ASSERT_EQ(board["hidden_ranked"].size(), 1U);
  EXPECT_NE(board["hidden_ranked"][0]["reward"], board["ranked"][0]["reward"]);
  for (const auto& file : fs::recursive_directory_iterator(folder_ / "site")) {
    if (!file.is_regular_file()) continue;
    const std::string text = read_text(file.path());
    EXPECT_THAT(text, Not(HasSubstr(secret["secret"].get<std::string>()))) << file.path();
    EXPECT_THAT(text, Not(HasSubstr("episode_id"))) << file.path();
    EXPECT_THAT(text, Not(HasSubstr("decisions\":"))) << file.path();
  }
  EXPECT_EQ(fs::status(folder_ / "board" / "hidden").permissions(), fs::perms::owner_all);
  submit("kappa", row("mine", "local-only"), "", "", hidden);
  expect_ok("submit kappa --as iota --out kappa.tar.zst");
  const Outcome more = add("kappa");
  EXPECT_EQ(more.status, 2);
  EXPECT_THAT(more.err, HasSubstr("an entrant may have 1"));
  // Opened: everybody can draw what was hidden.
  expect_ok("leaderboard open board small secret.json --date 2026-01-02");
  EXPECT_THAT(built()["hidden"]["opened"]["secret"].get<std::string>(),
              HasSubstr(secret["secret"].get<std::string>()));
  expect_ok("leaderboard draw secret.json --out drawn.json");
  EXPECT_EQ(built()["hidden"]["opened"]["data_sha256"], sha256_of(folder_ / "drawn.json"));
}

TEST_F(LeaderboardTest, FullDisksLoseNothing) {
  make_task();
  submit("lambda", row("mine", "cost-min"));
  const Outcome full = add("lambda", "", "ulimit -f 8;");
  EXPECT_NE(full.status, 0);
  EXPECT_EQ(entries(), 0U);
  EXPECT_EQ(add("lambda").status, 0);
  EXPECT_EQ(entries(), 1U);
}

// Adds and builds, killed whenever.
class LeaderboardKills : public LeaderboardTest {
 protected:
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
