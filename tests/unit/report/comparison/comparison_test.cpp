// Comparisons of two sets of results whose differences are known.
#include "report/comparison/comparison.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "unit/report/comparison/two_results.hpp"

namespace offload {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

using namespace two_results;

TEST(Compare, FindsNothingBetweenTwins) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path());
  const Comparison comparison = compare_results(a.path(), b.path(), {});
  EXPECT_TRUE(comparison.clean());
  EXPECT_EQ(comparison.deciding(), 4U);     // 2 measures x 2 rows, over cells
  EXPECT_EQ(comparison.lines.size(), 12U);  // and 2 measures x 2 cells x 2 rows
  EXPECT_EQ(comparison.count(Verdict::tie), 4U);
  EXPECT_THAT(comparison.notes, ElementsAre());
  EXPECT_THAT(overall(comparison),
              HasSubstr("No difference between A and B is more than chance: 4 compared"));
}

// Over cells half of the shift; t(11) as if by hand: 24 tests of -.09375 and -.15625, runs alike.
TEST(Compare, PairsByRunAndEpisode) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), shifted(-.25));
  const Comparison comparison = compare_results(a.path(), b.path(), {});
  EXPECT_FALSE(comparison.clean());
  EXPECT_EQ(comparison.count(Verdict::regression), 1U);
  const ComparisonLine line = line_of(comparison, kReward, "", "bold");
  EXPECT_EQ(line.verdict, Verdict::regression);
  EXPECT_DOUBLE_EQ(line.a, 1.6875);
  EXPECT_DOUBLE_EQ(line.b, 1.5625);
  EXPECT_DOUBLE_EQ(line.difference, -.125);
  EXPECT_LT(line.interval.low, line.difference);
  EXPECT_LT(line.interval.high, -.1);
  EXPECT_LT(line.p, 1e-6);
  EXPECT_EQ(line.p_holm, 4 * line.p);
  EXPECT_EQ(line.basis, "paired, 24 tests of 12 episodes in 2 runs");
  EXPECT_EQ(line_of(comparison, kReward, "", "careful").verdict, Verdict::tie);
  EXPECT_THAT(overall(comparison), HasSubstr("B is worse than A: 4 compared, 0 better, 1 worse"));
}

// A difference that is the same in every test has no variance: there is no test of it, and no success either.
TEST(Compare, WidthZeroHasNoVerdict) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), [](ReportPlan&, StoreContents& contents) {
    for (TrialResult& trial : contents.trials) {
      for (double& reward : trial.cells[1].scores[0].reward) reward -= trial.row == "bold" ? .25 : 0;
    }
  });
  const Comparison comparison = compare_results(a.path(), b.path(), {});
  const ComparisonLine line = line_of(comparison, kReward, "", "bold");
  EXPECT_EQ(line.verdict, Verdict::none);
  EXPECT_TRUE(std::isnan(line.p));
  EXPECT_EQ(line.interval.low, line.interval.high);
  EXPECT_FALSE(comparison.clean());
  EXPECT_THAT(comparison_json(comparison), HasSubstr("\"p\": null"));
}

// The same episodes, but each side splits them in its own way: nothing is paired, and less is found.
TEST(Compare, OtherSplitsAreIndependent) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), [](ReportPlan& plan, StoreContents& contents) {
    plan.splits = {"x0", "x1"};
    plan.trials.change([](PlannedTrial& planned) { planned.split[0] = 'x'; });
    for (TrialResult& trial : contents.trials) trial.split[0] = 'x';
    shifted(-.25)(plan, contents);
  });
  const Comparison comparison = compare_results(a.path(), b.path(), {});
  const ComparisonLine line = line_of(comparison, kReward, "", "bold");
  EXPECT_EQ(line.basis, "independent, 2 and 2 runs");
  EXPECT_DOUBLE_EQ(line.difference, -.125);
  EXPECT_EQ(line.verdict, Verdict::tie);
  EXPECT_THAT(comparison.notes, ElementsAre(HasSubstr("The splits differ")));
}

