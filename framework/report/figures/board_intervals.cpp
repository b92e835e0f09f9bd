#include "report/figures/board_intervals.hpp"

#include "core/statistics/aggregates.hpp"
#include "report/figures/references.hpp"

namespace offload {
namespace {

template <typename Values>
Panel panel_under(const ReportPlan& plan, const MatchedTrials& matched, std::size_t view,
                  Values EpisodeScores::*values) {
  return panel_of(plan, matched, [&](const CondensedCell& cell) -> const std::vector<double>& {
    return scores_of(cell, matched.views[view]).*values;
  });
}

}  // namespace

void set_consumption_intervals(const ReportPlan& plan, const MatchedTrials& matched,
                               std::vector<RowFigures>& rows) {
  for (std::size_t k = 0; k < 2; ++k) {
    const Panel panel = panel_of(plan, matched, [k](const CondensedCell& cell) -> const std::vector<double>& {
      return cell.per_test[k];
    });
    const Replicates replicates(panel, plan.cells.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
      rows[row].per_episode_interval[k] = replicates.over_cells(row);
      for (std::size_t c = 0; c < plan.cells.size(); ++c) {
        rows[row].cell[c].per_episode_interval[k] = replicates.of_cell(row, c);
      }
    }
  }
}

BoardIntervals::BoardIntervals(const ReportPlan& plan, const MatchedTrials& matched, std::size_t view,
                               const std::vector<OracleBounds>& bounds, std::vector<RowFigures>& rows)
    : cells_(plan.cells.size()),
      panel_(panel_under(plan, matched, view, &EpisodeScores::reward)),
      reward_(panel_, cells_),
      quality_(panel_under(plan, matched, view, &EpisodeScores::quality), cells_),
      association_(panel_under(plan, matched, view, &EpisodeScores::association), cells_),
      bounds_(plan, matched, matched.views[view], bounds) {
  const auto means = mean_bounds(plan, bounds, matched.views[view]);
  for (std::size_t c = 0; c < cells_; ++c) {
    if (normalised_score(0, means[c])) scored_.push_back(c);
  }
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t c = 0; c < cells_; ++c) {
      ScoreFigures& figures = rows[row].cell[c].view[view];
      figures.interval = reward_.of_cell(row, c);
      figures.quality_interval = quality_.of_cell(row, c);
      figures.association_interval = association_.of_cell(row, c);
      figures.score_interval = {kNan, kNan};
      if (figures.score)
        figures.score_interval = bootstrap_interval([&](std::size_t r) { return score(r, row, c); });
    }
  }
}

double BoardIntervals::score(std::size_t repetition, std::size_t row, std::size_t cell) const {
  const CellBounds bounds = bounds_(repetition, cell);
  return (reward_(repetition, row, cell) - bounds.masked_random) / (bounds.causal - bounds.masked_random);
}

double BoardIntervals::area(std::size_t repetition, std::size_t row,
                            const std::vector<double>& position) const {
  std::vector<BudgetPoint> curve;
  for (std::size_t c = 0; c < cells_; ++c) curve.push_back({position[c], reward_(repetition, row, c)});
  return area_under_curve(curve);
}

double BoardIntervals::causal_area(std::size_t repetition, const std::vector<double>& position) const {
  std::vector<BudgetPoint> curve;
  for (std::size_t c = 0; c < cells_; ++c) curve.push_back({position[c], bounds_(repetition, c).causal});
  return area_under_curve(curve);
}

void BoardIntervals::set(LeaderboardEntry& entry, const std::vector<double>& position) const {
  const std::size_t row = entry.row;
  entry.interval = reward_.over_cells(row);
  entry.quality_interval = quality_.over_cells(row);
  entry.association_interval = association_.over_cells(row);
  entry.score_interval = entry.normalised_area_interval = {kNan, kNan};
  if (entry.score) {
    entry.score_interval = bootstrap_interval([&](std::size_t r) {
      double sum = 0;
      for (const std::size_t c : scored_) sum += score(r, row, c);
      return sum / static_cast<double>(scored_.size());
    });
  }
  std::vector<double> areas;
  for (std::size_t r = 0; r < kBootstrapRepetitions; ++r) areas.push_back(area(r, row, position));
  entry.area_interval = bootstrap_interval([&](std::size_t r) { return areas[r]; });
  if (entry.normalised_area) {
    entry.normalised_area_interval =
        bootstrap_interval([&](std::size_t r) { return areas[r] / causal_area(r, position); });
  }
}

}  // namespace offload
