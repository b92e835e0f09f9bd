// Estimates of what a frozen policy would get, from a log in which another policy with known propensities
// chose one arm per query: importance sampling (clipped, self-normalised) and doubly robust. Terms are per
// logged turn with the estimate as their mean, so that two policies on one log are compared by pairs.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "core/statistics/intervals.hpp"

namespace offload {

struct LoggedTurn {
  std::uint32_t arm = 0;
  double propensity = 0;  // with which the logging policy chose it, > 0
  double outcome = 0;
};

struct OffPolicy {
  double value = 0;
  std::vector<double> terms;         // [logged turns], mean `value`
  double effective_sample_size = 0;  // (sum w)^2 / sum w^2 of the weights used; 0 without overlap
};

inline constexpr double kNoClip = std::numeric_limits<double>::infinity();

// `target` [logged turns]: the probability with which the policy asked about takes the logged arm. Weights
// target / propensity are cut at `clip`, which trades variance for a bias towards 0.
OffPolicy importance_sampling(std::span<const LoggedTurn> log, std::span<const double> target,
                              double clip = kNoClip);
// Divided by the sum of the weights instead of their number; terms are the linearised ones. Value NaN without
// overlap.
OffPolicy self_normalised(std::span<const LoggedTurn> log, std::span<const double> target,
                          double clip = kNoClip);
// A model's answer, corrected by what the log says of its errors. `policy` and `predicted` [logged turns]
// [arms]; unbiased whatever the predictions if they were not fitted on the turn they are for and `clip` cuts
// nothing.
OffPolicy doubly_robust(std::span<const LoggedTurn> log, std::size_t arms, std::span<const double> policy,
                        std::span<const double> predicted, double clip = kNoClip);

// a - b of two estimates on one log: value, and its standard error with turns as the unit.
struct PairedEstimate {
  double value = 0, standard_error = 0;
};
PairedEstimate paired_difference(const OffPolicy& a, const OffPolicy& b);
double standard_error(const OffPolicy& estimate);

}  // namespace offload
