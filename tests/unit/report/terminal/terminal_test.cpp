// What a terminal shows of a report: it fits, the leaderboard is last, and a file says the same as its
// report.
#include "report/terminal/terminal_table.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "core/error.hpp"
#include "report/text/text.hpp"
#include "unit/report/example_report.hpp"

namespace offload {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

int widest(const std::string& text) {
  int width = 0;
  for (const std::string& line : lines_of(text)) width = std::max(width, text::width(line));
  return width;
}

// As wide as those of main-synthetic, `rows` of them.
Shown shown(std::size_t rows) {
  Shown report;
  report.suite = "main-synthetic";
  report.description = "Every row of the main experiment, each run on a fresh synthetic data set";
  report.data = "synthetic:200";
  report.planned = report.finished = 140;
  report.runs = 10;
  report.cells = 5;
  report.view = {"simulator", "hierarchical"};
  report.headline =
      "Against the known truth (simulator / true_mean), rc-dqn is first, but not significantly: 0.008 "
      "(-0.009 "
      "to 0.025) ahead of rc-ppo, and 4 rows tie with it; it leads in 4 of 7 other views; the best with "
      "hindsight earns 0.118 more.";
  for (std::size_t i = 0; i < rows; ++i) {
    ShownRow row;
    row.name = fmt::format("epsilon-greedy-{}", i);
    row.tier = i < 8 ? 1 : 2;
    row.rank = static_cast<int>(i) + 1;
    row.score = -.493;
    row.reward = 1.026;
    row.interval = {.979, 1.073};
    row.quality = 1.247;
    row.latency_s = 15.25;
    row.cost = .01328;
    row.violations = i < 8 ? 0 : .528;
    report.rows.push_back(row);
  }
  report.exact = {{"hindsight oracle", 1.105},
                  {"causal oracle", 1.084},
                  {"best constant", .786},
                  {"masked random", .779}};
  return report;
}

TEST(TerminalScreen, OfFourteenRowsHasHeadlineAndLeaderboardOnTheLastScreen) {
  const std::vector<std::string> lines =
      lines_of(terminal_screen(shown(14), {false, 80, 36, "offload-bench show results --long"}));
  EXPECT_LE(lines.size(), 36u);
  // The prompt has the last of 24 lines.
  const std::vector<std::string> screen(lines.end() - 23, lines.end());
  std::string last;
  for (const std::string& line : screen) last += line + "\n";
  EXPECT_THAT(last,
              AllOf(HasSubstr("Against the known truth"), HasSubstr("Tier"), HasSubstr("epsilon-greedy-0 "),
                    HasSubstr("epsilon-greedy-13 "), HasSubstr("hindsight oracle 1.105")));
  EXPECT_THAT(last, Not(HasSubstr("more rows")));
}

TEST(TerminalScreen, FitsEveryWidth) {
  for (const int width : {40, 60, 72, 80, 100, 120}) {
    Shown report = shown(14);
    report.rows[3].name = std::string(90, 'n');
    report.warnings = {
        "Only 2 runs per row: with fewer than 5 the intervals understate what another run would change."};
    report.unranked = {{"broken",
                        "3 of 10 runs finished, 7 failed; seed0: killed by signal 11 (SIGSEGV) (and 6 more)",
                        true}};
    report.notes = {"rc-ppo: took the action local in every test of every cell"};
    EXPECT_LE(widest(terminal_screen(report, {false, width, 40, "offload-bench show results --long"})),
              width);
  }
}

// The least needed goes first, and what went is said.
TEST(TerminalScreen, LeavesOutColumnsWhereThereIsLittleRoom) {
  const auto at = [](int width) { return terminal_screen(shown(3), {false, width, 40, ""}); };
  EXPECT_THAT(at(100), AllOf(HasSubstr("Cost USD"), Not(HasSubstr("no room"))));
  EXPECT_THAT(at(80), AllOf(HasSubstr("Qual."), Not(HasSubstr("no room"))));
  EXPECT_THAT(at(70), AllOf(HasSubstr("Time s"), HasSubstr("no room in 70 columns for: Quality\n")));
  EXPECT_THAT(at(56), AllOf(HasSubstr("Reward, 95 %"), HasSubstr("Viol."), HasSubstr("for: ")));
}

TEST(TerminalScreen, HasAtMostItsLines) {
  Shown report = shown(70);
  for (int i = 0; i < 30; ++i)
    report.warnings.push_back(
        fmt::format("Warning {} of many words, so that it takes more than a line of the screen in all.", i));
  for (int i = 0; i < 9; ++i) report.unranked.push_back({fmt::format("failed-{}", i), "0 of 10 runs", true});
  const std::string screen = terminal_screen(report, {false, 80, 40, "offload-bench show results --long"});
  EXPECT_LE(lines_of(screen).size(), 40u);
  EXPECT_THAT(screen, AllOf(HasSubstr("more warnings"), HasSubstr("6 more rows not ranked"),
                            HasSubstr("of 70 rows"), HasSubstr("offload-bench show results --long")));
  // A long one goes on behind a backslash, as shells take it.
  const std::string deep = "/opt/" + std::string(60, 'd') + "/offload-bench show results/name --long";
  EXPECT_THAT(terminal_screen(shown(3), {false, 80, 40, deep}),
              HasSubstr("views:\n  /opt/" + std::string(60, 'd') + "/offload-bench \\\n    show "));
}

TEST(TerminalScreen, SaysWhatTheWordsMeanInALineEach) {
  const std::vector<std::string> lines = lines_of(terminal_screen(shown(3), {false, 80, 40, ""}));
  for (const char* word : {"Tier ", "Rank ", "S ", "Reward ", "Viol. ", "View "}) {
    const auto begins = [word](const std::string& line) { return line.starts_with(word); };
    EXPECT_EQ(std::ranges::count_if(lines, begins), 1) << word;
  }
  EXPECT_THAT(lines, testing::Contains(HasSubstr("2: in more, the fewest first")));
  Shown world = shown(3);
  world.known_outcomes = true;
  EXPECT_THAT(terminal_screen(world, {}), HasSubstr("every outcome is looked up"));
}

// Ranks count certain differences, so they need not follow the order.
TEST(TerminalScreen, SaysWhereARowRanksBetterThanOneAboveIt) {
  Shown report = shown(9);
  const auto said = [&] {
    std::string words;
    for (const std::string& line : lines_of(terminal_screen(report, {})))
      words += line.substr(std::min(line.size(), line.find_first_not_of(' '))) + " ";
    return words;
  };
  EXPECT_THAT(said(), Not(HasSubstr("rank better")));
  report.rows[4].rank = 1;
  EXPECT_THAT(said(), HasSubstr("a row may rank better than one above it, where it is less certain"));
  EXPECT_LE(widest(terminal_screen(report, {false, 80, 40, ""})), 80);
  report = shown(9);
  report.rows[8].rank = 1;  // of the other tier
  EXPECT_THAT(said(), Not(HasSubstr("rank better")));
}

TEST(TerminalScreen, WithoutScoresHasNoColumnForThem) {
  Shown report = shown(3);
  for (ShownRow& row : report.rows) row.score = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(lines_of(terminal_screen(report, {})),
              Each(AllOf(Not(HasSubstr(" S ")), Not(StartsWith("S ")))));
  report.rows.clear();
  report.headline = "No trial has finished: nothing can be ranked.";
  EXPECT_THAT(terminal_screen(report, {}),
              AllOf(HasSubstr("nothing can be ranked"), Not(HasSubstr("Leaderboard")),
                    Not(HasSubstr("Tier ")), Not(HasSubstr("Viol."))));
}

TEST(Shown, SaysOfAFileWhatItSaysOfTheReport) {
  const ReportPlan plan = example::plan();
  StoreContents contents = example::contents(plan);
  contents.trials[0] = example::failed_trial("bold", "s0");
  contents.left_out = {{"trials/x.json", "half-written"}};
  const Report report = make_report(plan, contents);
  const std::string screen = terminal_screen(shown_of(report), {});
  EXPECT_EQ(terminal_screen(shown_in(json::parse(report_json(report)), "report.json"), {}), screen);
  EXPECT_THAT(screen, AllOf(HasSubstr("bold: 1 of 2 runs finished, 1 failed; s0: killed by signal 11"),
                            HasSubstr("Left out: trials/x.json: half-written"), HasSubstr("careful")));
}

// A newcomer took "not run: 1 of 2 runs" for its reverse.
TEST(Shown, CountsTheRunsOfARowThatIsNotRanked) {
  const ReportPlan plan = example::plan();
  StoreContents contents = example::contents(plan);
  contents.trials.erase(contents.trials.begin());
  EXPECT_THAT(terminal_screen(shown_of(make_report(plan, contents)), {}),
              HasSubstr("bold: 1 of 2 runs finished, 1 not run\n"));
}

TEST(Shown, AnOracleThatPlannedOnAnotherViewIsCalledNoBound) {
  json report = example::report_of_example();
  report["references"]["views"] = {{{"lens", "simulator"},
                                    {"model", "knn"},
                                    {"rows",
                                     {{{"row", "hindsight oracle"}, {"reward", 1.5}},
                                      {{"row", "causal oracle"}, {"reward", .9}},
                                      {{"row", "best constant"}, {"reward", .8}}}}}};
  const auto computed = [&](const char* model) {
    report["suite"]["resolved"] = {{"environment", {{"response_model", model}}}};
    return terminal_screen(shown_in(report, "report.json"), {});
  };
  EXPECT_THAT(computed("knn"), AllOf(HasSubstr("causal oracle 0.900, best"), Not(HasSubstr("no bound"))));
  EXPECT_THAT(computed("table"), AllOf(HasSubstr("hindsight oracle 1.500, causal oracle 0.900 (planned on"),
                                       HasSubstr("simulator / table: no bound here), best constant 0.800")));
}

TEST(Shown, TakesReportsFromBeforeThereWereHeadlines) {
  json old = example::report_of_example();
  old.erase("headline");
  EXPECT_THAT(terminal_screen(shown_in(old, "report.json"), {}),
              AllOf(HasSubstr("Leaderboard: simulator / knn"), HasSubstr("careful")));
}

// The example has two runs; of ten with forty tests a cell nothing is said.
TEST(Shown, SaysHowFewTestsItRestsOn) {
  json report = example::report_of_example();
  const auto title = [](const json& of) {
    const std::string screen = terminal_screen(shown_in(of, "report.json"), {});
    const std::size_t at = screen.find("Leaderboard: ");
    return screen.substr(at, screen.find('\n', at) - at);
  };
  for (json& row : report["leaderboard"][0]["rows"])
    row["joint_violations"]["of"] = report["suite"]["cells"].size();
  EXPECT_EQ(title(report), "Leaderboard: simulator / knn, n = 1 test in 2 runs");
  for (json& row : report["leaderboard"][0]["rows"])
    row["joint_violations"]["of"] = 40 * report["suite"]["cells"].size();
  EXPECT_EQ(title(report), "Leaderboard: simulator / knn, n = 40 tests in 2 runs");
  report["suite"]["splits"] = {"a", "b", "c", "d", "e"};
  EXPECT_EQ(title(report), "Leaderboard: simulator / knn");
}

TEST(Shown, ShowsTheNotesOfRowsBelowTheLeaderboard) {
  json noted = example::report_of_example();
  noted["rows"][0]["notes"] = {"took the action local in every test"};
  const std::string screen = terminal_screen(shown_in(noted, "report.json"), {});
  EXPECT_GT(screen.find("bold: took the action local"), screen.find("Leaderboard"));
  EXPECT_NE(screen.find("bold: took the action local"), std::string::npos);
}

TEST(Shown, RefusesWhatIsNoReport) {
  const auto refused = [](const json& document) {
    try {
      shown_in(document, "mine.json");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  json report = example::report_of_example();
  report["format"] = "offload-report/1";
  EXPECT_THAT(refused(report), AllOf(HasSubstr("mine.json: /format"), HasSubstr("offload-bench report")));
  report = example::report_of_example();
  report["leaderboard"][0]["rows"][0]["tier"] = "first";
  EXPECT_THAT(refused(report), HasSubstr("mine.json: /leaderboard/0/rows/0/tier"));
  EXPECT_NE(refused(json::array()), "");
}

TEST(Shown, AFolderWithoutAReportSaysWhatToDo) {
  const example::TemporaryFolder folder;
  const auto refused = [&] {
    try {
      shown_at(folder.path());
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(refused(), HasSubstr("not a results folder"));
  std::ofstream(folder.path() / "suite.json") << "{}";
  EXPECT_THAT(refused(), HasSubstr("`offload-bench report " + folder.path().string() + "`"));
}

}  // namespace
}  // namespace offload
