#include "core/statistics/intervals.hpp"

#include <algorithm>
#include <cmath>

#include "core/statistics/aggregates.hpp"
#include "offload/random.hpp"

namespace offload {

Interval wilson_of_rate(double rate, double trials) {
  if (!(trials > 0)) return {0, 1};
  constexpr double z = 1.959963984540054;
  const double n = trials, p = rate;
  const double centre = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  // The ends are exactly 0 and 1 there; rounding would leave 1e-17.
  return {p == 0 ? 0 : std::max(0.0, (centre - half) / scale),
          p == 1 ? 1 : std::min(1.0, (centre + half) / scale)};
}

Interval wilson(std::int64_t successes, std::int64_t trials) {
  const double n = static_cast<double>(trials);
  return wilson_of_rate(trials > 0 ? static_cast<double>(successes) / n : 0, n);
}

namespace {

// Of what begins with `sorted` values that are no larger than any after them.
double quantile_from(std::span<double> values, std::size_t sorted, double q) {
  const double position = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(position);
  const auto at = values.begin() + below;
  std::nth_element(values.begin() + static_cast<std::ptrdiff_t>(sorted), at, values.end());
  const double low = *at;
  if (at + 1 == values.end()) return low;
  const double high = *std::min_element(at + 1, values.end());
  return low + (position - static_cast<double>(below)) * (high - low);
}

}  // namespace

double quantile(std::span<double> values, double q) {
  return values.empty() ? kNan : quantile_from(values, 0, q);
}

Interval percentile_interval(std::vector<double> values) {
  std::erase_if(values, [](double v) { return std::isnan(v); });
  if (values.empty()) return {kNan, kNan};
  constexpr double kLow = .025, kHigh = .975;
  const double low = quantile_from(values, 0, kLow);
  const auto parted = static_cast<std::size_t>(kLow * static_cast<double>(values.size() - 1));
  return {low, quantile_from(values, parted, kHigh)};
}

std::vector<Interval> stratified_bootstrap(
    const ScoreMatrix& scores, const std::vector<std::function<double(const ScoreMatrix&)>>& statistics,
    int repetitions, std::uint64_t seed) {
  std::vector<Interval> intervals(statistics.size(), {kNan, kNan});
  if (scores.runs == 0 || scores.tasks == 0) return intervals;
  Random random(seed);
  ScoreMatrix resampled = scores;
  std::vector<std::vector<double>> replicates(statistics.size());
  for (int r = 0; r < repetitions; ++r) {
    for (std::size_t run = 0; run < scores.runs; ++run) {
      for (std::size_t task = 0; task < scores.tasks; ++task) {
        resampled.value[run * scores.tasks + task] = scores(random.below(scores.runs), task);
      }
    }
    for (std::size_t s = 0; s < statistics.size(); ++s) replicates[s].push_back(statistics[s](resampled));
  }
  for (std::size_t s = 0; s < statistics.size(); ++s)
    intervals[s] = percentile_interval(std::move(replicates[s]));
  return intervals;
}

}  // namespace offload
