// A short version of benchmarks/calibration: intervals hold on the designs of statistics.md. The seed is
// fixed, so that what passes once passes always; bounds leave the error of 1,000 simulations, three of its
// standard deviations (.02), around what 10,000 showed.
#include <gtest/gtest.h>

#include <cmath>

#include "designs.hpp"

namespace offload::calibration {
namespace {

constexpr int kSimulations = 1000;
constexpr double kError = .02;

TEST(CalibrationOfClaims, MethodsAreCoveredOnEveryDesign) {
  for (const Design& design : designs()) {
    if (design.plan.episodes > 100) continue;  // minutes under the sanitizers
    for (const double run : {0.0, .02, .05, .15}) {
      const Calibration c = calibrated(design.plan, {run, .1, .1}, {Claim::method}, .1, kSimulations, 1);
      EXPECT_GE(c.coverage, .94 - kError) << design.name << ", run sd " << run;
      EXPECT_LE(c.coverage, .995) << design.name << ", run sd " << run;
    }
  }
}

// Ten splits find a difference of .1 nearly always where trainings differ by half of it.
TEST(CalibrationOfClaims, TenSplitsHavePower) {
  for (const Design& design : designs()) {
    const TestPlan& plan = design.plan;
    if (plan.runs != 10 || plan.tests != 20 || plan.episodes != 100) continue;
    EXPECT_GE(calibrated(plan, {.05, .1, .1}, {Claim::method}, .1, kSimulations, 1).power, .95)
        << design.name;
  }
}

// Where every run has data of its own, the half interval is t times the standard error of ten means, whose
// median is sqrt(8.343/9) of the true one (chi squared of 9 degrees of freedom).
TEST(CalibrationOfClaims, PowerAgreesWithTheFormula) {
  const TestPlan plan{10, 40, 200, Splitting::fresh};
  const Power power = power_of(plan, {.1, .1, .1}, {Claim::fresh_data, true}, 10, .5, 4000, 1);
  const double half = 2.2622 * std::sqrt(8.343 / 9) * std::sqrt((.01 + (.01 + .01) / 40) / 10);
  EXPECT_NEAR(power.half_width, half, .02 * half);
  EXPECT_NEAR(power.one_pair, power.half_width, .03 * power.half_width);  // found half of the time
  EXPECT_GT(power.family, 1.4 * power.one_pair);                          // t at .05/10
}

// Episodes alone as the unit would say that runs whose trainings differ agree.
TEST(CalibrationOfClaims, PoliciesAreNotMethods) {
  const Calibration c = calibrated(designs()[2].plan, {.15, .1, .1}, {Claim::policies}, .1, kSimulations, 1);
  EXPECT_LT(c.coverage, .6);
}

TEST(CalibrationOfClaims, RatesOfBrokenBudgetsAreCovered) {
  for (const Design& design : designs()) {
    if (design.plan.episodes > 100 || design.plan.trainings > 1) continue;
    for (const double rate : {.05, .2, .5}) {
      for (const double shared : {0.0, .8}) {
        EXPECT_GE(calibrated_rate(design.plan, rate, shared, {Claim::method}, kSimulations, 1).coverage,
                  .93 - kError)
            << design.name << ", rate " << rate << ", shared " << shared;
      }
    }
  }
}

}  // namespace
}  // namespace offload::calibration
