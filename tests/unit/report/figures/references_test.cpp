// Which results of exact policies a report takes, and what it says of the others.
#include "report/figures/references.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "unit/report/example.hpp"

namespace offload {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class References : public testing::Test {
 protected:
  References() {
    plan_.references = {{"s0", "r0"}, {"s1", "r1"}};
    trials_.episode_ids.resize(plan_.splits.size());
    for (const PlannedReference& planned : plan_.references) {
      ReferenceResult result;
      result.key = planned.key;
      result.split = planned.split;
      result.episode_ids = {3, 5};
      for (const auto& cell : plan_.cells) {
        ReferenceCell of_cell;
        of_cell.cell = cell.name;
        of_cell.causal.exact = true;
        of_cell.scores = {{"simulator", "knn", {2, 4}, true, {}, {}, {1, 2}, 0, {}}};
        result.cells.push_back(of_cell);
      }
      results_.push_back(result);
    }
  }
  MatchedReferences match() const { return match_references(plan_, results_, trials_); }

  ReportPlan plan_ = example::plan();
  MatchedTrials trials_;
  std::vector<ReferenceResult> results_;
};

TEST_F(References, CompleteOnesAreTakenInSilence) {
  const MatchedReferences matched = match();
  EXPECT_THAT(matched.split, ElementsAre(&results_[0], &results_[1]));
  EXPECT_TRUE(matched.complete());
  EXPECT_THAT(matched.left_out, IsEmpty());
  EXPECT_THAT(matched.warnings, IsEmpty());
}

TEST_F(References, TheCausalOracleIsABoundUnderWhatItPlannedOnAlone) {
  const ReferenceRow oracle{kCausalOracle, {}, {}, 0, std::nullopt, {}},
      random{"masked random", {}, {}, 0, std::nullopt, {}};
  plan_.resolved_suite =
      R"({"environment":{"response_model":"knn","quirks":{"totals_within_window":false}}})";
  EXPECT_EQ(reference_name(plan_, oracle, {"simulator", "knn"}), "causal oracle");
  EXPECT_EQ(reference_name(plan_, oracle, {"simulator", "true_mean"}),
            "causal oracle (planned on simulator / knn)");
  EXPECT_EQ(reference_name(plan_, oracle, {"held_out", "knn"}), "causal oracle (planned on simulator / knn)");
  EXPECT_EQ(reference_name(plan_, random, {"simulator", "true_mean"}), "masked random");
  plan_.resolved_suite = R"({"environment":{"response_model":"knn","quirks":{"totals_within_window":true}}})";
  EXPECT_EQ(reference_name(plan_, oracle, {"simulator", "knn"}),
            "causal oracle (planned on simulator / knn without totals_within_window)");
  EXPECT_FALSE(planned_on(plan_, {"simulator", "knn"}));
}

// As `show` may find it in a file.
TEST_F(References, ASuiteOfOtherTypesHasNoPlan) {
  for (const char* text : {"[]", R"({"environment":3})", R"({"environment":{"response_model":[]}})"})
    EXPECT_EQ(planned_elsewhere(nlohmann::json::parse(text), {"held_out", "knn"}), "") << text;
  EXPECT_NE(planned_elsewhere(nlohmann::json::parse(R"({"environment":{"response_model":"knn","quirks":7}})"),
                              {"held_out", "knn"}),
            "");
}

TEST_F(References, ASampledZeroOfSIsSaid) {
  results_[1].cells[0].scores[0].masked_random_standard_error = .0125;
  results_[0].cells[1].scores[0].masked_random_standard_error = .25;
  results_[0].cells[1].causal.exact = false;  // is not in S
  EXPECT_THAT(match().warnings, ElementsAre(AllOf(HasSubstr("Masked random, the 0 of S, is sampled"),
                                                  HasSubstr("at most 0.0125"))));
}

TEST_F(References, OneThatFailedLeavesEverythingWithoutBounds) {
  results_[0].status = TrialStatus::failed;
  results_[0].failure.reason = "took longer than its 3 s";
  const MatchedReferences matched = match();
  EXPECT_FALSE(matched.complete());
  EXPECT_THAT(matched.warnings,
              ElementsAre("The exact policies of split s0 failed: took longer than its 3 s.",
                          HasSubstr("The exact policies of 1 of 2 splits are missing")));
}

TEST_F(References, OthersAreLeftOutWithTheirReason) {
  const auto reason = [this] {
    const MatchedReferences matched = match();
    EXPECT_EQ(matched.left_out.size(), 1U);
    return matched.left_out.empty() ? "" : matched.left_out[0].reason;
  };
  const ReferenceResult whole = results_[0];
  results_[0].split = "s1";
  EXPECT_THAT(reason(), HasSubstr("foreign: the suite plans no reference with this key"));
  results_[0] = whole;
  results_[0].cells.pop_back();
  EXPECT_THAT(reason(), HasSubstr("contradicts the suite: it has other cells than the suite"));
  results_[0] = whole;
  results_[0].cells[1].cell = "loose";
  EXPECT_THAT(reason(), HasSubstr("contradicts the suite: it has other cells than the suite"));
  results_[0] = whole;
  trials_.episode_ids[0] = {3, 6};
  EXPECT_THAT(reason(), HasSubstr("other test episodes than the rows'"));
}

}  // namespace
}  // namespace offload
