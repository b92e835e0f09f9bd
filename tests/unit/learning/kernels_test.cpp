// Every set of kernels that the machine has, to the bit, beside plain loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "learning/aligned.hpp"
#include "unit/learning/kernel_tables.hpp"
#include "unit/learning/reference_kernels.hpp"

namespace offload::learning {

namespace {

constexpr int kHidden = 64;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Any float of this many powers of two around 1, or around `scale`.
float of_any_size(Random& random, double powers, double scale = 1) {
  const double size = std::exp2((random.uniform() - .5) * powers) * scale;
  return static_cast<float>(random.below(2) == 0 ? size : -size);
}

// What a forward and two backwards write.
struct Pass {
  Pass(const offload_kernels& kernels, offload_network network, int rows, const AlignedFloats& parameters,
       const AlignedFloats& x, const AlignedFloats& dy)
      : h1(size(rows) * size(network.hidden)), h2(h1.size()), gradient(parameters.size()) {
    const auto stride = size(offload_layout_of(network).stride);
    y.resize(size(rows) * stride);
    AlignedFloats scratch(offload_backward_scratch(network));
    kernels.forward(network, parameters.data(), rows, x.data(), h1.data(), h2.data(), y.data());
    for (const int add : {0, 1}) {
      kernels.backward(network, parameters.data(), rows, x.data(), h1.data(), h2.data(), dy.data(), add,
                       gradient.data(), scratch.data());
    }
  }
  static std::size_t size(int n) { return static_cast<std::size_t>(n); }
  AlignedFloats h1, h2, y, gradient;
};

void expect_same_pass(offload_network network, int rows, const AlignedFloats& parameters,
                      const AlignedFloats& x, const AlignedFloats& dy, const char* what) {
  const Pass expected(kReferenceKernels, network, rows, parameters, x, dy);
  for (const offload_kernels* kernels : tables()) {
    const Pass found(*kernels, network, rows, parameters, x, dy);
    EXPECT_TRUE(same(found.h1, expected.h1)) << kernels->name << " " << what << " h1";
    EXPECT_TRUE(same(found.h2, expected.h2)) << kernels->name << " " << what << " h2";
    EXPECT_TRUE(same(found.y, expected.y)) << kernels->name << " " << what << " y";
    EXPECT_TRUE(same(found.gradient, expected.gradient)) << kernels->name << " " << what << " gradient";
  }
}

TEST(Kernels, AreHere) {
  ASSERT_FALSE(tables().empty());
  if (tables().size() < 3) GTEST_SKIP() << "the widest compared here are " << tables().back()->name;
}

TEST(Kernels, ForwardAndBackwardAreTheReferenceToTheBit) {
  const struct {
    int inputs, outputs, activation, hidden, rows;
  } cases[] = {{28, 9, OFFLOAD_TANH, 64, 64},  {28, 1, OFFLOAD_TANH, 64, 64}, {58, 17, OFFLOAD_TANH, 64, 63},
               {28, 9, OFFLOAD_RELU, 64, 32},  {3, 51, OFFLOAD_RELU, 64, 5},  {1, 2, OFFLOAD_TANH, 64, 1},
               {28, 1, OFFLOAD_RELU, 64, 7},   {28, 9, OFFLOAD_TANH, 16, 64}, {28, 1, OFFLOAD_RELU, 48, 5},
               {28, 9, OFFLOAD_RELU, 144, 33}, {28, 1, OFFLOAD_TANH, 256, 3}};
  Random random(1);
  for (const auto& c : cases) {
    const offload_network network = {c.inputs, c.outputs, c.activation, c.hidden};
    const auto rows = static_cast<std::size_t>(c.rows);
    const auto stride = static_cast<std::size_t>(offload_layout_of(network).stride);
    const AlignedFloats parameters = drawn(offload_layout_of(network).size, random, .3);
    const AlignedFloats x = drawn(rows * static_cast<std::size_t>(c.inputs), random);
    expect_same_pass(network, c.rows, parameters, x, drawn(rows * stride, random), "drawn");
  }
}

// Every way in which rows are divided into tiles.
TEST(Kernels, AnyNumberOfRowsIsTheReferenceToTheBit) {
  Random random(8);
  for (int rows = 1; rows <= 24; ++rows) {
    const offload_network network = {rows, 9, OFFLOAD_TANH, kHidden};
    const auto count = static_cast<std::size_t>(rows);
    const AlignedFloats parameters = drawn(offload_layout_of(network).size, random, .3);
    expect_same_pass(network, rows, parameters, drawn(count * count, random), drawn(count * 16, random),
                     std::to_string(rows).c_str());
  }
}

TEST(Kernels, BackwardOfWhatIsChosenIsTheReferenceToTheBit) {
  const struct {
    int inputs, actions, heads, hidden, rows;
  } cases[] = {{28, 9, 1, 64, 32}, {28, 9, 3, 64, 64},  {5, 2, 1, 16, 7},
               {3, 17, 1, 144, 1}, {28, 65, 2, 48, 33}, {4, 1, 1, 64, 9}};
  Random random(9);
  for (const auto& c : cases) {
    const offload_network network = {c.inputs, c.actions * c.heads, OFFLOAD_RELU, c.hidden};
    const auto rows = static_cast<std::size_t>(c.rows), units = rows * static_cast<std::size_t>(c.hidden);
    const AlignedFloats parameters = drawn(offload_layout_of(network).size, random, .3);
    const AlignedFloats x = drawn(rows * static_cast<std::size_t>(c.inputs), random);
    const AlignedFloats dy = drawn(rows * static_cast<std::size_t>(c.heads), random);
    AlignedFloats h1(units), h2(units), y(rows * static_cast<std::size_t>(offload_layout_of(network).stride));
    kReferenceKernels.forward(network, parameters.data(), c.rows, x.data(), h1.data(), h2.data(), y.data());
    std::vector<std::int32_t> action(rows);
    for (std::int32_t& a : action)
      a = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(c.actions)));
    const offload_chosen chosen = {c.heads, c.actions, action.data(), dy.data()};
    const auto gradient = [&](const offload_kernels& kernels) {
      AlignedFloats found(parameters.size(), 7.0f), scratch(offload_backward_scratch(network), kNan);
      for (const int add : {0, 1}) {
        kernels.backward_chosen(network, parameters.data(), c.rows, x.data(), h1.data(), h2.data(), &chosen,
                                add, found.data(), scratch.data());
      }
      return found;
    };
    const AlignedFloats expected = gradient(kReferenceKernels);
    for (const offload_kernels* kernels : tables()) {
      EXPECT_TRUE(same(gradient(*kernels), expected)) << kernels->name << " " << c.rows << " " << c.actions;
    }
  }
}

