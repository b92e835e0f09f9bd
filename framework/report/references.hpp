// Where the exact policies enter the report: bounds for S, rows that are listed and never ranked, the value of
// every deterministic row, the parts of regret, and what the response models are good for.
#pragma once

#include <string>
#include <vector>

#include "report/matched.hpp"

namespace offload {

// One result per split of the plan; `results` outlive it.
struct MatchedReferences {
  std::vector<const ReferenceResult*> split;  // [splits]; null: missing, failed or left out
  std::vector<LeftOut> left_out;
  std::vector<std::string> warnings;

  bool complete() const;
};
// nullptr where the job did not score this view.
const ReferenceScores* scores_of(const ReferenceCell& cell, const ScoreView& view);
MatchedReferences match_references(const ReportPlan& plan, const std::vector<ReferenceResult>& results,
                                   const MatchedTrials& trials);

// Of every split, cell and view whose causal value is exact.
std::vector<OracleBounds> bounds_of(const MatchedReferences& references);
// Of a cell under a view, over all tests; empty unless every split has bounds.
std::optional<CellBounds> mean_bounds(const std::vector<OracleBounds>& bounds, const ReportPlan& plan,
                                      const ScoreView& view, std::size_t cell);

// Everything of Report::references; the rows' figures, S included, are there already. Empty unless every split
// has its references.
ReferenceFigures reference_figures(const ReportPlan& plan, const MatchedTrials& trials,
                                   const MatchedReferences& references, const std::vector<RowFigures>& rows,
                                   const std::vector<OracleBounds>& bounds);

// In a sentence, what may be claimed from a model.
std::string calibration_sentence(const ModelCalibration& model);
// "99.1 %", marked where it is no bound; "-" without.
std::string share_text(const RowValue& value);

// The report's /references as JSON text, and its section in Markdown (empty without references).
std::string references_json(const Report& report);
std::string references_markdown(const Report& report);

}  // namespace offload
