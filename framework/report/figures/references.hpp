// Where the exact policies enter the report: bounds for S, rows that are listed and never ranked, the value
// of every deterministic row, the parts of regret, and what the response models are good for.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "report/figures/matched.hpp"

namespace offload {

// One result per split of the plan; `results` outlive it.
struct MatchedReferences {
  std::vector<const ReferenceResult*> split;  // [splits]; null: missing, failed or left out
  std::vector<LeftOut> left_out;
  std::vector<std::string> warnings;

  bool complete() const;
  // Complete, and bounds of a world with known outcomes in the place of exact policies.
  bool of_world() const;
};
// nullptr where the job did not score this view.
const ReferenceScores* scores_of(const ReferenceCell& cell, const ScoreView& view);
MatchedReferences match_references(const ReportPlan& plan, const std::vector<ReferenceResult>& results,
                                   const MatchedTrials& trials);

// Of every split, cell and view whose causal value is exact.
std::vector<OracleBounds> bounds_of(const ReportPlan& plan, const MatchedReferences& references);
// [splits] those of one cell and view; null where there are none.
std::vector<const OracleBounds*> bounds_by_split(const ReportPlan& plan,
                                                 const std::vector<OracleBounds>& bounds,
                                                 const ScoreView& view, const std::string& cell);
// [cells] means over the tests, as a row's reward is; a cell has bounds when every run has.
std::vector<std::optional<CellBounds>> mean_bounds(const ReportPlan& plan,
                                                   const std::vector<OracleBounds>& bounds,
                                                   const ScoreView& view);
// Whether the exact policies planned on what `view` scores by: S and what else is normalised by them holds
// there alone, since elsewhere they are policies like any other.
bool planned_on(const ReportPlan& plan, const ScoreView& view);
// The simulator with the suite's own response model, in which the exact policies plan and learning curves are
// recorded, whatever model a row learns from; none where outcomes are looked up.
std::optional<ScoreView> training_view(const ReportPlan& plan);
// Where they did not, what they planned on: "planned on simulator / knn"; else empty. Of a suite as the
// report has it, whatever a file makes of it.
std::string planned_elsewhere(const nlohmann::json& resolved_suite, const ScoreView& view);
// A reference under a view: the causal oracle, which is a bound only where it planned, with what it planned
// on.
std::string reference_name(const ReportPlan& plan, const ReferenceRow& row, const ScoreView& view);
// mean_bounds of such a view; none elsewhere.
std::vector<std::optional<CellBounds>> scoring_bounds(const ReportPlan& plan,
                                                      const std::vector<OracleBounds>& bounds,
                                                      const ScoreView& view);

}  // namespace offload