// By one input, unit j is ReLU or tanh of x w_j + b_j.
TEST(Kernels, FuseMultiplicationAndAdditionOfAllSizes) {
  Random random(2);
  for (const int activation : {OFFLOAD_RELU, OFFLOAD_TANH}) {
    const offload_network network = {1, 1, activation, kHidden};
    const offload_network_layout at = offload_layout_of(network);
    for (int round = 0; round < 100; ++round) {
      AlignedFloats parameters(at.size), x(64), dy(64);
      const double scale = round % 3 == 0 ? 0x1p-74 : 1;
      for (float& value : x) value = of_any_size(random, 20, scale);
      for (std::size_t j = 0; j < kHidden; ++j) {
        parameters[at.w1 + j] = of_any_size(random, 20, scale);
        const bool cancels = round % 3 == 1;
        parameters[at.b1 + j] =
            cancels ? -parameters[at.w1 + j] * x[j] : of_any_size(random, 40, scale * scale);
      }
      expect_same_pass(network, 64, parameters, x, dy, "of all sizes");
    }
  }
}

// Sums that lie below the middle between two floats by so little that double precision rounds them to it, and
// a second rounding the wrong way: x w = h (1 - 2^-2k), h half a unit of the last place of b.
TEST(Kernels, RoundOnceWhereRoundingTwiceIsWrong) {
  const offload_network network = {1, 1, OFFLOAD_RELU, kHidden};
  const offload_network_layout at = offload_layout_of(network);
  Random random(6);
  for (const bool normal : {true, false}) {
    AlignedFloats parameters(at.size), x(64), dy(64);
    const auto power = [&random] { return std::ldexp(1.0, -16 - static_cast<int>(random.below(4))); };
    for (float& value : x) value = static_cast<float>((1 + power()) * (normal ? 0x1p-24 : 0x1p-75));
    for (std::size_t j = 0; j < kHidden; ++j) {
      const double odd = 1 + 2 * static_cast<double>(random.below(1 << 21));
      parameters[at.w1 + j] = static_cast<float>((1 - power()) * (normal ? 1 : 0x1p-75));
      parameters[at.b1 + j] = static_cast<float>(normal ? 1 + odd * 0x1p-23 : (odd + 0x1p22) * 0x1p-149);
    }
    const Pass pass(kReferenceKernels, network, 64, parameters, x, dy);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < 64 * kHidden; ++i) {
      const std::size_t unit = i % kHidden;
      const double sum = double{x[i / kHidden]} * parameters[at.w1 + unit] + parameters[at.b1 + unit];
      wrong += static_cast<float>(sum) != pass.h1[i];
    }
    EXPECT_GT(wrong, 500u) << "the inputs show nothing";
    expect_same_pass(network, 64, parameters, x, dy, "half-way");
  }
}

