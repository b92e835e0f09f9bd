// What a reward makes of a world's table, and mixes at a row's spend.
#include "trial/values/world_values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace offload {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

class QualityReward final : public RewardModel {
 public:
  void score(const offload_outcomes& outcomes, double* reward) override {
    for (std::int64_t i = 0; i < outcomes.n; ++i) reward[i] = outcomes.quality[i];
  }
};

// Four sessions of two queries; the second arm is better and dearer, and unknown in the last query.
EpisodeTable two_arms() {
  auto table = std::make_shared<OutcomeTable>();
  table->arms = {{"small", ""}, {"large", ""}};
  EpisodeStorage storage;
  storage.tasks = {"t"};
  for (std::size_t q = 0; q < 8; ++q) {
    storage.task.push_back(0);
    table->known.push_back(q == 7 ? 1 : 3);
    table->prompt_group.push_back(static_cast<std::uint32_t>(q));
    for (const double quality : {.25, q % 2 == 0 ? 1.0 : .5}) table->quality.push_back(quality);
    for (const std::int64_t seconds : {1, 3}) table->latency_ns.push_back(seconds * 1'000'000'000);
    for (const std::int64_t usd : {1, 4}) table->cost_pusd.push_back(usd * 1'000'000'000'000);
  }
  table->quality[15] = 0;
  for (std::int64_t e = 0; e < 4; ++e) {
    storage.id.push_back(e);
    storage.first_turn.push_back(static_cast<std::uint64_t>(2 * e + 2));
  }
  EpisodeTable data = make_table(std::move(storage), "made up", "");
  data.outcomes = table;
  return data;
}

class WorldValues : public testing::Test {
 protected:
  Scenario scenario_{two_arms(), {}};
  QualityReward reward_;
  const std::vector<std::uint32_t> train_ = {0, 1}, tests_ = {2, 3};
  const Amounts unlimited_ = {kUnlimited, kUnlimited};
};

TEST_F(WorldValues, AreTheTablesForARewardOfQuality) {
  const auto values = world_rewards(scenario_, reward_, tests_, unlimited_);
  const OutcomeTable& table = scenario_.world()->table();
  for (std::size_t cell = 0; cell < 8; ++cell) EXPECT_EQ(values[cell], 0);
  for (std::size_t cell = 8; cell < 16; ++cell) EXPECT_EQ(values[cell], table.quality[cell]);
}

TEST_F(WorldValues, AMixSpendsWhatTheRowSpent) {
  const auto training = world_rewards(scenario_, reward_, train_, unlimited_);
  CellResult row;
  row.decisions = {{0, 1}, {0, 0}};
  row.latency_s = {4, 2};
  row.cost_usd = {5, 2};
  // 1.5 s and 1.75 USD per turn: a quarter of the calls to the large arm.
  const auto mix = world_mix(scenario_, training, train_, row);
  ASSERT_TRUE(mix);
  EXPECT_THAT(mix->probability, ElementsAre(DoubleNear(.75, 1e-9), DoubleNear(.25, 1e-9)));
  const auto values = world_rewards(scenario_, reward_, tests_, unlimited_);
  // The last query knows the small arm alone.
  EXPECT_THAT(expected_mix_rewards(scenario_, values, tests_, mix->probability),
              ElementsAre(DoubleNear((.4375 + .3125) / 2, 1e-9), DoubleNear((.4375 + .25) / 2, 1e-9)));
  // A little less than the small arm takes on the training side.
  row.latency_s = {1.85, 1.85};
  const auto nearest = world_mix(scenario_, training, train_, row);
  ASSERT_TRUE(nearest);
  EXPECT_THAT(nearest->probability, ElementsAre(1, 0));
  row.latency_s = {1, 1};
  EXPECT_FALSE(world_mix(scenario_, training, train_, row));
}

TEST_F(WorldValues, ViolationsOfAMixAreRolledOut) {
  const std::vector<double> dear = {0, 1}, even = {.5, .5};
  EXPECT_EQ(mix_violations(scenario_, tests_, {5'000'000'000, kUnlimited}, dear, 1), .5);
  EXPECT_EQ(mix_violations(scenario_, tests_, unlimited_, dear, 1), 0);
  const double some = mix_violations(scenario_, tests_, {5'000'000'000, kUnlimited}, even, 1);
  EXPECT_NEAR(some, .125, .05);  // both turns of the first test go to the large arm
  EXPECT_EQ(some, mix_violations(scenario_, tests_, {5'000'000'000, kUnlimited}, even, 1));
}

}  // namespace
}  // namespace offload
