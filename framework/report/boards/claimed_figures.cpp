#include "report/boards/claimed_figures.hpp"

#include <algorithm>
#include <memory>

#include "core/statistics/aggregates.hpp"
#include "report/figures/references.hpp"

namespace offload {
namespace {

TestValues totals(std::size_t budget) {
  return [budget](const CellColumns& cell) -> const std::vector<double>& { return cell.per_test[budget]; };
}

// 1 for a test that broke one of the budgets of `mask`. Gives one buffer again and again.
TestValues violations(std::uint8_t mask) {
  return [mask, values = std::make_shared<std::vector<double>>()](
             const CellColumns& cell) -> const std::vector<double>& {
    values->clear();
    for (const std::uint8_t broken : cell.violated) values->push_back((broken & mask) != 0 ? 1 : 0);
    return *values;
  };
}

constexpr std::uint8_t kEither = 3;

Interval rate_interval(const TestSeries& tests, std::size_t row, std::size_t cell, std::uint8_t mask) {
  return claimed_rate(tests.moments(tests.of_row(row, cell, cell + 1, violations(mask))), tests.rule());
}

// What each cell weighs in the area under the curve, which is linear in the rewards.
std::vector<double> area_weights(const std::vector<double>& position) {
  std::vector<double> weights;
  for (std::size_t c = 0; c < position.size(); ++c) {
    std::vector<BudgetPoint> points;
    for (std::size_t i = 0; i < position.size(); ++i) points.push_back({position[i], i == c ? 1.0 : 0.0});
    weights.push_back(area_under_curve(points));
  }
  return weights;
}

void add(std::vector<double>& sum, double weight, const std::vector<double>& values) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += weight * values[i];
}

}  // namespace

void set_consumption_intervals(const TestSeries& tests, std::vector<RowFigures>& rows) {
  for (std::size_t row = 0; row < rows.size(); ++row) {
    std::vector<CellFigures>& cells = rows[row].cell;
    for (std::size_t k = 0; k < 2; ++k) {
      const auto interval = [&](std::size_t first, std::size_t end) {
        return tests.interval(tests.of_row(row, first, end, totals(k)));
      };
      rows[row].per_episode_interval[k] = interval(0, cells.size());
      for (std::size_t c = 0; c < cells.size(); ++c) {
        cells[c].per_episode_interval[k] = interval(c, c + 1);
        cells[c].budget[k].violation.interval = rate_interval(tests, row, c, k == 0 ? 1 : 2);
        cells[c].joint.interval = rate_interval(tests, row, c, kEither);
      }
    }
  }
}

std::vector<double> joint_violations(const TestSeries& tests, std::size_t row, std::size_t cells) {
  return tests.of_row(row, 0, cells, violations(kEither));
}

ClaimedFigures::ClaimedFigures(const ReportPlan& plan, const MatchedTrials& matched, const TestSeries& tests,
                               std::size_t view_index, const std::vector<OracleBounds>& bounds)
    : cells_(plan.cells.size()),
      tests_(tests),
      mean_(mean_bounds(plan, bounds, matched.views[view_index])),
      bounds_(cells_) {
  const ScoreView& view = matched.views[view_index];
  const auto under = [view_index](std::vector<double> ViewColumns::*column) -> TestValues {
    return [view_index, column](const CellColumns& cell) -> const std::vector<double>& {
      return cell.view[view_index].*column;
    };
  };
  reward_ = under(&ViewColumns::reward);
  quality_ = under(&ViewColumns::quality);
  association_ = under(&ViewColumns::association);
  for (std::size_t c = 0; c < cells_; ++c) {
    if (!mean_[c]) continue;
    const auto of_split = bounds_by_split(plan, bounds, view, plan.cells[c].name);
    // A split's bounds without its tests are the same on each of them.
    const auto filled = [&](std::vector<double> OracleBounds::*list, double CellBounds::*mean) {
      std::vector<double> constant;
      return tests_.gathered([&](std::size_t split) -> std::span<const double> {
        const OracleBounds& b = *of_split[split];
        const std::size_t size = matched.episode_ids[split].size();
        if ((b.*list).size() == size) return b.*list;
        constant.assign(size, b.bounds.*mean);
        return constant;
      });
    };
    bounds_[c] = {filled(&OracleBounds::causal, &CellBounds::causal),
                  filled(&OracleBounds::masked_random, &CellBounds::masked_random)};
  }
}

