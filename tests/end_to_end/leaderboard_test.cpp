// From a results folder to a place on a board, and everything that strangers, kills and full disks do to it
// meanwhile.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "end_to_end/forger.hpp"
#include "end_to_end/on_a_board.hpp"
#include "test_python.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* kNoSdk = "--sdk /usr ";

TEST_F(LeaderboardTest, ShippedRowsComeToTheSameBits) {
  make_task();
  submit("alpha", row("mine", "epsilon-greedy") + row("other", "cost-min"));
  const Outcome added = add("alpha");
  EXPECT_EQ(added.status, 0) << added.err;
  EXPECT_THAT(added.out, HasSubstr("by alpha: same bits"));
  const Outcome again = add("alpha");
  EXPECT_EQ(again.status, 0);
  EXPECT_THAT(again.out, AllOf(HasSubstr("entry 1, added before"), Not(HasSubstr("withdrawn"))));
  const Json board = built();
  ASSERT_EQ(board["ranked"].size(), 2U);
  EXPECT_EQ(board["ranked"][0]["mark"], "same bits");
  // The joint report of one entry is what its own report says.
  const Json own = Json::parse(read_text(folder_ / "alpha" / "report.json"));
  const Json& first = own["leaderboard"][0]["rows"][0];
  EXPECT_EQ(board["ranked"][0]["reward"], first["reward"]);
  EXPECT_EQ(board["ranked"][0]["rank"], first["rank"]);
  EXPECT_EQ(fs::exists(folder_ / "board" / "work") && !fs::is_empty(folder_ / "board" / "work"), false);
  expect_ok("leaderboard withdraw board 1 --reason mistaken --date 2026-01-03");
  EXPECT_THAT(add("alpha").out, HasSubstr("It stays withdrawn, since 2026-01-03: mistaken"));
}

// Exact policies plan on what the environment pays: under another model there is no S, on a board neither.
TEST_F(LeaderboardTest, HasAnSWhereTheReportHasOneAndItsOrder) {
  const std::string pays =
      "[environment]\nresponse_model = \"hierarchical\"\n[evaluation]\nmodels = [\"true_mean\", "
      "\"hierarchical\"]\n";
  make_task("", pays);
  submit("alpha", row("mine", "epsilon-greedy") + row("other", "cost-min") + row("best", "greedy-quality"),
         "", "", pays);
  ASSERT_EQ(add("alpha").status, 0);
  submit("omega", row("same", "cost-min"), "", "", pays);
  ASSERT_EQ(add("omega").status, 0);
  const Json board = built();
  const Json boards = Json::parse(read_text(folder_ / "alpha" / "report.json"))["leaderboard"];
  ASSERT_EQ(boards[1]["ranked_by"], "score");
  const Json& own = boards[0];
  ASSERT_EQ(own["model"], "true_mean");
  ASSERT_EQ(own["ranked_by"], "reward");
  std::vector<Json> here, there;
  for (const Json& line : own["rows"]) {
    EXPECT_TRUE(line["score"].is_null());
    there.push_back({line["row"], line["reward"]});
  }
  for (const Json& line : board["ranked"]) {
    EXPECT_TRUE(line["score"].is_null()) << line;
    if (line["entry"] == 1) here.push_back({line["row"], line["reward"]});
  }
  EXPECT_EQ(here, there);
  const std::string page = read_text(folder_ / "site" / "2026-01-02" / "small.html");
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<th>S</th>")), HasSubstr("same decisions as other of entry 1<")));
}

TEST_F(LeaderboardTest, PythonGoesAlongByItself) {
  if (test::test_python().empty()) GTEST_SKIP() << test::kNoPython;
  setenv("OFFLOAD_BENCH_PYTHON", test::test_python().c_str(), 1);  // the board's own
  make_task();
  std::filesystem::create_directory(folder_ / "agents");
  write("agents/first.py", "def decide(observation, mask, rng):\n    return int(mask.argmax())\n");
  submit("nu", row("mine", "agents/first.py:decide", "python = \"" + test::test_python() + "\"\n"));
  const std::string eighty = "COLUMNS=80";
  const Outcome packed = run("submit nu --as nu --out nu.tar.zst", eighty);
  EXPECT_THAT(packed.out,
              AllOf(HasSubstr("inputs/python of the results go along"), Not(HasSubstr("no source"))));
  for (const char* source : {"agents", "agents/first.py"}) {
    const Outcome refused = run(std::string("submit nu --as nu --source ") + source);
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.err, HasSubstr("a plugin in Python goes along by itself"));
  }
  const Outcome added = add("nu");
  EXPECT_EQ(added.status, 0) << added.err;
  EXPECT_THAT(added.out, HasSubstr("by nu: same bits"));
  EXPECT_THAT(run("leaderboard build board --out site").out, HasSubstr("site: 1 task, 1 entry as of"));
}

// It takes another action now and then, but by the interpreter that the board has: other bits, and by its own
// intervals the same method.
TEST_F(LeaderboardTest, OtherBitsOfTheSameMethodAreWithinTheInterval) {
  if (test::test_python().empty()) GTEST_SKIP() << test::kNoPython;
  setenv("OFFLOAD_BENCH_PYTHON", test::test_python().c_str(), 1);  // the board's own
  make_task();
  for (const char* folder : {"agents", "elsewhere"}) fs::create_directory(folder_ / folder);
  fs::create_symlink(test::test_python(), folder_ / "elsewhere" / "python3");
  write("agents/unsteady.py",
        "import sys\n\n\ndef decide(observation, mask, rng):\n"
        "    return 1 if mask[1] and \"elsewhere\" in sys.executable and rng.uniform() < 0.125 else 0\n");
  submit("rho", row("mine", "agents/unsteady.py:decide", "python = \"elsewhere/python3\"\n") +
                    row("steady", "cost-min"));
  const Outcome added = add("rho");
  EXPECT_EQ(added.status, 0) << added.err;
  EXPECT_THAT(added.out, HasSubstr("by rho: same within the method's interval"));
  const Json board = built();
  ASSERT_EQ(board["ranked"].size(), 2U);
  EXPECT_EQ(board["ranked"][0]["mark"], "same within the method's interval");
  // What is shown are the figures of the second run.
  EXPECT_EQ(board["ranked"][0]["reward"], board["ranked"][1]["reward"]);
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
  EXPECT_THAT(run("submit beta --as beta --out it.tar.zst --source thrifty").out,
              HasSubstr("the source of thrifty goes along: a board builds and runs it\n"));
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
  EXPECT_THAT(run("submit gamma --as gamma --out it.tar.zst --plugin-dir " BAD_PLUGINS).out,
              HasSubstr("the library of peeker goes along: a board runs it\n"));
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
  write_project("cost-min", kShipped + "random.so");
  const Outcome unused = run("submit epsilon --as epsilon --source projects/cost-min");
  EXPECT_EQ(unused.status, 3);
  EXPECT_THAT(unused.err, HasSubstr("plugin 'cost-min': no row of the results has run it"));
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
  const Outcome made = run("leaderboard secret --out secret.json --episodes 30", "COLUMNS=80");
  ASSERT_EQ(made.status, 0) << made.err;
  const Json secret = Json::parse(read_text(folder_ / "secret.json"));
  const std::string hidden = "hidden = {commitment = \"" + secret["commitment"].get<std::string>() + "\"}\n";
  EXPECT_THAT(made.out, ::testing::EndsWith("\n[data]\n" + hidden));  // to be pasted, so on one line
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

}  // namespace
}  // namespace offload::testing
