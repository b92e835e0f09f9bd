// The figures of a report as charts.
#pragma once

#include "export/chart.hpp"
#include "report/figures/report.hpp"

namespace offload {

// Of more rows than this the first ones by rank, and of curves the first learners, are shown.
inline constexpr std::size_t kFigureRows = 12;

// Mean reward by budget cell with its 95 % interval, under one view (an index into Report::views), of ranked
// rows: those named, else the first ones. Throws Error(config) for a row that is not ranked, Error(data)
// where none is.
Chart budget_chart(const Report& report, std::size_t view, const std::vector<std::string>& rows);

// A panel per budget cell: reward on the tests by training step, mean over runs, as a band from the lowest to
// the highest run, under the one view that curves are recorded under. Throws likewise where rows have no
// curve.
Chart curves_chart(const Report& report, const std::vector<std::string>& rows);

}  // namespace offload