Interval ClaimedFigures::interval(std::size_t row, std::size_t first, std::size_t end,
                                  const TestValues& values) const {
  return tests_.interval(tests_.of_row(row, first, end, values));
}

// Of the mean `value`, whose terms deviate by as much on every test.
Interval ClaimedFigures::around(double value, const std::vector<double>& deviation) const {
  const CrossedMoments moments = tests_.moments(deviation);
  const Interval interval = claimed_interval(moments, tests_.rule());
  return {value + interval.low - moments.mean, value + interval.high - moments.mean};
}

// (reward - masked random - S (causal - masked random))/(mean causal - mean masked random): what every test
// adds to S, to first order.
std::vector<double> ClaimedFigures::score_deviation(std::size_t row, std::size_t cell, double score) const {
  std::vector<double> deviation = tests_.of_row(row, cell, cell + 1, reward_);
  const double distance = mean_[cell]->causal - mean_[cell]->masked_random;
  for (std::size_t i = 0; i < deviation.size(); ++i) {
    const double zero = bounds_[cell].masked_random[i], one = bounds_[cell].causal[i];
    deviation[i] = (deviation[i] - zero - score * (one - zero)) / distance;
  }
  return deviation;
}

void ClaimedFigures::set(std::size_t row, std::size_t cell, ScoreFigures& figures) const {
  figures.interval = interval(row, cell, cell + 1, reward_);
  figures.quality_interval = interval(row, cell, cell + 1, quality_);
  figures.association_interval = interval(row, cell, cell + 1, association_);
  figures.score_interval = {kNan, kNan};
  if (figures.score) {
    figures.score_interval = around(*figures.score, score_deviation(row, cell, *figures.score));
  }
}

void ClaimedFigures::set(LeaderboardEntry& entry, const std::vector<CellFigures>& cells, std::size_t view,
                         const std::vector<double>& position) const {
  entry.interval = interval(entry.row, 0, cells_, reward_);
  entry.quality_interval = interval(entry.row, 0, cells_, quality_);
  entry.association_interval = interval(entry.row, 0, cells_, association_);
  entry.score_interval = {kNan, kNan};
  std::vector<double> deviation(tests_.design().tests(), 0.0);
  double scored = 0;
  for (std::size_t c = 0; c < cells_; ++c) {
    const std::optional<double>& score = cells[c].view[view].score;
    if (!score) continue;
    add(deviation, 1, score_deviation(entry.row, c, *score));
    ++scored;
  }
  if (entry.score) {
    for (double& d : deviation) d /= scored;
    entry.score_interval = around(*entry.score, deviation);
  }
  set_areas(entry, position);
}

void ClaimedFigures::set_areas(LeaderboardEntry& entry, const std::vector<double>& position) const {
  const std::vector<double> weights = area_weights(position);
  std::vector<double> area(tests_.design().tests(), 0.0), causal = area;
  for (std::size_t c = 0; c < cells_; ++c) {
    add(area, weights[c], tests_.of_row(entry.row, c, c + 1, reward_));
    if (entry.normalised_area) add(causal, weights[c], bounds_[c].causal);
  }
  entry.area_interval = around(entry.area, area);
  entry.normalised_area_interval = {kNan, kNan};
  if (!entry.normalised_area) return;
  const double one = entry.area / *entry.normalised_area;
  for (std::size_t i = 0; i < area.size(); ++i)
    area[i] = (area[i] - *entry.normalised_area * causal[i]) / one;
  entry.normalised_area_interval = around(*entry.normalised_area, area);
}

}  // namespace offload
