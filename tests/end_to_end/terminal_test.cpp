// What a person meets in a terminal: nothing wraps at 80 columns, colours and progress as asked for, and
// words that are misspelt are understood.
#include <gmock/gmock.h>

#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "end_to_end/typed.hpp"

namespace offload::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kEighty = "COLUMNS=80";
TEST_F(TerminalTest, NoLineOfAnyVerbWrapsAtEightyColumns) {
  write("small.toml", suite());
  write(
      "actions.json",
      R"({"train_ids":[1,2,3],"test_ids":[4],"latency_budget_s":null,"evaluation":[{"episode_id":4,"actions":[0,0,0]}]})");
  const std::string live = std::string(kSources) + "/benchmarks/gateway/live/";
  // In this order. Google Benchmark's tables are its own, serve answers until it is stopped, exported tables
  // are for programs, and a commitment is a word of 64 letters.
  const std::vector<std::pair<std::string, std::vector<std::string>>> examples = {
      {"run", {"small.toml --dry-run", "small.toml --out r"}},
      {"show", {"r", "r --long", "r/report.json"}},
      {"report", {"r", "r --long", "r --pairs random,local-only"}},
      {"compare", {"r r"}},
      {"export", {}},
      {"oracle", {"small.toml", std::string(kSources) + "/benchmarks/suites/routing.toml"}},
      {"power", {"small.toml"}},
      {"list", {""}},
      {"describe", {"epsilon-greedy", "constant", "tmo-weighted"}},
      {"check", {"random"}},
      {"datasets synth", {"--episodes 30 --out s.json"}},
      {"datasets describe", {"s.json", std::string(kSources) + "/datasets/routing.csv"}},
      {"datasets pack", {"s.json --out s.packed"}},
      {"datasets folds", {std::string(kSources) + "/datasets/tiny.json --out f.json --questions 1"}},
      {"datasets import", {std::string(kSources) + "/datasets/routing.csv --out t.csv"}},
      {"replay", {"actions.json --dataset s.json"}},
      {"collect", {live + "collect.toml --dry-run"}},
      {"micro", {}},
      {"plugin new", {"my-agent", "other-agent --language python"}},
      {"serve", {}},
      {"slurm", {"small.toml --tasks 2 --out parts", "--status parts"}},
      {"submit", {"r --as me --out r.tar.zst"}},
      {"leaderboard init", {"board"}},
      {"leaderboard task", {"board small.toml"}},
      {"leaderboard add", {"board r.tar.zst"}},
      {"leaderboard list", {"board"}},
      {"leaderboard build", {"board --out site"}},
      {"leaderboard withdraw", {"board 1 --reason mistaken"}},
      {"leaderboard list", {"board"}},
      {"leaderboard secret", {}},
      {"leaderboard draw", {}},
      {"leaderboard open", {}},
      {"leaderboard baselines", {}},
      {"tasks", {"", std::string(kSources) + "/benchmarks/suites/tasks/synth-true-v2.toml"}},
      {"verify", {"r"}},
      {"help", {"", "datasets import"}},
      {"completion", {}},
  };
  std::vector<std::string> known;
  for (const auto& [verb, all] : examples) {
    if (std::ranges::count(known, verb) == 0) known.push_back(verb);
  }
  EXPECT_THAT(known, ::testing::UnorderedElementsAreArray(all_verbs())) << "a verb needs an example here";
  for (const auto& [verb, all] : examples) {
    const Outcome help = run(verb + " --help", kEighty);
    EXPECT_EQ(help.status, 0) << verb;
    EXPECT_EQ(too_wide(help.out), "") << verb << " --help";
    for (const std::string& arguments : all) {
      const Outcome outcome = run(verb + " " + arguments, kEighty);
      EXPECT_EQ(too_wide(outcome.out), "") << verb << " " << arguments;
      EXPECT_THAT(outcome.out + outcome.err, Not(::testing::IsEmpty())) << verb << " " << arguments;
      // Without --train and in a copy verify has to believe something.
      EXPECT_TRUE(outcome.status <= 1 || (verb == "verify" && outcome.status == 6))
          << verb << " " << arguments << "\n"
          << outcome.err;
    }
  }
}

