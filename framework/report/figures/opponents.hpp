// A row against what needs no learning: the best constant action of a cell, and the best fixed probabilities
// over actions within the row's own consumption (its static mix).
#pragma once

#include <optional>
#include <vector>

#include "report/figures/references.hpp"

namespace offload {

// Over all cells; pairs are episodes, means over runs and cells. nullopt where a run or the mix is missing.
std::optional<OpponentComparison> against_mix(const ReportPlan& plan, const MatchedTrials& trials,
                                              const ScoreView& view, std::size_t row);
// [cells of the plan], each by itself.
std::vector<CellOpponents> cell_opponents(const ReportPlan& plan, const MatchedTrials& trials,
                                          const MatchedReferences& references, const ScoreView& view,
                                          std::size_t row);

}  // namespace offload
