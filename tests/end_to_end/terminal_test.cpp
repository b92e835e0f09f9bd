// What a person meets in a terminal: colours and progress as asked for, and words that are misspelt are
// understood.
#include <gmock/gmock.h>

#include "end_to_end/typed.hpp"

namespace offload::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kEighty = "COLUMNS=80";

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
  // The hint below runs as it stands, wherever the command is.
  write("typed.sh", "cd '" + folder_.string() + "' &&" + ran.out.substr(ran.out.rfind("views:") + 6));
  EXPECT_EQ(
      std::system(("sh '" + (folder_ / "typed.sh").string() + "' >'" + (folder_ / "typed.txt").string() + "'")
                      .c_str()),
      0);
  EXPECT_EQ(read_text(folder_ / "typed.txt"), all.out);
  EXPECT_EQ(read_text(folder_ / "r" / "report.json"), report);
  EXPECT_EQ(std::filesystem::last_write_time(folder_ / "r" / "report.json"), written);
  std::filesystem::remove(folder_ / "r" / "report.json");
  const Outcome none = run("show r");
  EXPECT_EQ(none.status, 5);
  EXPECT_THAT(none.err, HasSubstr("`offload-bench report r`"));
  EXPECT_EQ(run("report r").out, shown.out);
}

// Of a suite whose first view has S and whose headline's has none.
TEST_F(TerminalTest, LegendsAreOfWhatIsShown) {
  write("small.toml", suite());
  ASSERT_EQ(run("run small.toml --set environment.response_model=table --out r").status, 0);
  EXPECT_THAT(run("show r").out, AllOf(Not(HasSubstr("\nS  ")), HasSubstr("\nTier ")));
  EXPECT_THAT(run("show r --long").out,
              AllOf(HasSubstr("\nS      0: random within"), HasSubstr("\n Value   exact reward"),
                    HasSubstr("\n Constr. reward lost to the budgets")));
  ASSERT_EQ(run("run small.toml --out none").status, 0);
  EXPECT_THAT(
      run("show none --long").out,
      AllOf(Not(HasSubstr("\nS  ")), HasSubstr("\n Value   exact reward"), Not(HasSubstr("\n Constr. "))));
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
  EXPECT_THAT(ran.err, Not(HasSubstr("before")));
  write("more.toml",
        read_text(folder_ / "many.toml") + "[[row]]\nname = \"more\"\nplugin = \"local-only\"\n");
  EXPECT_THAT(run("run more.toml --out r --jobs 1").err,
              HasSubstr("31 of 31 jobs done, 30 of them before, "));
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

TEST_F(TerminalTest, WhatIsMissingOrNoNumberIsSaidWithItsVerbAndWhereHelpIs) {
  const auto said = [&](const std::string& arguments) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 2) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
    return outcome.err;
  };
  EXPECT_EQ(said(""), "offload-bench: a verb is required; see `offload-bench --help`\n");
  EXPECT_EQ(said("datasets"),
            "offload-bench: datasets: a verb is required; see `offload-bench datasets --help`\n");
  EXPECT_EQ(said("run"), "offload-bench: run: suite is required; see `offload-bench run --help`\n");
  EXPECT_EQ(said("run a.toml --jobs 0"),
            "offload-bench: run: --jobs: 0 is no whole number from 1 to 1024 in decimal digits; see "
            "`offload-bench run --help`\n");
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
