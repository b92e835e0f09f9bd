#include "designs.hpp"

#include <cmath>
#include <numeric>

namespace offload::calibration {
namespace {

double deviate(Random& random, double deviation, bool skewed) {
  if (deviation == 0) return 0;
  if (skewed) return deviation * (-std::log1p(-random.uniform()) - 1);
  return deviation * random.normal();
}

// The first `count` of them in random order.
void shuffle(std::vector<std::uint32_t>& values, std::size_t count, Random& random) {
  for (std::size_t i = 0; i < count; ++i) std::swap(values[i], values[i + random.below(values.size() - i)]);
}

TestDesign tests_of(const Design& design, Random& random) {
  TestDesign tests;
  tests.runs = design.runs;
  tests.episodes = design.episodes;
  std::vector<std::uint32_t> order(design.episodes);
  std::iota(order.begin(), order.end(), 0U);
  const std::size_t round = design.episodes / design.tests;  // runs that share the episodes out
  for (std::size_t run = 0; run < design.runs; ++run) {
    const std::size_t first = design.splitting == Splitting::folds ? run % round * design.tests : 0;
    if (design.splitting == Splitting::ratio) shuffle(order, design.tests, random);
    if (design.splitting == Splitting::folds && first == 0) shuffle(order, order.size(), random);
    for (std::size_t e = 0; e < design.tests; ++e) {
      tests.run.push_back(static_cast<std::uint32_t>(run));
      tests.episode.push_back(order[first + e]);
    }
  }
  return tests;
}

}  // namespace

std::vector<Design> designs() {
  return {{"3 ratio", 3, 20, 100},
          {"5 ratio", 5, 20, 100},
          {"10 ratio", 10, 20, 100},
          {"5 folds x 2", 10, 20, 100, Splitting::folds},
          {"3 x 20", 3, 20, 20, Splitting::same},
          {"10 x 100", 10, 100, 100, Splitting::same},
          {"3 splits x 4 runs", 3, 20, 100, Splitting::ratio, 4},
          {"1 split x 10 seeds", 10, 20, 20, Splitting::same},
          {"3 folds of 20", 3, 20, 60, Splitting::folds},
          {"10 ratio of 1,000", 10, 200, 1000}};
}

Sample simulated(const Design& design, const Spread& spread, Random& random) {
  Sample sample{tests_of(design, random), {}};
  std::vector<double> run(design.runs), episode(design.episodes);
  const double trainings = static_cast<double>(design.trainings);
  for (double& r : run) {
    // Of the split, and of each of its trainings.
    r = deviate(random, spread.run, false);
    double training = 0;
    for (std::size_t t = 0; design.trainings > 1 && t < design.trainings; ++t)
      training += deviate(random, spread.run, false);
    r += training / trainings;
  }
  for (double& e : episode) e = deviate(random, spread.episode, spread.skewed);
  for (std::size_t i = 0; i < sample.design.tests(); ++i) {
    double test = 0;
    for (std::size_t t = 0; t < design.trainings; ++t) test += deviate(random, spread.test, spread.skewed);
    sample.values.push_back(run[sample.design.run[i]] + episode[sample.design.episode[i]] + test / trainings);
  }
  return sample;
}

Calibration calibrated(const Design& design, const Spread& spread, const ClaimRule& rule, double difference,
                       int repetitions, std::uint64_t seed) {
  Calibration result;
  Random random(seed);
  for (int i = 0; i < repetitions; ++i) {
    const Sample sample = simulated(design, spread, random);
    const Interval interval = claimed(crossed_moments(sample.design, sample.values), rule).interval;
    result.coverage += interval.low <= 0 && 0 <= interval.high;
    result.power += interval.low + difference > 0 || interval.high + difference < 0;
    result.width += interval.high - interval.low;
  }
  for (double* figure : {&result.coverage, &result.power, &result.width}) *figure /= repetitions;
  return result;
}

Calibration calibrated_rate(const Design& design, double rate, double shared, const ClaimRule& rule,
                            int repetitions, std::uint64_t seed) {
  Calibration result;
  Random random(seed);
  for (int i = 0; i < repetitions; ++i) {
    const TestDesign tests = tests_of(design, random);
    std::vector<double> episode(design.episodes), values;
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
