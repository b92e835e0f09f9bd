// The headline of made-up reports: which view leads, and what is said of it.
#include "report/boards/headline.hpp"

#include <gmock/gmock.h>

#include "unit/report/example_report.hpp"

namespace offload {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

LeaderboardEntry entry(std::size_t row, int tier, double reward) {
  LeaderboardEntry entry;
  entry.row = row;
  entry.tier = tier;
  entry.reward = reward;
  entry.joint.rate = tier == 1 ? 0 : .284;
  return entry;
}

// Rows a, b and c stand in the order of `rows`; the first leads the others by .1 each.
Leaderboard board(const ScoreView& view, const std::vector<std::size_t>& rows, double p) {
  Leaderboard board;
  board.view = view;
  Significance tests;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    board.entries.push_back(entry(rows[i], 1, 1 - .1 * static_cast<double>(i)));
    for (std::size_t j = i + 1; j < rows.size(); ++j) {
      PairTest pair{std::min(rows[i], rows[j]), std::max(rows[i], rows[j]), .1, {.05, .15}, p, p, {}};
      if (rows[i] > rows[j]) pair.difference = -.1, pair.interval = {-.15, -.05};
      tests.pairs.push_back(pair);
    }
  }
  board.significance.push_back(tests);
  return board;
}

ModelCalibration calibration(const char* model, double r2) {
  ModelCalibration result;
  result.model = model;
  result.figures.r2 = r2;
  return result;
}

class HeadlineTest : public testing::Test {
 protected:
  HeadlineTest() {
    for (const char* name : {"a", "b", "c"}) {
      RowFigures row;
      row.row.name = name;
      report_.rows.push_back(row);
    }
    report_.boards = {board({"simulator", "knn"}, {0, 1, 2}, .001),
                      board({"simulator", "hierarchical"}, {1, 0, 2}, .001),
                      board({"simulator", "true_mean"}, {2, 1, 0}, .001)};
    report_.references.calibration = {calibration("knn", -.05), calibration("hierarchical", .18)};
  }
  Headline headline() const { return headline_of(report_); }

  Report report_;
};

TEST_F(HeadlineTest, TheKnownTruthLeads) {
  ReferenceRow hindsight;
  hindsight.reward = 1.25;
  report_.references.view.resize(3);
  report_.references.view[2].rows = {hindsight};
  const Headline h = headline();
  EXPECT_EQ(h.board, 2u);
  EXPECT_EQ(h.support, Headline::Support::known);
  EXPECT_EQ(h.leader, 2u);
  EXPECT_EQ(h.runner_up, 1u);
  EXPECT_DOUBLE_EQ(h.difference, .1);  // turned: the test is of b - c
  EXPECT_DOUBLE_EQ(h.interval.low, .05);
  EXPECT_TRUE(h.significant);
  EXPECT_EQ(h.holds, 0u);
  EXPECT_EQ(h.views, 2u);
  EXPECT_DOUBLE_EQ(h.regret.value(), .25);
  EXPECT_EQ(h.sentence,
            "Against the known truth (simulator / true_mean), c leads b by 0.100 (0.050 to 0.150), "
            "significantly; it leads in none of 2 other views; the best with hindsight earns 0.250 more.");
}

TEST_F(HeadlineTest, WithoutTheTruthTheBestCalibratedModelLeads) {
  report_.boards.pop_back();
  const Headline h = headline();
  EXPECT_EQ(h.board, 1u);
  EXPECT_EQ(h.support, Headline::Support::calibrated);
  EXPECT_EQ(h.leader, 1u);
  EXPECT_FALSE(h.regret);
  EXPECT_THAT(h.sentence, StartsWith("Under simulator / hierarchical, which predicts unseen episodes best "
                                     "(R2 0.18), b leads a by 0.100"));
}

TEST_F(HeadlineTest, WithoutACalibratedModelTheFirstViewLeadsAndIsSaidToBeUncalibrated) {
  report_.boards.pop_back();
  report_.references.calibration[1].figures.r2 = -.2;
  const Headline h = headline();
  EXPECT_EQ(h.board, 0u);
  EXPECT_EQ(h.support, Headline::Support::uncalibrated);
  EXPECT_THAT(h.sentence, AllOf(StartsWith("Under simulator / knn, uncalibrated as every view here, so no "
                                           "claim about real conversations, a leads b"),
                                EndsWith("; it does not lead in the other view.")));
  report_.references.calibration.clear();
  EXPECT_THAT(headline().sentence, HasSubstr("uncalibrated as far as this report knows"));
}