TEST(Compare, ThresholdForgivesAndGainsAreNoRegression) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), shifted(-.25));
  const Comparison forgiven = compare_results(a.path(), b.path(), {.3, {}, {}});
  EXPECT_TRUE(forgiven.clean());
  EXPECT_EQ(line_of(forgiven, kReward, "", "bold").verdict, Verdict::worse);
  const Comparison gain = compare_results(b.path(), a.path(), {});
  EXPECT_TRUE(gain.clean());
  EXPECT_EQ(line_of(gain, kReward, "", "bold").verdict, Verdict::better);
}

// Every second episode breaks the tight cell's budget.
TEST(Compare, MoreViolationsAreARegressionWhateverTheReward) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), [](ReportPlan& plan, StoreContents& contents) {
    for (TrialResult& trial : contents.trials) {
      if (trial.row != "careful") continue;
      const auto reward = trial.cells[1].scores[0].reward;
      std::vector<std::vector<std::uint16_t>> over;
      for (int e = 0; e < kEpisodes; ++e) over.push_back(std::vector<std::uint16_t>(2, e % 4 == 0 ? 0 : 2));
      trial.cells = {example::cell(plan, "open", over, reward), example::cell(plan, "tight", over, reward)};
    }
  });
  const Comparison comparison = compare_results(a.path(), b.path(), {});
  const ComparisonLine line = line_of(comparison, "joint violation rate", "", "careful");
  EXPECT_EQ(line.verdict, Verdict::regression);
  EXPECT_DOUBLE_EQ(line.difference, .375);
  EXPECT_EQ(comparison.count(Verdict::regression), 1U);
  const ComparisonLine cell = line_of(comparison, "joint violation rate", "tight", "careful");
  EXPECT_DOUBLE_EQ(cell.difference, .75);
  EXPECT_FALSE(cell.deciding);
  EXPECT_EQ(cell.verdict, Verdict::worse);
}

TEST(Compare, ARowThatLostRunsIsALoss) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), [](ReportPlan&, StoreContents& contents) {
    std::erase_if(contents.trials,
                  [](const TrialResult& trial) { return trial.row == "careful" && trial.split == "s0"; });
    contents.trials.push_back(example::failed_trial("careful", "s0"));
  });
  const Comparison comparison = compare_results(a.path(), b.path(), {});
  EXPECT_FALSE(comparison.clean());
  EXPECT_THAT(comparison.missing,
              ElementsAre(MissingPart{"1 of 2 runs of row", "careful", b.path().string()}));
}

TEST(Compare, ARowThatFinishedNowhereIsNoSuccess) {
  const example::TemporaryFolder a;
  write_results(a.path(), [](ReportPlan&, StoreContents& contents) {
    std::erase_if(contents.trials, [](const TrialResult& trial) { return trial.row == "careful"; });
    for (const char* split : {"s0", "s1"}) contents.trials.push_back(example::failed_trial("careful", split));
  });
  const Comparison comparison = compare_results(a.path(), a.path(), {});
  EXPECT_FALSE(comparison.clean());
  EXPECT_THAT(comparison.missing, ElementsAre(MissingPart{"every run of row", "careful", a.path().string()}));
}

TEST(Compare, SettingsThatDifferAreListedAndTwoRewardsGetNoVerdict) {
  const auto resolved = [](const char* plugin, bool refusal) {
    return [=](ReportPlan& plan, StoreContents&) {
      plan.resolved_suite = json{
          {"environment", {{"refusal", refusal}}},
          {"reward", {{"plugin", plugin}}},
          {"suite",
           {{"seed", 1}}}}.dump();
    };
  };
  const example::TemporaryFolder a, b, c;
  write_results(a.path(), resolved("tmo-weighted", true));
  write_results(b.path(), resolved("tmo-weighted", false));
  write_results(c.path(), resolved("budget-aware", true));
  const Comparison refusal = compare_results(a.path(), b.path(), {});
  EXPECT_TRUE(refusal.clean());
  ASSERT_EQ(refusal.settings.size(), 1U);
  EXPECT_EQ(refusal.settings[0].place, "/environment/refusal");
  EXPECT_THAT(comparison_table(refusal, false, 100),
              HasSubstr("/environment/refusal: true in A, false in B"));
  const Comparison scales = compare_results(a.path(), c.path(), {});
  EXPECT_FALSE(scales.clean());
  EXPECT_EQ(scales.count(Verdict::none), 2U);
  EXPECT_THAT(scales.notes, ElementsAre(HasSubstr("two scales")));
}

