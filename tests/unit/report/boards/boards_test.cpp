// The boards' figures: S from its bounds, intervals, cells that are left out.
#include <gmock/gmock.h>

#include "unit/report/example_report.hpp"

namespace offload {
namespace {

using example::report_of_example;
using example::schema_errors;
using nlohmann::json;
using testing::HasSubstr;

TEST(Report, UsesBoundsWhenThereAreAny) {
  const ReportPlan plan = example::plan();
  std::vector<OracleBounds> bounds;
  for (const ReportCell& cell : plan.cells) {
    for (const std::string& split : plan.splits) {
      // The bounds of the tight cell are too close to say anything.
      bounds.push_back({{"simulator", "knn"}, cell.name, split, {cell.name == "open" ? 2.5 : .52, .5}});
    }
  }
  const Report report = make_report(plan, example::contents(plan), bounds);
  ASSERT_TRUE(report.boards[0].by_score);
  EXPECT_DOUBLE_EQ(*report.rows[0].cell[0].view[0].score, (2.25 - .5) / 2);
  EXPECT_FALSE(report.rows[0].cell[1].view[0].score);
  EXPECT_DOUBLE_EQ(*report.boards[0].entries[1].score, (2.25 - .5) / 2);
  EXPECT_DOUBLE_EQ(*report.boards[0].entries[1].optimality_gap, 1 - (.75 + 1) / 2);
  EXPECT_NEAR(*report.boards[0].entries[1].normalised_area, (2.25 + 1.25) / (2.5 + .52), 1e-12);
}

// Bounds that lie on the same tests are drawn with the rows: a row that is always half way between them has S
// = .5 whatever is drawn, and one that is the oracle has 1.
TEST(Report, DrawsTheBoundsOfSWithTheRows) {
  const ReportPlan plan = example::plan();
  std::vector<OracleBounds> bounds;
  for (const ReportCell& cell : plan.cells) {
    for (const std::string& split : plan.splits) {
      const TrialResult bold = example::trial(plan, "bold", split);
      const CellResult& result = bold.cells[cell.name == "open" ? 0 : 1];
      std::vector<double> low, high;
      double low_sum = 0, high_sum = 0;
      for (const double reward : result.scores[0].reward) {
        low.push_back(reward - 1);
        high.push_back(reward + (cell.name == "open" ? 1 : 0));
        low_sum += low.back() / 3;
        high_sum += high.back() / 3;
      }
      bounds.push_back({{"simulator", "knn"}, cell.name, split, {high_sum, low_sum}, high, low});
    }
  }
  const Report report = make_report(plan, example::contents(plan), bounds);
  const RowFigures& bold = report.rows[0];
  EXPECT_NEAR(*bold.cell[0].view[0].score, .5, 1e-12);
  EXPECT_NEAR(bold.cell[0].view[0].score_interval.low, .5, 1e-12);
  EXPECT_NEAR(bold.cell[0].view[0].score_interval.high, .5, 1e-12);
  const LeaderboardEntry& entry = report.boards[0].entries[1];
  EXPECT_NEAR(entry.score_interval.low, .75, 1e-12);
  EXPECT_NEAR(entry.score_interval.high, .75, 1e-12);
  EXPECT_LT(entry.interval.low, entry.interval.high);
  // Fixed bounds leave the spread of the reward.
  for (OracleBounds& b : bounds) b.causal.clear();
  const Report fixed = make_report(plan, example::contents(plan), bounds);
  EXPECT_LT(fixed.boards[0].entries[1].score_interval.low, .7);
}

// Every figure of the boards comes with the interval of the same drawing, around it and of the right width.
TEST(Report, GivesEveryFigureItsInterval) {
  const json report = report_of_example();
  const json& entry = report["leaderboard"][0]["rows"][1];
  const json& cell = report["cells"][0]["rows"][0];
  const auto holds = [](const json& in, const std::string& name) {
    const json& interval = in[name + "_interval"];
    return interval["low"] <= in[name] && in[name] <= interval["high"] && interval["low"] < interval["high"];
  };
  for (const char* name : {"reward", "quality", "latency_s_per_episode", "cost_usd_per_episode",
                           "interquartile_mean", "median", "area"}) {
    EXPECT_TRUE(holds(entry, name)) << name << entry;
  }
  EXPECT_TRUE(holds(cell, "latency_s_per_episode"));
  EXPECT_TRUE(holds(cell, "cost_usd_per_episode"));
  EXPECT_TRUE(holds(cell["scores"][0], "quality"));
  EXPECT_TRUE(entry["score_interval"]["low"].is_null());
  const json& pair = report["tests"][0]["pairs"][0];
  EXPECT_TRUE(holds(pair, "difference"));
  // quality is reward + .25 in the example, so that its interval is the reward's, shifted: one drawing for
  // all.
  for (const char* end : {"low", "high"}) {
    EXPECT_NEAR(entry["quality_interval"][end].get<double>() - entry["reward_interval"][end].get<double>(),
                entry["quality"].get<double>() - entry["reward"].get<double>(), 1e-12);
  }
  // Two runs per cell: the stratified mean is the least or the largest run at the ends.
  EXPECT_DOUBLE_EQ(entry["median_interval"]["low"], 1.5);
  EXPECT_DOUBLE_EQ(entry["median_interval"]["high"], 2.0);
  EXPECT_EQ(schema_errors(report), "");
}

TEST(Report, NamesEveryCellLeftOutOfSWhenNoneIsLeft) {
  ReportPlan plan = example::plan();
  plan.references = {{"s0", "k0"}, {"s1", "k1"}};
  std::vector<OracleBounds> bounds;
  for (const std::string& split : plan.splits)
    bounds.push_back({{"simulator", "knn"}, "open", split, {.52, .5}});
  const json report = json::parse(report_json(make_report(plan, example::contents(plan), bounds)));
  const json& board = report["leaderboard"][0];
  EXPECT_EQ(board["ranked_by"], "reward");
  ASSERT_EQ(board["unscored"].size(), 2u);
  EXPECT_EQ(board["unscored"][0]["reason"],
            "the causal oracle is only 0.020 above masked random, less than 0.05");
  EXPECT_EQ(board["unscored"][1]["reason"], "no exact causal oracle on every split");
  EXPECT_THAT(report["suite"]["warnings"].dump(), HasSubstr("S is null, as every cell is left out of it"));
}

// A row's reward is a mean over tests, so a split with more of them weighs more in the bounds as well.
TEST(Report, BoundsOfUnequalSplitsCountTests) {
  const ReportPlan plan = example::plan();
  std::vector<OracleBounds> bounds;
  for (const ReportCell& cell : plan.cells) {
    bounds.push_back({{"simulator", "knn"}, cell.name, "s0", {4, 1}, {}, {}, 1});
    bounds.push_back({{"simulator", "knn"}, cell.name, "s1", {2, 0}, {}, {}, 3});
  }
  const Report report = make_report(plan, example::contents(plan), bounds);
  EXPECT_DOUBLE_EQ(*report.rows[0].cell[0].view[0].score, (2.25 - .25) / (2.5 - .25));
}

}  // namespace
}  // namespace offload