// What is told where something is wrong, of every verb: of what is missing, misspelt or no such thing at all.
TEST_F(TerminalTest, NoErrorOfAnyVerbWrapsAtEightyColumns) {
  write("small.toml", suite());
  write("wrong.toml", suite() + "[evaluaton]\nlenses = [\"simulator\"]\n");
  const std::string nowhere = "a-folder-that-is/not-there/at-all";
  for (const std::string& verb : all_verbs()) {
    const std::vector<std::string> mistakes = {"",
                                               "nope",
                                               "nope nope --no-such-option-as-this-one-here 1",
                                               nowhere,
                                               nowhere + " " + nowhere,
                                               "wrong.toml --out " + nowhere,
                                               "small.toml nope --reason none --as nobody"};
    for (const std::string& arguments : mistakes) {
      if (arguments.empty() && (verb == "micro" || verb == "list" || verb == "tasks")) continue;
      const Outcome outcome = run(verb + " " + arguments, "timeout 60 env COLUMNS=80");
      EXPECT_EQ(too_wide(outcome.err), "") << verb << " " << arguments;
      EXPECT_EQ(too_wide(outcome.out), "") << verb << " " << arguments;
    }
  }
}

// The options that are completed are those of the parser; help that is written by hand could lack some.
TEST_F(TerminalTest, TheHelpOfEveryVerbHasEveryOptionAndNoOther) {
  const std::string script = run("completion bash").out;
  for (const std::string& verb : all_verbs()) {
    const std::string entry = "    '" + verb + "') verbs='' options='";
    const std::size_t at = script.find(entry);
    ASSERT_NE(at, std::string::npos) << verb;
    std::istringstream words(
        script.substr(at + entry.size(), script.find('\'', at + entry.size()) - at - entry.size()));
    const std::set<std::string> parsed{std::istream_iterator<std::string>(words), {}};
    std::set<std::string> helped;
    bool positionals = false, usage = false;
    for (const std::string& line : lines_of(run(verb + " --help").out)) {
      static const std::regex option("(^|[\\s,\\[(])(--[a-z][a-z-]*)");
      for (std::sregex_iterator one(line.begin(), line.end(), option), end; one != end; ++one)
        helped.insert((*one)[2]);
      positionals = positionals || line == "Positionals:";
      // What stands in capitals in an example's place is an argument of the verb.
      usage = usage || line.find("Usage:") == 0;
    }
    EXPECT_TRUE(usage) << verb;
    // Of other programs, in examples and explanations.
    for (const char* other : {"--mem", "--array", "--benchmark"}) helped.erase(other);
    if (verb == "micro")
      std::erase_if(helped, [](const std::string& word) { return word.starts_with("--benchmark"); });
    EXPECT_EQ(helped, parsed) << verb;
    // A word too many is understood as one: whoever takes words says which.
    const bool takes =
        run(verb + " a-word-that-nobody-knows").err.find("does not expect") == std::string::npos;
    EXPECT_EQ(takes, positionals) << verb;
  }
}

TEST_F(TerminalTest, TheHelpOfEveryVerbHasAnExample) {
  for (const std::string& verb : all_verbs())
    EXPECT_THAT(run(verb + " --help").out, HasSubstr("\nExample: ")) << verb;
}

TEST_F(TerminalTest, ShowPrintsWhatRunPrintedAndWritesNothing) {
  write("small.toml", suite());
  const Outcome ran = run("run small.toml --out r");
  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto report = read_text(folder_ / "r" / "report.json");
  const auto written = std::filesystem::last_write_time(folder_ / "r" / "report.json");
  // With one thing that only a reader of the file can know.
  const Outcome shown = run("show r");
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_EQ(ran.out.substr(ran.out.find("small: ")), shown.out);
  EXPECT_LE(lines_of(ran.out).size(), 40u);
  EXPECT_THAT(shown.out, AllOf(HasSubstr("Against the known truth (simulator / true_mean)"),
                               Not(HasSubstr("Cell tight"))));
  EXPECT_LT(shown.out.find("Tier  "), shown.out.find("Leaderboard: simulator / true_mean"));
  const Outcome all = run("show r --long");
  EXPECT_THAT(all.out, AllOf(HasSubstr("Cell tight"), HasSubstr("Computed policies"), HasSubstr("Models: ")));
  EXPECT_GT(all.out.rfind("Leaderboard: "), all.out.find("Cell tight"));
  EXPECT_EQ(read_text(folder_ / "r" / "report.json"), report);
  EXPECT_EQ(std::filesystem::last_write_time(folder_ / "r" / "report.json"), written);
  std::filesystem::remove(folder_ / "r" / "report.json");
  const Outcome none = run("show r");
  EXPECT_EQ(none.status, 5);
  EXPECT_THAT(none.err, HasSubstr("`offload-bench report r`"));
  EXPECT_EQ(run("report r").out, shown.out);
}

