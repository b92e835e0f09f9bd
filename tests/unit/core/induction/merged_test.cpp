// Games whose states are merged: against plain recursion over every history, and the bounds where they do not
// fit.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "core/error.hpp"
#include "core/oracle/price_bound.hpp"
#include "core/oracle/upper_bound.hpp"
#include "data/dataset.hpp"
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

// A world of the reference's scaling scenarios.
struct LongWorld {
  LongWorld(const std::string& source, const char* response_model)
      : scenario(build_dataset(source, 0, {}), {5, 0, profile(), {}}), truth(ScenarioTruth{}) {
    for (std::uint32_t e = 0; e < scenario.data().episodes(); ++e) (e % 3 == 0 ? test : train).push_back(e);
    planning = make_response_model(response_model, scenario, train, truth);
    model = fit_causal_model(scenario, train);
    const int turns = scenario.turns_max();
    cells = {{"none", {kUnlimited, kUnlimited}},
             {"tight", relative_budget(scenario.consumption(), turns, .35, .35)}};
  }

  // Calls with any number of images.
  static ProfileSettings profile() {
    ProfileSettings settings;
    settings.network = "Many";
    for (int images = 0; images <= kMaxModalities; ++images) {
      settings.networks["Many"].latency_s.push_back(2 + .3 * images);
      settings.cloud_cost_usd.push_back(.001 + .004 * images);
    }
    return settings;
  }

  Scenario scenario;
  Truth truth;
  std::vector<std::uint32_t> train, test;
  std::unique_ptr<ResponseModel> planning;
  CausalModel model;
  std::vector<BudgetCell> cells;
  FormulaReward reward;
  std::array<RewardModel*, 1> rewards = {&reward};
};

TEST(LongGames, AreExactForModelsThatForget) {
  LongWorld f("scenario:2,2,30:12", "table");
  const CausalOracle oracle(f.scenario, *f.planning, f.model, f.cells, f.rewards, {});
  const Game game = causal_game(f.model);
  for (std::size_t i = 0; i < f.cells.size(); ++i) {
    EXPECT_TRUE(oracle.cell(i).exact);
    EXPECT_GE(oracle.cell(i).upper, oracle.cell(i).masked_random.value);
    EXPECT_GE(price_bound(f.scenario, game, *f.planning, f.reward, f.cells[i].limit, true),
              oracle.cell(i).upper - 1e-12);
  }
  // Without budgets a model without memory leaves nothing to plan: greedy is best.
  const double greedy = play(f.scenario, game, f.cells[0].limit, Openness::mask, *f.planning, f.reward,
                             PlayoutPolicy::greedy, 20000, 1)
                            .value;
  EXPECT_NEAR(oracle.cell(0).upper, greedy, .01);
  EXPECT_LT(oracle.cell(1).upper, oracle.cell(0).upper);
}

TEST(LongGames, AreBoundedForEveryModelAndLength) {
  struct Long {
    const char *source, *response_model;
  };
  for (const auto& [source, response_model] :
       {Long{"scenario:3,4,50:9", "table"}, Long{"scenario:3,4,50:9", "true_mean"},
        Long{"scenario:3,4,50:9", "hierarchical"}, Long{"scenario:2,3,200:6", "table"},
        Long{"scenario:1,2,40:6", "knn"}}) {
    SCOPED_TRACE(std::string(source) + response_model);
    LongWorld f(source, response_model);
    const Lens lens("simulator", response_model, f.scenario, f.train, f.test, f.truth);
    const CausalOracle oracle(f.scenario, *f.planning, f.model, f.cells, f.rewards, {2000, 0});
    const auto bounds = bound_test_episodes(f.scenario, lens, f.test, f.cells, f.rewards, {2000, 0});
    for (std::size_t i = 0; i < f.cells.size(); ++i) {
      EXPECT_FALSE(oracle.cell(i).exact);
      EXPECT_NE(oracle.cell(i).inexact_reason.find("oracle_nodes = 2000"), std::string::npos);
      EXPECT_LE(oracle.cell(i).lower, oracle.cell(i).upper + 1e-12);
      EXPECT_TRUE(std::isfinite(oracle.cell(i).upper));
      EXPECT_LE(bounds[i].hindsight_mean, bounds[i].hindsight_upper_mean + 1e-12);
      EXPECT_TRUE(std::isfinite(bounds[i].hindsight_upper_mean));
    }
  }
}

