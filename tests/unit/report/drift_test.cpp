// Drifts in a report: figures by hand, what is at odds with the plan, and every format.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "report/sections/drifts.hpp"
#include "report/terminal/terminal_table.hpp"
#include "unit/report/example_report.hpp"

namespace offload {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

// Texts take 10 s and images 20 s over there; every reward is a quarter less.
constexpr double kLess = .25;

void drift(ReportPlan& plan, StoreContents& contents) {
  plan.drifts = {{"far", "paper, Jetson TX2, 4G", "trained", {{1, 0}, {10, .002}, {20, .01}}}};
  ReportPlan there = plan;
  there.consumption = plan.drifts[0].consumption;
  for (TrialResult& trial : contents.trials) {
    DriftResult away{"far", {}};
    for (const CellResult& home : trial.cells) {
      std::vector<double> reward = home.scores[0].reward;
      for (double& r : reward) r -= kLess;
      away.cells.push_back(example::cell(there, home.cell, home.decisions, reward));
    }
    trial.drifts.push_back(std::move(away));
  }
}

TEST(Drift, IsShownTestByTestAgainstHome) {
  const json report = example::report_of_example(drift);
  EXPECT_EQ(example::schema_errors(report), "");
  ASSERT_EQ(report["drifts"].size(), 1u);
  const json& far = report["drifts"][0];
  EXPECT_EQ(far["sees"], "trained");
  EXPECT_EQ(far["actions"][1]["latency_s"], 10.0);
  const json& bold = far["rows"][0];
  EXPECT_NEAR(bold["reward"]["difference"].get<double>(), -kLess, 1e-12);
  EXPECT_NEAR(bold["reward"]["interval"]["low"].get<double>(), -kLess, 1e-12) << "the same in every test";
  EXPECT_NEAR(bold["reward"]["home"].get<double>(), 1.75, 1e-12);
  EXPECT_EQ(bold["same_decisions"], true);
  EXPECT_EQ(bold["tests"], 12);
  // At home 8, 16 and 5 s of 12, there 20, 40 and 11 s.
  const json& tight = bold["cells"][1];
  EXPECT_EQ(tight["cell"], "tight");
  EXPECT_NEAR(tight["violations"]["home"].get<double>(), 1.0 / 3, 1e-12);
  EXPECT_NEAR(tight["violations"]["away"].get<double>(), 2.0 / 3, 1e-12);
  EXPECT_NEAR(tight["latency_s_per_episode"]["difference"].get<double>(), (12 + 24 + 6) / 3.0, 1e-12);
  EXPECT_EQ(tight["tests"], 6);
  EXPECT_EQ(far["rows"][1]["cells"][0]["violations"]["away"], 0.0) << "nothing limits the open cell";
}

TEST(Drift, IsInEveryFormat) {
  ReportPlan plan = example::plan();
  StoreContents contents = example::contents(plan);
  drift(plan, contents);
  contents.trials.back().drifts[0].cells[0].decisions[0] = {0, 1};
  contents.trials.back().drifts[0].cells[0].latency_s[0] = 11;
  contents.trials.back().drifts[0].cells[0].cost_usd[0] = .002;
  const Report report = make_report(plan, contents);
  EXPECT_FALSE(report.drifts[0].row[1].front().same_decisions);
  EXPECT_TRUE(report.drifts[0].row[1][1].same_decisions);
  EXPECT_THAT(report_markdown(report),
              AllOf(HasSubstr("## Drift"), HasSubstr("### far: paper, Jetson TX2, 4G"),
                    HasSubstr("| bold | all | 1.750 | 1.500 | -0.250"), HasSubstr("33.3 % -> 66.7 %"),
                    HasSubstr("otherwise")));
  EXPECT_THAT(terminal_long(report, {false, 100}),
              AllOf(HasSubstr("Drift far, exploratory"), HasSubstr("-0.250 ± 0.000")));
  const std::string csv = drifts_csv(report);
  EXPECT_EQ(std::ranges::count(csv, '\n'), 1 + 2 * 3) << "per row over the cells and in each";
  EXPECT_THAT(csv,
              AllOf(HasSubstr("drift,sees,row,cell,reward_home,"), HasSubstr("far,trained,bold,tight,")));
  const example::TemporaryFolder folder;
  write_report(folder.path(), report);
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "drifts.csv"));
  write_report(folder.path(), make_report(example::plan(), example::contents(example::plan())));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "drifts.csv")) << "figures that the report has not";
}

TEST(Drift, AtOddsWithThePlanIsLeftOut) {
  ReportPlan plan = example::plan();
  StoreContents contents = example::contents(plan);
  drift(plan, contents);
  contents.trials[0].drifts[0].cells[1].latency_s[1] += 1;
  contents.trials[1].drifts.clear();
  const Report report = make_report(plan, contents);
  ASSERT_EQ(report.left_out.size(), 2u);
  EXPECT_THAT(report.left_out[0].reason,
              HasSubstr("after drift 'far': the latency of episode 5 in cell 'tight' does not follow"));
  EXPECT_THAT(report.left_out[1].reason, HasSubstr("other drifts than the suite's"));
}

TEST(Drift, PlansAndResultsReadBackAsTheyWere) {
  ReportPlan plan = example::plan();
  StoreContents contents = example::contents(plan);
  EXPECT_EQ(to_json(plan).find("drift"), std::string::npos) << "a suite without drifts keeps its bytes";
  EXPECT_EQ(to_json(contents.trials[0]).find("drift"), std::string::npos);
  drift(plan, contents);
  EXPECT_EQ(report_plan_from_json(to_json(plan), "suite.json"), plan);
  const std::string trial = to_json(contents.trials[0]);
  EXPECT_EQ(to_json(trial_result_from_json(trial, "t.json")), trial);
  json broken = json::parse(trial);
  broken["drifts"][0]["cells"][0]["cell"] = "other";
  EXPECT_THROW(trial_result_from_json(broken.dump(), "t.json"), Error);
  broken = json::parse(to_json(plan));
  broken["drifts"][0]["consumption"].erase(2);
  EXPECT_THROW(report_plan_from_json(broken.dump(), "suite.json"), Error);
}

}  // namespace
}  // namespace offload
