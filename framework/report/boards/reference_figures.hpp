// What the exact policies say of the rows: references beside them, values, regret, opponents, and what the
// response models are good for.
#pragma once

#include <string>
#include <vector>

#include "report/figures/references.hpp"
#include "report/figures/test_series.hpp"

namespace offload {

// Everything of Report::references; the rows' figures, S included, are there already. Empty unless every
// split has its references.
ReferenceFigures reference_figures(const ReportPlan& plan, const MatchedTrials& trials,
                                   const TestSeries& tests, const MatchedReferences& references,
                                   const std::vector<RowFigures>& rows,
                                   const std::vector<OracleBounds>& bounds);

// In a sentence, what may be claimed from a model.
std::string calibration_sentence(const ModelCalibration& model);
// "99.1 %", marked where it is no bound; "-" without.
std::string share_text(const RowValue& value);

}  // namespace offload
