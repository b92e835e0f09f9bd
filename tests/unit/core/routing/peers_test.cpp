#include "core/routing/peers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace offload {
namespace {

using ::testing::ElementsAre;

MATCHER_P2(Point, cost, quality, "") { return arg.cost == cost && arg.quality == quality; }

// At cost 3 the point lies below the line from 1 to 5; past 5 quality falls.
const std::vector<CostQuality> kPoints = {{5, .9}, {3, .5}, {1, .4}, {7, .8}, {1, .2}};

TEST(Peers, HullsRise) {
  EXPECT_THAT(rising_hull(kPoints), ElementsAre(Point(1, .4), Point(5, .9)));
  EXPECT_THAT(pareto_frontier(kPoints), ElementsAre(Point(1, .4), Point(3, .5), Point(5, .9)));
  EXPECT_TRUE(rising_hull({}).empty());
}

TEST(Peers, AiqAsPublishedDependsOnWhoElseIsThere) {
  const double area = 4 * .65;
  EXPECT_DOUBLE_EQ(aiq_as_published(kPoints, 5), area / 5);
  EXPECT_DOUBLE_EQ(aiq_as_published(kPoints, 10), (area + 5 * .9) / 10);
  EXPECT_TRUE(std::isnan(aiq_as_published({}, 5)));
}

TEST(Peers, AiqAsDefinedIsAMeanHeightOverAStatedRange) {
  EXPECT_DOUBLE_EQ(aiq_as_defined(kPoints, {1, 5, .4}), .65);
  EXPECT_DOUBLE_EQ(aiq_as_defined(kPoints, {1, 9, .4}), (4 * .65 + 4 * .9) / 8);
  // A row that begins dearer than the cheapest arm may still play it.
  EXPECT_DOUBLE_EQ(aiq_as_defined(std::vector<CostQuality>{{3, .8}}, {1, 5, .4}), (2 * .6 + 2 * .8) / 4);
  // One that is cheaper than every arm has its hull cut at the range.
  EXPECT_DOUBLE_EQ(aiq_as_defined(std::vector<CostQuality>{{0, .6}}, {1, 5, .4}), .6);
  EXPECT_TRUE(std::isnan(aiq_as_defined(kPoints, {5, 5, .4})));
}

TEST(Peers, Nauc) {
  EXPECT_DOUBLE_EQ(nauc_as_published(kPoints), (2 * .45 + 2 * .7) / 4);
  EXPECT_TRUE(std::isnan(nauc_as_published(std::vector<CostQuality>{{1, .5}})));
  EXPECT_DOUBLE_EQ(nauc_as_defined(std::vector<CostQuality>{{1, .5}}, {1, 5, .4}), .5);
  EXPECT_DOUBLE_EQ(nauc_as_defined(kPoints, {1, 9, .4}), (2 * .45 + 2 * .7 + 4 * .9) / 8);
}

TEST(Peers, ArenaScoreHasAFloorWhereItIsDefined) {
  EXPECT_DOUBLE_EQ(arena_score_as_published(.5, .0044), 1.1 * .5 / (.05 + 1));
  EXPECT_TRUE(std::isnan(arena_score_as_published(.5, 0)));
  EXPECT_LT(arena_score_as_published(.5, 300), 0);
  EXPECT_DOUBLE_EQ(arena_score_as_defined(.5, 0), arena_score_as_published(.5, .0044));
  EXPECT_EQ(arena_score_as_defined(.5, 300), 0);
  EXPECT_EQ(arena_score_as_defined(-.03, 1), 0);
  EXPECT_DOUBLE_EQ(arena_score_as_defined(.5, 1), arena_score_as_published(.5, 1));
}

TEST(Peers, CallsInTheBestOrderGainFirst) {
  const std::vector<double> weak = {1, 0, 1, 0}, strong = {0, 1, 1, 1};
  const auto order = best_call_order(weak, strong);
  EXPECT_THAT(order, ElementsAre(1, 3, 2, 0));
  const auto curve = call_curve(weak, strong, order);
  ASSERT_EQ(curve.size(), 5U);
  EXPECT_EQ(curve[2].quality, 1);
  EXPECT_EQ(curve[4].quality, .75);
  // Recovered: 0, 1, 2, 2, 1 of the gap of .25.
  EXPECT_DOUBLE_EQ(apgr_as_published(curve, .5, .75), (.5 + 1.5 + 2 + 1.5) / 4);
  EXPECT_DOUBLE_EQ(apgr_as_defined(curve, .5, .75), apgr_as_published(curve, .5, .75));
  EXPECT_DOUBLE_EQ(cpt_as_published(curve, .5, .75, .5), .125);
}

TEST(Peers, ApgrAsPublishedForgetsWhatARowDoesNotReach) {
  const std::vector<CallPoint> half = {{.5, .6}, {1, .7}};
  EXPECT_DOUBLE_EQ(apgr_as_published(half, .5, .7), .75);
  EXPECT_DOUBLE_EQ(apgr_as_defined(half, .5, .7), (.25 + .75) / 2);
  EXPECT_TRUE(std::isnan(apgr_as_defined(half, .7, .5)));
}

TEST(Peers, CptWhereTheCurveFalls) {
  // Recovered: 0, .6, .4, .8, 1.
  const std::vector<CallPoint> curve = {{0, 0}, {.25, .6}, {.5, .4}, {.75, .8}, {1, 1}};
  EXPECT_DOUBLE_EQ(cpt_as_published(curve, 0, 1, .5), .25 * .5 / .6);
  const CallThreshold half = cpt_as_defined(curve, 0, 1, .5);
  EXPECT_DOUBLE_EQ(half.first, .25 * .5 / .6);
  EXPECT_DOUBLE_EQ(half.lasting, .5 + .25 * .1 / .4);
  // Never there: an interpolation clamps to the end.
  EXPECT_EQ(cpt_as_published(curve, 0, 2, .8), 1);
  EXPECT_TRUE(std::isnan(cpt_as_defined(curve, 0, 2, .8).first));
  // There, but not to the end.
  const std::vector<CallPoint> falling = {{0, 0}, {.5, 1}, {1, .3}};
  EXPECT_EQ(cpt_as_defined(falling, 0, 1, .8).first, .4);
  EXPECT_TRUE(std::isnan(cpt_as_defined(falling, 0, 1, .8).lasting));
}

TEST(Peers, GainAndGap) {
  const GainAndGap published = gain_and_gap_as_published(.6, .5, .4, .8);
  EXPECT_DOUBLE_EQ(published.over_best, .2);
  EXPECT_DOUBLE_EQ(published.over_random, .5);
  EXPECT_DOUBLE_EQ(published.to_oracle, .25);
  const GainAndGap defined = gain_and_gap_as_defined(.6, .5, .4, .8);
  EXPECT_DOUBLE_EQ(defined.over_best, .1);
  EXPECT_DOUBLE_EQ(defined.over_random, .2);
  EXPECT_DOUBLE_EQ(defined.to_oracle, .2);
}

}  // namespace
}  // namespace offload
