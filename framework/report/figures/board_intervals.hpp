// The bootstrap intervals of the boards (statistics.md, "Intervals and tests"): one drawing of episodes and
// runs serves every figure, row and cell.
#pragma once

#include "report/figures/panels.hpp"

namespace offload {

// Of latency and cost, whatever the view: into the rows and their cells.
void set_consumption_intervals(const ReportPlan& plan, const MatchedTrials& matched,
                               std::vector<RowFigures>& rows);

// Of a view's figures in every cell, whose means and S are there already, into `rows`; and over the cells.
class BoardIntervals {
 public:
  BoardIntervals(const ReportPlan& plan, const MatchedTrials& matched, std::size_t view,
                 const std::vector<OracleBounds>& bounds, std::vector<RowFigures>& rows);

  // Those of means over cells, of S and of the areas into `entry`, whose figures are there already.
  void set(LeaderboardEntry& entry, const std::vector<double>& position) const;
  // Rewards of all rows in all cells.
  const Panel& panel() const { return panel_; }

 private:
  double score(std::size_t repetition, std::size_t row, std::size_t cell) const;
  double area(std::size_t repetition, std::size_t row, const std::vector<double>& position) const;
  double causal_area(std::size_t repetition, const std::vector<double>& position) const;

  std::size_t cells_;
  Panel panel_;
  Replicates reward_, quality_, association_;
  BoundReplicates bounds_;
  std::vector<std::size_t> scored_;  // cells with S
};

}  // namespace offload
