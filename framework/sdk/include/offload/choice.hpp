// Choosing among the actions that a mask allows. A mask of the host allows at least one; where none is
// allowed the answer is mask.size(), which the host names as outside.
#pragma once

#include <offload/random.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace offload {

// The allowed action of highest value; ties, NaN and minus infinity go to the lowest index.
template <typename Value>
std::int32_t best_allowed(std::span<const std::uint8_t> mask, std::span<const Value> value) {
  std::size_t best = mask.size();
  for (std::size_t action = 0; action < mask.size(); ++action) {
    if (mask[action] != 0 && (best == mask.size() || value[action] > value[best])) best = action;
  }
  return static_cast<std::int32_t>(best);
}

// Each allowed action with the same probability.
inline std::int32_t uniform_allowed(std::span<const std::uint8_t> mask, Random& random) {
  std::uint64_t allowed = 0;
  for (const std::uint8_t bit : mask) allowed += bit != 0 ? 1 : 0;
  if (allowed == 0) return static_cast<std::int32_t>(mask.size());
  std::uint64_t left = random.below(allowed);
  std::size_t action = 0;
  while (mask[action] == 0 || left-- > 0) ++action;
  return static_cast<std::int32_t>(action);
}

}  // namespace offload
