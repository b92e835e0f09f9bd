// Comparing rows: intervals, tests, tiers and ranks, under one lens and response model.
#pragma once

#include "report/figures/matched.hpp"
#include "report/figures/test_series.hpp"

namespace offload {

// Fills in what row_figures left open for view `view` (intervals, S, tiers, ranks, fronts) and returns the
// leaderboard of the complete rows.
Leaderboard make_leaderboard(const ReportPlan& plan, const MatchedTrials& matched, const TestSeries& tests,
                             std::size_t view, const std::vector<OracleBounds>& bounds,
                             const std::vector<double>& position, std::vector<RowFigures>& rows);

// The first board against each of the others; empty without two ranked rows.
std::vector<ViewComparison> compare_views(const std::vector<Leaderboard>& boards);

// In a sentence, whether the first view's ranking survives the others.
std::string verdict_of(const std::vector<Leaderboard>& boards,
                       const std::vector<ViewComparison>& comparisons);

// "Left out of S: cell open (...)", of a board that leaves cells out.
std::string unscored_sentence(const Leaderboard& board);

}  // namespace offload
