#include "core/statistics/tests.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "offload/random.hpp"

namespace offload {
namespace {

constexpr std::size_t kGroup = 8;  // units whose signs make one byte

// Signed sums of 8 units for each of the 256 sign patterns, [groups][256][series]. A flip then adds one row
// per group instead of eight.
std::vector<double> signed_sums(const PairedValues& values) {
  const std::size_t groups = (values.units + kGroup - 1) / kGroup, series = values.series;
  std::vector<double> table(groups * 256 * series, 0.0);
  for (std::size_t unit = 0; unit < values.units; ++unit) {
    const std::size_t bit = unit % kGroup;
    for (std::size_t pattern = 0; pattern < 256; ++pattern) {
      const double sign = pattern >> bit & 1U ? -1.0 : 1.0;
      double* row = table.data() + (unit / kGroup * 256 + pattern) * series;
      for (std::size_t s = 0; s < series; ++s) row[s] += sign * values(unit, s);
    }
  }
  return table;
}

std::vector<PairTest> pairs_of(const PairedValues& values) {
  std::vector<double> mean(values.series, 0.0);
  for (std::size_t unit = 0; unit < values.units; ++unit) {
    for (std::size_t s = 0; s < values.series; ++s) mean[s] += values(unit, s);
  }
  std::vector<PairTest> pairs;
  for (std::size_t a = 0; a < values.series; ++a) {
    for (std::size_t b = a + 1; b < values.series; ++b) {
      const double units = static_cast<double>(std::max<std::size_t>(values.units, 1));
      pairs.push_back({a, b, (mean[a] - mean[b]) / units, 1, 1});
    }
  }
  return pairs;
}

void flip(const std::vector<double>& table, std::size_t groups, Random& random, std::vector<double>& sum) {
  const std::size_t series = sum.size();
  std::fill(sum.begin(), sum.end(), 0.0);
  std::uint64_t signs = 0;
  for (std::size_t group = 0; group < groups; ++group) {
    if (group % 8 == 0) signs = random.bits();
    const double* row = table.data() + (group * 256 + (signs & 255U)) * series;
    signs >>= 8;
    for (std::size_t s = 0; s < series; ++s) sum[s] += row[s];
  }
}

}  // namespace

std::int64_t sign_flips(std::size_t series) {
  const auto pairs = static_cast<std::int64_t>(series * (series - (series > 0)) / 2);
  return std::max<std::int64_t>(10'000, 40 * pairs);
}

std::vector<PairTest> sign_flip_tests(const PairedValues& values, std::int64_t flips, std::uint64_t seed) {
  std::vector<PairTest> pairs = pairs_of(values);
  if (pairs.empty() || values.units == 0) return pairs;
  const std::vector<double> table = signed_sums(values);
  const std::size_t groups = (values.units + kGroup - 1) / kGroup;
  // Sums in another order differ in the last bits: what is as extreme up to these counts as as extreme.
  std::vector<double> bar;
  for (const PairTest& pair : pairs) {
    bar.push_back(std::abs(pair.difference) * static_cast<double>(values.units) * (1 - 1e-9) - 1e-12);
  }
  std::vector<std::int64_t> extreme(pairs.size(), 0);
  std::vector<double> sum(values.series);
  Random random(seed);
  for (std::int64_t f = 0; f < flips; ++f) {
    flip(table, groups, random, sum);
    std::size_t pair = 0;
    for (std::size_t a = 0; a < values.series; ++a) {
      for (std::size_t b = a + 1; b < values.series; ++b, ++pair) {
        extreme[pair] += std::abs(sum[a] - sum[b]) >= bar[pair];
      }
    }
  }
  std::vector<double> p;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    pairs[i].p = static_cast<double>(1 + extreme[i]) / static_cast<double>(1 + flips);
    p.push_back(pairs[i].p);
  }
  const std::vector<double> adjusted = holm(p);
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i].p_holm = adjusted[i];
  return pairs;
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double floor = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    floor = std::max(floor, std::min(1.0, static_cast<double>(p.size() - i) * p[order[i]]));
    adjusted[order[i]] = floor;
  }
  return adjusted;
}

std::vector<int> tie_aware_ranks(const std::vector<PairTest>& tests, std::size_t series, double alpha) {
  std::vector<int> rank(series, 1);
  for (const PairTest& test : tests) {
    if (test.p_holm > alpha || test.difference == 0) continue;
    ++rank[test.difference > 0 ? test.b : test.a];
  }
  return rank;
}

}  // namespace offload
