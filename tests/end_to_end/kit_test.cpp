// Tasks, several suites at once, microbenchmarks, and commands to be run as printed, as a user meets them.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class KitTest : public CommandTest {
 protected:
  static bool learning_agents() {
    return std::filesystem::exists(OFFLOAD_BINARY_DIR "/lib/offload-bench/plugins/rc-ppo.so");
  }
  static std::string small_suite(const std::string& name) {
    return "[suite]\nname = \"" + name +
           "\"\n[data]\nsource = \"synthetic:20\"\n[[row]]\nname = "
           "\"local-only\"\n[evaluation]\noracle_nodes = 0\n";
  }
};

TEST_F(KitTest, ListsTheOfficialTasks) {
  const Outcome listed = run("tasks");
  EXPECT_EQ(listed.status, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("m4ai-mid-v1               M4AI, 20 s and .02 USD an episode\n"
                                    "  18c66c5e19f6a0fd98d0e115e08ec7cb609af72f74419dcd3a4226f1ab3828c6\n"));
}

TEST_F(KitTest, SaysWhetherARunIsTheTask) {
  const std::string file = OFFLOAD_SOURCE_DIR "/benchmarks/suites/tasks/synth-true-v1.toml";
  if (!learning_agents()) GTEST_SKIP() << "the task's rows need the learning agents";
  EXPECT_THAT(run("run " + file + " --dry-run").out, StartsWith("this is synth-true-v1, unaltered\n"));
  EXPECT_THAT(run("run " + file + " --dry-run --dataset synthetic:50").out,
              StartsWith("named synth-true-v1 but altered: data, folds differ\n"));
  write("claims.toml", small_suite("m4ai-mid-v1"));
  const Outcome claimed = run("run claims.toml --out out");
  EXPECT_EQ(claimed.status, 0) << claimed.err;
  EXPECT_THAT(claimed.out, StartsWith("named m4ai-mid-v1 but altered: budgets, data, folds"));
  EXPECT_THAT(read_text(folder_ / "out" / "report.md"),
              HasSubstr("- Task: named m4ai-mid-v1 but altered: budgets"));
}

// The version says what a reward is only as long as the library is the one that has it.
TEST_F(KitTest, AnotherLibraryOfARewardsNameAltersTheTask) {
  const std::string file = OFFLOAD_SOURCE_DIR "/benchmarks/suites/tasks/synth-true-v1.toml";
  if (!learning_agents()) GTEST_SKIP() << "the task's rows need the learning agents";
  const std::string library = read_text(OFFLOAD_BINARY_DIR "/lib/offload-bench/plugins/tmo-weighted.so");
  std::filesystem::create_directory(folder_ / "mine");
  write("mine/tmo-weighted.so", library);
  const std::string verb = "run " + file + " --dry-run --plugin-dir mine";
  EXPECT_THAT(run(verb).out, StartsWith("this is synth-true-v1, unaltered\n"));
  write("mine/tmo-weighted.so", library + "changed");
  EXPECT_THAT(run(verb).out, StartsWith("named synth-true-v1 but altered: reward differ\n"));
}

TEST_F(KitTest, DescribesWhatItPacked) {
  ASSERT_EQ(run("datasets pack synthetic:50 --out fifty.packed").status, 0);
  const Outcome packed = run("datasets describe fifty.packed --json");
  EXPECT_EQ(packed.status, 0) << packed.err;
  EXPECT_EQ(packed.out, run("datasets describe synthetic:50 --json").out);
  write("suite.toml", small_suite("a"));
  const Outcome ran = run("run suite.toml --dataset fifty.packed");
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.err, HasSubstr("fifty.packed: a packed data set"));
}

TEST_F(KitTest, RunsSeveralSuitesIntoFoldersOfTheirOwn) {
  write("a.toml", small_suite("a"));
  write("b.toml", small_suite("b"));
  const Outcome ran = run("run a.toml b.toml --out out");
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out" / "a" / "leaderboard.csv"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out" / "b" / "leaderboard.csv"));
}