TEST_F(HeadlineTest, ATieIsNoLead) {
  report_.boards = {board({"table", "table"}, {0, 2, 1}, .3)};
  const Headline h = headline();
  EXPECT_EQ(h.support, Headline::Support::known);
  EXPECT_FALSE(h.significant);
  EXPECT_EQ(h.sentence,
            "With every outcome known, a is first, but not significantly after correction for 3 pairs: "
            "0.100 (0.050 to 0.150) ahead of c, and 2 rows tie with it.");
  report_.boards[0].significance[0].pairs[0].interval = {-.05, .25};
  EXPECT_THAT(headline().sentence, HasSubstr("but not significantly: 0.100 (-0.050 to 0.250) ahead of c"));
}

TEST_F(HeadlineTest, WhoDecidesAlikeIsNotAhead) {
  report_.boards = {board({"table", "table"}, {0, 2, 1}, .3)};
  report_.same_decisions = {{0, 2}};
  EXPECT_EQ(
      headline().sentence,
      "With every outcome known, a is first beside c, which took the same decisions; 1 other row ties with "
      "them.");
  report_.same_decisions = {{0, 1}};
  EXPECT_THAT(headline().sentence, HasSubstr("but not significantly after correction for 3 pairs: 0.100"));
}

// S orders the rows and rewards are tested: the second may earn more.
TEST_F(HeadlineTest, FirstByScoreMayEarnLess) {
  report_.boards = {board({"simulator", "true_mean"}, {1, 0, 2}, .3)};
  std::swap(report_.boards[0].entries[0], report_.boards[0].entries[1]);
  EXPECT_THAT(headline().sentence, HasSubstr("a is first by S, but not significantly: its reward is 0.100 "
                                             "below b's, and 2 rows tie with it"));
  report_.boards[0].significance[0].pairs[0].p_holm = .001;
  const Headline h = headline();
  EXPECT_FALSE(h.significant);
  EXPECT_THAT(h.sentence, HasSubstr("a is first by S, but b earns 0.100 more, significantly"));
}

TEST_F(HeadlineTest, OnlyRowsThatKeepTheBudgetsLead) {
  report_.boards.resize(1);
  report_.boards[0].entries[1].tier = report_.boards[0].entries[2].tier = 2;
  Headline h = headline();
  EXPECT_EQ(h.leader, 0u);
  EXPECT_FALSE(h.runner_up);
  EXPECT_THAT(h.sentence, HasSubstr("a is the only row that keeps every budget."));
  report_.boards[0].entries[0] = entry(1, 2, 2);
  h = headline();
  EXPECT_FALSE(h.leader);
  EXPECT_THAT(h.sentence, HasSubstr("no row keeps every budget; b breaks one in the fewest tests, 28.4 %."));
}

TEST_F(HeadlineTest, AFlaggedLeaderIsSaidToBe) {
  EXPECT_THAT(headline().sentence, Not(HasSubstr("flagged")));
  Flag flag;
  flag.row = 2;
  report_.flags = {flag};
  EXPECT_THAT(headline().sentence, EndsWith("; it is flagged, not to be believed as it stands."));
}

TEST_F(HeadlineTest, WithoutRowsNothingIsRanked) {
  for (Leaderboard& board : report_.boards) board.entries.clear();
  EXPECT_EQ(headline().sentence, "No row finished all of its runs: nothing can be ranked.");
  report_.boards.clear();
  const Headline h = headline();
  EXPECT_FALSE(h.board);
  EXPECT_EQ(h.sentence, "No trial has finished: nothing can be ranked.");
}

TEST(Headline, IsAMemberOfTheReport) {
  const nlohmann::json made = example::report_of_example()["headline"];
  EXPECT_EQ(made["view"], nlohmann::json::parse(R"({"lens": "simulator", "model": "knn"})"));
  EXPECT_EQ(made["evidence"], "uncalibrated");
  EXPECT_EQ(made["leader"], "careful");
  EXPECT_TRUE(made["runner_up"].is_null());
  EXPECT_TRUE(made["interval"].is_null());
  EXPECT_THAT(made["sentence"], HasSubstr("careful is the only row that keeps every budget"));
  const ReportPlan plan = example::plan();
  EXPECT_THAT(
      report_markdown(make_report(plan, example::contents(plan))),
      StartsWith("# example\n\n**Under simulator / knn, uncalibrated as far as this report knows, careful is "
                 "the only row that keeps every budget"));
  const nlohmann::json none =
      example::report_of_example([](ReportPlan&, StoreContents& c) { c.trials.clear(); })["headline"];
  EXPECT_TRUE(none["view"].is_null());
  EXPECT_TRUE(none["leader"].is_null());
}

}  // namespace
}  // namespace offload
