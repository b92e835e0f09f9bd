#include "report/boards/drifts.hpp"

namespace offload {
namespace {

// What each test of the row has in a cell.
using ValuesOf = std::function<std::vector<double>(const CellColumns&)>;

std::vector<double> rewards(const CellColumns& cell) { return cell.view.front().reward; }

std::vector<double> broken_budgets(const CellColumns& cell) {
  std::vector<double> values;
  for (const std::uint8_t violated : cell.violated) values.push_back(violated != 0 ? 1 : 0);
  return values;
}

// One row with a finished trial after one drift.
class RowDrift {
 public:
  RowDrift(const MatchedTrials& matched, const TestSeries& tests, std::size_t drift, std::size_t row)
      : tests_(tests),
        row_(matched.trials.columns(row)),
        home_(row_->cells),
        away_(row_->drifts[drift]),
        native_(row_->natives[drift]) {}

  // Over the cells `first` to `end` - 1.
  DriftCell over(std::size_t first, std::size_t end) const {
    DriftCell cell;
    cell.reward = shifted(first, end, rewards);
    cell.quality = shifted(first, end, [](const CellColumns& c) { return c.view.front().quality; });
    cell.violations = shifted(first, end, broken_budgets);
    cell.violations.away_interval =
        claimed_rate(tests_.moments(mean_over(first, end, away_, broken_budgets)), tests_.rule());
    for (std::size_t k = 0; k < 2; ++k)
      cell.per_episode[k] = shifted(first, end, [k](const CellColumns& c) { return c.per_test[k]; });
    if (!native_.empty()) {
      cell.regret = between(away_, native_, first, end, rewards);
      cell.native_violations = between(away_, native_, first, end, broken_budgets);
    }
    for (std::size_t c = first; c < end; ++c) {
      cell.tests += static_cast<std::int64_t>(away_[c].violated.size());
      cell.masked_actions += away_[c].masked_actions;
      cell.same_decisions = cell.same_decisions && away_[c].decisions == home_[c].decisions;
    }
    return cell;
  }

 private:
  // Of one row: as it is at home, moved there, or trained there.
  using Cells = std::vector<CellColumns>;

  std::vector<double> mean_over(std::size_t first, std::size_t end, const Cells& place,
                                const ValuesOf& values_of) const {
    std::vector<double> mean(tests_.design().tests(), 0.0);
    for (std::size_t c = first; c < end; ++c) {
      const std::vector<double> of_cell = tests_.gathered(*row_, values_of(place[c]));
      for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += of_cell[i] / static_cast<double>(end - first);
    }
    return mean;
  }

  Shifted shifted(std::size_t first, std::size_t end, const ValuesOf& values_of) const {
    return between(home_, away_, first, end, values_of);
  }
  Shifted between(const Cells& from, const Cells& to, std::size_t first, std::size_t end,
                  const ValuesOf& values_of) const {
    const std::vector<double> there = mean_over(first, end, to, values_of);
    std::vector<double> difference = mean_over(first, end, from, values_of);
    const CrossedMoments at_home = tests_.moments(difference), moments = tests_.moments(there);
    for (std::size_t i = 0; i < difference.size(); ++i) difference[i] = there[i] - difference[i];
    const CrossedMoments of_difference = tests_.moments(difference);
    return {at_home.mean, moments.mean, of_difference.mean, claimed_interval(moments, tests_.rule()),
            claimed_interval(of_difference, tests_.rule())};
  }

  const TestSeries& tests_;
  const std::shared_ptr<const RowColumns> row_;
  const Cells &home_, &away_, &native_;
};

}  // namespace

std::vector<DriftFigures> drift_figures(const ReportPlan& plan, const MatchedTrials& matched,
                                        const TestSeries& tests) {
  std::vector<DriftFigures> all;
  for (std::size_t d = 0; !matched.views.empty() && d < plan.drifts.size(); ++d) {
    DriftFigures& figures = all.emplace_back();
    for (std::size_t row = 0; row < plan.rows.size(); ++row) {
      std::vector<DriftCell>& cells = figures.row.emplace_back();
      if (!matched.has_finished(row)) continue;
      const RowDrift of_row(matched, tests, d, row);
      for (std::size_t c = 0; c < plan.cells.size(); ++c) cells.push_back(of_row.over(c, c + 1));
      cells.push_back(of_row.over(0, plan.cells.size()));
    }
  }
  return all;
}

}  // namespace offload
