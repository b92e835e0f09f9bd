#include "core/statistics/tests.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/multiversion.hpp"
#include "offload/random.hpp"

namespace offload {
namespace {

constexpr std::size_t kGroup = 8;           // units whose signs make one byte
constexpr std::size_t kBlock = 8 * kGroup;  // units whose signs make one draw

// Signed sums of each group of 8 units from `first` on, for each of the 256 sign patterns:
// [8][256][series]. A flip then adds one row per group instead of eight.
void signed_sums(const PairedValues& values, std::size_t first, std::vector<double>& table) {
  const std::size_t series = values.series;
  table.assign(8 * 256 * series, 0.0);
  for (std::size_t i = 0; i < kBlock && first + i < values.units; ++i) {
    for (std::size_t pattern = 0; pattern < 256; ++pattern) {
      const double sign = pattern >> i % kGroup & 1U ? -1.0 : 1.0;
      double* row = table.data() + (i / kGroup * 256 + pattern) * series;
      for (std::size_t s = 0; s < series; ++s) row[s] += sign * values(first + i, s);
    }
  }
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

// Adds a block's units under random signs to sums [flips][series].
OFFLOAD_MULTIVERSION
void add_flipped(const double* table, std::size_t groups, std::size_t series, std::int64_t flips,
                 Random& random, double* sums) {
  for (std::int64_t f = 0; f < flips; ++f, sums += series) {
    std::uint64_t signs = random.bits();
    for (std::size_t group = 0; group < groups; ++group, signs >>= 8) {
      const double* row = table + (group * 256 + (signs & 255U)) * series;
      for (std::size_t s = 0; s < series; ++s) sums[s] += row[s];
    }
  }
}

// Sums of all units under random signs, [flips][series].
std::vector<double> flipped_sums(const PairedValues& values, std::int64_t flips, Random& random) {
  const std::size_t series = values.series;
  std::vector<double> sums(static_cast<std::size_t>(flips) * series, 0.0), table;
  for (std::size_t first = 0; first < values.units; first += kBlock) {
    signed_sums(values, first, table);
    const std::size_t groups = std::min<std::size_t>(8, (values.units - first + kGroup - 1) / kGroup);
    add_flipped(table.data(), groups, series, flips, random, sums.data());
  }
  return sums;
}

// How many of the flips make each pair's difference as extreme as its bar.
OFFLOAD_MULTIVERSION
void count_extreme(const double* sums, std::size_t series, std::int64_t flips, const double* bar,
                   std::int64_t* extreme) {
  for (std::int64_t f = 0; f < flips; ++f, sums += series) {
    std::size_t pair = 0;
    for (std::size_t a = 0; a < series; ++a) {
      const std::size_t others = series - a - 1;
      for (std::size_t i = 0; i < others; ++i) {
        extreme[pair + i] += std::abs(sums[a] - sums[a + 1 + i]) >= bar[pair + i];
      }
      pair += others;
    }
  }
}

}  // namespace

std::int64_t sign_flips(std::size_t series) {
  const auto n = static_cast<std::int64_t>(series);
  return std::max<std::int64_t>(10'000, 40 * n * (n - 1) / 2);
}

std::vector<PairTest> sign_flip_tests(const PairedValues& values, std::int64_t flips, std::uint64_t seed) {
  std::vector<PairTest> pairs = pairs_of(values);
  if (pairs.empty() || values.units == 0) return pairs;
  // Sums in another order differ in the last bits: what is as extreme up to these counts as as extreme.
  std::vector<double> bar;
  bar.reserve(pairs.size());
  for (const PairTest& pair : pairs) {
    bar.push_back(std::abs(pair.difference) * static_cast<double>(values.units) * (1 - 1e-9) - 1e-12);
  }
  std::vector<std::int64_t> extreme(pairs.size(), 0);
  Random random(seed);
  const std::vector<double> sums = flipped_sums(values, flips, random);
  count_extreme(sums.data(), values.series, flips, bar.data(), extreme.data());
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
