// Comparing rows: bootstrap intervals, tests, tiers and ranks, under one lens and response model.
#pragma once

#include "report/matched.hpp"

namespace offload {

// Fills in what row_figures left open for view `view` (intervals, S, tiers, ranks, fronts) and returns the
// leaderboard of the complete rows.
Leaderboard make_leaderboard(const ReportPlan& plan, const MatchedTrials& matched, std::size_t view,
                             const std::vector<OracleBounds>& bounds, const std::vector<double>& position,
                             std::vector<RowFigures>& rows);

// Whether what the first board found significant holds on the others, in a sentence for each.
std::string verdict_of(const std::vector<Leaderboard>& boards, const std::vector<RowFigures>& rows);

}  // namespace offload