// Counts what it is asked for, and says that each answer costs `bytes`.
class Counted final : public ResponseModel {
 public:
  Counted(const ResponseModel& model, std::int64_t bytes) : model_(model), bytes_(bytes) {}
  double score(const History& history, int action) const override {
    ++asked;
    return model_.score(history, action);
  }
  std::int64_t query_bytes() const override { return bytes_; }
  mutable std::int64_t asked = 0;

 private:
  const ResponseModel& model_;
  std::int64_t bytes_;
};

TEST(Playouts, AreFewerWhereAQueryIsDear) {
  LongWorld f("scenario:2,2,20:9", "knn");
  const Game game = causal_game(f.model);
  const auto estimate = [&](const ResponseModel& model) {
    return play(f.scenario, game, f.cells[1].limit, Openness::mask, model, f.reward, PlayoutPolicy::random,
                kPlayouts, 1);
  };
  const Counted cheap(*f.planning, 500'000), dear(*f.planning, 5'000'000), dearest(*f.planning, 1 << 30);
  const Estimate whole = estimate(cheap), less = estimate(dear), least = estimate(dearest);
  EXPECT_EQ(cheap.asked, 20 * 10'000);
  EXPECT_EQ(dear.asked, 20 * 1'000);  // 100 GB
  EXPECT_EQ(dearest.asked, 20 * 100);
  EXPECT_NEAR(less.value, whole.value, 5 * less.standard_error);
  EXPECT_GT(less.standard_error, 2 * whole.standard_error);
  EXPECT_GT(least.standard_error, 2 * less.standard_error);
}

// And of the largest game, whose queries add up 194 rows of 40,000 bytes, few.
TEST(Playouts, OfTheShippedSettingsAreAllMade) {
  const LongWorld f("scenario:3,4,5:200", "knn");
  EXPECT_GT(f.planning->query_bytes(), 0);
  EXPECT_EQ(affordable_playouts(*f.planning, 5, kPlayouts), kPlayouts);
  EXPECT_EQ(affordable_playouts(Counted(*f.planning, 194 * 40'000), 255, kPlayouts), 100);
}

// Signatures run out before options do: prices then know no past.
TEST(PriceBound, OfMoreSignaturesThanThereMayBe) {
  LongWorld f("scenario:10,2,3:9", "knn");
  const Game game = causal_game(f.model);
  const double bound = price_bound(f.scenario, game, *f.planning, f.reward, f.cells[1].limit, true);
  EXPECT_TRUE(std::isfinite(bound));
  EXPECT_LE(play(f.scenario, game, f.cells[1].limit, Openness::mask, *f.planning, f.reward,
                 PlayoutPolicy::greedy, 1, 1)
                .value,
            bound + 1e-12);
}

// Never forgets, so that every past is a signature of its own.
TEST(SignaturesTest, AreNotMoreThanMemoryHolds) {
  SmallWorld f(29, 1, 1, 2);
  const Unforgetting plain(*f.planning);
  constexpr int kActions = 1025;
  Signatures signatures(plain, 1, kActions);
  std::uint32_t last = Signatures::kRoot;
  for (int a = 0; last != Signatures::kNone; ++a) {
    last = signatures.next(static_cast<std::uint32_t>(a / kActions), 0, a % kActions);
  }
  EXPECT_TRUE(signatures.full());
  EXPECT_LE(signatures.size() * kActions, Signatures::kMostNumbers);
  EXPECT_EQ(signatures.next(Signatures::kRoot, 0, 0), 1U);
}

TEST(LongGames, SayWhenPastsAreTooManyToTellApart) {
  LongWorld f("scenario:5,3,12:12", "knn");
  const CausalOracle oracle(f.scenario, *f.planning, f.model, f.cells, f.rewards, {2'000'000, 0});
  EXPECT_FALSE(oracle.cell(0).exact);
  EXPECT_EQ(oracle.cell(0).inexact_reason.find("oracle_nodes"), std::string::npos);
  EXPECT_NE(oracle.cell(0).inexact_reason.find("pasts apart"), std::string::npos);
}

TEST(LongGames, HundredsOfActionsEndInBounds) {
  LongWorld f("scenario:8,2,5:12", "knn");
  ASSERT_EQ(f.scenario.actions().size(), 257);
  const CausalOracle oracle(f.scenario, *f.planning, f.model, f.cells, f.rewards, {100'000, 0});
  for (std::size_t i = 0; i < f.cells.size(); ++i) {
    EXPECT_FALSE(oracle.cell(i).exact);
    EXPECT_GT(oracle.cell(i).nodes, 100'000);
    EXPECT_LE(oracle.cell(i).lower, oracle.cell(i).upper);
  }
}

}  // namespace
}  // namespace offload
