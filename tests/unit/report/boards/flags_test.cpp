// Which rows a report flags, and which it does not.
#include "report/boards/flags.hpp"

#include <gmock/gmock.h>

#include "report/formats/html.hpp"
#include "report/report.hpp"
#include "report/terminal/terminal_table.hpp"
#include "unit/report/example_report.hpp"

namespace offload {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// One run of twenty episodes in two cells; row "bold" gets what the oracle gets but for `gain_`.
class Flags : public testing::Test {
 protected:
  Flags() {
    plan_.splits = {"s0"};
    plan_.references = {{"s0", "r0"}};
    plan_.trials.erase_if([](const PlannedTrial& trial) { return trial.split != "s0"; });
    plan_.max_violation_rate = .1;
    for (std::size_t e = 0; e < 20; ++e) gain_.push_back(0);
  }

  Report report() {
    StoreContents contents;
    for (const ReportRow& row : plan_.rows) {
      TrialResult trial = example::trial(plan_, row.name, "s0");
      trial.episode_ids.clear();
      trial.cells.clear();
      std::vector<double> reward;
      for (std::size_t e = 0; e < 20; ++e) {
        trial.episode_ids.push_back(static_cast<std::int64_t>(e));
        reward.push_back(row.name == "bold" ? oracle(e) + gain_[e] : .5);
      }
      for (const char* cell : {"open", "tight"}) {
        // Takes more than the tight cell's latency where it is asked for.
        std::vector<std::vector<std::uint16_t>> decisions(20, {0, 0});
        for (const std::size_t e : beyond_) decisions[e] = {2, 2};
        trial.cells.push_back(example::cell(
            plan_, cell, row.name == "bold" ? decisions : std::vector(20, decisions.back()), reward));
        trial.cells.back().contradictions = row.name == "bold" ? contradictions_ : 0;
      }
      if (row.name == "bold") trial.copies = copies_;
      contents.trials.push_back(trial);
    }
    ReferenceResult reference;
    reference.key = "r0";
    reference.split = "s0";
    for (std::size_t e = 0; e < 20; ++e) reference.episode_ids.push_back(static_cast<std::int64_t>(e));
    for (const char* name : {"open", "tight"}) {
      ReferenceCell cell;
      cell.cell = name;
      cell.causal.exact = true;
      cell.causal.upper = cell.causal.lower = 1;
      ReferenceScores scores{"simulator", "knn", {}, true, {}, {}, {}, 0, {}};
      for (std::size_t e = 0; e < 20; ++e) {
        scores.causal.push_back(oracle(e));
        scores.masked_random.push_back(0);
        scores.hindsight.push_back(2);
        scores.constant.push_back(.1);
      }
      cell.scores.push_back(scores);
      reference.cells.push_back(cell);
    }
    contents.references.push_back(reference);
    return make_report(plan_, contents);
  }
  static double oracle(std::size_t episode) { return 1 + .01 * static_cast<double>(episode % 7); }

  // "what row cell"
  std::vector<std::string> flags() {
    std::vector<std::string> list;
    const Report made = report();
    for (const Flag& flag : made.flags) {
      static const char* const kWhat[] = {"copies", "above", "contradiction"};
      list.push_back(std::string(kWhat[static_cast<std::size_t>(flag.what)]) + " " +
                     made.rows[flag.row].row.name + " " + (flag.cell ? plan_.cells[*flag.cell].name : "all"));
    }
    return list;
  }

