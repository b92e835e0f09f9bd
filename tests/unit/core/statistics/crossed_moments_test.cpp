// Estimates of means over runs and episodes against the goldens of statistics.md (values in eighths, figures
// computed exactly by others).
#include "core/statistics/crossed_moments.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <map>

#include "core/statistics/student.hpp"

namespace offload {
namespace {

struct Sample {
  TestDesign design;
  std::vector<double> values;
};

using Run = std::map<int, double>;  // episode to eighths

Sample sample_of(std::initializer_list<Run> runs) {
  Sample sample;
  std::map<int, std::uint32_t> index;
  for (const Run& run : runs) {
    for (const auto& [episode, value] : run) {
      sample.design.run.push_back(static_cast<std::uint32_t>(sample.design.runs));
      sample.design.episode.push_back(
          index.emplace(episode, static_cast<std::uint32_t>(index.size())).first->second);
      sample.values.push_back(value / 8);
    }
    ++sample.design.runs;
  }
  sample.design.episodes = index.size();
  return sample;
}

CrossedMoments moments_of(const Sample& sample) { return crossed_moments(sample.design, sample.values); }

const Sample kG1 = sample_of(
    {{{1, 3}, {2, 1}, {3, 2}, {4, 4}}, {{3, 1}, {4, 2}, {5, 0}, {6, 1}}, {{1, 5}, {2, 2}, {5, 3}, {6, 4}}});
const Sample kG2 = sample_of({{{1, 3}, {2, -1}, {3, 2}},
                              {{2, 1}, {4, 4}},
                              {{1, 2}, {3, 5}, {4, 3}, {5, -2}},
                              {{2, 0}, {5, 1}, {6, 6}}});
const Sample kG3 = sample_of({{{1, 3}, {2, 1}}, {{3, 1}, {4, 2}}, {{5, 6}, {6, 4}}});

void expect_claimed(const ClaimedMean& estimate, double low, double high, double p) {
  // The goldens' quantile of 2 degrees of freedom, (2p - 1)/sqrt(2p(1 - p)) in closed form, is off by 4e-11.
  EXPECT_NEAR(estimate.interval.low, low, 1e-10);
  EXPECT_NEAR(estimate.interval.high, high, 1e-10);
  EXPECT_NEAR(estimate.p, p, 1e-11);
}

TEST(CrossedMoments, GoldenOfBalancedRuns) {
  const CrossedMoments m = moments_of(kG1);
  EXPECT_NEAR(m.mean, 7 / 24.0, 1e-15);
  EXPECT_NEAR(m.total, 37 / 96.0, 1e-15);
  EXPECT_NEAR(m.between_runs, 19 / 96.0, 1e-15);
  EXPECT_NEAR(m.between_episodes, 1 / 6.0, 1e-15);
  EXPECT_NEAR(m.run, 9 / 448.0, 1e-15);
  EXPECT_NEAR(m.episode, 1 / 224.0, 1e-15);
  EXPECT_NEAR(m.residual, 11 / 672.0, 1e-15);
  EXPECT_NEAR(m.run_means_variance, 19 / 768.0, 1e-15);
  EXPECT_NEAR(m.method_variance, 71 / 8064.0, 1e-15);
  EXPECT_EQ(m.method_degrees, 2);
  expect_claimed(claimed(m, ClaimRule{Claim::method}), -.112062578787, .695395912120, .0897789194603);
  expect_claimed(claimed(m, ClaimRule{Claim::fresh_data}), -.496366815795, 1.07970014913, .252278658480);
}

TEST(CrossedMoments, GoldenOfUnbalancedRunsWithANegativeComponent) {
  const CrossedMoments m = moments_of(kG2);
  EXPECT_NEAR(m.mean, 1 / 4.0, 1e-15);
  EXPECT_NEAR(m.total, 31 / 32.0, 1e-15);
  EXPECT_NEAR(m.between_runs, 13 / 384.0, 1e-15);
  EXPECT_NEAR(m.between_episodes, 25 / 32.0, 1e-15);
  EXPECT_NEAR(m.run_share, 19 / 6.0, 1e-15);
  EXPECT_NEAR(m.episode_share, 13 / 6.0, 1e-15);
  EXPECT_NEAR(m.run, -3997 / 141312.0, 1e-15);
  EXPECT_NEAR(m.episode, 8101 / 141312.0, 1e-15);
  EXPECT_NEAR(m.residual, 8413 / 141312.0, 1e-15);
  EXPECT_NEAR(m.run_means_variance, 115 / 27648.0, 1e-15);
  EXPECT_NEAR(m.method_variance, .0153119613967, 1e-13);
  EXPECT_NEAR(m.method_degrees, 3.95754157192, 1e-11);
  expect_claimed(claimed(m, ClaimRule{Claim::method}), -.0950200480018, .595020048002, .114207532306);
  expect_claimed(claimed(m, ClaimRule{Claim::fresh_data}), -.194078359786, .694078359786, .171113821144);
}

TEST(CrossedMoments, GoldenOfEpisodesTestedOnce) {
  const CrossedMoments m = moments_of(kG3);
  EXPECT_NEAR(m.mean, 17 / 48.0, 1e-15);
  EXPECT_NEAR(m.run, 17 / 384.0, 1e-15);
  EXPECT_EQ(m.episode, 0);
  EXPECT_NEAR(m.residual, 3 / 128.0, 1e-15);
  EXPECT_NEAR(m.run_means_variance, 43 / 768.0, 1e-15);
  EXPECT_NEAR(m.method_variance, 43 / 2304.0, 1e-15);
  EXPECT_EQ(m.method_degrees, 2);
  expect_claimed(claimed(m, ClaimRule{Claim::method}), -.233632932663, .941966265996, .122123774860);
  expect_claimed(claimed(m, ClaimRule{Claim::fresh_data}), -.821432531992, 1.52976586533, .324310661510);
}

// Where all runs tested the same episodes and each run is one number, the claim on the policies is the t test
// of the episodes' means.
TEST(CrossedMoments, PoliciesAreTestedOverEpisodes) {
  const Sample sample = sample_of({{{1, 8}, {2, 16}, {3, 24}}, {{1, 16}, {2, 24}, {3, 32}}});
  const ClaimedMean e = claimed(moments_of(sample), ClaimRule{Claim::policies});
  // Episode means 1.5, 2.5, 3.5: mean 2.5, standard error 1/sqrt(3), t(.975, 2) = 4.30265.
  EXPECT_NEAR(e.mean, 2.5, 1e-15);
  EXPECT_NEAR(e.interval.high, 2.5 + 4.302652729749 / std::sqrt(3.0), 1e-9);
  EXPECT_NEAR(e.p, student_two_sided(2.5 * std::sqrt(3.0), 2), 1e-12);
}

TEST(CrossedMoments, RunsWithDataOfTheirOwnAreTestedByTheirMeans) {
  const Sample sample = sample_of({{{1, 8}, {2, 8}}, {{3, 16}, {4, 16}}, {{5, 24}, {6, 24}}});
  const ClaimedMean e = claimed(moments_of(sample), ClaimRule{Claim::fresh_data, true});
  EXPECT_NEAR(e.mean, 2, 1e-15);
  EXPECT_NEAR(e.interval.low, 2 - 4.302652729749 / std::sqrt(3.0), 1e-9);
}

TEST(CrossedMoments, WhatCannotBeSaidIsNotSaid) {
  const auto one_run = moments_of(sample_of({{{1, 1}, {2, 3}}}));
  EXPECT_TRUE(std::isnan(claimed(one_run, ClaimRule{Claim::method}).p));
  EXPECT_TRUE(std::isnan(claimed(one_run, ClaimRule{Claim::method}).interval.low));
  EXPECT_TRUE(std::isnan(claimed(one_run, ClaimRule{Claim::fresh_data}).p));
  EXPECT_FALSE(std::isnan(claimed(one_run, ClaimRule{Claim::policies}).p));
  const auto nothing = moments_of(sample_of({{}, {}}));
  EXPECT_TRUE(std::isnan(nothing.mean));
  EXPECT_TRUE(std::isnan(claimed(nothing, ClaimRule{Claim::method}).p));
  const auto one_test = moments_of(sample_of({{{1, 4}}}));
  EXPECT_TRUE(std::isnan(claimed(one_test, ClaimRule{Claim::policies}).p));
  // Equal everywhere: a difference without variance is no test of one; none at all is a tie.
  const auto equal =
      claimed(moments_of(sample_of({{{1, .8}, {2, .8}}, {{1, .8}, {3, .8}}})), ClaimRule{Claim::method});
  EXPECT_EQ(equal.interval.low, equal.interval.high);
  EXPECT_TRUE(std::isnan(equal.p));
  const auto none =
      claimed(moments_of(sample_of({{{1, 0}, {2, 0}}, {{1, 0}, {3, 0}}})), ClaimRule{Claim::method});
  EXPECT_EQ(none.p, 1);
  EXPECT_EQ(none.interval.high, 0);
}

// A missing test is one that was not planned.
TEST(CrossedMoments, LeavesMissingTestsOut) {
  Sample with = kG2;
  for (const std::uint32_t run : {0U, 2U}) {
    with.design.run.push_back(run);
    with.design.episode.push_back(static_cast<std::uint32_t>(with.design.episodes++));
    with.values.push_back(std::nan(""));
  }
  const CrossedMoments a = moments_of(with), b = moments_of(kG2);
  EXPECT_EQ(a.tests, b.tests);
  EXPECT_EQ(a.episodes, b.episodes);
  EXPECT_EQ(a.method_variance, b.method_variance);
  EXPECT_EQ(a.method_degrees, b.method_degrees);
}

// One episode in each run: runs and residuals are one, and their spread is all that there is.
TEST(CrossedMoments, RunsOfOneEpisodeAreTestedByTheirMeans) {
  for (const Sample& sample :
       {sample_of({{{1, 1}}, {{2, 2}}, {{3, 6}}}), sample_of({{{1, 1}}, {{1, 2}}, {{1, 6}}})}) {
    const ClaimedMean crossed = claimed(moments_of(sample), ClaimRule{Claim::method}),
                      plain = claimed(moments_of(sample), ClaimRule{Claim::fresh_data, true});
    EXPECT_EQ(crossed.interval.low, plain.interval.low);
    EXPECT_EQ(crossed.p, plain.p);
  }
}

TEST(Student, MatchesPublishedValues) {
  EXPECT_NEAR(student_quantile(.975, 1), 12.706204736174, 1e-10);
  EXPECT_NEAR(student_quantile(.975, 9), 2.262157162798, 1e-11);
  EXPECT_NEAR(student_quantile(.975, 1e6), 1.9599663, 1e-6);
  EXPECT_NEAR(student_two_sided(2.262157162798, 9), .05, 1e-12);
  EXPECT_EQ(student_two_sided(0, 3.5), 1);
  EXPECT_EQ(student_two_sided(-1, 5), student_two_sided(1, 5));
}

}  // namespace
}  // namespace offload
