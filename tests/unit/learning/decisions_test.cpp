// The kernels' forward for decisions, to the bit, beside plain loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "unit/learning/kernel_tables.hpp"
#include "unit/learning/reference_kernels.hpp"

namespace offload::learning {

namespace {

struct Decision {
  Decision(const offload_kernels& kernels, offload_network network, int rows, int actions,
           const AlignedFloats& parameters, const AlignedFloats& x)
      : y(static_cast<std::size_t>(rows * offload_layout_of(network).stride), kNan),
        best(static_cast<std::size_t>(rows), -1),
        alone(best) {
    AlignedFloats scratch(offload_decide_scratch(network), kNan);
    kernels.decide(network, parameters.data(), rows, x.data(), y.data(), actions, best.data(),
                   scratch.data());
    kernels.decide(network, parameters.data(), rows, x.data(), nullptr, actions, alone.data(),
                   scratch.data());
  }
  AlignedFloats y;
  std::vector<std::int32_t> best, alone;
};

TEST(Kernels, DecisionsAreTheReferenceToTheBit) {
  const struct {
    int inputs, outputs, actions, activation, hidden, rows;
  } cases[] = {{28, 9, 9, OFFLOAD_TANH, 64, 64}, {58, 17, 17, OFFLOAD_TANH, 64, 48},
               {28, 9, 9, OFFLOAD_RELU, 64, 32}, {3, 51, 17, OFFLOAD_RELU, 16, 16},
               {1, 2, 1, OFFLOAD_TANH, 48, 64},  {30, 16, 16, OFFLOAD_RELU, 128, 16},
               {29, 7, 6, OFFLOAD_TANH, 144, 48}};
  Random random(7);
  for (const auto& c : cases) {
    const offload_network network = {c.inputs, c.outputs, c.activation, c.hidden};
    const AlignedFloats parameters = drawn(offload_layout_of(network).size, random, .3);
    AlignedFloats x = drawn(static_cast<std::size_t>(c.rows * c.inputs), random);
    x[0] = kNan;  // a row without any number
    const Decision expected(kReferenceKernels, network, c.rows, c.actions, parameters, x);
    EXPECT_EQ(expected.best[0], 0);
    for (const offload_kernels* kernels : tables()) {
      const Decision found(*kernels, network, c.rows, c.actions, parameters, x);
      EXPECT_TRUE(same(found.y, expected.y)) << kernels->name << " " << c.inputs;
      EXPECT_EQ(found.best, expected.best) << kernels->name << " " << c.inputs;
      EXPECT_EQ(found.alone, expected.best) << kernels->name << " " << c.inputs;
    }
  }
}

// Equal values: the first; a NaN first stays, one later is passed over.
TEST(Kernels, DecisionsTakeTheFirstOfTheLargest) {
  const offload_network network = {1, 4, OFFLOAD_RELU, 16};
  const offload_network_layout at = offload_layout_of(network);
  const AlignedFloats x(16);
  const struct {
    float values[4];
    int actions;
    std::int32_t best;
  } cases[] = {
      {{1, 3, 3, 2}, 4, 1}, {{kNan, 3, 3, 2}, 4, 0}, {{1, kNan, 2, 5}, 4, 3}, {{1, kNan, 2, 5}, 3, 2}};
  for (const auto& c : cases) {
    AlignedFloats parameters(at.size);
    std::ranges::copy(c.values, parameters.begin() + static_cast<std::ptrdiff_t>(at.b3));
    for (const offload_kernels* kernels : tables()) {
      const Decision found(*kernels, network, 16, c.actions, parameters, x);
      EXPECT_EQ(found.best, std::vector<std::int32_t>(16, c.best)) << kernels->name;
    }
  }
}

}  // namespace
}  // namespace offload::learning
