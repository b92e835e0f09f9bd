// Bad input of every kind ends with a sentence and the documented exit status, and leaves nothing behind.
#include <gmock/gmock.h>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class BadInput : public CommandTest {
 protected:
  static std::string suite(const std::string& rows,
                           const std::string& extra = "[evaluation]\noracle_nodes = 0",
                           const std::string& data = "source = \"synthetic:20\"") {
    return "[data]\n" + data + "\n" + extra + "\n[training]\nsteps = 100\n" + rows;
  }
  static std::string row(const std::string& plugin, const std::string& more = "") {
    return "[[row]]\nname = \"" + plugin + "\"\n" + more + "\n";
  }
  // One episode that is right, to be spoiled.
  static std::string episode() {
    return R"([{"id": 1, "image_paths": ["a", "b", "c"], "association_score": [[0.1, 0.2, 0.3]], "interactions":
      [{"question": "q", "task_cat": "Query", "action": 0, "image_index": null, "answer": "a", "score": 0.5,
        "interaction_time": 1, "usage_cost": 0.1}]}])";
  }
  static std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  }
  void expect_data_error(const std::string& text, const std::string& message) {
    write("data.json", text);
    const Outcome outcome = run("datasets describe data.json");
    EXPECT_EQ(outcome.status, 3) << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("data.json"), HasSubstr(message)));
    EXPECT_EQ(outcome.out, "");
  }
  void expect_suite_error(const std::string& text, int status, const std::string& message) {
    write("suite.toml", text);
    for (const char* verb : {"run suite.toml --out results --dry-run", "run suite.toml --out results"}) {
      const Outcome outcome = run(verb);
      EXPECT_EQ(outcome.status, status) << outcome.err;
      EXPECT_THAT(outcome.err, HasSubstr(message));
      EXPECT_FALSE(std::filesystem::exists(folder_ / "results" / "suite.json"));
    }
  }
};

TEST_F(BadInput, DataSets) {
  const std::string good = episode();
  expect_data_error(good.substr(0, good.size() / 2), "");
  expect_data_error("", "");
  expect_data_error("[]", "");
  expect_data_error(replaced(good, "\"score\": 0.5", "\"score\": \"high\""), "/0/interactions/0/score");
  expect_data_error(replaced(good, "\"score\": 0.5", "\"score\": -1"), "/0/interactions/0/score");
  expect_data_error(replaced(good, "\"score\": 0.5", "\"score\": NaN"), "");
  expect_data_error(replaced(good, "\"score\": 0.5", "\"score\": 1e999"), "");
  expect_data_error(replaced(good, "[[0.1, 0.2, 0.3]]", "[[0.1, 0.2, 0.3], [1, 2, 3]]"), "association");
  expect_data_error(replaced(good, "\"q\"", "\"\xff\xfe\""), "UTF-8");
  const std::string one = good.substr(1, good.size() - 2);
  expect_data_error("[" + one + "," + one + "]", "id");
  expect_data_error(std::string(100000, '['), "");
  EXPECT_EQ(run("datasets describe missing.json").status, 5);
}

TEST_F(BadInput, HugeDataSetIsRefusedWithoutUsingItsMemory) {
  write("data.json", "");
  std::filesystem::resize_file(folder_ / "data.json", std::uintmax_t{8} << 30);
  const Outcome outcome = run("datasets describe data.json");
  EXPECT_EQ(outcome.status, 3) << outcome.err;
}

