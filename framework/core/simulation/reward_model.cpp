#include "core/simulation/reward_model.hpp"

#include <cmath>

#include "core/multiversion.hpp"

namespace offload {
namespace {

OFFLOAD_MULTIVERSION
std::int64_t count_usable(const double* reward, std::int64_t n) {
  std::int64_t usable = 0;
  for (std::int64_t i = 0; i < n; ++i) usable += std::abs(reward[i]) <= kMostReward ? 1 : 0;
  return usable;
}

}  // namespace

std::int64_t first_unusable(const double* reward, std::int64_t n) {
  if (count_usable(reward, n) == n) return n;
  std::int64_t i = 0;
  while (std::abs(reward[i]) <= kMostReward) ++i;
  return i;
}

}  // namespace offload
