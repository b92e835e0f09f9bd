// Response models against their definitions, and the association that comes with an action.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/outcomes/response_model.hpp"
#include "core/simulation/scenario.hpp"
#include "unit/core/small_data.hpp"

namespace offload {
namespace {

using testing::all_episodes;
using testing::random_table;
using testing::small_table;

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

}  // namespace
}  // namespace offload
