#include "core/statistics/tests.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

#include "core/statistics/aggregates.hpp"
#include "offload/random.hpp"

namespace offload {
namespace {

// Sums of as many flips are added up side by side: each by itself waits for every addition.
constexpr std::size_t kFlipsAtOnce = 8;

}  // namespace

std::vector<PairTest> test_pairs(const TestDesign& design, const std::vector<std::vector<double>>& series,
                                 std::span<const PairOf> pairs, const ClaimRule& rule) {
  ClaimRule fresh = rule;
  fresh.claim = Claim::fresh_data;
  std::vector<PairTest> tests;
  std::vector<double> difference(design.tests()), p;
  tests.reserve(pairs.size());
  for (const PairOf& pair : pairs) {
    for (std::size_t i = 0; i < difference.size(); ++i) difference[i] = series[pair.a][i] - series[pair.b][i];
    const CrossedMoments moments = crossed_moments(design, difference);
    const ClaimedMean mean = claimed(moments, rule);
    tests.push_back({pair.a, pair.b, mean.mean, mean.interval, mean.p, mean.p, claimed(moments, fresh)});
    p.push_back(mean.p);
  }
  const std::vector<double> adjusted = holm(p);
  for (std::size_t i = 0; i < tests.size(); ++i) tests[i].p_holm = adjusted[i];
  return tests;
}

std::vector<PairOf> all_pairs(std::size_t series) {
  std::vector<PairOf> pairs;
  for (std::size_t a = 0; a < series; ++a) {
    for (std::size_t b = a + 1; b < series; ++b) pairs.push_back({a, b});
  }
  return pairs;
}

double sign_flip_above(std::span<const double> units, std::int64_t flips, std::uint64_t seed) {
  double observed = 0, size = 0;
  for (const double unit : units) {
    observed += unit;
    size += std::abs(unit);
  }
  // Sums in another order differ in the last bits.
  const double bar = observed - 1e-12 * size;
  std::int64_t as_large = 0;
  Random random(seed);
  const std::size_t words = (units.size() + 63) / 64;
  std::vector<std::uint64_t> signs(words * kFlipsAtOnce);  // [words][flips], drawn flip by flip
  for (std::int64_t f = 0; f < flips; f += kFlipsAtOnce) {
    const auto count = static_cast<std::size_t>(std::min<std::int64_t>(kFlipsAtOnce, flips - f));
    for (std::size_t k = 0; k < count; ++k) {
      for (std::size_t w = 0; w < words; ++w) signs[w * kFlipsAtOnce + k] = random.bits();
    }
    std::array<double, kFlipsAtOnce> sum{};
    for (std::size_t i = 0; i < units.size(); ++i) {
      const auto unit = std::bit_cast<std::uint64_t>(units[i]);
      const std::uint64_t* const word = &signs[i / 64 * kFlipsAtOnce];
      for (std::size_t k = 0; k < kFlipsAtOnce; ++k)
        sum[k] += std::bit_cast<double>(unit ^ ((~(word[k] >> (i % 64)) & 1U) << 63));
    }
    for (std::size_t k = 0; k < count; ++k) as_large += sum[k] >= bar;
  }
  return static_cast<double>(1 + as_large) / static_cast<double>(1 + flips);
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (!std::isnan(p[i])) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted = p;
  double floor = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    floor = std::max(floor, std::min(1.0, static_cast<double>(order.size() - i) * p[order[i]]));
    adjusted[order[i]] = floor;
  }
  return adjusted;
}

}  // namespace offload
