#include "core/statistics/aggregates.hpp"

#include <algorithm>
#include <cmath>

namespace offload {
namespace {

double mean_of(const double* begin, const double* end) {
  if (begin == end) return kNan;
  double sum = 0;
  for (const double* value = begin; value != end; ++value) sum += *value;
  return sum / static_cast<double>(end - begin);
}

}  // namespace

double mean_of(std::span<const double> values) {
  return mean_of(values.data(), values.data() + values.size());
}

double mean_score(const ScoreMatrix& scores) { return mean_of(scores.value); }

double interquartile_mean(const ScoreMatrix& scores) {
  // Parted, not sorted: the bootstrap asks for it thousands of times.
  std::vector<double> parted = scores.value;
  const auto dropped = static_cast<std::ptrdiff_t>(parted.size() / 4);
  const auto low = parted.begin() + dropped, high = parted.end() - dropped;
  std::nth_element(parted.begin(), low, parted.end());
  if (high != parted.end()) std::nth_element(low, high, parted.end());
  return mean_of(parted.data() + dropped, parted.data() + (high - parted.begin()));
}

double median_of_task_means(const ScoreMatrix& scores) {
  std::vector<double> means(scores.tasks, 0.0);
  for (std::size_t task = 0; task < scores.tasks; ++task) {
    for (std::size_t run = 0; run < scores.runs; ++run) means[task] += scores(run, task);
    means[task] /= static_cast<double>(scores.runs);
  }
  return quantile(means, .5);
}

double optimality_gap(const ScoreMatrix& scores) {
  std::vector<double> capped = scores.value;
  for (double& value : capped) value = std::min(value, 1.0);
  return 1 - mean_of(capped);
}

std::vector<double> performance_profile(const ScoreMatrix& scores, const std::vector<double>& taus) {
  std::vector<double> profile;
  for (const double tau : taus) {
    const auto above =
        std::count_if(scores.value.begin(), scores.value.end(), [&](double value) { return value > tau; });
    profile.push_back(static_cast<double>(above) / static_cast<double>(scores.value.size()));
  }
  return profile;
}

double probability_of_improvement(const ScoreMatrix& x, const ScoreMatrix& y) {
  double sum = 0;
  std::vector<double> sorted;
  for (std::size_t task = 0; task < x.tasks; ++task) {
    sorted.resize(y.runs);
    for (std::size_t j = 0; j < y.runs; ++j) sorted[j] = y(j, task);
    std::erase_if(sorted, [](double v) { return std::isnan(v); });
    std::sort(sorted.begin(), sorted.end());
    // Whole and half wins: the sum is exact in any order.
    double wins = 0;
    for (std::size_t i = 0; i < x.runs; ++i) {
      if (std::isnan(x(i, task))) continue;
      const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), x(i, task));
      wins += static_cast<double>(first - sorted.begin()) + .5 * static_cast<double>(last - first);
    }
    sum += wins / static_cast<double>(x.runs * y.runs);
  }
  return sum / static_cast<double>(x.tasks);
}

}  // namespace offload