TEST(Kernels, ActivationsPassNanAndInfinityOn) {
  for (const int activation : {OFFLOAD_RELU, OFFLOAD_TANH}) {
    const offload_network network = {1, 9, activation, kHidden};
    const offload_network_layout at = offload_layout_of(network);
    AlignedFloats parameters(at.size), x = {kNan, kInfinity, -kInfinity, 1}, dy(4 * 16);
    x.resize(4);
    std::fill_n(parameters.begin() + static_cast<std::ptrdiff_t>(at.w1), kHidden, 1.0f);
    std::fill(dy.begin(), dy.end(), 1.0f);
    expect_same_pass(network, 4, parameters, x, dy, "not finite");
    for (const offload_kernels* kernels : tables()) {
      const Pass pass(*kernels, network, 4, parameters, x, dy);
      EXPECT_TRUE(std::isnan(pass.h1[0]) && std::isnan(pass.y[0])) << kernels->name;
      EXPECT_EQ(pass.h1[kHidden], activation == OFFLOAD_TANH ? 1 : kInfinity) << kernels->name;
      EXPECT_EQ(pass.h1[2 * kHidden], activation == OFFLOAD_TANH ? -1 : 0) << kernels->name;
      EXPECT_TRUE(std::isnan(pass.gradient[at.w1])) << kernels->name;
    }
  }
}

struct Heads {
  Heads(int rows, int actions, double deviation, Random& random)
      : rows(rows), actions(actions), stride((actions + 15) / 16 * 16) {
    for (int r = 0; r < rows; ++r) {
      action.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(actions))));
      advantage.push_back(static_cast<float>(random.normal()));
      old.push_back(static_cast<float>(-2 + random.normal()));
      for (int a = 0; a < stride; ++a) {
        logits.push_back(a < actions ? static_cast<float>(deviation * random.normal() - deviation) : 0);
        if (a < actions) mask.push_back(a == action.back() || random.below(2) == 0);
      }
    }
  }
  offload_policy_rows batch(bool masked, bool clipped) const {
    return {rows,
            actions,
            stride,
            logits.data(),
            masked ? mask.data() : nullptr,
            action.data(),
            advantage.data(),
            clipped ? old.data() : nullptr,
            0.2f,
            0.01f,
            1.0f / static_cast<float>(rows)};
  }
  int rows, actions, stride;
  std::vector<float> logits, advantage, old;
  std::vector<std::uint8_t> mask;
  std::vector<std::int32_t> action;
};

