// Reports of hand-made trials: figures computed by hand, the same bytes in any order, names that mean harm,
// and the schema.
#include <gmock/gmock.h>

#include <algorithm>

#include "core/error.hpp"
#include "offload/random.hpp"
#include "report/terminal/terminal_table.hpp"
#include "report/text/text.hpp"
#include "unit/report/example_report.hpp"

namespace offload {
namespace {

using example::report_of_example;
using example::schema_errors;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// bold, tight, both splits: decisions {1,1} {1,1,2} {0,1}: totals 8, 16, 5 s and .004, .014, .002 USD.
TEST(Report, MatchesFiguresByHand) {
  const json report = report_of_example();
  const json& bold = report["cells"][1]["rows"][0];
  EXPECT_EQ(bold["row"], "bold");
  EXPECT_EQ(bold["runs"], 2);
  EXPECT_EQ(bold["tests"], 6);
  EXPECT_EQ(bold["episodes"], 5);  // episode 5 is tested twice
  EXPECT_EQ(bold["turns"], 14);
  EXPECT_DOUBLE_EQ(bold["latency_s_per_episode"], 29.0 / 3);
  EXPECT_DOUBLE_EQ(bold["latency_s_per_turn"], 29.0 / 7);
  EXPECT_DOUBLE_EQ(bold["cost_usd_per_episode"], .02 / 3);
  EXPECT_DOUBLE_EQ(bold["cost_usd_per_turn"], .02 / 7);
  EXPECT_EQ(bold["latency"]["violations"]["count"], 2);
  EXPECT_DOUBLE_EQ(bold["latency"]["excess_mean"], 4.0 / 3);
  EXPECT_DOUBLE_EQ(bold["latency"]["excess_given_violation"], 4);
  EXPECT_DOUBLE_EQ(bold["latency"]["excess_max"], 4);
  EXPECT_DOUBLE_EQ(bold["latency"]["utilisation"], 29.0 / 36);
  EXPECT_EQ(bold["cost"]["violations"]["count"], 2);
  EXPECT_NEAR(bold["cost"]["excess_max"], .002, 1e-15);
  EXPECT_EQ(bold["joint_violations"]["count"], 2);
  EXPECT_EQ(bold["joint_violations"]["of"], 6);
  EXPECT_DOUBLE_EQ(bold["joint_violations"]["rate"], 1.0 / 3);
  // Episode 5 broke it in both runs: V = 5/72, which 2/9 of 3.2 independent tests would have, on 3 degrees of
  // freedom; so Wilson's interval of 1.21375 tests.
  EXPECT_NEAR(bold["joint_violations"]["low"], .029975, 1e-6);
  EXPECT_NEAR(bold["joint_violations"]["high"], .889993, 1e-6);
  EXPECT_EQ(bold["departed"], 2);
  EXPECT_EQ(bold["masked_actions"], 2);
  const json& mix = bold["action_mix"]["action"];
  EXPECT_DOUBLE_EQ(mix[0], 1.0 / 7);
  EXPECT_DOUBLE_EQ(mix[1], 5.0 / 7);
  EXPECT_DOUBLE_EQ(mix[2], 1.0 / 7);
  EXPECT_EQ(bold["action_mix"]["kind"].size(), 3u);
  const json& scores = bold["scores"][0];
  EXPECT_DOUBLE_EQ(scores["reward"], 1.25);
  EXPECT_DOUBLE_EQ(scores["quality"], 1.5);
  EXPECT_DOUBLE_EQ(scores["association"], .5);
  EXPECT_EQ(scores["run_reward"], (json{1.0, 1.5}));
  EXPECT_TRUE(scores["score"].is_null());
  EXPECT_EQ(scores["tier"], 2);
  // Unlimited budgets are never broken and have no utilisation.
  EXPECT_EQ(report["cells"][0]["rows"][0]["joint_violations"]["count"], 0);
  EXPECT_TRUE(report["cells"][0]["rows"][0]["latency"]["utilisation"].is_null());
  EXPECT_TRUE(report["cells"][0]["rows"][0]["latency"]["excess_given_violation"].is_null());
}

TEST(Report, DrawsLearningCurvesOverTheRuns) {
  const json report = report_of_example([](ReportPlan&, StoreContents& contents) {
    for (TrialResult& trial : contents.trials) {
      if (trial.row == "bold" && trial.split == "s1") {
        trial.training.curve = {{50, {{"loss", .75}, {"reward/open", 2}}}, {100, {{"loss", .5}}}};
      }
    }
  });
  const json& curves = report["rows"][0]["training"]["curves"];
  ASSERT_EQ(curves.size(), 2u);
  EXPECT_EQ(curves[0], json::parse(R"({"name": "loss", "points": [
      {"step": 50, "runs": 2, "mean": 0.5, "min": 0.25, "max": 0.75},
      {"step": 100, "runs": 1, "mean": 0.5, "min": 0.5, "max": 0.5}]})"));
  EXPECT_EQ(curves[1]["name"], "reward/open");
  EXPECT_EQ(schema_errors(report), "");
}

TEST(Report, RanksComplianceBeforeReward) {
  const json report = report_of_example();
  const json& board = report["leaderboard"][0];
  EXPECT_EQ(board["ranked_by"], "reward");
  EXPECT_EQ(board["rows"][0]["row"], "careful");
  EXPECT_EQ(board["rows"][0]["tier"], 1);
  EXPECT_EQ(board["rows"][1]["row"], "bold");
  EXPECT_EQ(board["rows"][1]["tier"], 2);
  EXPECT_EQ(board["rows"][1]["rank"], 2);
  EXPECT_DOUBLE_EQ(board["rows"][0]["reward"], .625);
  EXPECT_DOUBLE_EQ(board["rows"][1]["reward"], 1.75);
  EXPECT_DOUBLE_EQ(board["rows"][1]["joint_violations"]["rate"], 1.0 / 6);
  EXPECT_DOUBLE_EQ(board["rows"][0]["latency_s_per_episode"], (7.0 / 3 + 10.0 / 3) / 2);
  // position 1 for open, .4 for tight: (12 - 3)/(24 - 3) and .012/.03.
  EXPECT_DOUBLE_EQ(board["rows"][1]["area"], .6 * (2.25 + 1.25) / 2);
  EXPECT_DOUBLE_EQ(report["suite"]["cells"][1]["position"], .4);
  EXPECT_EQ(report["tests"].size(), 3u);
  // Per-episode means over runs and cells, bold minus careful:
  // episode 2 and 3, 5 (twice), 7 and 9.
  const double e3 = (1 + 1) / 2.0 - .5, e9 = (3 + 1) / 2.0 - .75, e2 = (1.5 + 1.5) / 2 - .5;
  const double e7 = (3.5 + 1.5) / 2 - .75, e5 = (2 + 1 + 2.5 + 1.5) / 4 - .625;
  EXPECT_DOUBLE_EQ(report["tests"][0]["pairs"][0]["difference"], (e2 + e3 + e5 + e7 + e9) / 5);
  EXPECT_EQ(report["tests"][0]["pairs"][0]["probability_of_improvement"], 1.0);
  EXPECT_DOUBLE_EQ(report["rows"][0]["training"]["joint_violation_rate"], .1);
}

// Without budgets broken a suite that allows violations ranks by reward alone.
TEST(Report, MaximumViolationRateMovesTheTiers) {
  const json report =
      report_of_example([](ReportPlan& plan, StoreContents&) { plan.max_violation_rate = .34; });
  EXPECT_EQ(report["leaderboard"][0]["rows"][0]["row"], "bold");
  EXPECT_EQ(report["leaderboard"][0]["rows"][0]["tier"], 1);
}

TEST(Report, IsTheSameInAnyOrderAndOnAnyMachine) {
  const ReportPlan plan = example::plan();
  StoreContents contents = example::contents(plan);
  const Report first = make_report(plan, contents);
  std::swap(contents.trials[0], contents.trials[3]);
  std::swap(contents.trials[1], contents.trials[2]);
  for (TrialResult& trial : contents.trials) {
    trial.timing.wall_s = 77;
    trial.host["cpu"] = "another";
  }
  const Report second = make_report(plan, contents);
  EXPECT_EQ(leaderboard_csv(first), leaderboard_csv(second));
  EXPECT_EQ(trials_csv(first), trials_csv(second));
  EXPECT_NE(timing_csv(first), timing_csv(second));
  json a = json::parse(report_json(first)), b = json::parse(report_json(second));
  EXPECT_NE(a["timing"], b["timing"]);
  EXPECT_NE(a["host"], b["host"]);
  for (const char* section : {"timing", "host"}) a.erase(section), b.erase(section);
  EXPECT_EQ(a.dump(), b.dump());
  EXPECT_EQ(report_json(first), report_json(make_report(plan, example::contents(plan))));
}

TEST(Report, ShowsFailedRowsAndRanksThemNot) {
  const auto fail_one = [](ReportPlan&, StoreContents& contents) {
    contents.trials[0] = example::failed_trial("bold", "s0");
  };
  const json report = report_of_example(fail_one);
  EXPECT_EQ(report["rows"][0]["status"], "incomplete");
  EXPECT_EQ(report["leaderboard"][0]["rows"].size(), 1u);
  EXPECT_EQ(report["trials"][0]["status"], "failed");
  EXPECT_EQ(report["trials"][0]["reason"], "killed by signal 11 (SIGSEGV)");
  EXPECT_EQ(report["trials"][0]["signal"], 11);
  EXPECT_TRUE(report["trials"][0]["exit_code"].is_null());
  EXPECT_EQ(report["host"]["failed_output"][0]["last_output"], "last words");
  EXPECT_EQ(report["cells"][0]["rows"][0]["runs"], 1);  // the other run is still shown
  EXPECT_EQ(schema_errors(report), "");

  const ReportPlan plan = example::plan();
  StoreContents contents = example::contents(plan);
  contents.trials[0] = example::failed_trial("bold", "s0");
  contents.trials.erase(contents.trials.begin() + 3);
  const Report typed = make_report(plan, contents);
  EXPECT_EQ(typed.failed(), 1u);
  EXPECT_FALSE(typed.clean());
  EXPECT_THAT(terminal_screen(shown_of(typed), {false, 100}), HasSubstr("killed by signal 11"));
  EXPECT_THAT(trials_csv(typed), HasSubstr("careful,s1,,careful-s1,missing"));
  EXPECT_THAT(report_markdown(typed), HasSubstr("## Failed trials"));
}

TEST(Report, LeavesOutWhatContradictsTheSuite) {
  const json report = report_of_example([](ReportPlan& plan, StoreContents& contents) {
    contents.left_out = {{"trials/zz.json", "half-written"}};
    contents.trials[0].cells[1].latency_s[0] += .001;  // not the sum of its actions
    contents.trials[1].row = "careful";                // of another row than planned
    contents.trials[2].episode_ids[0] = 77;            // another row's episodes define the split
    TrialResult foreign = example::trial(plan, "bold", "s0");
    foreign.key = "foreign";
    contents.trials.push_back(foreign);
    contents.trials[3].cells[0].scores.clear();
    contents.trials[3].cells[1].decisions[0][0] = 9;
  });
  std::map<std::string, std::string> reasons;
  for (const json& out : report["left_out"]) reasons[out["file"]] = out["reason"];
  EXPECT_EQ(reasons.size(), 5u);
  EXPECT_THAT(reasons["trials/bold-s0.json"], HasSubstr("latency of episode 3"));
  EXPECT_THAT(reasons["trials/bold-s1.json"], HasSubstr("another row"));
  EXPECT_THAT(reasons["trials/foreign.json"], HasSubstr("no trial with this key"));
  EXPECT_THAT(reasons["trials/careful-s1.json"], HasSubstr("action 9 of 3"));
  EXPECT_EQ(reasons["trials/zz.json"], "half-written");
  EXPECT_EQ(report["suite"]["trials"]["finished"], 1);
}

TEST(Report, LeavesOutOtherEpisodes) {
  const json report = report_of_example([](ReportPlan&, StoreContents& contents) {
    contents.trials[2].episode_ids = {3, 5, 8};
  });
  EXPECT_THAT(report["left_out"][0]["reason"], HasSubstr("other test episodes"));
}

TEST(Report, SaysWhetherTheRankingSurvives) {
  ReportPlan plan = example::plan();
  plan.lenses = {"simulator", "held_out"};
  plan.splits.clear();
  plan.trials.clear();
  StoreContents contents;
  Random random(3);
  for (const char* split : {"s0", "s1", "s2", "s3"}) {
    plan.splits.push_back(split);
    for (const ReportRow& row : plan.rows) {
      plan.trials.push_back({row.name, split, example::key(row.name, split)});
      TrialResult trial = example::trial(plan, row.name, split);
      trial.episode_ids.clear();
      trial.cells.clear();
      for (int e = 0; e < 10; ++e) trial.episode_ids.push_back(e + 10 * static_cast<int>(plan.splits.size()));
      for (const ReportCell& cell : plan.cells) {
        std::vector<double> reward;
        for (int e = 0; e < 10; ++e) reward.push_back((row.name == "bold" ? 1 : .5) + .1 * random.normal());
        trial.cells.push_back(
            example::cell(plan, cell.name, std::vector<std::vector<std::uint16_t>>(10, {0, 0}), reward));
        for (double& r : trial.cells.back().scores[1].reward) r = -r;
      }
      contents.trials.push_back(trial);
    }
  }
  const Report report = make_report(plan, contents);
  EXPECT_EQ(report.boards[0].entries[0].rank, 1);
  EXPECT_EQ(report.boards[0].entries[1].rank, 2);
  EXPECT_THAT(report.verdict,
              AllOf(HasSubstr("does not survive"), HasSubstr("reverse under held_out / knn")));
  ASSERT_EQ(report.comparisons.size(), 1u);
  EXPECT_EQ(report.comparisons[0].reversed, 1u);
  EXPECT_EQ(report.comparisons[0].first_row, 1u);
  EXPECT_EQ(schema_errors(json::parse(report_json(report))), "");
  EXPECT_THAT(make_report(example::plan(), example::contents(example::plan())).verdict,
              HasSubstr("not known"));
  for (TrialResult& trial : contents.trials) trial.cells = contents.trials[0].cells;
  EXPECT_THAT(make_report(plan, contents).verdict, HasSubstr("No difference is significant"));
}

TEST(Report, WarnsOfFewRuns) {
  EXPECT_THAT(report_of_example()["suite"]["warnings"].dump(), HasSubstr("Only 2 runs"));
}

TEST(Report, SaysWhereIsolationLacksSomething) {
  const ReportPlan plan = example::plan();
  StoreContents contents = example::contents(plan);
  contents.trials[0].host[kIsolationMissing] = "no Landlock";
  contents.trials[1].host[kIsolationMissing] = "no Landlock";
  const Report report = make_report(plan, contents);
  EXPECT_EQ(
      std::ranges::count_if(report.warnings,
                            [](const std::string& text) { return text.ends_with("of it: no Landlock."); }),
      contents.trials[0].row == contents.trials[1].row ? 1 : 2);
}

TEST(Report, SurvivesHostileNames) {
  const std::string hostile = "<script>alert(\"x\")</script>\n| [a](http://b) `\x1b[31m,\xe2\x80\xae" +
                              std::string(300, 'x') + "\xf0\x9f\x98\x80\xe6\x97\xa5";
  ReportPlan plan = example::plan();
  plan.suite = plan.description = plan.data_source = plan.profile = hostile;
  plan.rows[0].name = hostile;
  plan.cells[0].name = hostile;
  plan.trials.change([&hostile](PlannedTrial& trial) {
    if (trial.row == "bold") trial.row = hostile;
  });
  StoreContents contents = example::contents(example::plan());
  for (TrialResult& trial : contents.trials) {
    if (trial.row == "bold") trial.row = hostile;
    trial.cells[0].cell = hostile;
  }
  contents.trials[0].status = TrialStatus::failed;
  contents.trials[0].failure.reason = hostile;
  contents.left_out = {{hostile, hostile}};
  const Report report = make_report(plan, contents);
  ASSERT_EQ(report.left_out.size(), 1u);
  const std::string table = terminal_screen(shown_of(report), {}) + terminal_long(report, {}),
                    markdown = report_markdown(report);
  EXPECT_THAT(markdown,
              AllOf(Not(HasSubstr("<script")), Not(HasSubstr("http://")), Not(HasSubstr("\n| [a]"))));
  for (const std::string& text : {table, markdown}) {
    EXPECT_THAT(text, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\xe2\x80\xae"))));
  }
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(text::width(line), 80) << line;
  const json document = json::parse(report_json(report));
  EXPECT_EQ(document["rows"][0]["row"], hostile);
  EXPECT_EQ(schema_errors(document), "");
  EXPECT_THAT(trials_csv(report), HasSubstr("\"<script>alert(\"\"x\"\")</script>\n"));
}

TEST(Report, FollowsItsSchema) {
  EXPECT_EQ(schema_errors(report_of_example()), "");
  EXPECT_EQ(schema_errors(report_of_example([](ReportPlan&, StoreContents& c) { c.trials.clear(); })), "");
  json broken = report_of_example();
  broken["leaderboard"][0]["rows"][0]["tier"] = 3;
  broken["surprise"] = 1;
  EXPECT_NE(schema_errors(broken), "");
}

TEST(Report, SaysSoWhenNothingRan) {
  const ReportPlan plan = example::plan();
  const Report report = make_report(plan, {});
  EXPECT_TRUE(report.clean());
  EXPECT_EQ(report.finished(), 0u);
  EXPECT_THAT(terminal_screen(shown_of(report), {}), HasSubstr("0 of 4 trials finished"));
  EXPECT_THAT(report_markdown(report), HasSubstr("No trial has finished"));
  EXPECT_THAT(leaderboard_csv(report), HasSubstr("pending"));
}

}  // namespace
}  // namespace offload
