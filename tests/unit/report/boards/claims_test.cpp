// What a report claims, and that its figures keep to it.
#include "report/boards/claims.hpp"

#include <gmock/gmock.h>

#include "unit/report/example_report.hpp"

namespace offload {
namespace {

using example::report_of_example;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Claims, FollowFromTheRuns) {
  EXPECT_EQ(report_of_example()["suite"]["claim"]["claim"], "D");
  const json fresh = report_of_example([](ReportPlan& plan, StoreContents&) { plan.fresh_data = true; });
  EXPECT_EQ(fresh["suite"]["claim"]["claim"], "F");
  EXPECT_EQ(fresh["suite"]["claim"]["runs_have_data"], true);
  // The runs' mean differences are 1.75 and 2.25 in cell open: 2 -+ t(.975, 1) .25.
  const json& pair = fresh["tests"][1]["pairs"][0];
  EXPECT_NEAR(pair["difference_interval"]["low"], 1.5 - 12.706204736 * .25, 1e-6);
  const json one = report_of_example([](ReportPlan& plan, StoreContents& contents) {
    plan.splits = {"s0"};
    plan.trials.erase_if([](const PlannedTrial& t) { return t.split != "s0"; });
    std::erase_if(contents.trials, [](const TrialResult& t) { return t.split != "s0"; });
  });
  EXPECT_EQ(one["suite"]["claim"]["claim"], "P");
  EXPECT_TRUE(one["tests"][0]["pairs"][0]["fresh_data"]["p"].is_null());
}

// The two splits are two trainings on one: a run is the training, and nothing is known of fresh data.
TEST(Claims, TrainingsOfOneSplitAreItsRuns) {
  const json report = report_of_example([](ReportPlan& plan, StoreContents& contents) {
    plan.trainings = 2;
    for (TrialResult& trial : contents.trials) trial.episode_ids = {3, 5, 9};
  });
  EXPECT_EQ(report["suite"]["claim"]["one_training_set"], true);
  EXPECT_THAT(report["suite"]["claim"]["sentence"].get<std::string>(), HasSubstr("on one training set"));
  EXPECT_EQ(report["evidence"]["runs"].size(), 2U);
  EXPECT_TRUE(report["tests"][0]["pairs"][0]["fresh_data"]["p"].is_null());
}

// Four splits, of which two and two are trainings on the same: two runs, whose tests are means.
TEST(Claims, TrainingsAreAveragedFirst) {
  const json report = report_of_example([](ReportPlan& plan, StoreContents& contents) {
    plan.trainings = 2;
    plan.splits = {"s0", "t0", "s1", "t1"};
    for (PlannedTrial trial : PlannedTrials(plan.trials)) {
      trial.split[0] = 't';
      trial.key += "again";
      plan.trials.push_back(trial);
    }
    for (TrialResult trial : std::vector(contents.trials)) {
      trial.split[0] = 't';
      trial.key += "again";
      for (double& reward : trial.cells[0].scores[0].reward) reward += 1;
      contents.trials.push_back(trial);
    }
  });
  EXPECT_THAT(report["evidence"]["runs"], ElementsAre("s0", "s1"));
  EXPECT_EQ(report["evidence"]["run"].size(), 6U);
  EXPECT_DOUBLE_EQ(report["evidence"]["rows"][0]["reward"][0][0], (1 + 2 + 1 + 1) / 4.0);
  EXPECT_DOUBLE_EQ(report["cells"][0]["rows"][0]["scores"][0]["reward"], 2.25 + .5);
}

TEST(Claims, RowsThatDecideAlikeAreNamed) {
  const json report = report_of_example([](ReportPlan& plan, StoreContents& contents) {
    plan.rows.push_back({"twin", "constant", ""});
    for (const char* split : {"s0", "s1"}) {
      plan.trials.push_back({"twin", split, std::string("twin-") + split});
      TrialResult twin = example::trial(plan, "careful", split);
      twin.row = "twin";
      twin.key = std::string("twin-") + split;
      contents.trials.push_back(twin);
    }
  });
  EXPECT_EQ(report["suite"]["same_decisions"], json::parse(R"([["careful", "twin"]])"));
  for (const json& pair : report["tests"][0]["pairs"]) {
    if (pair["a"] == "careful") {
      EXPECT_EQ(pair["p"], 1);
    }
  }
}

TEST(Claims, OneFamilyDecides) {
  const json report = report_of_example();
  ASSERT_EQ(report["tests"].size(), 3U);
  EXPECT_EQ(report["tests"][0]["exploratory"], false);
  EXPECT_EQ(report["tests"][1]["exploratory"], true);
  EXPECT_EQ(report["tests"][2]["exploratory"], true);
}

// 60 rows: against the best, and the two that are rules; each pair once.
TEST(Claims, ManyRowsAreComparedWithTheBestAndTheReferences) {
  const json report = report_of_example([](ReportPlan& plan, StoreContents& contents) {
    for (int i = 0; i < 58; ++i) {
      const std::string name = "row" + std::to_string(i);
      plan.rows.push_back({name, "constant", "", "learns"});
      for (const char* split : {"s0", "s1"}) {
        plan.trials.push_back({name, split, name + split});
        TrialResult trial = example::trial(plan, "careful", split);
        trial.row = name;
        trial.key = name + split;
        for (double& reward : trial.cells[0].scores[0].reward) reward += .001 * i;
        contents.trials.push_back(trial);
      }
    }
  });
  EXPECT_EQ(report["leaderboard"][0]["rows"][0]["row"], "row57");
  ASSERT_EQ(report["tests"].size(), 1U);
  EXPECT_EQ(report["tests"][0]["all_pairs"], false);
  EXPECT_EQ(report["tests"][0]["pairs"].size(), 59U + 58 + 57);
}

// S is a share of the way to what the oracle planned for: under another view its policy is not the best one.
TEST(Claims, ScoresOnlyWhereTheOraclePlanned) {
  const auto scored = [](const char* planned) {
    ReportPlan plan = example::plan();
    plan.resolved_suite = json{{"environment", {{"response_model", planned}}}}.dump();
    std::vector<OracleBounds> bounds;
    for (const ReportCell& cell : plan.cells) {
      for (const std::string& split : plan.splits)
        bounds.push_back({{"simulator", "knn"}, cell.name, split, {2.5, .5}});
    }
    return make_report(plan, example::contents(plan), bounds);
  };
  EXPECT_TRUE(scored("knn").boards[0].by_score);
  const Report elsewhere = scored("table");
  EXPECT_FALSE(elsewhere.boards[0].by_score);
  ASSERT_EQ(elsewhere.boards[0].unscored.size(), 2U);
  EXPECT_THAT(elsewhere.boards[0].unscored[0].reason, HasSubstr("planned on another view"));
}

// A row that is the oracle in every run has gap 0, though the runs' bounds differ.
TEST(Claims, GapsAreByTheRunsOwnBounds) {
  const ReportPlan plan = example::plan();
  std::vector<OracleBounds> bounds;
  for (std::size_t c = 0; c < plan.cells.size(); ++c) {
    for (const std::string& split : plan.splits) {
      const auto& rewards = example::trial(plan, "bold", split).cells[c].scores[0].reward;
      const double mean = (rewards[0] + rewards[1] + rewards[2]) / 3;
      bounds.push_back({{"simulator", "knn"}, plan.cells[c].name, split, {mean, mean - 1}});
    }
  }
  const Report report = make_report(plan, example::contents(plan), bounds);
  for (const LeaderboardEntry& entry : report.boards[0].entries) {
    if (report.rows[entry.row].row.name == "bold") {
      EXPECT_NEAR(*entry.optimality_gap, 0, 1e-12);
    }
  }
}

}  // namespace
}  // namespace offload
