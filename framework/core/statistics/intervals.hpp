// Intervals of the report (statistics.md, "Intervals and tests"): Wilson's for rates, and percentile
// bootstraps for means. All are pure functions of their arguments; what they draw comes from the seed they
// are given.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace offload {

struct Interval {
  double low = 0, high = 0;
};

// 95 % score interval of a rate of `successes` in `trials`; [0, 1] without trials.
Interval wilson(std::int64_t successes, std::int64_t trials);

// The q-quantile with linear interpolation between order statistics; reorders `values`. NaN when empty.
double quantile(std::span<double> values, double q);

// The 2.5 and 97.5 percentiles; reorders `values`. NaNs are left out; both ends NaN when nothing is left.
Interval percentile_interval(std::vector<double> values);

// What was measured together: one observation is one episode tested by one run, and holds one value for each
// series (a row in a cell). NaN where a series lacks the observation.
struct Panel {
  std::size_t series = 0;
  std::vector<std::int64_t> episode;  // [observations] episode id
  std::vector<double> value;          // [observations][series]

  std::size_t observations() const { return episode.size(); }
};

// Mean of every series over the observations it has; NaN without any.
std::vector<double> panel_means(const Panel& panel);

// Bootstrap replicates of panel_means, [repetitions][series]. A replicate draws as many episode ids as there
// are, with replacement, and for each drawn id, among the runs that tested it, as many runs as there are,
// with replacement. All series share the draw, so differences between replicates' columns are paired.
std::vector<double> bootstrap_means(const Panel& panel, int repetitions, std::uint64_t seed);

// Scores of runs (rows of the matrix) in tasks (columns).
struct ScoreMatrix {
  std::size_t runs = 0, tasks = 0;
  std::vector<double> value;  // [runs][tasks]

  double operator()(std::size_t run, std::size_t task) const { return value[run * tasks + task]; }
};

// The usual stratified bootstrap: within each task, runs are drawn with replacement, independently of the
// other tasks; percentile intervals of `statistics`, all of the same drawings.
std::vector<Interval> stratified_bootstrap(
    const ScoreMatrix& scores, const std::vector<std::function<double(const ScoreMatrix&)>>& statistics,
    int repetitions, std::uint64_t seed);

}  // namespace offload