TEST_F(TerminalTest, ColoursAreForTerminalsUnlessTheEnvironmentSaysOtherwise) {
  write("small.toml", suite());
  ASSERT_EQ(run("run small.toml --out r").status, 0);
  const auto coloured = [&](const std::string& settings) {
    const std::string out =
        run("show r", "env -u NO_COLOR -u FORCE_COLOR -u CLICOLOR -u CLICOLOR_FORCE " + settings).out;
    return out.find("\x1b[") != std::string::npos;
  };
  EXPECT_FALSE(coloured(""));
  EXPECT_TRUE(coloured("FORCE_COLOR=1"));
  EXPECT_FALSE(coloured("FORCE_COLOR=0"));
  EXPECT_TRUE(coloured("CLICOLOR_FORCE=1"));
  EXPECT_FALSE(coloured("CLICOLOR_FORCE=0"));
  EXPECT_FALSE(coloured("NO_COLOR=1 FORCE_COLOR=1"));
  if (std::system("script -qec true /dev/null >/dev/null 2>&1") != 0) return;
  const auto on_terminal = [&](const std::string& settings) {
    const std::string command =
        "cd '" + folder_.string() + "' && env -u NO_COLOR -u FORCE_COLOR -u CLICOLOR " + settings +
        " script -qefc \"'" OFFLOAD_BINARY_DIR "/bin/offload-bench' show r\" log >/dev/null </dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return read_text(folder_ / "log").find("\x1b[") != std::string::npos;
  };
  EXPECT_TRUE(on_terminal("TERM=xterm"));
  EXPECT_FALSE(on_terminal("TERM=dumb"));
  EXPECT_FALSE(on_terminal("TERM=xterm CLICOLOR=0"));
  EXPECT_FALSE(on_terminal("TERM=xterm NO_COLOR=1"));
}

TEST_F(TerminalTest, ErrorsBreakAtWordsOnATerminal) {
  if (std::system("script -qec true /dev/null >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "needs the command `script`";
  write("wrong.toml", suite() + "[evaluaton]\n");
  const std::string command = "cd '" + folder_.string() +
                              "' && script -qefc \"stty cols 60; '" OFFLOAD_BINARY_DIR
                              "/bin/offload-bench' run wrong.toml\" log >/dev/null </dev/null";
  EXPECT_NE(std::system(command.c_str()), 0);
  bool said = false;
  for (const std::string& line : lines_of(read_text(folder_ / "log"))) {
    if (line.starts_with("Script ")) continue;
    EXPECT_LE(width(line), 61u) << line;  // with its return
    said = said || line.find("evaluaton") != std::string::npos;
  }
  EXPECT_TRUE(said);
  // Of every kind: of the suite, of the command line. Programs, which have no width, get a line as it is.
  for (const char* arguments :
       {"run wrong.toml", "run wrong.toml --no-such-option --and-another-one-that-is-not-there"}) {
    EXPECT_EQ(too_wide(run(arguments, kEighty).err), "");
    EXPECT_NE(too_wide(run(arguments).err), "") << arguments;
  }
}

TEST_F(TerminalTest, ProgressInAPipeIsALinePerTenthOfTheJobs) {
  std::string rows;
  for (int i = 0; i < 30; ++i)
    rows += "[[row]]\nname = \"r" + std::to_string(i) + "\"\nplugin = \"local-only\"\n";
  write("many.toml", "[data]\nsource = \"synthetic:20\"\n" + rows + "[evaluation]\noracle_nodes = 0\n");
  const Outcome ran = run("run many.toml --out r --jobs 1");
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.err,
              AllOf(Not(HasSubstr("\r")), Not(HasSubstr("\x1b")), HasSubstr("\n30 of 30 jobs done")));
  EXPECT_LE(lines_of(ran.err).size(), 10u) << ran.err;
  EXPECT_GE(lines_of(ran.err).size(), 5u) << ran.err;
}

TEST_F(TerminalTest, MisspeltVerbsAndOptionsAreUnderstood) {
  const auto said = [&](const std::string& arguments) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 2) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
    return outcome.err;
  };
  EXPECT_THAT(said("reprot r"), AllOf(HasSubstr("there is no verb 'reprot'"), HasSubstr("known: run, "),
                                      HasSubstr("did you mean 'report'?")));
  EXPECT_THAT(said("datasets packk x"), AllOf(HasSubstr("no verb 'packk' of `offload-bench datasets`"),
                                              HasSubstr("did you mean 'pack'?")));
  EXPECT_THAT(said("run a.toml --jbos 2"), AllOf(HasSubstr("`offload-bench run` has no option '--jbos'"),
                                                 HasSubstr("did you mean '--jobs'?")));
  EXPECT_THAT(said("datasets synth --otu=x"), HasSubstr("did you mean '--out'?"));
  EXPECT_THAT(said("describe random again"), HasSubstr("does not expect 'again'"));
  EXPECT_THAT(said("help rnu"), HasSubstr("did you mean 'run'?"));
  EXPECT_THAT(said("--verison"), HasSubstr("did you mean '--version'?"));
}

