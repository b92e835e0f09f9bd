// Many episodes at once against one at a time, what agents are shown, and splits.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/environment/split.hpp"
#include "core/error.hpp"
#include "core/simulation/batch_environment.hpp"
#include "core/simulation/rollout.hpp"
#include "unit/core/formula_reward.hpp"
#include "unit/core/small_data.hpp"

namespace offload {
namespace {

using testing::all_episodes;
using testing::random_table;
using testing::small_table;

ScenarioSettings five_turns() {
  ScenarioSettings settings;
  settings.turns_max = 5;
  return settings;
}

// Gives the listed episodes in order, to whichever slot asks.
struct ListSource final : EpisodeSource {
  std::vector<std::uint32_t> episodes;
  Amounts limit = {kUnlimited, kUnlimited};
  std::size_t given = 0;
  bool next(int, EpisodeStart& start) override {
    if (given == episodes.size()) return false;
    start = {episodes[given], limit, stream(5, given)};
    ++given;
    return true;
  }
};

struct Collected final : EpisodeSink {
  struct Episode {
    std::uint32_t episode;
    std::vector<std::uint16_t> actions;
    std::vector<double> reward, quality;
    Amounts spent;
    bool infeasible, departed;
    int masked;
  };
  std::map<std::uint32_t, Episode> episodes;
  void finished(const FinishedEpisode& f) override {
    episodes[f.episode] = {f.episode,
                           {f.actions.begin(), f.actions.end()},
                           {f.reward.begin(), f.reward.end()},
                           {f.quality.begin(), f.quality.end()},
                           f.spent,
                           f.infeasible,
                           f.departed,
                           f.masked_actions};
  }
};

// Acts by the row's random bits alone, so that the outcome may not depend on the number of slots.
Collected run_all(const Scenario& scenario, const ResponseModel& model, int slots, Amounts limit,
                  std::size_t memo_bytes) {
  FormulaReward reward;
  ResponseMemo memo(model, scenario.actions().size(), scenario.tasks(), scenario.turns_max(), memo_bytes);
  ListSource source;
  source.episodes = all_episodes(scenario.data());
  source.limit = limit;
  Collected sink;
  BatchEnvironment environment(scenario, memo, reward, source, &sink, BatchEnvironment::Purpose::evaluation,
                               slots, 3);
  std::vector<std::int32_t> action(static_cast<std::size_t>(slots));
  while (environment.view().n > 0) {
    const offload_view& view = environment.view();
    for (int i = 0; i < view.n; ++i) {
      EXPECT_GE(view.slot[i], 3);
      EXPECT_LT(view.slot[i], 3 + slots);
      action[static_cast<std::size_t>(i)] =
          static_cast<std::int32_t>(view.rng[i] % static_cast<std::uint64_t>(scenario.actions().size()));
    }
    environment.step({action.data(), static_cast<std::size_t>(view.n)});
  }
  return sink;
}

TEST(BatchEnvironment, OutcomesDoNotDependOnSlotsOrMemory) {
  const Scenario scenario(random_table(60, 23), {});
  const KnnModel model(scenario.data(), all_episodes(scenario.data()), scenario.actions(), scenario.layout());
  const Amounts limit = {to_amount(12, 0, ""), to_amount(.012, 1, "")};
  const Collected one = run_all(scenario, model, 1, limit, std::size_t{64} << 20);
  ASSERT_EQ(one.episodes.size(), 60U);
  for (const int slots : {7, 32, 100}) {
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{64} << 20}) {
      const Collected many = run_all(scenario, model, slots, limit, bytes);
      ASSERT_EQ(many.episodes.size(), one.episodes.size());
      for (const auto& [id, episode] : one.episodes) {
        EXPECT_EQ(many.episodes.at(id).actions, episode.actions);
        EXPECT_EQ(many.episodes.at(id).reward, episode.reward);
        EXPECT_EQ(many.episodes.at(id).spent, episode.spent);
      }
    }
  }
}

TEST(BatchEnvironment, AgreesWithScoringTheSameDecisions) {
  const Scenario scenario(random_table(40, 29), {});
  const KnnModel model(scenario.data(), all_episodes(scenario.data()), scenario.actions(), scenario.layout());
  const Amounts limit = {to_amount(12, 0, ""), to_amount(.012, 1, "")};
  FormulaReward reward;
  int departed = 0, masked = 0;
  for (const auto& [id, episode] : run_all(scenario, model, 8, limit, std::size_t{64} << 20).episodes) {
    const auto outcomes = score_decisions(scenario, model, reward, id, episode.actions, limit, false);
    for (std::size_t t = 0; t < outcomes.size(); ++t) {
      EXPECT_EQ(outcomes[t].reward, episode.reward[t]);
      EXPECT_EQ(outcomes[t].quality, episode.quality[t]);
    }
    EXPECT_EQ(outcomes.back().total, episode.spent);
    departed += episode.departed;
    masked += episode.masked;
  }
  EXPECT_GT(departed, 0);
  EXPECT_GT(masked, 0);
}