TEST_F(BadInput, WholeNumbersOfOptionsAreDecimal) {
  write("s.toml", "[data]\nsource = \"synthetic:20\"\n[[row]]\nname = \"random\"\n");
  for (const char* option : {"--seed=-1", "--seed=18446744073709551616", "--seed=010", "--seed=1e3",
                             "--seed=0x10", "--seed=' 1'", "--seed="}) {
    const Outcome outcome = run(std::string("datasets synth --episodes 3 --out d.json ") + option);
    EXPECT_EQ(outcome.status, 2) << option;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "d.json"));
  }
  for (const char* option : {"--jobs=010", "--jobs=-1", "--jobs=0", "--jobs=1025", "--jobs=2.5"})
    EXPECT_EQ(run(std::string("run s.toml --dry-run ") + option).status, 2) << option;
  EXPECT_EQ(run("datasets synth --episodes 3 --out d.json --seed=18446744073709551615").status, 0);
  EXPECT_EQ(run("run s.toml --dry-run --jobs 2").status, 0);
}

TEST_F(BadInput, SuitesNamePlaceFactAndFix) {
  const std::string local = row("local-only");
  expect_suite_error(suite(local, "x = 1"), 2, "suite.toml:3: unknown key 'x'");
  expect_suite_error(suite(row("epsilon-greedy", "parameters = {epsiln = 0.1}")), 2, "epsiln");
  expect_suite_error(suite(local, "[profile]\ndevice = \"Jetson TX3\""), 2,
                     "suite.toml:4: unknown device 'Jetson TX3'");
  expect_suite_error(suite(local, "split = {test_ratio = 0.0}"), 2, "suite.toml:3: split 'seed0' is empty");
  expect_suite_error(suite(local, "[budgets]\ncells = [{name = \"t\", latency_s = 5, cost_usd = 0.005}]"), 2,
                     "suite.toml:4: budget cell 't'");
  expect_suite_error(suite(local, "[training]"), 2, "suite.toml:");
  expect_suite_error(suite(local, "[suite]\ndescription = \"" + std::string(70000, 'x') + "\""), 2,
                     "description: at most 65536 bytes");
  expect_suite_error(suite(row("rc-like", "plugin = \"greedy-quality\"\nparameters = {epsilon = inf}")), 2,
                     "is inf; expected a number in [0, 1]");
  expect_suite_error("[data\n", 2, "suite.toml:1: not valid TOML");
  expect_suite_error(suite(local + local), 2, "is there twice");
  expect_suite_error(suite(row("mine.so")), 2, "'mine.so' is a file's name");
  expect_suite_error(suite(""), 2, "no [[row]]");
  expect_suite_error(suite(local, "", "source = \"missing.json\""), 5,
                     "suite.toml:2: missing.json: no such file; name the data set by --dataset");
  expect_suite_error(suite(local, "", "source = \"synthetic:0\""), 2, "suite.toml:2: synthetic:0: not");
  write("right.toml", suite(local));
  EXPECT_THAT(run("run right.toml --dataset synthetic:0").err, HasSubstr("--dataset: synthetic:0: not"));
  expect_suite_error(suite(local, "[evaluation]\nlenses = [\"telescope\"]"), 2, "telescope");
  EXPECT_EQ(run("run missing.toml").status, 5);
  EXPECT_THAT(run("run missing.toml").err, HasSubstr("missing.toml: cannot read the suite: No such file or "
                                                     "directory; name its TOML file"));
  expect_suite_error(suite(local, "split = {folds = 50}"), 2,
                     "suite.toml:3: split 'r0f0' is empty: 20 training and 0 test episodes of 20; name fewer "
                     "folds, at most 20");
  expect_suite_error(suite(local, "split = {repeats = 2}"), 2, "suite.toml:3: repeats: needs folds = N");
  expect_suite_error(suite("[row]\nname = \"local-only\"\n"), 2,
                     "suite.toml:7: [[row]]: expected a list of tables, found a table; write [[row]]");
  expect_suite_error(suite(local, "split = {seeds = [3, 1, 3]}"), 2, "suite.toml:3: seeds: 3 is there twice");
  expect_suite_error(suite(local, "split = {test_ids = [3]}\n[evaluation]\nlenses = [\"held_out\"]"), 2,
                     "suite.toml:3: lens held_out scores an episode by others, and needs at least two");
  expect_suite_error(suite(local, "[environment]\nrefusal = [\"sorry\", \"\"]"), 2,
                     "suite.toml:4: refusal: an empty text");
  expect_suite_error("[suite]\nname = \"\"\n" + suite(local), 2, "suite.toml:2: a name has 1 to 100 bytes");
  expect_suite_error(suite(local, "", "source = \"/dev/zero\""), 3, "/dev/zero: not a regular file");
}