TEST(Compare, RowsOfOtherNamesAreComparedOnRequest) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), shifted(-.25));
  const Comparison comparison =
      compare_results(a.path(), b.path(), {0, {}, {{"bold", "careful"}, {"careful", "bold"}}});
  EXPECT_THAT(comparison.missing, ElementsAre());
  EXPECT_EQ(line_of(comparison, kReward, "", "careful = bold").verdict, Verdict::regression);
  EXPECT_THROW(compare_results(a.path(), b.path(), {0, {}, {{"bold", "nobody"}}}), Error);
  EXPECT_THROW(compare_results(a.path(), b.path(), {0, {}, {{"bold", "careful"}, {"bold", "bold"}}}), Error);
  EXPECT_THROW(compare_results(a.path(), b.path(), {0, "simulator / none", {}}), Error);
}

TEST(Compare, ReportsAloneGiveTheVerdictOfTheirFolders) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), shifted(-.25));
  const Comparison folders = compare_results(a.path(), b.path(), {});
  const Comparison reports = compare_results(a.path() / "report.json", b.path() / "report.json", {});
  ASSERT_EQ(folders.lines.size(), reports.lines.size());
  for (std::size_t i = 0; i < folders.lines.size(); ++i) {
    EXPECT_EQ(folders.lines[i].p, reports.lines[i].p);
    EXPECT_EQ(folders.lines[i].difference, reports.lines[i].difference);
    EXPECT_EQ(folders.lines[i].verdict, reports.lines[i].verdict);
  }
  EXPECT_EQ(overall(folders), overall(reports));
}

TEST(Compare, NothingComparedIsNoSuccess) {
  const example::TemporaryFolder a, b;
  write_results(a.path(), [](ReportPlan&, StoreContents& contents) { contents.trials.clear(); });
  write_results(b.path(), [](ReportPlan&, StoreContents& contents) { contents.trials.clear(); });
  const Comparison comparison = compare_results(a.path(), b.path(), {});
  EXPECT_FALSE(comparison.clean());
  EXPECT_EQ(overall(comparison), "Nothing could be compared.");
}

TEST(Compare, NamesWhatIsMissingOnEitherSide) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), [](ReportPlan& plan, StoreContents& contents) {
    plan.rows[1].name = "bolder";
    plan.trials.change([](PlannedTrial& planned) {
      if (planned.row == "careful") planned.row = "bolder";
    });
    for (TrialResult& trial : contents.trials) {
      if (trial.row == "careful") trial.row = "bolder";
    }
  });
  const Comparison comparison = compare_results(a.path(), b.path(), {});
  EXPECT_FALSE(comparison.clean());
  EXPECT_THAT(comparison.missing, ElementsAre(MissingPart{"row", "careful", b.path().string()},
                                              MissingPart{"row", "bolder", a.path().string()}));
}

TEST(Compare, ARowWithoutARunIsMissing) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), [](ReportPlan&, StoreContents& contents) {
    std::erase_if(contents.trials, [](const TrialResult& trial) { return trial.row == "careful"; });
    contents.trials.push_back(example::failed_trial("careful", "s0"));
  });
  const Comparison comparison = compare_results(a.path(), b.path(), {});
  ASSERT_EQ(comparison.missing.size(), 1U);
  EXPECT_EQ(comparison.missing[0].name, "careful");
  EXPECT_THAT(comparison_table(comparison, false, 100),
              AllOf(HasSubstr("row 'careful' finished none of its 2 runs, in"), Not(HasSubstr("is not in"))));
  EXPECT_FALSE(comparison.clean());
}

