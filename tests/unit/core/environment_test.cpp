#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/batch_environment.hpp"
#include "core/error.hpp"
#include "core/rollout.hpp"
#include "core/split.hpp"
#include "formula_reward.hpp"
#include "small_data.hpp"

namespace offload {
namespace {

using testing::random_table;
using testing::small_table;

std::vector<std::uint32_t> all_episodes(const EpisodeTable& data) {
  std::vector<std::uint32_t> list(data.episodes());
  std::iota(list.begin(), list.end(), 0U);
  return list;
}

ScenarioSettings five_turns() {
  ScenarioSettings settings;
  settings.turns_max = 5;
  return settings;
}

TEST(ActionSpace, OrdersSubsetsBySizeThenLexicographically) {
  const ActionSpace actions(3);
  EXPECT_EQ(actions.images(), (std::vector<std::uint32_t>{0, 0, 1, 2, 4, 3, 5, 6, 7}));
  EXPECT_EQ(actions.kind(0), 0);
  EXPECT_EQ(actions.kind(1), 1);
  EXPECT_EQ(actions.kind(8), 4);
  EXPECT_EQ(actions.cloud_action(5), 6);
  EXPECT_EQ(ActionSpace(0).size(), 2);
  EXPECT_EQ(ActionSpace(10).size(), 1025);
  EXPECT_THROW(ActionSpace(11), Error);
}

TEST(Profile, PaperAndCorrectedLocalCallOfATx2) {
  const EpisodeTable data = random_table(5, 1);
  const ActionSpace actions(3);
  ProfileSettings settings;
  const Consumption paper = make_consumption(settings, actions, data);
  EXPECT_EQ(paper.of_action(0)[0], 11428571);
  EXPECT_NEAR(paper.values()[1], 7.942857142857142e-09, 1e-12);
  EXPECT_EQ(paper.of_action(8)[0], 6982110000);
  EXPECT_EQ(paper.of_action(8)[1], 13680000000);
  EXPECT_EQ(paper.relative()[0], 0);
  EXPECT_EQ(paper.relative()[8 * 2 + 1], 1);
  settings.kind = "corrected";
  EXPECT_NEAR(make_consumption(settings, actions, data).values()[0], 11.703, 1e-3);
  settings.kind = "measured";
  EXPECT_THROW(make_consumption(settings, actions, data), Error);
}

// The mask's definition, spelled out: some choice of actions for the remaining turns fits all budgets.
bool fits(const Consumption& consumption, int turns, Amounts left) {
  if (left[0] < 0 || left[1] < 0) return false;
  if (turns == 0) return true;
  for (int kind = 0; kind < consumption.kinds(); ++kind) {
    const Amounts& c = consumption.of_kind(kind);
    if (fits(consumption, turns - 1, {left[0] - c[0], left[1] - c[1]})) return true;
  }
  return false;
}

TEST(Feasibility, MaskAgreesWithEnumerationForRandomConsumption) {
  Random random(7);
  const ActionSpace actions(2);
  constexpr int kTurns = 4;
  int refused = 0, none = 0;
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<Amounts> by_kind;
    for (int kind = 0; kind < actions.kinds(); ++kind) {
      by_kind.push_back(
          {static_cast<std::int64_t>(random.below(20)), static_cast<std::int64_t>(random.below(20))});
    }
    const Consumption consumption(actions, by_kind);
    const Feasibility feasibility(actions, consumption, kTurns);
    const Amounts limit = {static_cast<std::int64_t>(random.below(60)),
                           static_cast<std::int64_t>(random.below(60))};
    const Amounts spent = {static_cast<std::int64_t>(random.below(20)),
                           static_cast<std::int64_t>(random.below(20))};
    const int turn = static_cast<int>(random.below(kTurns));
    std::vector<std::uint8_t> mask(static_cast<std::size_t>(actions.size()));
    const bool any = feasibility.mask(turn, spent, limit, mask.data());
    bool expected_any = false;
    std::vector<std::uint8_t> expected;
    for (int a = 0; a < actions.size(); ++a) {
      const Amounts& c = consumption.of_action(a);
      expected.push_back(
          fits(consumption, kTurns - turn - 1, {limit[0] - spent[0] - c[0], limit[1] - spent[1] - c[1]}));
      expected_any |= expected.back() != 0;
      refused += expected.back() == 0;
    }
    EXPECT_EQ(any, expected_any);
    none += !any;
    if (!any) std::fill(expected.begin(), expected.end(), std::uint8_t{1});
    EXPECT_EQ(mask, expected);
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(none, 10);
}

TEST(Budgets, RelativeGridAndDegenerateCells) {
  const ActionSpace actions(3);
  const Consumption tx2 = make_consumption({}, actions, random_table(5, 1));
  const Amounts loosest = relative_budget(tx2, 5, 1, 1);
  EXPECT_EQ(loosest[0], 5 * tx2.largest()[0]);
  EXPECT_EQ(loosest[1], 5 * tx2.largest()[1]);
  EXPECT_EQ(relative_anchor(tx2, 5), (Amounts{5 * tx2.of_action(0)[0], 5 * tx2.of_action(0)[1]}));
  EXPECT_NO_THROW(require_choice({"extreme", {8000000000, 6000000000}}, tx2, 5));
  EXPECT_THROW(require_choice({"local", {5000000000, 5000000000}}, tx2, 5), Error);
}

// The model's definition, spelled out over the rows one by one.
double knn_by_definition(const Scenario& scenario, const History& history, int action) {
  const EpisodeTable& data = scenario.data();
  const ActionSpace& actions = scenario.actions();
  const auto features = [&](const History& h, int a) {
    std::vector<double> x(static_cast<std::size_t>(scenario.layout().frames()));
    scenario.layout().write_frames(h, x.data());
    x.push_back(actions.cloud(a));
    for (int m = 0; m < actions.modalities(); ++m) x.push_back(actions.images(a) >> m & 1U);
    return x;
  };
  const auto query = features(history, action);
  std::multimap<double, double> rows;
  for (std::size_t e = 0; e < data.episodes(); ++e) {
    for (int t = 0; t < data.length(e); ++t) {
      const auto x = features(scenario.logged_history(e, t), data.action[data.turn(e, t)]);
      double square = 0;
      for (std::size_t i = 0; i < x.size(); ++i) square += (x[i] - query[i]) * (x[i] - query[i]);
      rows.emplace(square, data.score[data.turn(e, t)]);
    }
  }
  auto fifth = rows.begin();
  std::advance(fifth, std::min<std::size_t>(4, rows.size() - 1));
  double closer = 0, tied = 0, weights = 0, sum = 0;
  for (const auto& [d, score] : rows) closer += d < fifth->first, tied += d == fifth->first;
  for (const auto& [d, score] : rows) {
    if (d > fifth->first) break;
    const double share = d < fifth->first ? 1 : std::min(5 - closer, tied) / tied;
    weights += share / (std::sqrt(d) + 1e-6);
    sum += share * score / (std::sqrt(d) + 1e-6);
  }
  return sum / weights;
}

TEST(KnnModel, AgreesWithItsDefinitionAndIgnoresRowOrder) {
  for (const std::size_t episodes : {1U, 2U, 3U, 40U}) {
    const Scenario scenario(random_table(episodes, 11), {});
    auto order = all_episodes(scenario.data());
    const KnnModel model(scenario.data(), order, scenario.actions(), scenario.layout());
    std::reverse(order.begin(), order.end());
    const KnnModel reversed(scenario.data(), order, scenario.actions(), scenario.layout());
    Random random(3);
    for (int i = 0; i < 200; ++i) {
      const std::size_t e = random.below(scenario.data().episodes());
      const int turn = static_cast<int>(random.below(static_cast<std::uint64_t>(scenario.data().length(e))));
      std::vector<std::uint16_t> actions;
      for (int t = 0; t < turn; ++t) actions.push_back(static_cast<std::uint16_t>(random.below(9)));
      const History history = scenario.history(e, turn, actions);
      std::vector<double> all(9);
      model.scores(history, all);
      for (int a = 0; a < 9; ++a) {
        const double score = model.score(history, a);
        EXPECT_NEAR(score, knn_by_definition(scenario, history, a), 1e-9);
        EXPECT_EQ(score, reversed.score(history, a));
        EXPECT_EQ(score, all[static_cast<std::size_t>(a)]);
      }
    }
  }
}

TEST(KnnModel, FiveAtDistanceZeroGiveTheirPlainMean) {
  const EpisodeTable data =
      small_table({{{1, 0, 1}}, {{1, 0, 2}}, {{1, 0, 3}}, {{1, 0, 4}}, {{1, 0, 5}}, {{1, 0, 9}}});
  const Scenario scenario(data, {});
  const KnnModel model(scenario.data(), all_episodes(data), scenario.actions(), scenario.layout());
  EXPECT_NEAR(model.score(scenario.logged_history(0, 0), 0), 4, 1e-12);
}

TEST(TableModel, ShrinksTowardsTheKindAndTheOverallMean) {
  const EpisodeTable data = small_table({{{0, 0, 1}, {1, 1, 2}}, {{0, 0, 3}}});
  const Scenario scenario(data, {});
  const TableModel model(scenario.data(), all_episodes(data), scenario.actions());
  const double overall = 2, local = (4 + 8 * overall) / 10, cell = (4 + 8 * local) / 10;
  EXPECT_NEAR(model.score(scenario.logged_history(0, 0), 0), cell, 1e-12);
  EXPECT_NEAR(model.score(scenario.logged_history(0, 0), 8), overall, 1e-12);
}

TEST(Association, IsMinMaxOverTheTurnsActions) {
  const std::vector<double> positive = {.1, .2, .3}, mixed = {.4, -.1}, zero = {0, 0};
  EXPECT_NEAR(association(positive, 5).raw, .4, 1e-12);
  EXPECT_NEAR(association(positive, 5).normalized, .4 / .6, 1e-12);
  EXPECT_NEAR(association(mixed, 0).normalized, .1 / .5, 1e-12);
  EXPECT_EQ(association(mixed, 2).normalized, 0);
  EXPECT_EQ(association(zero, 3).normalized, 0);
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
