#include "report/boards/drifts.hpp"

namespace offload {
namespace {

// What each test of a trial has in a cell.
using ValuesOf = std::function<std::vector<double>(const CondensedCell&)>;

std::vector<double> broken_budgets(const CondensedCell& cell) {
  std::vector<double> values;
  for (const std::uint8_t violated : cell.violated) values.push_back(violated != 0 ? 1 : 0);
  return values;
}

// One row after one drift.
class RowDrift {
 public:
  RowDrift(const MatchedTrials& matched, const TestSeries& tests, std::size_t drift, std::size_t row)
      : matched_(matched), tests_(tests), drift_(drift), row_(row) {}

  // Over the cells `first` to `end` - 1.
  DriftCell over(std::size_t first, std::size_t end) const {
    const ScoreView& view = matched_.views.front();
    DriftCell cell;
    cell.reward = shifted(first, end, [&](const CondensedCell& c) { return scores_of(c, view).reward; });
    cell.quality = shifted(first, end, [&](const CondensedCell& c) { return scores_of(c, view).quality; });
    cell.violations = shifted(first, end, broken_budgets);
    cell.violations.away_interval =
        claimed_rate(tests_.moments(away(first, end, broken_budgets)), tests_.rule());
    for (std::size_t k = 0; k < 2; ++k) {
      cell.per_episode[k] = shifted(first, end, [k](const CondensedCell& c) { return c.per_test[k]; });
    }
    if (has_native()) {
      const auto reward = [&](const CondensedCell& c) { return scores_of(c, view).reward; };
      cell.regret = between(Place::away, Place::native, first, end, reward);
      cell.native_violations = between(Place::away, Place::native, first, end, broken_budgets);
    }
    for (std::size_t split = 0; split < matched_.trials.splits(); ++split) {
      const CondensedTrial* trial = matched_.finished(row_, split);
      for (std::size_t c = first; trial != nullptr && c < end; ++c) {
        const CondensedCell& there = trial->drifts[drift_][c];
        cell.tests += static_cast<std::int64_t>(there.violated.size());
        cell.masked_actions += there.masked_actions;
        cell.same_decisions = cell.same_decisions && there.decisions == trial->cells[c].decisions;
      }
    }
    return cell;
  }

 private:
  // Of one row: as it is at home, moved there, or trained there.
  enum class Place { home, away, native };

  const std::vector<CondensedCell>& cells_of(const CondensedTrial& trial, Place place) const {
    return place == Place::home   ? trial.cells
           : place == Place::away ? trial.drifts[drift_]
                                  : trial.natives[drift_];
  }
  bool has_native() const {
    for (std::size_t split = 0; split < matched_.trials.splits(); ++split) {
      const CondensedTrial* trial = matched_.finished(row_, split);
      if (trial != nullptr) return !trial->natives[drift_].empty();
    }
    return false;
  }

  std::vector<double> mean_over(std::size_t first, std::size_t end, Place place,
                                const ValuesOf& values_of) const {
    std::vector<double> mean(tests_.design().tests(), 0.0), values;
    for (std::size_t c = first; c < end; ++c) {
      const std::vector<double> of_cell =
          tests_.gathered([&](std::size_t split) -> const std::vector<double>* {
            const CondensedTrial* trial = matched_.finished(row_, split);
            if (trial == nullptr) return nullptr;
            values = values_of(cells_of(*trial, place)[c]);
            return &values;
          });
      for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += of_cell[i] / static_cast<double>(end - first);
    }
    return mean;
  }
  std::vector<double> away(std::size_t first, std::size_t end, const ValuesOf& values_of) const {
    return mean_over(first, end, Place::away, values_of);
  }

  Shifted shifted(std::size_t first, std::size_t end, const ValuesOf& values_of) const {
    return between(Place::home, Place::away, first, end, values_of);
  }
  Shifted between(Place from, Place to, std::size_t first, std::size_t end, const ValuesOf& values_of) const {
    const std::vector<double> there = mean_over(first, end, to, values_of);
    std::vector<double> difference = mean_over(first, end, from, values_of);
    const CrossedMoments at_home = tests_.moments(difference), moments = tests_.moments(there);
    for (std::size_t i = 0; i < difference.size(); ++i) difference[i] = there[i] - difference[i];
    const CrossedMoments of_difference = tests_.moments(difference);
    return {at_home.mean, moments.mean, of_difference.mean, claimed_interval(moments, tests_.rule()),
            claimed_interval(of_difference, tests_.rule())};
  }

  const MatchedTrials& matched_;
  const TestSeries& tests_;
  std::size_t drift_, row_;
};

bool has_runs(const MatchedTrials& matched, std::size_t row) {
  for (std::size_t split = 0; split < matched.trials.splits(); ++split) {
    if (matched.has_finished(row, split)) return true;
  }
  return false;
}

}  // namespace

std::vector<DriftFigures> drift_figures(const ReportPlan& plan, const MatchedTrials& matched,
                                        const TestSeries& tests) {
  std::vector<DriftFigures> all;
  for (std::size_t d = 0; !matched.views.empty() && d < plan.drifts.size(); ++d) {
    DriftFigures& figures = all.emplace_back();
    for (std::size_t row = 0; row < plan.rows.size(); ++row) {
      std::vector<DriftCell>& cells = figures.row.emplace_back();
      if (!has_runs(matched, row)) continue;
      const RowDrift of_row(matched, tests, d, row);
      for (std::size_t c = 0; c < plan.cells.size(); ++c) cells.push_back(of_row.over(c, c + 1));
      cells.push_back(of_row.over(0, plan.cells.size()));
    }
  }
  return all;
}

}  // namespace offload