// Not by the keys that say so first: an official suite is not to be edited.
TEST_F(BadInput, DataOfTheOtherKindAreNamed) {
  const std::string suites = OFFLOAD_SOURCE_DIR "/benchmarks/suites/",
                    routing = OFFLOAD_SOURCE_DIR "/datasets/routing.csv";
  const auto said = [&](const std::string& arguments) {
    const Outcome outcome = run("run --dry-run " + arguments);
    EXPECT_EQ(outcome.status, 2) << arguments;
    return outcome.err;
  };
  EXPECT_THAT(said(suites + "m4ai.toml --dataset " + routing),
              AllOf(HasSubstr("--dataset " + routing + ": is a table of known outcomes, and "),
                    HasSubstr("m4ai.toml is for logged turns ("), HasSubstr("[profile] device"),
                    HasSubstr("; name a file with logged turns, or another suite")));
  EXPECT_THAT(said(suites + "routing.toml --dataset synthetic:40"),
              AllOf(HasSubstr("--dataset synthetic:40: is logged turns, and "),
                    HasSubstr("routing.toml is for a table of known outcomes ([data] sessions);")));
  // What the suite itself names is mended in the suite.
  write("suite.toml", suite(row("local-only"), "", "source = \"synthetic:20\"\nsessions = 4"));
  EXPECT_THAT(said("suite.toml"), HasSubstr("suite.toml:3: sessions: "));
}

// A suite's name is the author's, a results folder the reader's.
TEST_F(BadInput, NamesStayInsideTheResultsFolder) {
  for (const char* name : {"..", "../../above", "/tmp/offload-bench-elsewhere", "a/b", ".hidden"}) {
    write("suite.toml", "[suite]\nname = \"" + std::string(name) + "\"\n" + suite(row("local-only")));
    const Outcome outcome = run("run suite.toml");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
  }
  std::size_t folders = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "results")) {
    folders += std::filesystem::exists(entry.path() / "report.json");
  }
  EXPECT_EQ(folders, 5U);
  write("suite.toml", "[suite]\nname = \"\\u001b[31m\"\n" + suite(row("local-only")));
  const Outcome acting = run("run suite.toml");
  EXPECT_EQ(acting.status, 2);
  EXPECT_THAT(acting.err, AllOf(HasSubstr("suite.toml:2: "), HasSubstr("acts instead of showing"),
                                Not(HasSubstr("\x1b"))));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "report.json"));
  EXPECT_FALSE(std::filesystem::exists("/tmp/offload-bench-elsewhere"));
  write("one.toml", "[suite]\nname = \"same\"\n" + suite(row("local-only")));
  write("two.toml", "[suite]\nname = \"same\"\n" + suite(row("random")));
  const Outcome twice = run("run one.toml two.toml --out both");
  EXPECT_EQ(twice.status, 2);
  EXPECT_THAT(twice.err, HasSubstr("two.toml: has the name 'same' of one.toml"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "both"));
}

TEST_F(BadInput, PluginsOfTheOtherKindAreRefusedBeforeAnythingRuns) {
  expect_suite_error(suite(row("tmo-weighted")), 4, "is a reward; name an agent");
  expect_suite_error(suite(row("local-only"), "[reward]\nplugin = \"random\""), 4,
                     "is an agent; name a reward");
}

// "The values shown are the defaults", says benchmarks/README.md.
TEST_F(BadInput, LongestEpisodeMayBeLeftToTheData) {
  write("suite.toml", suite(row("local-only"), "[environment]\nt_max = 0"));
  EXPECT_EQ(run("run suite.toml --dry-run").status, 0);
}