TEST(BatchEnvironment, ShowsWindowTurnAndRemainingBudgets) {
  const Scenario scenario(small_table({{{2, 1, 1}, {3, 0, 1}, {0, 4, 1}}}), five_turns());
  const KnnModel model(scenario.data(), all_episodes(scenario.data()), scenario.actions(), scenario.layout());
  FormulaReward reward;
  ResponseMemo memo(model, 9, 4, 5);
  ListSource source;
  source.episodes = {0};
  source.limit = {to_amount(20, 0, ""), kUnlimited};
  BatchEnvironment environment(scenario, memo, reward, source, nullptr, BatchEnvironment::Purpose::training,
                               1, 0);
  ASSERT_EQ(scenario.layout().size(), 28);
  std::vector<float> expected(20, -1);
  expected.insert(expected.end(), {-1, 0, 0, 0, 2, 0});
  const auto observation = [](const offload_view& view) {
    return std::vector<float>(view.observation, view.observation + 28);
  };
  const float scale = 5 * 6.98211F;
  expected.insert(expected.end(), {20 / scale, 1});
  EXPECT_EQ(observation(environment.view()), expected);
  EXPECT_EQ(environment.view().first[0], 1);
  const std::int32_t action = 6;  // cloud with views 0 and 2
  const offload_transition& step = environment.step({&action, 1});
  std::vector<float> after(15, -1);
  after.insert(after.end(), {-1, 0, 0, 0, 2, 1, 1, 0, 1, 3, .2F, (20 - 6.24569F) / scale, 1});
  const auto seen = observation(*step.after);
  for (std::size_t i = 0; i < after.size(); ++i) EXPECT_FLOAT_EQ(seen[i], after[i]) << i;
  EXPECT_EQ(environment.view().first[0], 0);
  EXPECT_NEAR(step.after->spent[0], 6.24569, 1e-12);
  EXPECT_EQ(step.terminal[0], 0);
  const std::int32_t out_of_range = 9;
  EXPECT_THROW(environment.step({&out_of_range, 1}), Error);
}

TEST(BatchEnvironment, QuirkFollowsTheLoggedStateInTrainingOnly) {
  ScenarioSettings settings;
  settings.compat.logged_next_state = true;
  const Scenario scenario(small_table({{{2, 8, 1}, {3, 0, 1}}}), settings);
  const KnnModel model(scenario.data(), all_episodes(scenario.data()), scenario.actions(), scenario.layout());
  FormulaReward reward;
  for (const auto purpose : {BatchEnvironment::Purpose::training, BatchEnvironment::Purpose::evaluation}) {
    ResponseMemo memo(model, 9, 4, 5);
    ListSource source;
    source.episodes = {0};
    BatchEnvironment environment(scenario, memo, reward, source, nullptr, purpose, 1, 0);
    const std::int32_t local = 0;
    environment.step({&local, 1});
    const float previous = environment.view().observation[20];
    EXPECT_EQ(previous, purpose == BatchEnvironment::Purpose::training ? 1 : 0);
  }
}

TEST(Splits, RatioFoldsAndIds) {
  const EpisodeTable data = random_table(20, 5);
  const Split split = ratio_split(data, .2, 3);
  EXPECT_EQ(split.test.size(), 4U);
  EXPECT_EQ(split.train.size(), 16U);
  EXPECT_EQ(ratio_split(data, .2, 3).test, split.test);
  EXPECT_NE(ratio_split(data, .2, 4).test, split.test);
  EXPECT_THROW(ratio_split(data, 0, 3), Error);
  EXPECT_THROW(ratio_split(data, 1, 3), Error);
  const auto folds = fold_splits(data, 5, 2, 0);
  ASSERT_EQ(folds.size(), 10U);
  std::vector<int> tested(20);
  for (const Split& fold : folds) {
    for (const std::uint32_t e : fold.test) ++tested[e];
  }
  EXPECT_EQ(tested, std::vector<int>(20, 2));
  const std::vector<std::int64_t> train = {100, 101}, test = {103}, unknown = {999};
  EXPECT_EQ(id_split(data, "ids", train, test, "here").test, std::vector<std::uint32_t>{3});
  EXPECT_EQ(id_split(data, "ids", {}, test, "here").train.size(), 19U);
  EXPECT_THROW(id_split(data, "ids", train, unknown, "here"), Error);
  EXPECT_THROW(id_split(data, "ids", train, train, "here"), Error);
  EXPECT_THROW(id_split(data, "ids", train, {}, "here"), Error);
}

}  // namespace
}  // namespace offload