TEST_F(TerminalTest, HelpAndVersionHaveTheUsualShortForms) {
  EXPECT_EQ(run("help").out, run("--help").out);
  EXPECT_EQ(run("help run").out, run("run --help").out);
  EXPECT_EQ(run("help datasets synth").out, run("datasets synth --help").out);
  EXPECT_THAT(run("-V").out, StartsWith("offload-bench "));
  EXPECT_EQ(run("-V").out, run("--version").out);
}

TEST_F(TerminalTest, CompletesInBash) {
  ASSERT_EQ(run("completion bash").status, 0);
  write("completion.bash", run("completion bash").out);
  write("my-suite.toml", "");
  const auto completed = [&](const std::string& words) {
    write("ask.bash",
          "set -eu\nsource ./completion.bash\nCOMP_WORDS=(offload-bench " + words +
              ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_offload_bench\necho \"${COMPREPLY[*]}\"\n");
    const std::string command = "cd '" + folder_.string() + "' && bash ask.bash >said 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << read_text(folder_ / "said");
    return read_text(folder_ / "said");
  };
  EXPECT_EQ(completed("ver"), "verify\n");
  EXPECT_EQ(completed("datasets p"), "pack\n");
  EXPECT_EQ(completed("run --dr"), "--dry-run\n");
  EXPECT_EQ(completed("report --format j"), "json\n");
  EXPECT_EQ(completed("run my"), "my-suite.toml\n");
  EXPECT_EQ(completed("run --out my"), "my-suite.toml\n");
  EXPECT_EQ(completed("plugin new x --kind r"), "reward\n");
  // All of it comes from what answers --help.
  const std::string verbs = completed("''");
  for (const std::string& verb : this->verbs("")) EXPECT_THAT(verbs, HasSubstr(verb));
}

TEST_F(TerminalTest, CompletesInOtherShellsWhereTheyAre) {
  const std::string zsh = run("completion zsh").out, fish = run("completion fish").out;
  EXPECT_THAT(zsh, StartsWith("#compdef offload-bench\n"));
  EXPECT_THAT(fish, HasSubstr("complete -c offload-bench -n \"__offload_bench_at 'report'\" -l format -r -f "
                              "-a 'table csv json md'"));
  EXPECT_EQ(run("completion tcsh").status, 2);
  write("c.zsh", zsh);
  write("c.fish", fish);
  for (const auto& [shell, ask] :
       {std::pair<std::string, std::string>{"zsh", "zsh -f -n c.zsh"},
        {"fish",
         "test \"$(fish -N -c 'source c.fish; complete -C \"offload-bench plugin "
         "new x --kind r\"')\" = \"$(printf 'reward\\tagent or reward [agent]')\""}}) {
    if (std::system(("command -v " + shell + " >/dev/null 2>&1").c_str()) != 0) continue;
    EXPECT_EQ(std::system(("cd '" + folder_.string() + "' && HOME=. " + ask).c_str()), 0) << shell;
  }
}

