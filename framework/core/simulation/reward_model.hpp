// How core asks for rewards without knowing of plugins: host implements it over a reward plugin, tests over a
// formula.
#pragma once

#include <offload/abi.h>

#include <cstdint>

namespace offload {

inline constexpr double kMostReward = 1e100;  // so that sums and squares stay finite
// Index of the first reward that is NaN or larger in size; n where there is none.
std::int64_t first_unusable(const double* reward, std::int64_t n);

class RewardModel {
 public:
  virtual ~RewardModel() = default;
  // Writes reward[0 .. outcomes.n). Row i depends on row i alone, in any order, any number of times. The
  // outcomes' arrays live for the call. Throws Error(plugin) when the reward fails or is not finite.
  virtual void score(const offload_outcomes& outcomes, double* reward) = 0;
};

}  // namespace offload
