// A row against what needs no learning: the best constant action of a cell, and the best fixed probabilities
// over actions within the row's own consumption (its static mix).
#pragma once

#include <optional>
#include <vector>

#include "report/figures/references.hpp"
#include "report/figures/test_series.hpp"

namespace offload {

// Means over all cells, under the view of this index. nullopt where a run or the mix is missing.
std::optional<OpponentComparison> against_mix(const MatchedTrials& trials, const TestSeries& tests,
                                              std::size_t view, std::size_t row, std::size_t cells);
// [cells], each by itself.
std::vector<CellOpponents> cell_opponents(const MatchedTrials& trials, const TestSeries& tests,
                                          const MatchedReferences& references, std::size_t view,
                                          std::size_t row, std::size_t cells);

}  // namespace offload