TEST_F(TerminalTest, FilesThatAreNotWhatTheyShouldBeAreNamed) {
  const auto said = [&](const std::string& text, const std::string& arguments) {
    write("given", text);
    return run(arguments).err;
  };
  const std::string head = "[suite]\nname = \"s\"\n[data]\nsource = \"synthetic:20\"\n";
  EXPECT_THAT(said(head + "[[row]]\nname = \"a\"\nplugin = rc-ppo\n", "run given --dry-run"),
              HasSubstr("a text stands in quotes: \"rc-ppo\""));
  EXPECT_THAT(said("[suite]\nname = true-ppo  # mine\n", "run given --dry-run"),
              HasSubstr("quotes: \"true-ppo\""));
  EXPECT_THAT(said("[data]\nsource = synthetic:20\n", "run given --dry-run"),
              HasSubstr("quotes: \"synthetic:20\""));
  EXPECT_THAT(said("{\"suite\": 1}", "run given --dry-run"),
              HasSubstr("looks like JSON, where TOML is expected"));
  EXPECT_THAT(said("id,turn\n1,2\n", "datasets describe given"),
              HasSubstr("looks like CSV, where JSON is expected"));
  EXPECT_THAT(said("id,turn\n1,2\n", "replay given"), HasSubstr("looks like CSV, where JSON is expected"));
  std::filesystem::copy_file(std::filesystem::path(kSources) / "datasets" / "routing.meta.json",
                             folder_ / "t.meta.json");
  write("t.csv", "{\"session\": 1}\n");
  EXPECT_THAT(run("datasets describe t.csv").err, HasSubstr("looks like JSON, where CSV is expected"));
}

TEST_F(TerminalTest, KnownNamesEveryKey) {
  const auto said = [&](const std::string& text) {
    write("given.toml", text);
    return run("run given.toml --dry-run").err;
  };
  const std::string data = "[data]\nsource = \"synthetic:20\"\n", row = "[[row]]\nname = \"random\"\n";
  EXPECT_THAT(said(data + row + "chekpoint = \"x\"\n"),
              AllOf(HasSubstr("known: name, plugin, parameters, training, isolation, python, checkpoint"),
                    HasSubstr("did you mean 'checkpoint'?")));
  EXPECT_THAT(
      said(data + "split = {test_ration = 0.2}\n" + row),
      AllOf(HasSubstr("folds, repeats, train_ids, test_ids"), HasSubstr("did you mean 'test_ratio'?")));
  EXPECT_THAT(said("[data]\nsoruce = \"synthetic:20\"\n" + row),
              HasSubstr("unknown key 'soruce'; did you mean 'source'?"));
  EXPECT_THAT(said(data + row + "[training]\nbudgets = {smaple = \"uniform\"}\n"), HasSubstr("fixed"));
  EXPECT_THAT(said(data + row + "[evaluation]\nmodels = [\"tabel\"]\n"), HasSubstr("did you mean 'table'?"));
}

TEST_F(TerminalTest, MicroOfAPluginRunsThatAlone) {
  if (!std::filesystem::exists(OFFLOAD_BINARY_DIR "/bin/offload-bench-micro"))
    GTEST_SKIP() << "no offload-bench-micro";
  const Outcome one = run("micro random -- --benchmark_list_tests");
  EXPECT_EQ(one.status, 0) << one.err;
  for (const std::string& line : lines_of(one.out)) EXPECT_THAT(line, StartsWith("agent:random/"));
  EXPECT_GE(lines_of(one.out).size(), 4u);
  EXPECT_THAT(run("micro --benchmark_list_tests").out, HasSubstr("environment/"));
}

}  // namespace
}  // namespace offload::testing
