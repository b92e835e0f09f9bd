#include "learning/choice.hpp"

#include <offload/portable_math.hpp>

#include <array>

namespace offload::learning {

namespace {

bool allowed(const std::uint8_t* mask, std::size_t action) { return !mask || mask[action]; }

}  // namespace

int greedy(std::span<const float> values, const std::uint8_t* mask) {
  // Without branches: which value is the largest cannot be predicted.
  int best = -1;
  float most = 0;
  for (std::size_t a = 0; a < values.size(); ++a) {
    const bool better =
        static_cast<int>(allowed(mask, a)) & (static_cast<int>(best < 0) | (values[a] > most));
    best = better ? static_cast<int>(a) : best;
    most = better ? values[a] : most;
  }
  return best < 0 ? 0 : best;
}

int sample(std::span<const float> logits, const std::uint8_t* mask, Random& random) {
  const int best = greedy(logits, mask);
  const double most = logits[static_cast<std::size_t>(best)];
  std::array<double, 32> kept;  // the first weights, which the second pass needs again
  double total = 0;
  for (std::size_t a = 0; a < logits.size(); ++a) {
    if (!allowed(mask, a)) continue;
    const double weight = portable_exp(logits[a] - most);
    if (a < kept.size()) kept[a] = weight;
    total += weight;
  }
  double left = random.uniform() * total;
  for (std::size_t a = 0; a < logits.size(); ++a) {
    if (!allowed(mask, a)) continue;
    left -= a < kept.size() ? kept[a] : portable_exp(logits[a] - most);
    if (left < 0) return static_cast<int>(a);
  }
  return best;
}

int uniform(int actions, const std::uint8_t* mask, Random& random) {
  if (!mask) return static_cast<int>(random.below(static_cast<std::uint64_t>(actions)));
  std::uint64_t count = 0;
  for (int a = 0; a < actions; ++a) count += mask[a] != 0;
  if (count == 0) return 0;
  std::uint64_t chosen = random.below(count);
  for (int a = 0; a < actions; ++a) {
    if (mask[a] && chosen-- == 0) return a;
  }
  return 0;
}

double log_probability(std::span<const float> logits, const std::uint8_t* mask, int action) {
  const double most = logits[static_cast<std::size_t>(greedy(logits, mask))];
  double total = 0;
  for (std::size_t a = 0; a < logits.size(); ++a) {
    if (allowed(mask, a)) total += portable_exp(logits[a] - most);
  }
  return logits[static_cast<std::size_t>(action)] - most - portable_log(total);
}

}  // namespace offload::learning