  ReportPlan plan_ = example::plan();
  std::vector<double> gain_;
  std::vector<std::size_t> beyond_;  // episodes
  std::int64_t contradictions_ = 0;
  EvaluationCopies copies_ = EvaluationCopies::fork;
};

TEST_F(Flags, NothingIsSaidOfRowsAsGoodAsTheOracle) {
  EXPECT_THAT(flags(), IsEmpty());
  for (std::size_t e = 0; e < 20; ++e) gain_[e] = e % 2 == 0 ? .1 : -.1;
  EXPECT_THAT(flags(), IsEmpty());
  for (std::size_t e = 0; e < 20; ++e) gain_[e] = -.1;
  EXPECT_THAT(flags(), IsEmpty());
}

TEST_F(Flags, ARowAboveTheOracleIsNamedInEveryFormat) {
  for (std::size_t e = 0; e < 20; ++e) gain_[e] = .1;
  EXPECT_THAT(flags(), ElementsAre("above bold open", "above bold tight", "above bold all"));
  const Report made = report();
  const std::string sentence = made.flags[0].sentence;
  EXPECT_THAT(sentence,
              HasSubstr("its test reward is 0.1 above that of the exact causal oracle on the same 20"));
  EXPECT_LT(*made.flags[0].p, kFlagLevel);
  EXPECT_EQ(made.warnings.front(), sentence);
  const std::string json = report_json(made);
  EXPECT_EQ(example::schema_errors(nlohmann::json::parse(json)), "");
  for (const std::string& text : {json, report_markdown(made), report_html(page_template(), json),
                                  terminal_long(made, {false, 4000, 40, ""})}) {
    EXPECT_THAT(text, HasSubstr("exact causal oracle on the same 20"));
  }
}

// Of ten episodes with a gain one in 1,024 patterns of signs is as good: not beyond chance.
TEST_F(Flags, FewEpisodesProveNothing) {
  for (std::size_t e = 0; e < 9; ++e) gain_[e] = .1;
  EXPECT_THAT(flags(), IsEmpty());
  for (std::size_t e = 0; e < 12; ++e) gain_[e] = .1;
  EXPECT_THAT(flags(), testing::Contains("above bold open"));
}

TEST_F(Flags, WhatABrokenBudgetGainsProvesNothing) {
  for (std::size_t e = 0; e < 11; ++e) gain_[e] = .1;
  EXPECT_THAT(flags(), testing::Contains("above bold tight"));
  beyond_ = {0, 1};
  EXPECT_THAT(flags(), testing::Not(testing::Contains("above bold tight")));
  // Tier 2 is not compared at all.
  for (std::size_t e = 0; e < 20; ++e) gain_[e] = .1;
  beyond_ = {0, 1, 2, 3};
  EXPECT_THAT(flags(), ElementsAre("above bold open"));
}

TEST_F(Flags, OnlyWhatTheOracleWasPlannedWithIsCompared) {
  for (std::size_t e = 0; e < 20; ++e) gain_[e] = .1;
  plan_.resolved_suite = R"({"environment":{"response_model":"table"}})";
  EXPECT_THAT(flags(), IsEmpty());
  plan_.resolved_suite =
      R"({"environment":{"response_model":"knn","quirks":{"raw_evaluation_association":true}}})";
  EXPECT_THAT(flags(), IsEmpty());
}

TEST_F(Flags, AContradictionIsNamedWithItsNumber) {
  contradictions_ = 3;
  EXPECT_THAT(flags(), ElementsAre("contradiction bold open", "contradiction bold tight"));
  EXPECT_THAT(report().flags[0].sentence, HasSubstr("in 3 of 20 tests it decides otherwise than the policy"));
}

TEST_F(Flags, WithoutFreshCopiesThereIsNoFirstTierOfAnOfficialTask) {
  copies_ = EvaluationCopies::none;
  EXPECT_THAT(flags(), ElementsAre("copies bold all"));
  const auto tier = [this](const std::string& row) {
    const Report made = report();
    for (const LeaderboardEntry& entry : made.boards[0].entries) {
      if (made.rows[entry.row].row.name == row) return entry.tier;
    }
    return 0;
  };
  EXPECT_EQ(tier("bold"), 1);
  plan_.task = {"m4ai-mid-v1", 1, {}};
  EXPECT_EQ(tier("bold"), 2);
  EXPECT_EQ(tier("careful"), 1);
  EXPECT_THAT(report().flags[0].sentence, HasSubstr("cannot be of tier 1 of m4ai-mid-v1"));
  plan_.task.altered = {"budgets"};
  EXPECT_EQ(tier("bold"), 1);
}

}  // namespace
}  // namespace offload
