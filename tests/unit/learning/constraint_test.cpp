#include "learning/constraint.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "unit/learning/toy_host.hpp"

namespace offload::learning {
namespace {

// A step of one slot in the budgeted toy: spent 4 s of 5, 1.5 USD of 1, takes `latency_s` and .25 USD.
class OneStep {
 public:
  OneStep(double latency_s, double limit_s) : environment_(Toy::budgeted, 0, 0), toy_(environment_, 1, 1) {
    toy_.before = toy_.now;
    toy_.before.spent = {4, 1.5};
    toy_.before.limit = {limit_s, 1};
    toy_.consumed = {latency_s, 0.25};
    toy_.reward = {3};
    before_ = ToyEpisodes::view_of(toy_.before);
    after_ = ToyEpisodes::view_of(toy_.now);
    raw_ = toy_.transition(before_, after_);
  }
  Transition step() const { return Transition(environment_.raw, raw_); }
  ToyEpisodes& toy() { return toy_; }

 private:
  ToyEnvironment environment_;
  ToyEpisodes toy_;
  offload_view before_, after_;
  offload_transition raw_;
};

TEST(Constraint, ExcessAndFractionsByHand) {
  const OneStep one(2.5, 5);
  EXPECT_DOUBLE_EQ(excess(one.step(), 0), 1.5 + 1000 * 0.75);
  EXPECT_DOUBLE_EQ(cost_fraction(one.step(), 0, 0), 0.5);
  EXPECT_DOUBLE_EQ(cost_fraction(one.step(), 0, 1), 0.25);
  const OneStep unlimited(2.5, std::numeric_limits<double>::infinity());
  EXPECT_DOUBLE_EQ(cost_fraction(unlimited.step(), 0, 0), 0);
  EXPECT_DOUBLE_EQ(excess(unlimited.step(), 0), 750);
  EXPECT_DOUBLE_EQ(cost_fraction(OneStep(2.5, 0).step(), 0, 0), 1);
}

TEST(Constraint, TotalsAreComparedInIntegers) {
  EXPECT_FALSE(exceeds(0, 0.1 + 0.2, 0.3));  // .30000000000000004 s is the same number of nanoseconds
  EXPECT_TRUE(exceeds(0, 0.300000002, 0.3));
  EXPECT_FALSE(exceeds(1, 1e-3 + 1e-13, 1e-3));
  EXPECT_TRUE(exceeds(1, 1e-3 + 2e-12, 1e-3));
  EXPECT_FALSE(exceeds(0, 1e9, std::numeric_limits<double>::infinity()));
}

TEST(Constraint, TmoBudgetEarnsNothingOnceOver) {
  Constraint constraint;
  EXPECT_EQ(learning_reward(constraint, OneStep(2, 5).step(), 0), 3);
  constraint.mechanism = Mechanism::tmo_budget;
  EXPECT_EQ(learning_reward(constraint, OneStep(2, 5).step(), 0), 0);
  OneStep within(1, 5);
  within.toy().before.limit[1] = 2;
  EXPECT_EQ(learning_reward(constraint, within.step(), 0), 3);
}

TEST(Multipliers, RiseByAdamWhileEpisodesCostTooMuch) {
  Constraint constraint;
  constraint.multiplier_steps = 10;
  Multipliers multipliers(constraint, 2);
  OneStep one(7.5, 5);
  one.toy().terminal = {1};
  one.toy().before.first = {1};
  multipliers.observe(one.step());
  multipliers.update(9);  // too early
  EXPECT_DOUBLE_EQ(multipliers.values()[0], 0.001);
  multipliers.update(10);
  // Adam's first step is the learning rate against the sign: latency cost 1.5 > 1, money .25 < 1.
  EXPECT_NEAR(multipliers.values()[0], 0.001 + 0.035, 1e-6);
  EXPECT_EQ(multipliers.values()[1], 0);
  EXPECT_DOUBLE_EQ(multipliers.mean_costs()[0], 1.5);
  EXPECT_DOUBLE_EQ(multipliers.mean_costs()[1], 0.25);
  multipliers.update(20);  // no episode ended since
  EXPECT_NEAR(multipliers.values()[0], 0.036, 1e-6);
  one.toy().consumed = {10, 0.25};
  multipliers.observe(one.step());
  multipliers.update(30);
  const double mean = (0.9 * 0.05 + 0.1 * 1) / (1 - 0.81);
  const double square = (0.999 * 0.00025 + 0.001 * 1) / (1 - 0.998001);
  EXPECT_NEAR(multipliers.values()[0], 0.036 + 0.035 * mean / std::sqrt(square), 1e-6);
}

TEST(Multipliers, StayBelowTheirMaximum) {
  Constraint constraint;
  constraint.multiplier_max = 0.05;
  Multipliers multipliers(constraint, 2);
  OneStep one(7.5, 5);
  one.toy().terminal = {1};
  for (int i = 1; i < 10; ++i) {
    multipliers.observe(one.step());
    multipliers.update(i);
  }
  EXPECT_DOUBLE_EQ(multipliers.values()[0], 0.05);
}

}  // namespace
}  // namespace offload::learning
