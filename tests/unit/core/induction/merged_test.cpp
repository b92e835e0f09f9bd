// Games whose states are merged: against plain recursion over every history, and the bounds where they do not
// fit.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "core/error.hpp"
#include "core/oracle/price_bound.hpp"
#include "core/oracle/upper_bound.hpp"
#include "unit/core/formula_reward.hpp"
#include "unit/core/plain_recursion.hpp"
#include "unit/core/small_world.hpp"

namespace offload {
namespace {

using testing::CuriousReward;
using testing::plain_causal;
using testing::SmallWorld;

Truth synthetic_truth(int tasks, int kinds) {
  SyntheticTruth truth{tasks, kinds, {}, .07, -.03};
  for (int i = 0; i < tasks * kinds; ++i) truth.base.push_back(.4 + .11 * (i * 7 % 5));
  return truth;
}

struct Case {
  const char* name;
  const char* model;
  int modalities, tasks, turns, window;
  Truth truth;
};

class Merged : public ::testing::TestWithParam<Case> {};

TEST_P(Merged, EqualsPlainRecursionAndItsPolicyEarnsItsValue) {
  const Case& c = GetParam();
  SmallWorld f(11, c.modalities, c.tasks, c.turns, c.window, c.model, c.truth);
  ASSERT_TRUE(f.planning->forgets(f.scenario.turns_max()));
  const CausalOracle oracle = f.oracle();
  for (std::size_t i = 0; i < f.cells.size(); ++i) {
    SCOPED_TRACE(f.cells[i].name);
    ASSERT_TRUE(oracle.cell(i).exact);
    EXPECT_NEAR(oracle.cell(i).upper, plain_causal(f, f.cells[i].limit, true), 1e-11);
    EXPECT_NEAR(oracle.cell(i).masked_random.value, plain_causal(f, f.cells[i].limit, false), 1e-11);
  }
}

// Merging is a matter of the model alone: a model that says nothing of what it forgets has the same values.
class Unforgetting final : public ResponseModel {
 public:
  explicit Unforgetting(const ResponseModel& model) : model_(model) {}
  double score(const History& history, int action) const override { return model_.score(history, action); }
  double highest(int task, int action, int turns) const override {
    return model_.highest(task, action, turns);
  }

