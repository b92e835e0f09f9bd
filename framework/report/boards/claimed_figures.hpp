// The 95 % intervals beside a report's figures (statistics.md, "Intervals and tests"): all under the one
// claim of its TestSeries. Ratios of means (S, the normalised area) are linearised at the means.
#pragma once

#include "core/statistics/ranking.hpp"
#include "report/figures/report.hpp"
#include "report/figures/test_series.hpp"

namespace offload {

// Of latency, cost and violation rates, whatever the view: into the rows and their cells.
void set_consumption_intervals(const TestSeries& tests, std::vector<RowFigures>& rows);
// [tests] of a row: the share of its `cells` in which it broke a budget.
std::vector<double> joint_violations(const TestSeries& tests, std::size_t row, std::size_t cells);

// Of a view's figures.
class ClaimedFigures {
 public:
  // The arguments outlive it. `bounds` of all views.
  ClaimedFigures(const ReportPlan& plan, const MatchedTrials& matched, const TestSeries& tests,
                 std::size_t view_index, const std::vector<OracleBounds>& bounds);

  // Those of a row in a cell, whose means and S are there already.
  void set(std::size_t row, std::size_t cell, ScoreFigures& figures) const;
  // Those over the cells; the entry's figures are there already. `cells` of the row, with their S.
  void set(LeaderboardEntry& entry, const std::vector<CellFigures>& cells, std::size_t view,
           const std::vector<double>& position) const;

 private:
  // Bounds of a cell on every test.
  struct Bounds {
    std::vector<double> causal, masked_random;  // [tests]
  };

  Interval interval(std::size_t row, std::size_t first, std::size_t end, const TestValues& values) const;
  std::vector<double> score_deviation(std::size_t row, std::size_t cell, double score) const;
  Interval around(double value, const std::vector<double>& deviation) const;
  void set_areas(LeaderboardEntry& entry, const std::vector<double>& position) const;

  std::size_t cells_;
  const TestSeries& tests_;
  TestValues reward_, quality_, association_;
  std::vector<std::optional<CellBounds>> mean_;  // [cells]
  std::vector<Bounds> bounds_;                   // [cells]; empty without
};

}  // namespace offload
