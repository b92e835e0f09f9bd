// Values worked out by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "learning/choice.hpp"
#include "learning/compute.hpp"
#include "learning/encoding.hpp"
#include "learning/rollout.hpp"
#include "learning/settings.hpp"
#include "unit/learning/toy_host.hpp"

namespace offload::learning {
namespace {

TEST(Advantages, FollowTheRecursionAndStopAtEnds) {
  const std::vector<float> reward = {1, 2, 3, 4};
  const std::vector<float> value = {0.5f, 1, 1.5f, 2};
  const std::vector<std::uint8_t> terminal = {0, 1, 0, 0};
  std::vector<float> advantage(4);
  generalised_advantages(reward, value, terminal, 3, 0.9, 0.5, advantage);
  // delta: 1 + .9 * 1 - .5 = 1.4; 2 - 1 = 1; 3 + .9 * 2 - 1.5 = 3.3; 4 + .9 * 3 - 2 = 4.7
  EXPECT_NEAR(advantage[3], 4.7, 1e-6);
  EXPECT_NEAR(advantage[2], 3.3 + 0.45 * 4.7, 1e-6);
  EXPECT_NEAR(advantage[1], 1, 1e-6);
  EXPECT_NEAR(advantage[0], 1.4 + 0.45 * 1, 1e-6);
}

TEST(Advantages, OfLambdaOneAreWholeReturnsLessValues) {
  const std::vector<float> reward = {1, 1, 1};
  const std::vector<float> value = {5, 6, 7};
  const std::vector<std::uint8_t> terminal = {0, 0, 1};
  std::vector<float> advantage(3);
  generalised_advantages(reward, value, terminal, 100, 1, 1, advantage);
  EXPECT_FLOAT_EQ(advantage[0], 3 - 5);
  EXPECT_FLOAT_EQ(advantage[1], 2 - 6);
  EXPECT_FLOAT_EQ(advantage[2], 1 - 7);
}

TEST(Standardise, UsesTheSampleDeviation) {
  std::vector<float> values = {1, 2, 3, 6};
  standardise(values, false);
  EXPECT_FLOAT_EQ(values[0], -2);
  EXPECT_FLOAT_EQ(values[3], 3);
  standardise(values, true);
  EXPECT_NEAR(values[3], 3 / std::sqrt(14.0 / 3), 1e-6);
  std::vector<float> single = {4};
  standardise(single, true);
  EXPECT_EQ(single[0], 4);
}

TEST(Choice, MaskedActionsHaveNoProbability) {
  const std::vector<float> logits = {1, 2, 3};
  const std::uint8_t mask[] = {1, 1, 0};
  EXPECT_NEAR(log_probability(logits, nullptr, 1), 2 - std::log(std::exp(1) + std::exp(2) + std::exp(3)),
              1e-6);
  EXPECT_NEAR(log_probability(logits, mask, 1), 2 - std::log(std::exp(1) + std::exp(2)), 1e-6);
  EXPECT_EQ(greedy(logits, nullptr), 2);
  EXPECT_EQ(greedy(logits, mask), 1);
  int first = 0;
  Random random(1);
  for (int i = 0; i < 10000; ++i) {
    const int action = sample(logits, mask, random);
    ASSERT_NE(action, 2);
    first += action == 0;
    ASSERT_NE(uniform(3, mask, random), 2);
  }
  EXPECT_NEAR(first / 10000.0, 1 / (1 + std::exp(1)), 0.015);
}

TEST(Choice, TiesGoToTheLowestIndex) {
  const std::vector<float> values = {1, 3, 3};
  EXPECT_EQ(greedy(values, nullptr), 1);
}

// A policy whose logits are its last bias: all weights zero.
struct BiasPolicy {
  explicit BiasPolicy(const std::vector<float>& logits)
      : store({{2, static_cast<int>(logits.size()), OFFLOAD_TANH, 64}, {2, 1, OFFLOAD_TANH, 64}}),
        bias(store.offset(0) + offload_layout_of(store.network(0)).b3) {
    std::copy(logits.begin(), logits.end(), store.values().begin() + static_cast<std::ptrdiff_t>(bias));
  }
  Store store;
  std::size_t bias;
};

TEST(PolicyLoss, OfOneRowByHand) {
  const double p0 = 1 / (1 + std::exp(1.0)), p1 = 1 - p0;
  const double entropy = -(p0 * std::log(p0) + p1 * std::log(p1));
  const float x[] = {0, 0};
  const std::int32_t action[] = {0};
  const std::uint8_t mask[] = {1, 1, 0};
  const float returns[] = {3};
  for (const bool autograd : {false, true}) {
    const auto compute = autograd ? make_autograd() : make_fused("auto");
    // The third action's logit would dominate without the mask. Ratio 1 within the clip, advantage 2.
    const float advantage[] = {2};
    const float old[] = {static_cast<float>(std::log(p0))};
    BiasPolicy policy({0, 1, 9});
    const ActorCriticLosses losses = compute->actor_critic_gradient(
        policy.store, {1, 3, x, mask, action, advantage, old, {returns}, 0.2, 0.1, 0.5});
    EXPECT_NEAR(losses.policy, -2, 1e-6);
    EXPECT_NEAR(losses.entropy, entropy, 1e-6);
    EXPECT_NEAR(losses.value, 9, 1e-6);
    const auto gradient = policy.store.gradient();
    // -A (1 - p0) + .1 p0 (log p0 + H), and the critic's .5 * 2 * (0 - 3)
    EXPECT_NEAR(gradient[policy.bias], -2 * (1 - p0) + 0.1 * p0 * (std::log(p0) + entropy), 1e-6);
    EXPECT_NEAR(gradient[policy.bias + 1], 2 * p1 + 0.1 * p1 * (std::log(p1) + entropy), 1e-6);
    EXPECT_EQ(gradient[policy.bias + 2], 0);
    const std::size_t critic = policy.store.offset(1) + offload_layout_of(policy.store.network(1)).b3;
    EXPECT_NEAR(gradient[critic], -3, 1e-6);
  }
}

TEST(PolicyLoss, IsCutWhereTheRatioHasEarnedEnough) {
  const float x[] = {0, 0};
  const std::int32_t action[] = {0};
  const float returns[] = {0};
  // Both actions have .5; the old probability makes the ratio 1.5 or .5.
  struct {
    double ratio, advantage, loss, slope;
  } const cases[] = {
      {1.5, 1, -1.2, 0}, {1.5, -1, 1.5, 1.5 * 0.5}, {0.5, 1, -0.5, -0.5 * 0.5}, {0.5, -1, 0.8, 0}};
  for (const bool autograd : {false, true}) {
    for (const auto& c : cases) {
      const auto compute = autograd ? make_autograd() : make_fused("auto");
      const float advantage[] = {static_cast<float>(c.advantage)};
      const float old[] = {static_cast<float>(std::log(0.5 / c.ratio))};
      BiasPolicy policy({0, 0});
      const ActorCriticLosses losses = compute->actor_critic_gradient(
          policy.store, {1, 2, x, nullptr, action, advantage, old, {returns}, 0.2, 0, 0.5});
      EXPECT_NEAR(losses.policy, c.loss, 1e-6);
      EXPECT_NEAR(policy.store.gradient()[policy.bias], c.slope, 1e-6);
      EXPECT_EQ(losses.clip_fraction, 1);
      EXPECT_NEAR(losses.kl, c.ratio - 1 - std::log(c.ratio), 1e-6);
    }
  }
}

struct OneParameter {
  OneParameter() : store({{2, 1, OFFLOAD_TANH, 64}}) {}
  Store store;
};

TEST(Optimisers, AdamByHand) {
  for (const bool autograd : {false, true}) {
    const auto compute = autograd ? make_autograd() : make_fused("auto");
    OneParameter one;
    const Optimiser adam = {Optimiser::Kind::adam, 1e-5, 1e9};
    one.store.values()[0] = 1;
    one.store.gradient()[0] = 2;
    EXPECT_NEAR(compute->optimise(one.store, adam, 0.1), 2, 1e-6);
    // m = .2, v = .004; unbiased 2 and 4: 1 - .1 * 2 / (2 + 1e-5)
    EXPECT_NEAR(one.store.values()[0], 1 - 0.1 * 2 / (2 + 1e-5), 1e-7);
    one.store.gradient()[0] = -1;
    compute->optimise(one.store, adam, 0.1);
    const double m = (0.9 * 0.2 - 0.1) / (1 - 0.81), v = (0.999 * 0.004 + 0.001) / (1 - 0.998001);
    EXPECT_NEAR(one.store.values()[0], 1 - 0.1 * 2 / (2 + 1e-5) - 0.1 * m / (std::sqrt(v) + 1e-5), 1e-6);
  }
}

TEST(Optimisers, RmspropByHandAndClippedByNorm) {
  for (const bool autograd : {false, true}) {
    const auto compute = autograd ? make_autograd() : make_fused("auto");
    OneParameter one;
    one.store.values()[0] = 1;
    one.store.gradient()[0] = 3;
    one.store.gradient()[1] = 4;
    // Norm 5 scaled to .5: gradient (.3, .4). v = .01 * .09, step .1 * .3 / (.03 + 1e-5)
    EXPECT_NEAR(compute->optimise(one.store, {Optimiser::Kind::rmsprop, 1e-5, 0.5}, 0.1), 5, 1e-5);
    EXPECT_NEAR(one.store.values()[0], 1 - 0.1 * 0.3 / (0.03 + 1e-5), 1e-5);
    EXPECT_NEAR(one.store.square()[1], 0.01 * 0.16, 1e-8);
  }
}

TEST(Initialisation, IsOrthogonalInBothShapes) {
  Random random(3);
  const double gain = std::sqrt(2.0);
  for (const auto& shape : {std::pair(9, 64), std::pair(64, 28), std::pair(64, 64)}) {
    const int rows = shape.first, columns = shape.second;
    const std::vector<double> w = orthogonal(rows, columns, gain, random);
    const bool wide = rows <= columns;
    const int count = std::min(rows, columns), width = std::max(rows, columns);
    const auto at = [&](int i, int k) {
      return w[static_cast<std::size_t>(wide ? i * columns + k : k * columns + i)];
    };
    for (int i = 0; i < count; ++i) {
      for (int j = 0; j < count; ++j) {
        double product = 0;
        for (int k = 0; k < width; ++k) product += at(i, k) * at(j, k);
        ASSERT_NEAR(product, i == j ? 2 : 0, 1e-12) << rows << "x" << columns;
      }
    }
  }
}

TEST(Initialisation, OfQNetworksStaysWithinItsBound) {
  Store store({{16, 9, OFFLOAD_RELU, 64}});
  Random random(1);
  store.initialise_uniform(0, random);
  const offload_network_layout at = offload_layout_of(store.network(0));
  double largest = 0;
  for (std::size_t i = at.w1; i < at.w2; ++i)
    largest = std::max(largest, std::abs(double{store.values()[i]}));
  EXPECT_LE(largest, 0.25);
  EXPECT_GT(largest, 0.24);
}

// Two frames of two views and three tasks, the older one missing, and one more number.
const std::vector<float> kTwoFrames = {-1, -1, -1, -1, 1, 0, 1, 2, 0.5f};

std::vector<float> encoded_two_frames(const char* kind, int frames) {
  offload_environment raw = ToyEnvironment(Toy::bandit, 0, 0).raw;
  raw.modalities = 2;
  raw.tasks = 3;
  raw.window = 2;
  raw.frame = 4;
  raw.observation = 9;
  const Encoder encoder(Environment(raw), kind, frames);
  std::vector<float> x(static_cast<std::size_t>(encoder.inputs()), 7);
  encoder.encode(kTwoFrames, x.data());
  return x;
}

TEST(Encoding, OneHotMarksMissingFrames) {
  EXPECT_EQ(encoded_two_frames("one-hot", 0),
            (std::vector<float>{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0.5f}));
}

TEST(Encoding, SeesTheNewestFramesAlone) {
  EXPECT_EQ(encoded_two_frames("raw", 1), (std::vector<float>{1, 0, 1, 2, 0.5f}));
  EXPECT_EQ(encoded_two_frames("one-hot", 1), (std::vector<float>{0, 0, 1, 0, 1, 0, 0, 0, 1, 0.5f}));
  for (const int all : {0, 2, 5}) EXPECT_EQ(encoded_two_frames("raw", all), kTwoFrames) << all;
}

TEST(Schedule, FallsInALineToZero) {
  Settings settings;
  settings.learning_rate = 1e-3;
  EXPECT_EQ(scheduled_rate(settings, 50, 100), 1e-3);
  settings.linear_schedule = true;
  EXPECT_DOUBLE_EQ(scheduled_rate(settings, 25, 100), 7.5e-4);
  EXPECT_EQ(scheduled_rate(settings, 120, 100), 0);
}

TEST(Machine, ProductsComeFromOpenBlas) {
  const auto autograd = make_autograd();
  const std::vector<Scalar> scalars = autograd->scalars();
  ASSERT_EQ(scalars.size(), 1u);
  EXPECT_STREQ(scalars[0].name, "blas_is_openblas");
  EXPECT_EQ(scalars[0].value, 1);
  EXPECT_FALSE(autograd->portable_bits());
  const std::vector<Fact> facts = autograd->facts();
  ASSERT_EQ(facts.size(), 4u);
  EXPECT_NE(facts[2].value.find("OpenBLAS"), std::string::npos) << facts[2].value;
  EXPECT_EQ(facts[3].value, "autograd");
}

TEST(Machine, KernelsDependOnNothingElse) {
  const std::vector<Fact> facts = make_fused("baseline")->facts();
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].value, "fused baseline");
  EXPECT_TRUE(make_fused("baseline")->portable_bits());
}

}  // namespace
}  // namespace offload::learning
