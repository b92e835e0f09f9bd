// Rows of a world with known outcomes against its bounds.
#pragma once

#include "report/figures/references.hpp"

namespace offload {

// Empty unless the references are a world's. Figures are of the report's first view, the only one of a world.
BoundFigures bound_figures(const ReportPlan& plan, const MatchedTrials& trials,
                           const MatchedReferences& references);

}  // namespace offload
