// The optimisers of every set of kernels that the machine has, to the bit, beside plain loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "learning/aligned.hpp"
#include "unit/learning/kernel_tables.hpp"
#include "unit/learning/reference_kernels.hpp"

namespace offload::learning {
namespace {

// Without a gradient for longer and longer, until means and squares are so small that rounding keeps them.
TEST(Optimisers, AdamOfWhatIsAtRestIsTheReferenceToTheBit) {
  constexpr std::size_t n = 64;
  Random random(10);
  const AlignedFloats start = drawn(n, random), gradient = drawn(n, random, 1e-3);
  for (const float unbias : {1.5f, 1.0f}) {
    for (const double beta1 : {.9, .95, .5}) {
      const auto steps = [&](const offload_kernels& kernels) {
        AlignedFloats values = start, mean(n), square(n), pull(n);
        for (int t = 0; t < 4000; ++t) {
          for (std::size_t i = 0; i < n; ++i) {
            const bool pulled = i % 3 == 0 || t < 3 || (i % 3 == 1 && t % 2500 == 2400);
            // Squares start below what rounding lets fall, at a few units, and at none.
            if (t == 3 && i % 4 == 1) square[i] = static_cast<float>(i * 16) * 0x1p-149f;
            pull[i] = pulled ? gradient[i] * (i % 5 == 0 ? 0x1p-140f : 1) : 0;
          }
          kernels.adam(n, values.data(), pull.data(), mean.data(), square.data(), 1, 1e-4f, beta1, .999,
                       unbias, 1e-8f);
        }
        const auto smallest =
            std::ranges::count_if(mean, [](float m) { return m != 0 && std::abs(m) < 2e-44f; });
        EXPECT_EQ(smallest > 0, beta1 > .5) << "nothing came to rest";
        for (const AlignedFloats* more : {&mean, &square})
          values.insert(values.end(), more->begin(), more->end());
        return values;
      };
      const AlignedFloats expected = steps(kReferenceKernels);
      for (const offload_kernels* kernels : tables()) {
        EXPECT_TRUE(same(steps(*kernels), expected)) << kernels->name << " " << unbias << " " << beta1;
      }
    }
  }
}

// One step of all small numbers of units of the smallest float, where it is a matter of rounding what moves.
TEST(Optimisers, AdamOfSmallestFloatsIsTheReferenceToTheBit) {
  constexpr float unit = 0x1p-149f;
  AlignedFloats start, pull, means, squares;
  for (const float parameter : {0.0f, -7 * unit, 0x1p-130f, 1.0f}) {
    for (const int square : {0, 1, 499, 500, 501, 1000, 1 << 24}) {
      for (int mean = -11; mean <= 11; ++mean) {
        for (const int gradient : {-11, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 8'371'000}) {
          start.push_back(parameter);
          squares.push_back(static_cast<float>(square) * unit);
          means.push_back(static_cast<float>(mean) * unit);
          pull.push_back(static_cast<float>(gradient) * unit);
        }
      }
    }
  }
  for (AlignedFloats* values : {&start, &pull, &means, &squares})
    values->resize((start.size() + 15) / 16 * 16);
  const struct {
    double beta1, beta2;
  } betas[] = {{.9, .999}, {.95, .9}, {.5, .99}, {1 - 8.3e-8, 1 - 1e-6}, {1, 1}};
  for (const auto& [beta1, beta2] : betas) {
    for (const float step : {0.0f, 1e-4f, .13f, .3f, 10.0f}) {
      for (const float epsilon : {1e-8f, 0.0f}) {
        for (const float unbias : {1.0f, 1.25f}) {
          const auto stepped = [&](const offload_kernels& kernels) {
            AlignedFloats values = start, mean = means, square = squares;
            kernels.adam(values.size(), values.data(), pull.data(), mean.data(), square.data(), 1, step,
                         beta1, beta2, unbias, epsilon);
            values.insert(values.end(), mean.begin(), mean.end());
            values.insert(values.end(), square.begin(), square.end());
            return values;
          };
          const AlignedFloats expected = stepped(kReferenceKernels);
          for (const offload_kernels* kernels : tables()) {
            EXPECT_TRUE(same(stepped(*kernels), expected))
                << kernels->name << " " << beta1 << " " << step << " " << epsilon << " " << unbias;
          }
        }
      }
    }
  }
}

TEST(Optimisers, NormAndOptimisersAreTheReferenceToTheBit) {
  Random random(4);
  for (const std::size_t n : {16u, 48u, 1024u, 1040u, 13376u}) {
    const AlignedFloats start = drawn(n, random), gradient = drawn(n, random, .1);
    const auto steps = [&](const offload_kernels& kernels) {
      AlignedFloats values = start, mean(n), square(n), others = start, other_square(n);
      for (int t = 0; t < 3; ++t) {
        kernels.adam(n, values.data(), gradient.data(), mean.data(), square.data(), .7f, .01f, .9, .999, 3.1f,
                     1e-5f);
        kernels.rmsprop(n, others.data(), gradient.data(), other_square.data(), .7f, .01f, .99, 1e-5f);
      }
      for (const AlignedFloats* more : {&mean, &square, &others, &other_square}) {
        values.insert(values.end(), more->begin(), more->end());
      }
      return values;
    };
    for (const offload_kernels* kernels : tables()) {
      EXPECT_EQ(kernels->square_norm(n, gradient.data()), kReferenceKernels.square_norm(n, gradient.data()))
          << kernels->name << " " << n;
      EXPECT_TRUE(same(steps(*kernels), steps(kReferenceKernels))) << kernels->name << " " << n;
    }
  }
}

}  // namespace
}  // namespace offload::learning