TEST_F(BadInput, UnknownPluginsAndFolders) {
  expect_suite_error(suite(row("epsilon-gredy")), 4, "suite.toml:");
  write("suite.toml", suite(row("local-only")));
  const Outcome outcome = run("run suite.toml --plugin-dir missing");
  EXPECT_EQ(outcome.status, 2) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("missing"));
  EXPECT_EQ(run("describe no-such-plugin").status, 4);
  const Outcome verb = run("frobnicate");
  EXPECT_EQ(verb.status, 2);
  EXPECT_THAT(verb.err, HasSubstr("there is no verb 'frobnicate'"));
  EXPECT_EQ(run("check random --timeout nan").status, 2);
  EXPECT_EQ(run("compare a b --threshold nan").status, 2);
  EXPECT_EQ(run("").status, 2);
}

TEST_F(BadInput, LibrariesThatAreNoPlugins) {
  std::filesystem::create_directory(folder_ / "broken");
  write("broken/text.so", "this is not a library\n");
  const std::filesystem::path bad = BAD_PLUGINS;
  const std::string library = read_text(bad / "c-agent.so");
  write("broken/cut.so", library.substr(0, library.size() / 2));
  std::string foreign = library;
  foreign[18] = static_cast<char>(0xb7);  // e_machine: AArch64
  write("broken/foreign.so", foreign);
  for (const char* name : {"no-symbol", "newer-symbol", "newer-major", "unresolved"}) {
    std::filesystem::copy(bad / (std::string(name) + ".so"), folder_ / "broken");
  }
  for (const char* name :
       {"text", "cut", "foreign", "no-symbol", "newer-symbol", "newer-major", "unresolved"}) {
    write("suite.toml", suite(row(name)));
    const Outcome outcome = run("run suite.toml --out results --plugin-dir broken");
    EXPECT_EQ(outcome.status, 4) << name << ": " << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(std::string(name) + ".so"));
  }
  EXPECT_EQ(run("list --plugin-dir broken").status, 4);
}

TEST_F(BadInput, MisbehavingPluginsAreFailedRowsBesideGoodOnes) {
  const std::vector<std::pair<std::string, std::string>> faults = {
      {"create", "the network file is missing"}, {"act", "lost my mind"}, {"outside", "12"}};
  std::string rows = row("local-only");
  for (const auto& [fault, message] : faults) {
    rows += "[[row]]\nname = \"" + fault + "\"\nplugin = \"bad-agent\"\nparameters = {fault = \"" + fault +
            "\"}\n";
  }
  write("suite.toml", suite(rows));
  const Outcome outcome = run("run suite.toml --out results --plugin-dir " BAD_PLUGINS);
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  for (const auto& [fault, message] : faults) EXPECT_THAT(outcome.err, HasSubstr(message));
  EXPECT_THAT(outcome.out, HasSubstr("local-only"));
}

TEST_F(BadInput, RewardThatIsNotANumber) {
  const std::string zero = replaced(episode(), "\"score\": 0.5", "\"score\": 0");
  const std::string one = zero.substr(1, zero.size() - 2);
  write("zero.json", "[" + one + "," + replaced(one, "\"id\": 1", "\"id\": 2") + "]");
  write("suite.toml", suite(row("random"), "[reward]\nplugin = \"bad-reward\"",
                            "source = \"zero.json\"\nsplit = {test_ratio = 0.5}"));
  const Outcome outcome = run("run suite.toml --out results --plugin-dir " BAD_PLUGINS);
  EXPECT_EQ(outcome.status, 1) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("reward"));
}

TEST_F(BadInput, RewardsWhoseSumsOverflow) {
  write("suite.toml",
        suite(row("local-only"), "[reward]\nplugin = \"bad-reward\"\nparameters = {scale = 1e200}",
              "source = \"synthetic:20\""));
  const Outcome outcome = run("run suite.toml --out results --plugin-dir " BAD_PLUGINS);
  EXPECT_EQ(outcome.status, 1) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("failed: local-only on seed0: reward 'bad-reward': reward is 1e+200"));
}

