// How much of what could be gained by looking a row gains: the share of the gap from its static mix at equal
// spend to hindsight. It stands in the place of S where no causal oracle exists.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/statistics/intervals.hpp"

namespace offload {

// A session tested in a run; values are means over its turns.
struct GapSample {
  std::uint32_t run = 0, cluster = 0;  // cluster: sessions that share prompts have one
  double row = 0, mix = 0, hindsight = 0;
};

struct GapShare {
  double row = 0, mix = 0, hindsight = 0;  // means over the samples; NaN without any
  // (row - mix) / (hindsight - mix), its percentiles over drawings of runs and of clusters; all NaN where
  // hindsight does not beat the mix by more than chance (headroom.low <= 0).
  double share = 0;
  Interval interval, headroom;  // 95 %; of the share, and of hindsight - mix
};
GapShare gap_share(std::span<const GapSample> samples, int repetitions, std::uint64_t seed);

// The best mix of constant arms that spends no more per turn than the row did: means per arm of the training
// turns, `spend` (latency s, cost USD) the row's means per turn; NaN or infinity bounds nothing.
// Probabilities [arms]; empty where none fits. Arms with a NaN mean are left out.
std::vector<double> mix_at_spend(std::span<const double> mean_value,
                                 std::span<const std::array<double, 2>> mean_amounts,
                                 const std::array<double, 2>& spend);

}  // namespace offload
