#include "core/statistics/rank_sum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace offload {
namespace {

constexpr std::size_t kExactMost = 60;  // values in both samples; exact counts fit a double with room

// Twice the midranks of the pooled values: whole numbers. Those of a come first.
std::vector<std::size_t> doubled_midranks(std::span<const double> a, std::span<const double> b) {
  std::vector<double> pooled(a.begin(), a.end());
  pooled.insert(pooled.end(), b.begin(), b.end());
  std::vector<double> sorted = pooled;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::size_t> ranks;
  for (const double value : pooled) {
    const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), value);
    ranks.push_back(static_cast<std::size_t>((low - sorted.begin()) + (high - sorted.begin()) + 1));
  }
  return ranks;
}

// How many choices of `chosen` of the ranks have each sum.
std::vector<double> sums_of_choices(const std::vector<std::size_t>& ranks, std::size_t chosen) {
  std::size_t most = 0;
  for (const std::size_t r : ranks) most += r;
  std::vector<std::vector<double>> ways(chosen + 1, std::vector<double>(most + 1, 0.0));
  ways[0][0] = 1;
  for (const std::size_t r : ranks) {
    for (std::size_t n = chosen; n > 0; --n) {
      for (std::size_t sum = r; sum <= most; ++sum) ways[n][sum] += ways[n - 1][sum - r];
    }
  }
  return ways[chosen];
}

double exact_p(const std::vector<std::size_t>& ranks, std::size_t n, double rank_sum_b) {
  const std::vector<double> ways = sums_of_choices(ranks, n);
  const double middle = static_cast<double>(n) * static_cast<double>(ranks.size() + 1);
  const double distance = std::abs(rank_sum_b - middle);
  double extreme = 0, all = 0;
  for (std::size_t sum = 0; sum < ways.size(); ++sum) {
    all += ways[sum];
    if (std::abs(static_cast<double>(sum) - middle) >= distance) extreme += ways[sum];
  }
  return extreme / all;
}

double normal_p(const std::vector<std::size_t>& ranks, double n, double m, double u) {
  const double all = n + m;
  std::vector<std::size_t> sorted = ranks;
  std::sort(sorted.begin(), sorted.end());
  double ties = 0;
  for (auto at = sorted.begin(); at != sorted.end();) {
    const auto end = std::upper_bound(at, sorted.end(), *at);
    const double t = static_cast<double>(end - at);
    ties += t * t * t - t;
    at = end;
  }
  const double variance = n * m / 12 * (all + 1 - ties / (all * (all - 1)));
  if (variance <= 0) return 1;
  const double z = std::max(0.0, std::abs(u - n * m / 2) - .5) / std::sqrt(variance);
  return std::erfc(z / std::sqrt(2.0));
}

// The largest k with P(U < k) <= .025 for samples without ties; 0: none.
std::size_t critical_count(std::size_t n, std::size_t m) {
  if (n + m > kExactMost) {
    const double nm = static_cast<double>(n) * static_cast<double>(m);
    const double deviation = std::sqrt(nm * static_cast<double>(n + m + 1) / 12);
    return static_cast<std::size_t>(std::max(0.0, std::floor(nm / 2 - 1.959964 * deviation)));
  }
  std::vector<std::size_t> ranks;
  for (std::size_t i = 1; i <= n + m; ++i) ranks.push_back(i);
  const std::vector<double> ways = sums_of_choices(ranks, n);
  double all = 0, below = 0;
  for (const double w : ways) all += w;
  const std::size_t least = n * (n + 1) / 2;
  std::size_t k = 0;
  while (below + ways[least + k] <= .025 * all) below += ways[least + k++];
  return k;
}

}  // namespace

RankSum rank_sum(std::span<const double> a, std::span<const double> b) {
  const std::size_t n = a.size(), m = b.size();
  RankSum result;
  std::vector<double> differences;
  for (const double x : a) {
    for (const double y : b) {
      differences.push_back(y - x);
      result.u += y > x ? 1 : y == x ? .5 : 0;
    }
  }
  const std::vector<std::size_t> ranks = doubled_midranks(a, b);
  double rank_sum_b = 0;
  for (std::size_t i = n; i < ranks.size(); ++i) rank_sum_b += static_cast<double>(ranks[i]);
  result.exact = n + m <= kExactMost;
  result.p = result.exact ? exact_p(ranks, m, rank_sum_b)
                          : normal_p(ranks, static_cast<double>(n), static_cast<double>(m), result.u);
  std::sort(differences.begin(), differences.end());
  result.shift = quantile(differences, .5);
  std::sort(differences.begin(), differences.end());
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::size_t k = critical_count(n, m);
  result.interval = k == 0 ? Interval{-kInfinity, kInfinity}
                           : Interval{differences[k - 1], differences[differences.size() - k]};
  return result;
}

double least_p(std::size_t a, std::size_t b) {
  double choices = 1;
  for (std::size_t i = 1; i <= a; ++i) choices *= static_cast<double>(b + i) / static_cast<double>(i);
  return std::min(1.0, 2 / choices);
}

}  // namespace offload
