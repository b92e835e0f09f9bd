// Steps of some rows only, and episodes begun by hand: what the Python package resets with.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "core/error.hpp"
#include "core/simulation/batch_environment.hpp"
#include "unit/core/formula_reward.hpp"
#include "unit/core/small_data.hpp"

namespace offload {
namespace {

constexpr int kSlots = 5, kFirstSlot = 2;

// Every slot has its own list of episodes, whatever the others do.
struct OwnLists final : EpisodeSource {
  std::size_t episodes = 0;
  std::vector<std::uint64_t> given = std::vector<std::uint64_t>(kSlots);
  bool next(int slot, EpisodeStart& start) override {
    const int s = slot - kFirstSlot;
    const std::uint64_t i = given[static_cast<std::size_t>(s)]++;
    if (i == 6) return false;
    start = {static_cast<std::uint32_t>(stream(9, s, i) % episodes),
             {to_amount(14, 0, ""), to_amount(.014, 1, "")},
             stream(5, s, i)};
    return true;
  }
};

// What a slot went through, in order.
struct Experience {
  std::vector<float> observation;
  std::vector<double> reward, quality, consumed;
  std::vector<int> terminal;
  bool operator==(const Experience&) const = default;
};
using Experiences = std::map<int, Experience>;

class PartialStep : public ::testing::Test {
 protected:
  void take_down(const offload_transition& step, Experiences& to) const {
    const int width = scenario_.layout().size();
    for (int i = 0; i < step.n; ++i) {
      Experience& e = to[step.before->slot[i]];
      for (const offload_view* view : {step.before, step.after}) {
        EXPECT_EQ(view->slot[i], step.before->slot[i]);
        e.observation.insert(e.observation.end(), view->observation + i * width,
                             view->observation + (i + 1) * width);
      }
      e.reward.push_back(step.reward[i]);
      e.quality.push_back(step.quality[i]);
      e.consumed.push_back(step.consumed[i * kResources]);
      e.terminal.push_back(step.terminal[i]);
    }
  }
  // Acts by the row's random bits, as a row that does not act shows the same ones again. `draws`: which rows
  // act; nullopt: all of them.
  Experiences run(std::optional<std::uint64_t> draws) {
    OwnLists source;
    source.episodes = scenario_.data().episodes();
    BatchEnvironment environment(scenario_, memo_, reward_, source, nullptr,
                                 BatchEnvironment::Purpose::training, kSlots, kFirstSlot);
    Random random(draws.value_or(0));
    Experiences result;
    while (environment.view().n > 0) {
      const offload_view& view = environment.view();
      std::vector<int> acting;
      std::vector<std::int32_t> action;
      for (int i = 0; i < view.n; ++i) {
        if (draws && random.below(3) == 0) continue;
        acting.push_back(i);
        action.push_back(static_cast<std::int32_t>(view.rng[i] % 9));
      }
      take_down(draws ? environment.step_some(acting, action) : environment.step(action), result);
    }
    return result;
  }

  Scenario scenario_{testing::random_table(60, 23), {}};
  KnnModel model_{scenario_.data(), testing::all_episodes(scenario_.data()), scenario_.actions(),
                  scenario_.layout()};
  ResponseMemo memo_{model_, 9, scenario_.tasks(), scenario_.turns_max()};
  FormulaReward reward_;
};

TEST_F(PartialStep, WhoeverWaitsGoesThroughTheSame) {
  const Experiences all = run(std::nullopt);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kSlots));
  EXPECT_GT(all.at(kFirstSlot).reward.size(), 6U);
  for (const std::uint64_t seed : {1U, 2U, 3U}) EXPECT_EQ(run(seed), all) << seed;
}

TEST_F(PartialStep, NobodyActsAndNothingChanges) {
  OwnLists source;
  source.episodes = scenario_.data().episodes();
  BatchEnvironment environment(scenario_, memo_, reward_, source, nullptr,
                               BatchEnvironment::Purpose::training, kSlots, kFirstSlot);
  const std::vector<std::uint64_t> before(environment.view().rng, environment.view().rng + kSlots);
  EXPECT_EQ(environment.step_some({}, {}).n, 0);
  ASSERT_EQ(environment.view().n, kSlots);
  EXPECT_EQ(std::vector<std::uint64_t>(environment.view().rng, environment.view().rng + kSlots), before);
}

TEST_F(PartialStep, RestartBeginsTheGivenEpisodeInOneRow) {
  OwnLists source;
  source.episodes = scenario_.data().episodes();
  BatchEnvironment environment(scenario_, memo_, reward_, source, nullptr,
                               BatchEnvironment::Purpose::training, kSlots, kFirstSlot);
  const std::vector<std::int32_t> first(kSlots, 1);
  environment.step(first);
  const std::vector<std::uint64_t> before(environment.view().rng, environment.view().rng + kSlots);
  const EpisodeStart start = {17, {to_amount(3, 0, ""), kUnlimited}, 99};
  environment.restart(2, start);
  const offload_view& view = environment.view();
  for (int i = 0; i < kSlots; ++i) {
    EXPECT_EQ(view.slot[i], kFirstSlot + i);
    if (i != 2) {
      EXPECT_EQ(view.rng[i], before[static_cast<std::size_t>(i)]);
    }
  }
  EXPECT_EQ(view.first[2], 1);
  EXPECT_EQ(view.rng[2], stream(99, 0));
  EXPECT_EQ(view.limit[2 * kResources], 3);
  EXPECT_EQ(view.spent[2 * kResources], 0);
  EXPECT_EQ(view.observation[3 * scenario_.layout().size() - 4],
            scenario_.data().task[scenario_.data().turn(17, 0)]);
}

TEST_F(PartialStep, InfeasibleSaysWhereNothingFits) {
  OwnLists source;
  source.episodes = scenario_.data().episodes();
  BatchEnvironment environment(scenario_, memo_, reward_, source, nullptr,
                               BatchEnvironment::Purpose::training, kSlots, kFirstSlot);
  environment.restart(1, {17, {0, kUnlimited}, 1});
  EXPECT_TRUE(environment.infeasible(1));
  EXPECT_FALSE(environment.infeasible(0));
  environment.restart(1, {17, {kUnlimited, kUnlimited}, 1});
  EXPECT_FALSE(environment.infeasible(1));
}

}  // namespace
}  // namespace offload