TEST_F(KitTest, BenchmarksAnyPluginInTheFormOfGoogleBenchmark) {
  if (!std::filesystem::exists(OFFLOAD_BINARY_DIR "/bin/offload-bench-micro"))
    GTEST_SKIP() << "no offload-bench-micro";
  const Outcome ran =
      run("micro cost-min tmo-weighted -- --benchmark_filter='^(agent|reward):' --benchmark_min_time=0.001 "
          "--benchmark_format=json");
  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto json = nlohmann::json::parse(ran.out);
  EXPECT_TRUE(json.contains("context"));
  std::vector<std::string> names;
  for (const auto& benchmark : json.at("benchmarks")) {
    names.push_back(benchmark.at("name"));
    // What compare.py reads.
    EXPECT_GT(benchmark.at("real_time").get<double>(), 0) << names.back();
    EXPECT_TRUE(benchmark.contains("cpu_time") && benchmark.contains("time_unit")) << names.back();
  }
  EXPECT_THAT(
      names, ::testing::ElementsAre("agent:cost-min/act/batch:1", "agent:cost-min/act/batch:8",
                                    "agent:cost-min/act/batch:64", "agent:cost-min/act/batch:512",
                                    "reward:tmo-weighted/score/batch:1", "reward:tmo-weighted/score/batch:64",
                                    "reward:tmo-weighted/score/batch:512"));
}

TEST_F(KitTest, ShowsTheHashedPartsOfATask) {
  if (!learning_agents()) GTEST_SKIP() << "the task's rows need the learning agents";
  const std::string verb = "tasks " OFFLOAD_SOURCE_DIR "/benchmarks/suites/tasks/synth-true-v1.toml";
  const auto json = nlohmann::json::parse(run(verb + " --json").out)["synth-true-v1"];
  const Outcome text = run(verb);
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, AllOf(StartsWith("synth-true-v1      "),
                              HasSubstr("\n  " + json["sha256"].get<std::string>() + "\n")));
  EXPECT_THAT(text.out, HasSubstr("  this is synth-true-v1, unaltered\n"));
  for (const auto& [part, value] : json["parts"].items())
    EXPECT_THAT(text.out, HasSubstr("  " + part + " ")) << value;
}

TEST_F(KitTest, ASynthesisedFileIsTheDataSetOfItsName) {
  const Outcome made = run("datasets synth --episodes 30 --seed 4 --out thirty.json");
  ASSERT_EQ(made.status, 0) << made.err;
  const Outcome text = run("datasets describe thirty.json");
  EXPECT_EQ(text.status, 0) << text.err;
  const auto json = nlohmann::json::parse(run("datasets describe thirty.json --json").out);
  EXPECT_THAT(made.out, HasSubstr(json["sha256"].get<std::string>()));
  EXPECT_THAT(text.out, HasSubstr("  episodes 30, turns " + json["turns"].dump() + ", views 3, actions 9\n"));
  EXPECT_THAT(text.out, ::testing::ContainsRegex("Assistive System +local +[0-9]+ +[0-9.]+ +[0-9.]+"));
  run("datasets synth --episodes 30 --seed 4 --out again.json");
  EXPECT_EQ(read_text(folder_ / "thirty.json"), read_text(folder_ / "again.json"));
  const auto suite = [](const std::string& source) {
    return "[suite]\nname = \"s\"\n[data]\nseed = 4\nsource = \"" + source +
           "\"\n[[row]]\nname = \"greedy-quality\"\n[evaluation]\noracle_nodes = 0\n";
  };
  write("file.toml", suite("thirty.json"));
  write("name.toml", suite("synthetic:30"));
  ASSERT_EQ(run("run file.toml --out file").status, 0);
  ASSERT_EQ(run("run name.toml --out name").status, 0);
  EXPECT_EQ(read_text(folder_ / "file" / "leaderboard.csv"), read_text(folder_ / "name" / "leaderboard.csv"));
}

TEST_F(KitTest, ListsPluginsForProgramsToo) {
  const auto json = nlohmann::json::parse(run("list --json").out);
  EXPECT_TRUE(json["broken"].empty());
  const Outcome text = run("list");
  EXPECT_GT(json["plugins"].size(), 8U);
  for (const auto& plugin : json["plugins"]) {
    EXPECT_THAT(text.out, HasSubstr(plugin["id"].get<std::string>()));
    EXPECT_TRUE(std::filesystem::exists(plugin["path"].get<std::string>()));
  }
}

