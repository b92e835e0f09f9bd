// Figures of one row: what its finished trials did in each cell, and how long they took.
#pragma once

#include "report/figures/matched.hpp"

namespace offload {

// Everything of a row but intervals, ranks and scores S, which need the other rows.
RowFigures row_figures(const ReportPlan& plan, const MatchedTrials& matched, std::size_t row);

// Its interval is set with all others that the claim decides (set_consumption_intervals).
ViolationRate violation_rate(std::int64_t count, std::int64_t of);

}  // namespace offload
