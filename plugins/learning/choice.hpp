// Choosing an action from logits or action values under an optional mask. Masked actions have probability 0;
// mask is [A], 1: allowed, or nullptr.
#pragma once

#include <offload/random.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace offload::learning {

// Streams of the environment's seed, by purpose.
inline constexpr std::uint64_t kInitialise = 1, kShuffle = 2, kReplay = 3;

inline std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

// The largest, ties to the lowest index.
int greedy(std::span<const float> values, const std::uint8_t* mask);
// From the softmax of the logits, by one uniform number.
int sample(std::span<const float> logits, const std::uint8_t* mask, Random& random);
// Every allowed action alike.
int uniform(int actions, const std::uint8_t* mask, Random& random);
double log_probability(std::span<const float> logits, const std::uint8_t* mask, int action);

}  // namespace offload::learning
