// What the rows measured on the same tests, as the bootstrap and the tests of statistics.md take it.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/statistics/intervals.hpp"
#include "core/statistics/tests.hpp"
#include "report/figures/matched.hpp"

namespace offload {

// Purposes of the report's random streams.
inline constexpr std::uint64_t kReportSeed = 0x0ff10ad, kBootstrapStream = 1, kStratifiedStream = 2,
                               kSignFlipStream = 3;

// One value per test of a trial in a cell.
using TestValues = std::function<const std::vector<double>&(const CondensedCell&)>;

// Of all rows in all cells, on every test of every run; series row * cells + cell.
Panel panel_of(const ReportPlan& plan, const MatchedTrials& matched, const TestValues& values);

// 95 % of what `figure` is in the repetitions 0 to kBootstrapRepetitions - 1; NaNs are left out.
Interval bootstrap_interval(const std::function<double(std::size_t repetition)>& figure);

// Means of every row in every cell, as often as the bootstrap repeats; the draws are those of the tests, so
// whatever is measured on them is drawn alike.
class Replicates {
 public:
  Replicates(const Panel& panel, std::size_t cells);

  double operator()(std::size_t repetition, std::size_t row, std::size_t cell) const {
    return mean_[(row * cells_ + cell) * kBootstrapRepetitions + repetition];
  }
  // 95 %.
  Interval of_cell(std::size_t row, std::size_t cell) const;
  Interval over_cells(std::size_t row) const;

 private:
  std::size_t cells_;
  std::vector<double> mean_;  // [series][repetitions]
};

// Means of the causal oracle and of masked random in every cell, drawn as the rows are. A cell without bounds
// on every test of every run keeps its own.
class BoundReplicates {
 public:
  BoundReplicates(const ReportPlan& plan, const MatchedTrials& matched, const ScoreView& view,
                  const std::vector<OracleBounds>& bounds);

  // Only of a cell that has bounds.
  CellBounds operator()(std::size_t repetition, std::size_t cell) const;

 private:
  std::vector<std::optional<CellBounds>> fixed_;  // [cells]
  std::vector<bool> drawn_;                       // [cells]
  std::vector<double> mean_;                      // [cells][causal, masked random][repetitions]
};

// Per-episode means over the runs and over cells `first` to `end` - 1; series i is row rows[i].
PairedValues paired_values(const Panel& panel, std::size_t cells, const std::vector<std::size_t>& rows,
                           std::size_t first, std::size_t end);

// 95 % intervals of the differences of `pairs` of series, by drawing units.
std::vector<Interval> difference_intervals(const PairedValues& values, const std::vector<PairTest>& pairs);

}  // namespace offload
