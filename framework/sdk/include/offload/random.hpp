// Random numbers that depend on nothing but their seed: the same on every platform, compiler and thread
// count. A stream is a 64-bit seed made from the ids of what it is for (`stream(seed, purpose, episode)`), so
// that what one episode draws never depends on how many others there are. Used by host and plugins alike;
// the standard library's distributions differ between implementations and are not.
#pragma once

#include <offload/portable_math.hpp>

#include <cmath>
#include <cstdint>

namespace offload {

// The finaliser of SplitMix64: a bijection whose output bits each depend on all input bits.
constexpr std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
  return value ^ (value >> 31);
}

// The seed of the stream named by these ids; their order matters.
template <typename... Ids>
constexpr std::uint64_t stream(std::uint64_t first, Ids... rest) {
  constexpr std::uint64_t step = 0x9e3779b97f4a7c15ull;
  std::uint64_t state = mix(first + step);
  ((state = mix((state ^ static_cast<std::uint64_t>(rest)) + step)), ...);
  return state;
}

// SplitMix64: 64 bits of state, passes BigCrush, costs about a nanosecond a draw.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() { return mix(state_ += 0x9e3779b97f4a7c15ull); }

  // In [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

  // Uniform in 0 .. n - 1 without bias; n > 0.
  std::uint64_t below(std::uint64_t n) {
    std::uint64_t value = bits();
    if (value < n) {  // else it cannot be below the biased ones either: a division saved
      const std::uint64_t biased = (0 - n) % n;
      while (value < biased) value = bits();
    }
    return value % n;
  }

  // Standard normal, by the polar method; the second value of a pair is dropped to keep the state one word.
  double normal() {
    for (;;) {
      const double x = 2 * uniform() - 1;
      const double y = 2 * uniform() - 1;
      const double square = x * x + y * y;
      if (square < 1 && square > 0) return x * std::sqrt(-2 * portable_log(square) / square);
    }
  }

  // Mean 1.
  double exponential() { return -portable_log(1 - uniform()); }

  // Gamma with this shape (> 0) and scale 1, so that its mean is the shape; Marsaglia and Tsang 2000.
  double gamma(double shape) {
    if (shape < 1) return gamma(shape + 1) * portable_exp(portable_log(1 - uniform()) / shape);
    const double d = shape - 1.0 / 3;
    const double c = 1 / std::sqrt(9 * d);
    for (;;) {
      const double x = normal();
      const double root = 1 + c * x;
      if (root <= 0) continue;
      const double v = root * root * root;
      if (portable_log(1 - uniform()) < x * x / 2 + d - d * v + d * portable_log(v)) return d * v;
    }
  }

 private:
  std::uint64_t state_;
};

}  // namespace offload
