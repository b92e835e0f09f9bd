// The sets of kernels that this machine has, and what their tests draw and compare.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "learning/aligned.hpp"
#include "learning/compute.hpp"

namespace offload::learning {

inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

inline std::vector<const offload_kernels*> tables() {
  std::vector<const offload_kernels*> all;
  for (const char* name : {"baseline", "avx2", "avx512"}) {
    try {
      all.push_back(&choose_kernels(name));
    } catch (const std::exception&) {
    }
  }
  return all;
}

inline AlignedFloats drawn(std::size_t n, Random& random, double deviation = 1) {
  AlignedFloats values(n);
  for (float& value : values) value = static_cast<float>(deviation * random.normal());
  return values;
}

// Equal to the bit, as any two NaN are.
inline ::testing::AssertionResult same(std::span<const float> a, std::span<const float> b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i])) {
      return ::testing::AssertionFailure() << "element " << i << ": " << a[i] << " and " << b[i];
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace offload::learning
