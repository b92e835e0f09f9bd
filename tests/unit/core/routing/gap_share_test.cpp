#include "core/routing/gap_share.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "offload/random.hpp"

namespace offload {
namespace {

std::vector<GapSample> samples(std::size_t runs, std::size_t sessions, double row, double headroom,
                               std::uint64_t seed) {
  Random random(seed);
  std::vector<GapSample> all;
  for (std::uint32_t r = 0; r < runs; ++r) {
    for (std::uint32_t s = 0; s < sessions; ++s) {
      const double mix = .5 + .2 * random.normal();
      all.push_back(
          {r, s, mix + row * headroom + .1 * random.normal(), mix, mix + headroom * random.exponential()});
    }
  }
  return all;
}

TEST(GapShare, IsTheShareOfMeansWithTheTruthInItsInterval) {
  int covered = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const GapShare share = gap_share(samples(1, 80, .4, .2, seed), 400, seed);
    EXPECT_NEAR(share.share, (share.row - share.mix) / (share.hindsight - share.mix), 1e-12);
    covered += share.interval.low <= .4 && .4 <= share.interval.high ? 1 : 0;
  }
  EXPECT_GE(covered, 180);
  EXPECT_LE(covered, 199);
}

TEST(GapShare, IsUndefinedWithoutHeadroom) {
  const GapShare share = gap_share(samples(1, 40, .4, 0, 3), 400, 3);
  EXPECT_TRUE(std::isnan(share.share));
  EXPECT_TRUE(std::isnan(share.interval.low));
  EXPECT_FALSE(std::isnan(share.row));
  EXPECT_TRUE(std::isnan(gap_share({}, 400, 3).row));
}

TEST(GapShare, SessionsOfOneClusterCountOnce) {
  std::vector<GapSample> apart = samples(1, 30, .4, .2, 5), copies;
  for (int copy = 0; copy < 4; ++copy) copies.insert(copies.end(), apart.begin(), apart.end());
  const GapShare one = gap_share(apart, 2000, 1), four = gap_share(copies, 2000, 1);
  EXPECT_NEAR(four.share, one.share, 1e-12);
  EXPECT_NEAR(four.interval.high - four.interval.low, one.interval.high - one.interval.low, 1e-9);
}

TEST(MixAtSpend, SpendsNoMoreThanTheRow) {
  const std::vector<double> value = {.5, .9, std::nan("")};
  const std::vector<std::array<double, 2>> amounts = {{1, 1}, {2, 5}, {0, 0}};
  const auto mix = mix_at_spend(value, amounts, {std::numeric_limits<double>::infinity(), 3});
  EXPECT_THAT(mix, testing::ElementsAre(testing::DoubleEq(.5), testing::DoubleEq(.5), 0));
  EXPECT_TRUE(mix_at_spend(value, amounts, {.5, 3}).empty());
  // What a source does not tell bounds nothing.
  EXPECT_THAT(mix_at_spend(value, {{{1, std::nan("")}, {2, std::nan("")}, {0, 0}}}, {2, std::nan("")}),
              testing::ElementsAre(0, 1, 0));
}

}  // namespace
}  // namespace offload
