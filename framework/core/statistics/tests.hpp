// Which differences between rows are more than noise (statistics.md, "Intervals and tests"): pairs of series
// tested under a claim, and Holm's correction over a family of pairs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/statistics/crossed_moments.hpp"

namespace offload {

struct PairTest {
  std::size_t a = 0, b = 0;  // series
  double difference = 0;     // mean of a - b over the tests that both have
  Interval interval;         // 95 %, under the claim
  double p = 1, p_holm = 1;  // two-sided; after Holm's correction over the family. NaN: no verdict
  ClaimedMean fresh;         // claim F, approximate; NaN where nothing can be said

  bool significant(double alpha) const { return p_holm <= alpha && difference != 0; }
};

struct PairOf {
  std::size_t a = 0, b = 0;
};

// Tests `pairs` of series [series][tests], NaN where a test is missing; results in the order of `pairs`, with
// Holm's correction over all that have a verdict.
std::vector<PairTest> test_pairs(const TestDesign& design, const std::vector<std::vector<double>>& series,
                                 std::span<const PairOf> pairs, const ClaimRule& rule);

// (0,1), (0,2), ..., (1,2), ... of `series`.
std::vector<PairOf> all_pairs(std::size_t series);

// One-sided sign-flip test that the mean of `units` is above 0, for what may be as skewed as it likes but is
// symmetric about 0 by chance: (1 + flips with as large a sum)/(1 + flips).
double sign_flip_above(std::span<const double> units, std::int64_t flips, std::uint64_t seed);

// Holm's step-down adjusted p-values, in the order given, at most 1; NaNs stay and do not count.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace offload
