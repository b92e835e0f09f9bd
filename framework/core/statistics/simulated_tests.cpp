#include "core/statistics/simulated_tests.hpp"

#include <cmath>
#include <numeric>
#include <offload/portable_math.hpp>

namespace offload {
namespace {

constexpr double kAlpha = .05;

double deviate(Random& random, double deviation, bool skewed) {
  if (deviation == 0) return 0;
  if (skewed) return deviation * (-portable_log(1 - random.uniform()) - 1);
  return deviation * random.normal();
}

// The first `count` of them in random order.
void shuffle(std::vector<std::uint32_t>& values, std::size_t count, Random& random) {
  for (std::size_t i = 0; i < count; ++i) std::swap(values[i], values[i + random.below(values.size() - i)]);
}

// What a run adds: its split, and the mean of its trainings where there are several.
double run_deviation(const TestPlan& plan, const TestSpread& spread, Random& random) {
  const double split = deviate(random, spread.run, false);
  if (plan.trainings == 1) return split;
  double trainings = 0;
  for (std::size_t t = 0; t < plan.trainings; ++t) trainings += deviate(random, spread.run, false);
  return split + trainings / static_cast<double>(plan.trainings);
}

}  // namespace

TestDesign drawn_tests(const TestPlan& plan, Random& random) {
  TestDesign design;
  design.runs = plan.runs;
  const bool fresh = plan.splitting == Splitting::fresh;
  design.episodes = fresh ? plan.runs * plan.tests : plan.episodes;
  std::vector<std::uint32_t> order(design.episodes);
  std::iota(order.begin(), order.end(), 0U);
  const std::size_t round = plan.episodes / plan.tests;  // runs that share the episodes out
  for (std::size_t run = 0; run < plan.runs; ++run) {
    const std::size_t first = plan.splitting == Splitting::folds ? run % round * plan.tests
                              : fresh                            ? run * plan.tests
                                                                 : 0;
    if (plan.splitting == Splitting::ratio) shuffle(order, plan.tests, random);
    if (plan.splitting == Splitting::folds && first == 0) shuffle(order, order.size(), random);
    for (std::size_t e = 0; e < plan.tests; ++e) {
      design.run.push_back(static_cast<std::uint32_t>(run));
      design.episode.push_back(order[first + e]);
    }
  }
  return design;
}

SimulatedTests simulated_tests(const TestPlan& plan, const TestSpread& spread, Random& random) {
  SimulatedTests sample{drawn_tests(plan, random), {}};
  std::vector<double> run(plan.runs), episode(sample.design.episodes);
  for (double& r : run) r = run_deviation(plan, spread, random);
  for (double& e : episode) e = deviate(random, spread.episode, spread.skewed);
  for (std::size_t i = 0; i < sample.design.tests(); ++i) {
    double test = 0;
    for (std::size_t t = 0; t < plan.trainings; ++t) test += deviate(random, spread.test, spread.skewed);
    sample.values.push_back(run[sample.design.run[i]] + episode[sample.design.episode[i]] +
                            test / static_cast<double>(plan.trainings));
  }
  return sample;
}

Power power_of(const TestPlan& plan, const TestSpread& spread, const ClaimRule& rule, std::size_t pairs,
               double power, int repetitions, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> half, one, family;
  for (int i = 0; i < repetitions; ++i) {
    const SimulatedTests sample = simulated_tests(plan, spread, random);
    const CrossedMoments moments = crossed_moments(sample.design, sample.values);
    // A difference d is found where d + mean > half: so as often as d is above half - mean.
    const auto half_at = [&](double alpha) {
      const ClaimedMean mean = claimed(moments, rule, 1 - alpha);
      return (mean.interval.high - mean.interval.low) / 2;
    };
    half.push_back(half_at(kAlpha));
    one.push_back(half.back() - moments.mean);
    family.push_back(half_at(kAlpha / static_cast<double>(pairs)) - moments.mean);
  }
  return {quantile(half, .5), quantile(one, power), quantile(family, power)};
}

}  // namespace offload
