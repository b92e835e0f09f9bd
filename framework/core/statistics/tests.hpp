// Which differences between rows are more than noise (statistics.md, "Intervals and tests"): sign-flip tests
// of paired per-episode means, Holm's correction, and ranks that treat what is not significant as a tie.
#pragma once

#include <cstdint>
#include <vector>

namespace offload {

// One value per series and unit: the mean of a row on an episode.
struct PairedValues {
  std::size_t series = 0, units = 0;
  std::vector<double> value;  // [units][series], finite

  double operator()(std::size_t unit, std::size_t series_index) const {
    return value[unit * series + series_index];
  }
};

struct PairTest {
  std::size_t a = 0, b = 0;  // a < b
  double difference = 0;     // mean of a - b
  double p = 1, p_holm = 1;  // two-sided; after Holm's correction over all pairs
};

// max(10000, 40 x pairs): enough that one pair can stay below .05 after the correction.
std::int64_t sign_flips(std::size_t series);

// Two-sided sign-flip test of every pair of series: p = (1 + flips at least as extreme)/(1 + flips). The
// signs are drawn once per flip and unit and serve all pairs. Pairs in the order (0,1), (0,2), ..., (1,2),
// ...
std::vector<PairTest> sign_flip_tests(const PairedValues& values, std::int64_t flips, std::uint64_t seed);

// Holm's step-down adjusted p-values, in the order given, at most 1.
std::vector<double> holm(const std::vector<double>& p);

// 1 + the number of series significantly better (higher mean, p_holm <= alpha), per series.
std::vector<int> tie_aware_ranks(const std::vector<PairTest>& tests, std::size_t series, double alpha = .05);

}  // namespace offload