TEST(Kernels, PolicyHeadIsTheReferenceToTheBit) {
  Random random(3);
  for (const int rows : {64, 5, 1, 17}) {
    for (const int actions : {9, 2, 16, 33}) {
      // Wide enough for probabilities of 0, and for masked logits whose power of e is infinite.
      for (const double deviation : {1.0, 100.0}) {
        const Heads heads(rows, actions, deviation, random);
        for (const int kind : {0, 1, 2, 3}) {
          const offload_policy_rows batch = heads.batch(kind % 2 != 0, kind / 2 != 0);
          std::vector<float> expected(heads.logits.size()), found(expected.size());
          offload_policy_sums expected_sums = {}, sums;
          kReferenceKernels.policy_head(&batch, expected.data(), &expected_sums);
          for (const offload_kernels* kernels : tables()) {
            sums = {};
            kernels->policy_head(&batch, found.data(), &sums);
            EXPECT_TRUE(same(found, expected))
                << kernels->name << " " << rows << " " << actions << " " << kind;
            EXPECT_EQ(sums.loss, expected_sums.loss) << kernels->name;
            EXPECT_EQ(sums.entropy, expected_sums.entropy) << kernels->name;
            EXPECT_EQ(sums.kl, expected_sums.kl) << kernels->name;
            EXPECT_EQ(sums.clipped, expected_sums.clipped) << kernels->name;
            EXPECT_TRUE(std::isfinite(sums.entropy)) << kernels->name;
          }
        }
      }
    }
  }
}

// In units of the last place.
double error_of(float value, double truth) {
  const float rounded = std::abs(static_cast<float>(truth));
  return std::abs(value - truth) / (std::nextafter(rounded, kInfinity) - rounded);
}

TEST(Kernels, FunctionsKeepTheirErrorBounds) {
  double of_exponential = 0, of_tangent = 0, of_logarithm = 0;
  for (std::uint32_t bits = 0; bits < 0x7f800000u; bits += 1999) {
    const auto x = std::bit_cast<float>(bits);
    for (const float y : {x, -x}) {
      if (y > -87 && y < 88)
        of_exponential = std::max(of_exponential, error_of(reference_exponential(y), std::exp(double{y})));
      of_tangent = std::max(of_tangent, error_of(reference_tangent(y), std::tanh(double{y})));
    }
    if (x > 0) of_logarithm = std::max(of_logarithm, error_of(reference_logarithm(x), std::log(double{x})));
  }
  EXPECT_LT(of_exponential, 1.1);
  EXPECT_LT(of_tangent, 2.6);
  EXPECT_LT(of_logarithm, 0.9);
}

TEST(Kernels, FunctionsAtTheEndsOfTheRange) {
  EXPECT_EQ(reference_exponential(0), 1);
  EXPECT_EQ(reference_exponential(88.8f), kInfinity);
  EXPECT_EQ(reference_exponential(kInfinity), kInfinity);
  EXPECT_EQ(reference_exponential(-kInfinity), 0);
  EXPECT_NEAR(reference_exponential(-100), std::exp(-100.0), 2e-45);
  EXPECT_EQ(reference_tangent(0), 0);
  EXPECT_EQ(reference_tangent(kInfinity), 1);
  EXPECT_EQ(reference_tangent(-kInfinity), -1);
  EXPECT_EQ(reference_logarithm(1), 0);
  EXPECT_EQ(reference_logarithm(0), -kInfinity);
  EXPECT_EQ(reference_logarithm(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(reference_logarithm(-1)));
  for (const auto function : {reference_exponential, reference_tangent, reference_logarithm}) {
    EXPECT_TRUE(std::isnan(function(kNan)));
  }
}

}  // namespace
}  // namespace offload::learning