 private:
  const ResponseModel& model_;
};

TEST_P(Merged, ChoosesAndCountsAsHistoriesDo) {
  const Case& c = GetParam();
  SmallWorld f(13, c.modalities, c.tasks, c.turns, c.window, c.model, c.truth);
  const Unforgetting plain(*f.planning);
  const CausalOracle merged = f.oracle();
  const CausalOracle histories(f.scenario, plain, f.model, f.cells, f.rewards, {});
  for (std::size_t i = 0; i < f.cells.size(); ++i) {
    SCOPED_TRACE(f.cells[i].name);
    EXPECT_NEAR(merged.cell(i).upper, histories.cell(i).upper, 1e-12);
    EXPECT_NEAR(merged.cell(i).masked_random.value, histories.cell(i).masked_random.value, 1e-12);
    EXPECT_LT(merged.cell(i).nodes, histories.cell(i).nodes);
    const TestRun one = run_causal_policy(f.scenario, merged, i, f.cells[i].limit, *f.lens, f.reward, f.test);
    const TestRun two =
        run_causal_policy(f.scenario, histories, i, f.cells[i].limit, *f.lens, f.reward, f.test);
    EXPECT_EQ(one.decisions, two.decisions);
    EXPECT_EQ(one.tied_states, two.tied_states);
  }
}

TEST_P(Merged, TestEpisodesEqualHistories) {
  const Case& c = GetParam();
  SmallWorld f(17, c.modalities, c.tasks, c.turns, c.window, c.model, c.truth);
  const auto merged = bound_test_episodes(f.scenario, *f.lens, f.test, f.cells, f.rewards, {});
  for (std::size_t i = 0; i < f.cells.size(); ++i) {
    const Amounts& limit = f.cells[i].limit;
    for (std::size_t e = 0; e < f.test.size(); ++e) {
      const Game game = episode_game(f.scenario, f.test[e], false);
      const ModelFutures futures(f.lens->of(e), f.scenario.actions().size());
      BudgetStates masked(f.scenario, game, limit, Openness::mask, game.length());
      BudgetStates budgeted(f.scenario, game, limit, Openness::budget, game.length());
      masked.prepare();
      budgeted.prepare();
      Induction induction(game, futures, {&masked, &budgeted}, f.scenario.actions().size(), game.length(),
                          false);
      induction.run(f.rewards);
      ASSERT_TRUE(merged[i].exact);
      EXPECT_NEAR(merged[i].masked_random[e].value, induction.value(0).random, 1e-12);
      EXPECT_NEAR(merged[i].hindsight[e], induction.value(1).best, 1e-12);
    }
  }
}

// Episodes that share states have the bits that they have alone.
TEST_P(Merged, TestEpisodesTogetherAreWhatTheyAreAlone) {
  const Case& c = GetParam();
  SmallWorld f(17, c.modalities, c.tasks, c.turns, c.window, c.model, c.truth);
  const auto together = bound_test_episodes(f.scenario, *f.lens, f.test, f.cells, f.rewards, {});
  for (std::size_t e = 0; e < f.test.size(); ++e) {
    const auto alone =
        bound_test_episodes(f.scenario, *f.lens, std::span(f.test).subspan(e, 1), f.cells, f.rewards, {});
    for (std::size_t i = 0; i < f.cells.size(); ++i) {
      EXPECT_EQ(alone[i].masked_random[0].value, together[i].masked_random[e].value);
      if (std::isnan(alone[i].hindsight[0])) {
        EXPECT_TRUE(std::isnan(together[i].hindsight[e]));
      } else {
        EXPECT_EQ(alone[i].hindsight[0], together[i].hindsight[e]);
      }
    }
  }
}

// Every limit on nodes gives bounds that hold, prices included.
TEST_P(Merged, BoundsEncloseTheValue) {
  const Case& c = GetParam();
  SmallWorld f(19, c.modalities, c.tasks, c.turns, c.window, c.model, c.truth);
  const CausalOracle exact = f.oracle();
  const auto episodes = bound_test_episodes(f.scenario, *f.lens, f.test, f.cells, f.rewards, {});
  const CausalOracle bounded = f.oracle({1, 5});
  const auto bounds = bound_test_episodes(f.scenario, *f.lens, f.test, f.cells, f.rewards, {1, 5});
  const Game game = causal_game(f.model);
  for (std::size_t i = 0; i < f.cells.size(); ++i) {
    SCOPED_TRACE(f.cells[i].name);
    EXPECT_FALSE(bounded.cell(i).exact);
    EXPECT_LE(bounded.cell(i).lower, exact.cell(i).upper + 1e-12);
    EXPECT_GE(bounded.cell(i).upper, exact.cell(i).upper - 1e-12);
    EXPECT_THROW(bounded.decide(i, std::array<std::uint8_t, 1>{0}, {}), Error);
    const Amounts& limit = f.cells[i].limit;
    const double priced =
        price_bound(f.scenario, game, *f.planning, f.reward, limit, f.scenario.feasibility().any(limit));
    EXPECT_GE(priced, exact.cell(i).upper - 1e-12);
    const double free = price_bound(f.scenario, game, *f.planning, f.reward, limit, false);
    EXPECT_LE(priced, free + 1e-12);
    for (std::size_t e = 0; e < f.test.size(); ++e) {
      if (std::isnan(episodes[i].hindsight[e])) continue;
      EXPECT_LE(bounds[i].hindsight[e], episodes[i].hindsight[e] + 1e-12);
      EXPECT_GE(bounds[i].hindsight_upper[e], episodes[i].hindsight[e] - 1e-12);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Merged,
                         ::testing::Values(Case{"Table", "table", 2, 2, 4, 5, {}},
                                           Case{"TableOneTask", "table", 3, 1, 3, 2, {}},
                                           Case{"Hierarchical", "hierarchical", 2, 2, 4, 5, {}},
                                           Case{"ImagesSent", "true_mean", 2, 2, 4, 5, synthetic_truth(2, 4)},
                                           Case{"ImagesCounted", "true_mean", 2, 2, 3, 5, ScenarioTruth{}},
                                           Case{"BeyondTheWindow", "knn", 1, 2, 5, 2, {}},
                                           Case{"OneFrame", "knn", 2, 2, 4, 1, {}}),
                         [](const auto& info) { return info.param.name; });

TEST(Forgetting, LeavesWhatScoresAsTheWholeDoes) {
  for (const Case& c :
       {Case{"", "table", 3, 3, 6, 5, {}}, Case{"", "knn", 3, 3, 6, 3, {}},
        Case{"", "hierarchical", 3, 3, 6, 5, {}}, Case{"", "true_mean", 3, 3, 6, 5, synthetic_truth(3, 5)},
        Case{"", "true_mean", 3, 3, 6, 5, ScenarioTruth{}}}) {
    SmallWorld f(23, c.modalities, c.tasks, c.turns, c.window, c.model, c.truth);
    Random random(3);
    for (int trial = 0; trial < 300; ++trial) {
      Past whole, left;
      const std::size_t turns = random.below(9);
      for (std::size_t t = 0; t < turns; ++t) {
        const auto task = static_cast<std::uint8_t>(random.below(3));
        const auto action = static_cast<std::uint16_t>(random.below(9));
        for (Past* past : {&whole, &left}) {
          past->task.push_back(task);
          past->action.push_back(action);
        }
        f.planning->forget(left);
      }
      Past again = left;
      f.planning->forget(again);
      EXPECT_EQ(again.action, left.action);
      EXPECT_EQ(again.task, left.task);
      const auto task = static_cast<std::uint8_t>(random.below(3));
      whole.task.push_back(task);
      left.task.push_back(task);
      for (int a = 0; a < 9; ++a) {
        EXPECT_EQ(f.planning->score({whole.task, whole.action}, a),
                  f.planning->score({left.task, left.action}, a))
            << c.model << ' ' << trial;
      }
    }
  }
}

}  // namespace
}  // namespace offload