TEST_F(KitTest, TheOraclesTableSaysWhatItsJsonSays) {
  write("suite.toml",
        "[data]\nsource = \"scenario:2,2,3:12\"\n[[row]]\nname = \"local-only\"\n[evaluation]\noracle_nodes "
        "= 2000\n");
  const Outcome table = run("oracle suite.toml");
  EXPECT_EQ(table.status, 0) << table.err;
  const auto json = nlohmann::json::parse(run("oracle suite.toml --json").out);
  for (const auto& split : json["splits"]) {
    EXPECT_THAT(table.out, HasSubstr("split " + split["split"].get<std::string>()));
    for (const auto& cell : split["cells"]) {
      ASSERT_TRUE(cell.at("exact"));
      EXPECT_THAT(table.out, HasSubstr(fmt::format("{:.6f}", cell.at("causal_value").get<double>())));
      EXPECT_THAT(table.out,
                  HasSubstr(fmt::format("{:.4f}", cell["scores"][0].at("causal_test_reward").get<double>())));
    }
  }
}

TEST_F(KitTest, DoesEveryCommandThatTheReadmeShows) {
  const std::filesystem::path source = OFFLOAD_SOURCE_DIR, suites = folder_ / "benchmarks" / "suites";
  std::filesystem::create_directories(suites.parent_path());
  std::filesystem::copy(source / "benchmarks" / "suites", suites, std::filesystem::copy_options::recursive);
  std::filesystem::create_directory_symlink(source / "datasets", folder_ / "datasets");
  // Its exact policies take twenty seconds, and four commands want them: here they are of few episodes and
  // splits, within bounds.
  std::string quickstart = read_text(suites / "quickstart.toml");
  for (const auto& [text, smaller] : {std::pair<std::string, std::string>{"synthetic:200", "synthetic:20"},
                                      {"folds = 5, repeats = 2", "folds = 2"},
                                      {"steps = 10000", "steps = 1000"},
                                      {"lenses = ", "oracle_nodes = 10000\nlenses = "}}) {
    ASSERT_NE(quickstart.find(text), std::string::npos);
    quickstart.replace(quickstart.find(text), text.size(), smaller);
  }
  write_text(suites / "quickstart.toml", quickstart);
  const std::string command = "build/release/bin/offload-bench ";
  std::istringstream readme(read_text(source / "README.md"));
  int commands = 0;
  for (std::string line; std::getline(readme, line);) {
    // The public file is not everywhere.
    if (!line.starts_with(command) || line.find("M4A1.json") != std::string::npos) continue;
    if (!learning_agents() && line.find("m4ai.toml") != std::string::npos) continue;
    const std::string arguments = line.substr(command.size());
    const Outcome outcome = run(arguments.substr(0, arguments.find('#')));
    EXPECT_EQ(outcome.status, 0) << line << "\n" << outcome.err;
    ++commands;
  }
  EXPECT_GE(commands, 9);
}

