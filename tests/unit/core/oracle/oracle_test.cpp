// The exact policies against plain recursion on small scenarios, and the properties that make them bounds.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include "core/error.hpp"
#include "core/induction/knn_futures.hpp"
#include "core/oracle/exact_policies.hpp"
#include "unit/core/formula_reward.hpp"
#include "unit/core/plain_recursion.hpp"
#include "unit/core/small_world.hpp"

namespace offload {
namespace {

using testing::CuriousReward;
using testing::mean_reward;
using testing::plain_causal;
using testing::SmallWorld;

// Calls back with every action sequence of an episode.
void each_sequence(int actions, std::size_t turns,
                   const std::function<void(std::span<const std::uint16_t>)>& visit) {
  std::vector<std::uint16_t> sequence(turns);
  for (std::size_t t = 0; t < turns;) {
    visit(sequence);
    for (t = 0; t < turns && ++sequence[t] == actions; ++t) sequence[t] = 0;
  }
}

TEST(KnnFutures, EqualsTheModelOnEveryKindOfHistory) {
  struct Shape {
    int modalities, tasks, turns, window;
  };
  for (const Shape& shape :
       {Shape{3, 4, 5, 5}, Shape{2, 2, 3, 5}, Shape{3, 6, 7, 4}, Shape{1, 10, 4, 2}, Shape{0, 3, 3, 1}}) {
    const Scenario scenario(random_episodes(shape.modalities, shape.tasks, shape.turns, 60, 5),
                            {shape.window, 0, {}, {}});
    std::vector<std::uint32_t> all(60);
    std::iota(all.begin(), all.end(), 0U);
    const auto model = make_response_model("knn", scenario, all, {});
    ASSERT_TRUE(KnnFutures::fits(dynamic_cast<const KnnModel&>(*model), scenario));
    const auto fast = make_futures(*model, scenario);
    const KnnFutures portable(dynamic_cast<const KnnModel&>(*model), scenario, places::sum_places_portably());
    const auto actions = static_cast<std::size_t>(scenario.actions().size());
    const ModelFutures plain(*model, scenario.actions().size());
    Random random(17);
    for (int trial = 0; trial < 60; ++trial) {
      const std::size_t turns = random.below(static_cast<std::uint64_t>(shape.turns));
      std::vector<std::uint8_t> task(turns);
      std::vector<std::uint16_t> action(turns > 0 ? turns - 1 : 0);
      for (auto& c : task)
        c = static_cast<std::uint8_t>(random.below(static_cast<std::uint64_t>(shape.tasks)));
      for (auto& a : action) a = static_cast<std::uint16_t>(random.below(actions));
      const int first = trial % 2 == 0 ? 0 : trial % shape.tasks;
      const int tasks = trial % 2 == 0 ? shape.tasks : 1;
      std::vector<double> expected(static_cast<std::size_t>(tasks) * actions * (turns > 0 ? actions : 1)),
          found(expected), same(expected);
      plain.scores({task, action}, first, tasks, nullptr, expected.data());
      fast->scores({task, action}, first, tasks, nullptr, found.data());
      portable.scores({task, action}, first, tasks, nullptr, same.data());
      ASSERT_EQ(found, same);
      for (std::size_t i = 0; i < expected.size(); ++i)
        ASSERT_NEAR(found[i], expected[i], 1e-12) << trial << " " << i;
    }
  }
}

TEST(KnnFutures, FallsBackWithFewerPointsThanPlaces) {
  const Scenario scenario(random_episodes(2, 2, 3, 6, 3), {});
  const std::vector<std::uint32_t> one = {0};
  const auto model = make_response_model("knn", scenario, one, {});
  const auto futures = make_futures(*model, scenario);
  const std::vector<std::uint8_t> task = {1};
  std::vector<double> expected(2 * 25), found(expected);
  ModelFutures(*model, 5).scores({task, {}}, 0, 2, nullptr, expected.data());
  futures->scores({task, {}}, 0, 2, nullptr, found.data());
  EXPECT_EQ(found, expected);
}

TEST(CausalOracle, EqualsPlainRecursion) {
  for (const int turns : {1, 2, 3, 4}) {
    SmallWorld f(static_cast<std::uint64_t>(turns), turns == 4 ? 1 : 2, turns == 4 ? 3 : 2, turns);
    const CausalOracle oracle = f.oracle();
    for (std::size_t i = 0; i < f.cells.size(); ++i) {
      ASSERT_TRUE(oracle.cell(i).exact);
      EXPECT_NEAR(oracle.cell(i).upper, plain_causal(f, f.cells[i].limit, true), 1e-11)
          << turns << f.cells[i].name;
      EXPECT_NEAR(oracle.cell(i).masked_random.value, plain_causal(f, f.cells[i].limit, false), 1e-11);
    }
  }
}

TEST(CausalOracle, DoesNotDependOnTheNumberOfThreads) {
  SmallWorld f(7);
  CuriousReward second, third;
  const std::array<RewardModel*, 3> rewards = {&f.reward, &second, &third};
  const CausalOracle one = f.oracle();
  const CausalOracle three(f.scenario, *f.planning, f.model, f.cells, rewards, {});
  const auto alone = bound_test_episodes(f.scenario, *f.lens, f.test, f.cells, f.rewards, {});
  const auto together = bound_test_episodes(f.scenario, *f.lens, f.test, f.cells, rewards, {});
  for (std::size_t i = 0; i < f.cells.size(); ++i) {
    EXPECT_EQ(one.cell(i).upper, three.cell(i).upper);
    EXPECT_EQ(one.cell(i).masked_random.value, three.cell(i).masked_random.value);
    EXPECT_EQ(alone[i].hindsight, together[i].hindsight);
    EXPECT_EQ(alone[i].masked_random_mean.value, together[i].masked_random_mean.value);
  }
}

TEST(HindsightOracle, IsTheBestSequenceWithinTheBudgets) {
  SmallWorld f(23);
  const auto bounds = bound_test_episodes(f.scenario, *f.lens, f.test, f.cells, f.rewards, {});
  for (std::size_t cell = 0; cell < f.cells.size(); ++cell) {
    const Amounts& limit = f.cells[cell].limit;
    for (std::size_t e = 0; e < f.test.size(); ++e) {
      const auto turns = static_cast<std::size_t>(f.scenario.data().length(f.test[e]));
      double best = -1e300, expected = 0;
      each_sequence(f.scenario.actions().size(), turns, [&](std::span<const std::uint16_t> sequence) {
        const auto outcomes =
            score_decisions(f.scenario, f.lens->of(e), f.reward, f.test[e], sequence, limit, false);
        double probability = 1;
        Amounts spent{};
        for (std::size_t t = 0; t < turns; ++t) {
          std::vector<std::uint8_t> mask(static_cast<std::size_t>(f.scenario.actions().size()));
          f.scenario.feasibility().mask(static_cast<int>(t), spent, limit, mask.data());
          double shares = 0;
          const auto share = [&](std::size_t a) {
            return mask[a] * (a == 0 ? .5 : .5 / static_cast<double>(mask.size() - 1));
          };
          for (std::size_t a = 0; a < mask.size(); ++a) shares += share(a);
          probability *= share(sequence[t]) / shares;
          for (std::size_t k = 0; k < 2; ++k) spent[k] += f.scenario.consumption().of_action(sequence[t])[k];
        }
        expected += probability * mean_reward(outcomes);
        if (spent[0] <= limit[0] && spent[1] <= limit[1]) best = std::max(best, mean_reward(outcomes));
      });
      EXPECT_NEAR(bounds[cell].hindsight[e], best, 1e-11);
      EXPECT_NEAR(bounds[cell].masked_random[e].value, expected, 1e-11);
    }
  }
}

TEST(HindsightOracle, HasNoOptimumWhereNothingFits) {
  SmallWorld f(29);
  const std::vector<BudgetCell> nothing = {{"nothing", {1, 1}}};
  const auto bounds = bound_test_episodes(f.scenario, *f.lens, f.test, nothing, f.rewards, {});
  for (const double value : bounds[0].hindsight) EXPECT_TRUE(std::isnan(value));
  EXPECT_TRUE(std::isnan(bounds[0].hindsight_mean));
  EXPECT_TRUE(std::isfinite(bounds[0].masked_random_mean.value));
}

TEST(OracleLimits, BoundsEncloseTheExactValues) {
  SmallWorld f(31);
  const CausalOracle exact = f.oracle();
  const auto episodes = bound_test_episodes(f.scenario, *f.lens, f.test, f.cells, f.rewards, {});
  double loosest = 0;
  for (const std::int64_t nodes : {0, 2, 30, 170}) {
    const CausalOracle bounded = f.oracle({nodes, 5});
    double gap = 0;
    for (std::size_t i = 0; i < f.cells.size(); ++i) {
      const CausalCell& cell = bounded.cell(i);
      EXPECT_EQ(cell.exact, cell.nodes <= nodes);
      EXPECT_LE(cell.lower, exact.cell(i).lower + 1e-12);
      EXPECT_GE(cell.upper, exact.cell(i).upper - 1e-12);
      EXPECT_NEAR(cell.masked_random.value, exact.cell(i).masked_random.value,
                  5 * cell.masked_random.standard_error + 1e-11);
      if (!cell.exact) {
        EXPECT_NE(cell.inexact_reason.find("oracle_nodes"), std::string::npos);
      }
      gap += cell.upper - cell.lower;
    }
    if (nodes == 0) loosest = gap;
    EXPECT_LE(gap, loosest + 1e-12);
  }
  const auto bounded = bound_test_episodes(f.scenario, *f.lens, f.test, f.cells, f.rewards, {0, 5});
  for (std::size_t i = 0; i < f.cells.size(); ++i) {
    EXPECT_FALSE(bounded[i].exact);
    for (std::size_t e = 0; e < f.test.size(); ++e) {
      EXPECT_LE(bounded[i].hindsight[e], episodes[i].hindsight[e] + 1e-12);
      EXPECT_GE(bounded[i].hindsight_upper[e], episodes[i].hindsight[e] - 1e-12);
    }
    EXPECT_NEAR(bounded[i].masked_random_mean.value, episodes[i].masked_random_mean.value,
                5 * bounded[i].masked_random_mean.standard_error);
  }
}

}  // namespace
}  // namespace offload