// Closed streams are not taken for files, and what cannot be printed is no success.
TEST_F(BadInput, OutputThatCannotBeWritten) {
  write("suite.toml", suite(row("local-only") + row("bad-agent", "parameters = {fault = \"act\"}")));
  const std::string suite_run = "run suite.toml --out results --plugin-dir " BAD_PLUGINS;
  const auto status_of = [this](const std::string& arguments, const std::string& streams) {
    const std::string command = "cd '" + folder_.string() +
                                "' && '" OFFLOAD_BINARY_DIR "/bin/offload-bench' " + arguments + " " +
                                streams;
    return WEXITSTATUS(std::system(command.c_str()));
  };
  for (const char* verb : {"list", "--version", "tasks"}) {
    EXPECT_EQ(status_of(verb, ">/dev/full 2>/dev/null"), 5) << verb;
    EXPECT_EQ(status_of(verb, ">&- 2>&-"), 5) << verb;
  }
  EXPECT_EQ(status_of(suite_run, ">/dev/null 2>/dev/full"), 1);
  EXPECT_EQ(status_of(suite_run, ">&- 2>&- <&-"), 1);
  EXPECT_LE(read_text(folder_ / "results" / ".lock").size(), 10U);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "results" / "report.html"));
}

TEST_F(BadInput, FilesOfTheUserStay) {
  write("folds.json", "{\"a\": [1, 2, 3], \"b\": [4, 5, 6]}");
  const std::string text = suite(row("local-only"), "[evaluation]\noracle_nodes = 0",
                                 "source = \"synthetic:20\"\nsplit = {folds = \"folds.json\"}");
  write("suite.toml", text);
  const Outcome replacing = run("run suite.toml --out .");
  EXPECT_EQ(replacing.status, 2) << replacing.err;
  EXPECT_THAT(replacing.err, HasSubstr("would replace it; choose another --out"));
  EXPECT_EQ(read_text(folder_ / "suite.toml"), text);
  std::filesystem::create_directories(folder_ / "results" / "mine");
  std::filesystem::create_directories(folder_ / "results" / "trials");
  for (const char* file : {"results/mine/a.json.1.tmp", "results/readings.1.tmp",
                           "results/trials/a.json.0.tmp", "results/report.json.0.tmp"}) {
    write(file, "x");
  }
  EXPECT_EQ(run("run suite.toml --out results").status, 0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "results/mine/a.json.1.tmp"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "results/readings.1.tmp"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "results/trials/a.json.0.tmp"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "results/report.json.0.tmp"));
}

TEST_F(BadInput, EnormousNumbersOfShards) {
  write("suite.toml", suite(row("local-only") + row("random") + row("cost-min")));
  for (const char* shard : {"2/18446744073709551614", "2/18446744073709551615"}) {
    const Outcome outcome = run(std::string("run suite.toml --out shard --shard ") + shard);
    EXPECT_THAT(outcome.out, HasSubstr("1 trial run, 0 failed, 0 already done")) << shard;
    std::filesystem::remove_all(folder_ / "shard");
  }
}

TEST_F(BadInput, CrashesAndExitsBeforeAnythingRuns) {
  write("suite.toml", suite(row("local-only") + row("static-init")));
  for (const char* fault : {"segfault", "exit"}) {
    setenv("OFFLOAD_TEST_HARM", fault, 1);
    const Outcome outcome = run("run suite.toml --out results --plugin-dir " BAD_PLUGINS);
    unsetenv("OFFLOAD_TEST_HARM");
    EXPECT_EQ(outcome.status, 1) << fault << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("static-init"));
    EXPECT_THAT(outcome.out, HasSubstr("local-only"));
  }
}

}  // namespace
}  // namespace offload::testing
