// Training episodes and their budgets: TMO's samplers (algorithms.md, `tmo-budget`) by range, moments and
// shares.
#include "trial/training_source.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "unit/core/small_data.hpp"

namespace offload {
namespace {

using Kind = TrainingBudgets::Kind;

class TrainingSourceTest : public ::testing::Test {
 protected:
  static constexpr int kDraws = 40000;

  // [draws] of both resources, as shares of TMO's range.
  std::vector<std::array<double, kResources>> shares(Kind kind) const {
    TrainingSource source = source_of({.kind = kind});
    std::array<double, kResources> low{}, range{};
    for (std::size_t k = 0; k < kResources; ++k) {
      const auto turns = static_cast<double>(scenario_.layout().window());
      const auto local = static_cast<double>(scenario_.consumption().of_kind(0)[k]) * turns;
      const auto cloud =
          static_cast<double>(scenario_.consumption().of_kind(scenario_.consumption().kinds() - 1)[k]) *
          turns;
      low[k] = std::min(local, cloud);
      range[k] = std::abs(cloud - local);
    }
    std::vector<std::array<double, kResources>> list;
    EpisodeStart start;
    for (int i = 0; i < kDraws && source.next(0, start); ++i) {
      list.emplace_back();
      for (std::size_t k = 0; k < kResources; ++k)
        list.back()[k] = (static_cast<double>(start.limit[k]) - low[k]) / range[k];
    }
    for (const auto& draw : list) {
      for (const double share : draw) {
        EXPECT_GE(share, -1e-6);
        EXPECT_LE(share, 1 + 1e-6);
      }
    }
    return list;
  }
  TrainingSource source_of(const TrainingBudgets& budgets, std::uint64_t seed = 5) const {
    return {scenario_, episodes_, budgets, {"cell", {7, 8}}, seed};
  }

  Scenario scenario_{testing::random_table(20, 3), {}};
  std::vector<std::uint32_t> episodes_ = {2, 3, 5, 7, 11};
};

// Mean and standard deviation of one resource.
std::pair<double, double> moments(const std::vector<std::array<double, kResources>>& list, std::size_t k) {
  double sum = 0, squares = 0;
  for (const auto& draw : list) sum += draw[k], squares += draw[k] * draw[k];
  const double mean = sum / static_cast<double>(list.size());
  return {mean, std::sqrt(squares / static_cast<double>(list.size()) - mean * mean)};
}

double share_where(const std::vector<std::array<double, kResources>>& list, const auto& holds) {
  return static_cast<double>(std::count_if(list.begin(), list.end(), holds)) /
         static_cast<double>(list.size());
}

TEST_F(TrainingSourceTest, DrawsTheSplitsEpisodesEquallyOftenAndTheSameAgain) {
  TrainingSource source = source_of({}), again = source_of({}), other = source_of({}, 6);
  std::vector<int> count(20);
  int differs = 0;
  for (int i = 0; i < 5000; ++i) {
    EpisodeStart a, b, c;
    ASSERT_TRUE(source.next(i % 3, a) && again.next(i % 3, b) && other.next(i % 3, c));
    EXPECT_EQ(a.episode, b.episode);
    EXPECT_EQ(a.rng_stream, b.rng_stream);
    EXPECT_EQ(a.limit, (Amounts{kUnlimited, kUnlimited}));
    differs += a.episode != c.episode;
    ++count.at(a.episode);
  }
  for (const std::uint32_t e : episodes_) EXPECT_NEAR(count[e], 1000, 120);
  EXPECT_GT(differs, 3000);
}

TEST_F(TrainingSourceTest, FixedAndPerCellBudgetsAreTheirs) {
  EpisodeStart start;
  source_of({.kind = Kind::fixed, .fixed = {3, 4}}).next(0, start);
  EXPECT_EQ(start.limit, (Amounts{3, 4}));
  source_of({.kind = Kind::per_cell}).next(0, start);
  EXPECT_EQ(start.limit, (Amounts{7, 8}));
}

TEST_F(TrainingSourceTest, RelativeGridLiesBetweenItsEnds) {
  TrainingSource source = source_of({.kind = Kind::uniform, .rho_low = .2, .rho_high = .6});
  const Amounts low = relative_budget(scenario_.consumption(), scenario_.turns_max(), .2, .2);
  const Amounts high = relative_budget(scenario_.consumption(), scenario_.turns_max(), .6, .6);
  std::array<double, kResources> sum{};
  for (int i = 0; i < kDraws; ++i) {
    EpisodeStart start;
    source.next(0, start);
    for (std::size_t k = 0; k < kResources; ++k) {
      ASSERT_GE(start.limit[k], low[k]);
      ASSERT_LE(start.limit[k], high[k]);
      sum[k] += static_cast<double>(start.limit[k] - low[k]) / static_cast<double>(high[k] - low[k]);
    }
  }
  for (const double total : sum) EXPECT_NEAR(total / kDraws, .5, .01);
}

TEST_F(TrainingSourceTest, UniformAndNormalHaveTheirMoments) {
  for (std::size_t k = 0; k < kResources; ++k) {
    const auto [mean, deviation] = moments(shares(Kind::tmo_uniform), k);
    EXPECT_NEAR(mean, .5, .01);
    EXPECT_NEAR(deviation, 1 / std::sqrt(12.), .005);
    const auto [middle, spread] = moments(shares(Kind::tmo_normal), k);
    EXPECT_NEAR(middle, .5, .005);
    // A normal of deviation 1/6 clipped at three of them.
    EXPECT_NEAR(spread, 1 / 6., .003);
  }
}

// Half normal, .3 uniform, .1 one resource at an edge, .1 both. Of a resource lie within .05 of an end: .0069
// of the normal (2.7 deviations out), .1 of the uniform, 1 - exp(-.5) of the edges.
TEST_F(TrainingSourceTest, ExtremeAwareMixesAsTheJournalSays) {
  const auto list = shares(Kind::tmo_extreme_aware);
  const auto near = [](double share) { return share < .05 || share > .95; };
  const double normal = .00693, uniform = .1, edge = 1 - std::exp(-.5);
  const double one = .5 * normal + .35 * uniform + .15 * edge;
  for (std::size_t k = 0; k < kResources; ++k) {
    EXPECT_NEAR(share_where(list, [&](const auto& draw) { return near(draw[k]); }), one, .006);
    EXPECT_NEAR(moments(list, k).first, .5, .01);
  }
  const double both = .5 * normal * normal + .3 * uniform * uniform + .1 * uniform * edge + .1 * edge * edge;
  EXPECT_NEAR(share_where(list, [&](const auto& draw) { return near(draw[0]) && near(draw[1]); }), both,
              .004);
}

}  // namespace
}  // namespace offload
