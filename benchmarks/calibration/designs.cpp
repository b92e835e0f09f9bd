#include "designs.hpp"

namespace offload::calibration {

std::vector<Design> designs() {
  return {{"3 ratio", {3, 20, 100}},
          {"5 ratio", {5, 20, 100}},
          {"10 ratio", {10, 20, 100}},
          {"5 folds x 2", {10, 20, 100, Splitting::folds}},
          {"3 x 20", {3, 20, 20, Splitting::same}},
          {"10 x 100", {10, 100, 100, Splitting::same}},
          {"3 splits x 4 runs", {3, 20, 100, Splitting::ratio, 4}},
          {"1 split x 10 seeds", {10, 20, 20, Splitting::same}},
          {"3 folds of 20", {3, 20, 60, Splitting::folds}},
          {"10 ratio of 1,000", {10, 200, 1000}}};
}

Calibration calibrated(const TestPlan& plan, const TestSpread& spread, const ClaimRule& rule,
                       double difference, int repetitions, std::uint64_t seed) {
  Calibration result;
  Random random(seed);
  for (int i = 0; i < repetitions; ++i) {
    const SimulatedTests sample = simulated_tests(plan, spread, random);
    const Interval interval = claimed(crossed_moments(sample.design, sample.values), rule).interval;
    result.coverage += interval.low <= 0 && 0 <= interval.high;
    result.power += interval.low + difference > 0 || interval.high + difference < 0;
    result.width += interval.high - interval.low;
  }
  for (double* figure : {&result.coverage, &result.power, &result.width}) *figure /= repetitions;
  return result;
}

Calibration calibrated_rate(const TestPlan& plan, double rate, double shared, const ClaimRule& rule,
                            int repetitions, std::uint64_t seed) {
  Calibration result;
  Random random(seed);
  for (int i = 0; i < repetitions; ++i) {
    const TestDesign tests = drawn_tests(plan, random);
    std::vector<double> episode(tests.episodes), values;
    for (double& e : episode) e = random.uniform() < rate ? 1 : 0;
    for (const std::uint32_t e : tests.episode) {
      values.push_back(random.uniform() < shared ? episode[e] : random.uniform() < rate ? 1 : 0);
    }
    const Interval interval = claimed_rate(crossed_moments(tests, values), rule);
    result.coverage += interval.low <= rate && rate <= interval.high;
    result.width += interval.high - interval.low;
  }
  result.coverage /= repetitions;
  result.width /= repetitions;
  return result;
}

}  // namespace offload::calibration