// Difference and interval of two estimates with intervals [1.5, 2.5] and [.7, 1.3]: -1 -+ (.583, .583).
TEST(Compare, CellsAreExploredByTheirIntervals) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  json left = json::parse(std::ifstream(a.path() / "report.json")), right = left;
  const auto set = [](json& report, double value, double low, double high) {
    json& score = report["cells"][1]["rows"][0]["scores"][0];
    score["reward"] = value;
    score["reward_interval"] = {{"low", low}, {"high", high}};
  };
  set(left, 2, 1.5, 2.5);
  set(right, 1, .7, 1.3);
  std::ofstream(b.path() / "left.json") << left;
  std::ofstream(b.path() / "right.json") << right;
  const Comparison comparison = compare_results(b.path() / "left.json", b.path() / "right.json", {});
  const ComparisonLine line = line_of(comparison, kReward, "tight", "bold");
  EXPECT_EQ(line.basis, "intervals");
  EXPECT_DOUBLE_EQ(line.difference, -1);
  EXPECT_NEAR(line.interval.low, -1 - std::hypot(.3, .5), 1e-12);
  EXPECT_NEAR(line.interval.high, -1 + std::hypot(.3, .5), 1e-12);
  EXPECT_NEAR(line.p, .00077, 1e-4);  // z = 1.96 / .5831 = 3.361
  EXPECT_EQ(line.verdict, Verdict::worse);
  EXPECT_TRUE(comparison.clean());
}

TEST(Compare, RefusesWhatIsNoReport) {
  const example::TemporaryFolder folder;
  std::ofstream(folder.path() / "other.json") << "{\"format\":\"something\"}";
  EXPECT_THROW(compare_results(folder.path() / "other.json", folder.path() / "other.json", {}), Error);
  EXPECT_THROW(compare_results(folder.path() / "none.json", folder.path() / "none.json", {}), Error);
}

// Found by fuzzing: a report that contradicts itself.
TEST(Compare, RefusesARowOfACellThatIsNoRowOfTheReport) {
  const example::TemporaryFolder folder;
  write_results(folder.path());
  json report = json::parse(std::ifstream(folder.path() / "report.json"));
  report["rows"][0]["row"] = "somebody";
  const std::filesystem::path changed = folder.path() / "changed.json";
  std::ofstream(changed) << report;
  EXPECT_THAT([&] { compare_results(changed, changed, {}); },
              testing::ThrowsMessage<Error>(HasSubstr("a row that `rows` of the report lists")));
}

TEST(Compare, EveryFormatSaysTheSame) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), shifted(-.25));
  const Comparison comparison = compare_results(a.path(), b.path(), {});
  EXPECT_THAT(comparison_table(comparison, false, 100),
              AllOf(HasSubstr("regression"), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(comparison_table(comparison, true, 100), HasSubstr("\x1b[31m"));
  // Exploratory tables in which nothing differs need a line.
  EXPECT_THAT(comparison_table(compare_results(a.path(), a.path(), {}), false, 100),
              AllOf(HasSubstr("Ties: all "), Not(HasSubstr("by cell: exploratory"))));
  write_results(b.path(), shifted(-1));
  EXPECT_THAT(comparison_table(compare_results(a.path(), b.path(), {}), false, 100),
              HasSubstr("by cell: exploratory"));
  EXPECT_THAT(comparison_csv(comparison), HasSubstr(",bold,1.6875,1.5625,-0.125,"));
  EXPECT_THAT(comparison_markdown(comparison), HasSubstr("| bold | 1.688 | 1.562 |"));
  const json document = json::parse(comparison_json(comparison));
  EXPECT_EQ(document["regressions"], 1);
  EXPECT_EQ(document["lines"].size(), 12U);
}

}  // namespace
}  // namespace offload