TEST_F(KitTest, DrawsItsProgressOnATerminalAlone) {
  if (std::system("script -qec true /dev/null >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "needs a pseudo-terminal (/dev/pts mounted) and the command `script` (Debian: bsdutils)";
  }
  write("suite.toml", small_suite("a") + "[training]\nsteps = 300000\n[[row]]\nname = \"epsilon-greedy\"\n");
  EXPECT_THAT(run("run suite.toml --out quiet").err,
              AllOf(HasSubstr("2 of 2 jobs done"), Not(HasSubstr("[#"))));
  const std::string command = "cd '" + folder_.string() + "' && TERM=xterm script -qefc \"stty cols 60; '" +
                              OFFLOAD_BINARY_DIR
                              "/bin/offload-bench' run suite.toml --out seen\" log >/dev/null </dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const std::string seen = read_text(folder_ / "log");
  EXPECT_THAT(seen, ::testing::ContainsRegex("\\[#*\\.*\\] [0-9]/2 jobs"));
  EXPECT_THAT(seen, HasSubstr("local-only seed0"));
}

// What a shell makes of the commands that `plugin new` prints.
class PluginNewTest : public CommandTest {
 protected:
  static constexpr const char* kPrograms = OFFLOAD_BINARY_DIR "/bin";

  // Folders for PATH: `linked` leads to the command, `other` has a program of its name that notes its
  // arguments, `empty` a folder of its name.
  void SetUp() override {
    CommandTest::SetUp();
    for (const char* folder : {"linked", "other", "empty/offload-bench"})
      std::filesystem::create_directories(folder_ / folder);
    std::filesystem::create_symlink(kPrograms + std::string("/offload-bench"),
                                    folder_ / "linked/offload-bench");
    write("other/offload-bench",
          "#!/bin/sh\nprintf '%s\\n' \"$@\" >'" + (folder_ / "arguments").string() + "'\n");
    std::filesystem::permissions(folder_ / "other/offload-bench", std::filesystem::perms::owner_all);
  }

  // What the lines print in a shell of 80 columns, in `folder` of the test's or the program's.
  std::string shell(const std::string& lines, const std::vector<std::string>& first_on_path = {},
                    const std::filesystem::path& folder = ".") const {
    std::string path;
    for (const std::string& one : first_on_path) path += (folder_ / one).string() + ":";
    write("lines", lines);
    const auto here = [&](const char* name) { return "'" + (folder_ / name).string() + "'"; };
    const std::string command =
        "cd '" + (folder_ / folder).string() + "' && export COLUMNS=80 OFFLOAD_BENCH_CACHE=" + here("cache") +
        " PATH='" + path + "/usr/bin:/bin' && sh " + here("lines") + " >" + here("said") + " 2>&1 </dev/null";
    const int status = std::system(command.c_str());
    EXPECT_TRUE(WIFEXITED(status));
    return read_text(folder_ / "said");
  }
};

TEST_F(PluginNewTest, FromItsOwnFolderItIsStartedThere) {
  const std::string made =
      shell("./offload-bench plugin new mine --out '" + (folder_ / "mine").string() + "'", {}, kPrograms);
  const std::size_t check = made.find("  ./offload-bench check ");
  ASSERT_NE(check, std::string::npos) << made;
  EXPECT_THAT(shell(made.substr(check), {}, kPrograms),
              AllOf(StartsWith("offload-bench:"), HasSubstr("mine/build/mine.so")));
}

TEST_F(PluginNewTest, ItsNameIsPrintedWhereThatStartsIt) {
  const auto check_of = [&](const std::vector<std::string>& path) {
    const std::string made =
        shell("'" + std::string(kPrograms) + "/offload-bench' plugin new mine && rm -r mine", path);
    return made.substr(made.find('\n', made.find("  cmake --build mine/build\n")) + 1);  // the last line
  };
  const std::string name = "  offload-bench check ";
  EXPECT_THAT(check_of({"linked", "other"}), StartsWith(name));
  EXPECT_THAT(check_of({"empty", "linked"}), StartsWith(name));
  EXPECT_THAT(check_of({}), Not(StartsWith(name)));
  const std::string check = check_of({"other", "linked"});
  EXPECT_THAT(check, Not(StartsWith(name)));
  EXPECT_THAT(shell(check, {"other", "linked"}), HasSubstr("mine/build/mine.so"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "arguments"));
}

TEST_F(PluginNewTest, OfPythonItsLinesHoldLongPathsWhole) {
  for (const std::string& folder : {std::string(90, 'x'), "of several words " + std::string(70, 'x')}) {
    const std::string made =
        shell("offload-bench plugin new mine --language python --out '" + folder + "'", {"linked"});
    const std::string named = folder + "/mine.py:Mine";
    const std::size_t begin = made.find('\n'), end = made.find("and in a suite:\n");
    ASSERT_NE(end, std::string::npos) << made;
    EXPECT_EQ(made.substr(end), "and in a suite:\n  plugin = \"" + named + "\"\n");
    EXPECT_EQ(shell(made.substr(begin, end - begin), {"other"}), "");
    EXPECT_EQ(read_text(folder_ / "arguments"), "check\n" + named + "\n");
  }
}

}  // namespace
}  // namespace offload::testing
