// Choosing an action from logits or action values under an optional mask. Masked actions have probability 0;
// mask is [A], 1: allowed, or nullptr.
#pragma once

#include <offload/random.hpp>

#include <cstdint>
#include <span>

namespace offload::learning {

// The largest, ties to the lowest index.
int greedy(std::span<const float> values, const std::uint8_t* mask);
// From the softmax of the logits, by one uniform number.
int sample(std::span<const float> logits, const std::uint8_t* mask, Random& random);
// Every allowed action alike.
int uniform(int actions, const std::uint8_t* mask, Random& random);
double log_probability(std::span<const float> logits, const std::uint8_t* mask, int action);

}  // namespace offload::learning
