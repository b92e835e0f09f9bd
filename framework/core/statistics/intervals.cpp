#include "core/statistics/intervals.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/multiversion.hpp"
#include "core/statistics/aggregates.hpp"
#include "offload/random.hpp"

namespace offload {
namespace {

// Observations of one episode id, in the order of the panel; ids ascending, so that the order of the
// observations within a panel decides nothing but rounding.
std::vector<std::vector<std::size_t>> by_episode(const Panel& panel) {
  std::map<std::int64_t, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < panel.observations(); ++i) groups[panel.episode[i]].push_back(i);
  std::vector<std::vector<std::size_t>> result;
  result.reserve(groups.size());
  for (auto& [id, members] : groups) result.push_back(std::move(members));
  return result;
}

// How often each observation occurs in one replicate.
void draw(const std::vector<std::vector<std::size_t>>& episodes, Random& random,
          std::vector<double>& weight) {
  std::fill(weight.begin(), weight.end(), 0.0);
  for (std::size_t i = 0; i < episodes.size(); ++i) {
    const auto& runs = episodes[random.below(episodes.size())];
    for (std::size_t k = 0; k < runs.size(); ++k) weight[runs[random.below(runs.size())]] += 1;
  }
}

// Values with absent ones as 0, and their presence as 0 or 1. `complete` spares the second sum.
struct Prepared {
  std::vector<double> value, present;
  bool complete = true;
};

Prepared prepare(const Panel& panel) {
  Prepared prepared{panel.value, {}, true};
  for (const double v : panel.value) prepared.complete = prepared.complete && !std::isnan(v);
  if (prepared.complete) return prepared;
  prepared.present.resize(panel.value.size());
  for (std::size_t i = 0; i < panel.value.size(); ++i) {
    prepared.present[i] = std::isnan(panel.value[i]) ? 0 : 1;
    if (std::isnan(panel.value[i])) prepared.value[i] = 0;
  }
  return prepared;
}

// sum[s] += weight * row[s] over all observations; independent sums, so the compiler may vectorise.
OFFLOAD_MULTIVERSION
void weighted_sum(const std::vector<double>& rows, const std::vector<double>& weight, std::size_t series,
                  std::vector<double>& sum) {
  std::fill(sum.begin(), sum.end(), 0.0);
  for (std::size_t i = 0; i < weight.size(); ++i) {
    const double w = weight[i];
    if (w == 0) continue;
    const double* row = rows.data() + i * series;
    for (std::size_t s = 0; s < series; ++s) sum[s] += w * row[s];
  }
}

void weighted_means(const Prepared& prepared, const std::vector<double>& weight, std::size_t series,
                    std::vector<double>& sum, std::vector<double>& count, double* means) {
  weighted_sum(prepared.value, weight, series, sum);
  if (prepared.complete) {
    double total = 0;
    for (const double w : weight) total += w;
    std::fill(count.begin(), count.end(), total);
  } else {
    weighted_sum(prepared.present, weight, series, count);
  }
  for (std::size_t s = 0; s < series; ++s) means[s] = count[s] > 0 ? sum[s] / count[s] : kNan;
}

}  // namespace

Interval wilson(std::int64_t successes, std::int64_t trials) {
  if (trials <= 0) return {0, 1};
  constexpr double z = 1.959963984540054;
  const double n = static_cast<double>(trials);
  const double p = static_cast<double>(successes) / n;
  const double centre = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  // The ends are exactly 0 and 1 there; rounding would leave 1e-17.
  return {successes == 0 ? 0 : std::max(0.0, (centre - half) / scale),
          successes == trials ? 1 : std::min(1.0, (centre + half) / scale)};
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

std::vector<double> panel_means(const Panel& panel) {
  std::vector<double> sum(panel.series), count(panel.series), means(panel.series);
  weighted_means(prepare(panel), std::vector<double>(panel.observations(), 1.0), panel.series, sum, count,
                 means.data());
  return means;
}

std::vector<double> bootstrap_means(const Panel& panel, int repetitions, std::uint64_t seed) {
  const auto episodes = by_episode(panel);
  const Prepared prepared = prepare(panel);
  std::vector<double> weight(panel.observations()), sum(panel.series), count(panel.series);
  std::vector<double> means(static_cast<std::size_t>(repetitions) * panel.series, kNan);
  if (episodes.empty()) return means;
  Random random(seed);
  for (int r = 0; r < repetitions; ++r) {
    draw(episodes, random, weight);
    weighted_means(prepared, weight, panel.series, sum, count,
                   means.data() + static_cast<std::size_t>(r) * panel.series);
  }
  return means;
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
