// The report's statistics against the golden values of statistics.md and against values computed by hand or
// by another method.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/statistics/aggregates.hpp"
#include "core/statistics/intervals.hpp"
#include "core/statistics/rank_sum.hpp"
#include "core/statistics/ranking.hpp"
#include "core/statistics/static_mix.hpp"
#include "core/statistics/tests.hpp"
#include "offload/random.hpp"

namespace offload {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

const ScoreMatrix kX{4, 2, {1, 2, 2, 2, 1, 1, 2, 1}};
const ScoreMatrix kY{3, 2, {1, 1, 2, 2, 3, 3}};
const ScoreMatrix kZ{5, 2, {.1, .9, .4, 1.2, .3, .7, .2, 2, 1.5, .8}};

TEST(Aggregates, MatchTheGoldens) {
  EXPECT_DOUBLE_EQ(interquartile_mean(kX), 1.5);
  EXPECT_DOUBLE_EQ(interquartile_mean(kY), 2);
  EXPECT_NEAR(probability_of_improvement(kX, kY), 1.0 / 3, 1e-15);
  EXPECT_NEAR(interquartile_mean(kZ), .7166667, 5e-8);
  EXPECT_NEAR(mean_score(kZ), .81, 1e-15);
  EXPECT_NEAR(median_of_task_means(kZ), .81, 1e-15);
  EXPECT_NEAR(optimality_gap(kZ), .36, 1e-15);
  EXPECT_EQ(performance_profile(kZ, {0, .25, .5, .75, 1, 1.5, 2}),
            (std::vector<double>{1, .8, .6, .5, .3, .1, 0}));
  EXPECT_NEAR(probability_of_improvement(kZ, {3, 2, {.2, .8, .4, 1, .1, .7}}), .65, 1e-15);
}

TEST(Wilson, MatchesPublishedValues) {
  EXPECT_NEAR(wilson_of_rate(.5, 10).low, .236593, 1e-6);
  EXPECT_NEAR(wilson_of_rate(.5, 10).high, .763407, 1e-6);
  EXPECT_EQ(wilson_of_rate(0, 10).low, 0);
  EXPECT_NEAR(wilson_of_rate(0, 10).high, .277533, 1e-6);
  EXPECT_EQ(wilson_of_rate(1, 10).high, 1);
  EXPECT_EQ(wilson_of_rate(0, 0).high, 1);
}

TEST(Quantile, InterpolatesLinearly) {
  std::vector<double> values = {4, 1, 3, 2};
  EXPECT_DOUBLE_EQ(quantile(values, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(values, .5), 2.5);
  EXPECT_DOUBLE_EQ(quantile(values, .975), 3.925);
  EXPECT_DOUBLE_EQ(quantile(values, 1), 4);
  EXPECT_TRUE(std::isnan(quantile({}, .5)));
}

StratifiedIntervals bootstrap_of(const ScoreMatrix& scores, int repetitions, std::uint64_t seed) {
  return stratified_bootstrap({&scores, 1}, repetitions, seed).front();
}

// Whatever stands beside it, and however many drawings are made at once.
TEST(StratifiedBootstrap, IsThatOfEachMatrix) {
  std::vector<ScoreMatrix> scores(3, {40, 2, {}});
  Random random(3);
  for (ScoreMatrix& one : scores) {
    for (int i = 0; i < 80; ++i) one.value.push_back(random.uniform());
  }
  const auto together = stratified_bootstrap(scores, 1000, 7);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const StratifiedIntervals alone = bootstrap_of(scores[i], 1000, 7);
    EXPECT_EQ(together[i].mean.low, alone.mean.low);
    EXPECT_EQ(together[i].interquartile_mean.high, alone.interquartile_mean.high);
    EXPECT_EQ(together[i].median_of_task_means.low, alone.median_of_task_means.low);
    EXPECT_EQ(together[i].optimality_gap.high, alone.optimality_gap.high);
  }
  EXPECT_NE(together[0].mean.low, together[1].mean.low);
  EXPECT_TRUE(stratified_bootstrap({}, 10, 1).empty());
}

// The same drawings, each made and measured as a matrix.
TEST(StratifiedBootstrap, IsTheBootstrapOfTheAggregates) {
  const StratifiedIntervals intervals = bootstrap_of(kZ, 500, 1);
  std::vector<double> mean, middle, median, gap;
  Random random(1);
  for (int r = 0; r < 500; ++r) {
    ScoreMatrix drawn = kZ;
    for (std::size_t task = 0; task < kZ.tasks; ++task) {
      for (std::size_t run = 0; run < kZ.runs; ++run)
        drawn.value[run * kZ.tasks + task] = kZ(random.below(kZ.runs), task);
    }
    mean.push_back(mean_score(drawn));
    middle.push_back(interquartile_mean(drawn));
    median.push_back(median_of_task_means(drawn));
    gap.push_back(optimality_gap(drawn));
  }
  const auto expect_same = [](const Interval& a, const Interval& b) {
    EXPECT_NEAR(a.low, b.low, 1e-12);
    EXPECT_NEAR(a.high, b.high, 1e-12);
  };
  expect_same(intervals.mean, percentile_interval(mean));
  expect_same(intervals.interquartile_mean, percentile_interval(middle));
  expect_same(intervals.median_of_task_means, percentile_interval(median));
  expect_same(intervals.optimality_gap, percentile_interval(gap));
  EXPECT_LT(intervals.mean.low, .81);
  EXPECT_GT(intervals.mean.high, .81);
  EXPECT_TRUE(std::isnan(bootstrap_of({0, 2, {}}, 10, 1).mean.low));
  // One run drawn again and again is no certainty.
  const StratifiedIntervals one = bootstrap_of({1, 2, {.5, .7}}, 10, 1);
  EXPECT_TRUE(std::isnan(one.mean.low) && std::isnan(one.interquartile_mean.high));
  EXPECT_TRUE(std::isnan(one.median_of_task_means.low) && std::isnan(one.optimality_gap.low));
}

// Three series over 4 runs of 15 episodes.
TEST(Pairs, FindClearDifferencesAndNoOthers) {
  TestDesign design;
  std::vector<std::vector<double>> series(3);
  Random random(2);
  for (std::uint32_t run = 0; run < 4; ++run) {
    for (std::uint32_t e = 0; e < 15; ++e) {
      design.run.push_back(run);
      design.episode.push_back(e + run % 2 * 15);
      const double noise = random.normal();
      series[0].push_back(noise);
      series[1].push_back(noise + 1 + .1 * random.normal());
      series[2].push_back(noise);
    }
  }
  design.runs = 4;
  design.episodes = 30;
  const auto tests = test_pairs(design, series, all_pairs(3), {});
  ASSERT_EQ(tests.size(), 3u);
  EXPECT_LT(tests[0].p_holm, .001);
  EXPECT_LT(tests[0].interval.high, -.9);
  EXPECT_GT(tests[0].interval.low, -1.1);
  EXPECT_EQ(tests[1].p, 1);  // the same values
  EXPECT_FALSE(tests[1].significant(.05));
  EXPECT_EQ(tests[2].difference, -tests[0].difference);
  EXPECT_EQ(tests[2].p, tests[0].p);
  // F is wider than D, and unknown where all trained on one set.
  EXPECT_LT(tests[0].fresh.interval.low, tests[0].interval.low);
  EXPECT_TRUE(std::isnan(test_pairs(design, series, all_pairs(3), {Claim::method, false, true})[0].fresh.p));
}

TEST(SignFlip, IsExactInTheLimit) {
  // Of the 16 sign patterns of 1, 2, 3, 4 one reaches 10, and two reach 8 (a 1 turned round).
  EXPECT_NEAR(sign_flip_above(std::vector<double>{1, 2, 3, 4}, 200'000, 5), 1.0 / 16, .003);
  EXPECT_NEAR(sign_flip_above(std::vector<double>{-1, 2, 3, 4}, 200'000, 5), 2.0 / 16, .003);
  EXPECT_EQ(sign_flip_above(std::vector<double>{0, 0}, 1000, 5), 1);
}

TEST(Holm, StepsDown) {
  const auto adjusted = holm({.01, .04, .03, .005});
  const std::vector<double> expected = {.03, .06, .06, .02};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-15);
  EXPECT_EQ(holm({.7, .9}), (std::vector<double>{1, 1}));
  const auto gaps = holm({.01, std::nan(""), .04});
  EXPECT_EQ(gaps[0], .02);
  EXPECT_TRUE(std::isnan(gaps[1]));
  EXPECT_EQ(gaps[2], .04);
}

TEST(Ranking, NormalisesWhereTheBoundsAreApart) {
  EXPECT_DOUBLE_EQ(*normalised_score(.9, CellBounds{1, .5}), .8);
  EXPECT_FALSE(normalised_score(.9, CellBounds{.54, .5}));
  EXPECT_FALSE(normalised_score(.9, std::nullopt));
}

TEST(Ranking, PutsComplyingRowsFirst) {
  const std::vector<Standing> standings = {{false, .5, 2.0, 9},
                                           {true, 0, .4, 1},
                                           {true, 0, .6, 1},
                                           {false, .1, 1.0, 9},
                                           {true, 0, std::nullopt, 99}};
  EXPECT_EQ(leaderboard_order(standings), (std::vector<std::size_t>{2, 1, 4, 3, 0}));
  EXPECT_EQ(leaderboard_order({{true, 0, std::nullopt, 1}, {true, 0, std::nullopt, 2}}),
            (std::vector<std::size_t>{1, 0}));
}

// The paper profile of TX2 and Wired, whose grid statistics.md places at 1, .731, .292, .175, .088.
std::vector<std::array<double, 2>> paper_consumption() {
  const double time = 2 * 3.8e9 / 1024 * 2048 / 1330e9;
  return {{time, 15 * time * .1668 / 3.6e6},
          {6.46030, .00049},
          {4.76134, .005},
          {6.24569, .00945},
          {6.98211, .01368}};
}

TEST(BudgetPosition, PlacesTheGrid) {
  const auto at = [](double latency_s, double cost_usd) {
    return budget_position({latency_s, cost_usd}, paper_consumption(), 5);
  };
  EXPECT_EQ(at(kInfinity, kInfinity), 1);
  EXPECT_NEAR(at(30, .05), .731, 5e-4);
  EXPECT_NEAR(at(20, .02), .292, 5e-4);
  EXPECT_NEAR(at(12, .012), .175, 5e-4);
  EXPECT_NEAR(at(8, .006), .088, 5e-4);
  EXPECT_EQ(at(0, 0), 0);
}

TEST(Area, IsTrapezoidal) {
  EXPECT_DOUBLE_EQ(area_under_curve({{1, 3}, {0, 1}, {.5, 1}}), .5 + 1);
  EXPECT_TRUE(std::isnan(area_under_curve({{1, 3}})));
}

TEST(Pareto, KeepsWhatNothingDominates) {
  EXPECT_EQ(pareto_front({{1, 1, 1}, {1, 1, 1}, {2, 3, 1}, {1, 2, 1}, {std::nan(""), 0, 0}}),
            (std::vector<bool>{true, true, true, false, false}));
}

TEST(StaticMix, MeetsHandComputedOptima) {
  // Action 1 earns 1 for 10 s; half of the time is affordable.
  EXPECT_EQ(best_static_mix({0, 1}, {{0, 0}, {10, 0}}, {5, kInfinity}), (std::vector<double>{.5, .5}));
  // Equal actions: the lowest index.
  EXPECT_EQ(best_static_mix({1, 2, 2}, {{0, 0}, {1, 1}, {1, 1}}, {1, 1}), (std::vector<double>{0, 1, 0}));
  // Both bounds tight: .5 of the slow and .25 of the dear action.
  const auto mix = best_static_mix({0, 1, 1}, {{0, 0}, {10, 0}, {0, 4}}, {5, 1});
  ASSERT_EQ(mix.size(), 3u);
  EXPECT_NEAR(mix[0], .25, 1e-12);
  EXPECT_NEAR(mix[1], .5, 1e-12);
  EXPECT_TRUE(best_static_mix({1}, {{2, 0}}, {1, 1}).empty());
}

TEST(StaticMix, IsNotBeatenByRandomMixes) {
  Random random(4);
  for (int problem = 0; problem < 50; ++problem) {
    std::vector<double> reward;
    std::vector<std::array<double, 2>> use;
    for (int a = 0; a < 9; ++a) {
      reward.push_back(random.uniform());
      use.push_back({random.uniform(), random.uniform() * .01});
    }
    const std::array<double, 2> bound = {.6, .006};
    const auto mix = best_static_mix(reward, use, bound);
    double best = -1;
    for (int a = 0; a < 9 && !mix.empty(); ++a) best = (a == 0 ? 0 : best) + mix[a] * reward[a];
    for (int draw = 0; draw < 2000; ++draw) {
      std::vector<double> p;
      double sum = 0, value = 0, latency = 0, cost = 0;
      for (int a = 0; a < 9; ++a) p.push_back(std::pow(random.exponential(), 4)), sum += p.back();
      for (int a = 0; a < 9; ++a) {
        value += p[a] / sum * reward[a];
        latency += p[a] / sum * use[a][0];
        cost += p[a] / sum * use[a][1];
      }
      if (latency <= bound[0] && cost <= bound[1]) {
        EXPECT_LE(value, best + 1e-9);
      }
    }
  }
}

TEST(StaticMix, TakesAThousandActions) {
  std::vector<double> reward;
  std::vector<std::array<double, 2>> use;
  for (int a = 0; a < 1025; ++a) {
    reward.push_back(a % 97);
    use.push_back({1.0 + a % 12, 1.0 + a % 12});
  }
  const auto mix = best_static_mix(reward, use, {6, 6});
  double sum = 0;
  for (const double p : mix) sum += p;
  EXPECT_NEAR(sum, 1, 1e-12);
}

// R's wilcox.test: W = 35 for x over y (that is 15 of the 50 pairs the other way), p = .1272 one-sided.
TEST(RankSum, AgreesWithAPublishedExample) {
  const std::vector<double> x = {.80, .83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, .73, 1.46};
  const std::vector<double> y = {1.15, .88, .90, .74, 1.21};
  const RankSum result = rank_sum(x, y);
  EXPECT_DOUBLE_EQ(result.u, 15);
  EXPECT_TRUE(result.exact);
  EXPECT_NEAR(result.p, 2 * .1272, 1e-4);
}

// All of b above all of a: 2 of the 70 ways to choose 4 of 8.
TEST(RankSum, SeparatesFourFromFour) {
  const RankSum result = rank_sum(std::vector<double>{1, 2, 3, 4}, std::vector<double>{11, 12, 13, 14});
  EXPECT_DOUBLE_EQ(result.p, 2.0 / 70);
  EXPECT_DOUBLE_EQ(result.u, 16);
  EXPECT_DOUBLE_EQ(result.shift, 10);
  EXPECT_DOUBLE_EQ(result.interval.low, 7);
  EXPECT_DOUBLE_EQ(result.interval.high, 13);
}

TEST(RankSum, HasNoIntervalForThreeAndThree) {
  const RankSum result = rank_sum(std::vector<double>{1, 2, 3}, std::vector<double>{4, 5, 6});
  EXPECT_DOUBLE_EQ(result.p, .1);
  EXPECT_TRUE(std::isinf(result.interval.low) && std::isinf(result.interval.high));
  EXPECT_DOUBLE_EQ(least_p(3, 3), .1);
  EXPECT_DOUBLE_EQ(least_p(4, 4), 2.0 / 70);
}

// {1, 2} against {2, 3}: midranks 1, 2.5 | 2.5, 4. Of the 6 sums two are 3.5, two 6.5, two the mean 5.
TEST(RankSum, PermutesTies) {
  const RankSum result = rank_sum(std::vector<double>{1, 2}, std::vector<double>{2, 3});
  EXPECT_DOUBLE_EQ(result.u, 3.5);
  EXPECT_DOUBLE_EQ(result.p, 4.0 / 6);
  EXPECT_DOUBLE_EQ(rank_sum(std::vector<double>{5, 5, 5}, std::vector<double>{5, 5, 5}).p, 1);
}

TEST(RankSum, ApproximatesLargeSamplesAsItCountsSmallOnes) {
  std::vector<double> a, b;
  for (int i = 0; i < 30; ++i) a.push_back(i), b.push_back(i + 5.5);
  const double exact = rank_sum(a, b).p;
  a.push_back(15.25);
  EXPECT_FALSE(rank_sum(a, b).exact);
  EXPECT_NEAR(rank_sum(a, b).p, exact, .01);
}

}  // namespace
}  // namespace offload
