// Intervals of the report (statistics.md, "Intervals and tests"): Wilson's for rates, and percentile
// bootstraps for what is no mean. All are pure functions of their arguments; what they draw comes from the
// seed they are given.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace offload {

struct Interval {
  double low = 0, high = 0;
};

// Wilson's 95 % score interval of `rate` in a number of trials that need not be whole: what tests of the same
// episodes are worth when they are counted as independent. [0, 1] without trials.
Interval wilson_of_rate(double rate, double trials);

// The q-quantile with linear interpolation between order statistics; reorders `values`. NaN when empty.
double quantile(std::span<double> values, double q);

// The 2.5 and 97.5 percentiles; reorders `values`. NaNs are left out; both ends NaN when nothing is left.
Interval percentile_interval(std::vector<double> values);

// Scores of runs (rows of the matrix) in tasks (columns).
struct ScoreMatrix {
  std::size_t runs = 0, tasks = 0;
  std::vector<double> value;  // [runs][tasks]

  double operator()(std::size_t run, std::size_t task) const { return value[run * tasks + task]; }
};

// Percentile intervals of summary figures (aggregates.hpp), all of the same drawings.
struct StratifiedIntervals {
  Interval mean, interquartile_mean, median_of_task_means, optimality_gap;
};

// The usual stratified bootstrap of matrices of one size: within each task, runs are drawn with replacement,
// independently of the other tasks. All take the same drawings, which are made once and not kept. NaNs
// without a score, and of one run.
std::vector<StratifiedIntervals> stratified_bootstrap(std::span<const ScoreMatrix> scores, int repetitions,
                                                      std::uint64_t seed);

}  // namespace offload
