// The Mann-Whitney U test of two independent samples, for what is measured in repetitions and has no common
// unit to pair: whether values of b tend to be larger than those of a, and by how much (Hodges and Lehmann).
#pragma once

#include <cstddef>
#include <span>

#include "core/statistics/intervals.hpp"

namespace offload {

struct RankSum {
  double u = 0;       // pairs (one of a, one of b) in which b is larger, ties half
  double p = 1;       // two-sided; of all permutations of the pooled ranks, ties included, where `exact`
  bool exact = true;  // else the normal approximation with correction for ties and continuity
  double shift = 0;   // median of all differences b - a
  Interval interval;  // 95 %, of the shift; infinite ends where the samples are too small for one
};

// Neither sample is empty; values are finite.
RankSum rank_sum(std::span<const double> a, std::span<const double> b);

// The least p that samples of these sizes can have: 2 over the number of ways to choose one of them.
double least_p(std::size_t a, std::size_t b);

}  // namespace offload
