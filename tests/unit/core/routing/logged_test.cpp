#include "core/routing/logged.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace offload {
namespace {

// Two queries, three arms; what the logging policy and the policy asked about do, and a poor model.
constexpr std::size_t kArms = 3;
const std::vector<double> kTruth = {1, 0, .5, 0, 1, .25};
const std::vector<double> kLogging = {.2, .3, .5, .6, .3, .1};
const std::vector<double> kPolicy = {.7, .3, 0, .1, .1, .8};
const std::vector<double> kGuess = {.9, .4, .1, .3, .2, .6};

double truth_of_policy() {
  double value = 0;
  for (std::size_t i = 0; i < kTruth.size(); ++i) value += kPolicy[i] * kTruth[i] / 2;
  return value;
}

struct Log {
  std::vector<LoggedTurn> turns;
  std::vector<double> target;
  double probability = 1;
};

// Every log that the logging policy can write, with its probability.
std::vector<Log> all_logs() {
  std::vector<Log> logs;
  for (std::uint32_t a = 0; a < kArms; ++a) {
    for (std::uint32_t b = 0; b < kArms; ++b) {
      Log log;
      for (const std::size_t cell : {std::size_t{a}, kArms + b}) {
        log.turns.push_back({static_cast<std::uint32_t>(cell % kArms), kLogging[cell], kTruth[cell]});
        log.target.push_back(kPolicy[cell]);
        log.probability *= kLogging[cell];
      }
      logs.push_back(log);
    }
  }
  return logs;
}

double expectation(const std::function<double(const Log&)>& estimate) {
  double mean = 0;
  for (const Log& log : all_logs()) mean += log.probability * estimate(log);
  return mean;
}

TEST(Logged, ImportanceSamplingIsRightOverAllLogs) {
  EXPECT_NEAR(expectation([](const Log& log) { return importance_sampling(log.turns, log.target).value; }),
              truth_of_policy(), 1e-12);
}

TEST(Logged, DoublyRobustIsRightOverAllLogsWhateverTheModel) {
  EXPECT_NEAR(
      expectation([](const Log& log) { return doubly_robust(log.turns, kArms, kPolicy, kGuess).value; }),
      truth_of_policy(), 1e-12);
}

TEST(Logged, ClippingPullsTowardsZeroOrTheModel) {
  const double clipped =
      expectation([](const Log& log) { return importance_sampling(log.turns, log.target, 2).value; });
  EXPECT_LT(clipped, truth_of_policy() - .01);
  // Where the model is right nothing is left to correct, clipped or not.
  for (const Log& log : all_logs()) {
    EXPECT_NEAR(doubly_robust(log.turns, kArms, kPolicy, kTruth, 2).value, truth_of_policy(), 1e-12);
  }
}

TEST(Logged, WithoutAModelDoublyRobustIsImportanceSampling) {
  const std::vector<double> nothing(kTruth.size(), 0.0);
  for (const Log& log : all_logs()) {
    const OffPolicy plain = importance_sampling(log.turns, log.target, 3);
    const OffPolicy robust = doubly_robust(log.turns, kArms, kPolicy, nothing, 3);
    EXPECT_DOUBLE_EQ(robust.value, plain.value);
    EXPECT_EQ(robust.effective_sample_size, plain.effective_sample_size);
  }
}

TEST(Logged, SelfNormalisedMovesWithTheScale) {
  Log log = all_logs()[1];
  const double before = self_normalised(log.turns, log.target).value;
  for (LoggedTurn& turn : log.turns) turn.outcome += 10;
  EXPECT_NEAR(self_normalised(log.turns, log.target).value, before + 10, 1e-12);
  log.target = {0, 0};
  EXPECT_TRUE(std::isnan(self_normalised(log.turns, log.target).value));
  EXPECT_EQ(self_normalised(log.turns, log.target).effective_sample_size, 0);
}

TEST(Logged, EffectiveSampleSizeCountsEvenWeightsInFull) {
  std::vector<LoggedTurn> turns(8, LoggedTurn{0, .5, 1});
  EXPECT_DOUBLE_EQ(importance_sampling(turns, std::vector<double>(8, .5)).effective_sample_size, 8);
  std::vector<double> one(8, 0.0);
  one[3] = 1;
  EXPECT_DOUBLE_EQ(importance_sampling(turns, one).effective_sample_size, 1);
}

TEST(Logged, PairedDifferencesForgetWhatBothShare) {
  std::vector<LoggedTurn> turns;
  std::vector<double> a, b;
  for (int i = 0; i < 40; ++i) {
    turns.push_back({0, .5, static_cast<double>(i % 7)});
    a.push_back(.5);
    b.push_back(i % 2 == 0 ? .5 : .25);
  }
  const OffPolicy first = importance_sampling(turns, a), second = importance_sampling(turns, b);
  EXPECT_EQ(paired_difference(first, first).value, 0);
  EXPECT_EQ(paired_difference(first, first).standard_error, 0);
  const PairedEstimate difference = paired_difference(first, second);
  EXPECT_DOUBLE_EQ(difference.value, first.value - second.value);
  EXPECT_LT(difference.standard_error, std::hypot(standard_error(first), standard_error(second)) - .01);
}

}  // namespace
}  // namespace offload
