// Games of many turns: exact where models forget, in bounds where they do not, and how much is asked of
// models.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <deque>

#include "core/oracle/episode_games.hpp"
#include "core/oracle/exact_policies.hpp"
#include "core/oracle/price_bound.hpp"
#include "data/dataset.hpp"
#include "unit/core/formula_reward.hpp"

namespace offload {
namespace {

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

// Counted work: 20 test episodes of 20 turns are solved on the states of one, whatever tasks they meet and
// though each is scored by a model of its own.
TEST(LongGames, OfOneLengthShareTheirStates) {
  LongWorld f("scenario:2,3,20:60", "table");
  ASSERT_EQ(f.test.size(), 20U);
  for (const char* kind : {"simulator", "held_out"}) {
    for (const char* model : {"table", "true_mean", "hierarchical"}) {
      SCOPED_TRACE(std::string(kind) + " " + model);
      const Lens lens(kind, model, f.scenario, f.train, f.test, f.truth);
      const auto bounds = bound_test_episodes(f.scenario, lens, f.test, std::span(f.cells).subspan(1),
                                              f.rewards, {100'000'000, 0});
      ASSERT_TRUE(bounds[0].exact);
      EXPECT_GT(bounds[0].made, 1000);
      EXPECT_EQ(20 * bounds[0].made, bounds[0].nodes);
    }
  }
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
  std::int64_t query_bytes(int actions) const override { return actions * bytes_; }
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
  // Greedy players ask for what all five actions score.
  const auto greedy = [&](const ResponseModel& model) {
    return play(f.scenario, game, f.cells[1].limit, Openness::mask, model, f.reward, PlayoutPolicy::greedy,
                kPlayouts, 1);
  };
  const Counted all(*f.planning, 100'000), some(*f.planning, 1'000'000), few(*f.planning, 1 << 30);
  for (const Counted* model : {&all, &some, &few}) greedy(*model);
  EXPECT_EQ(all.asked, 20 * 5 * 10'000);
  EXPECT_EQ(some.asked, 20 * 5 * 1'000);
  EXPECT_EQ(few.asked, 20 * 5 * 20);
  EXPECT_NEAR(less.value, whole.value, 5 * less.standard_error);
  EXPECT_GT(less.standard_error, 2 * whole.standard_error);
  EXPECT_GT(least.standard_error, 2 * less.standard_error);
}

// And of the largest game, whose queries add up 194 rows of 40,000 bytes, few.
TEST(Playouts, OfTheShippedSettingsAreAllMade) {
  const LongWorld f("scenario:3,4,5:200", "knn");
  EXPECT_GT(f.planning->query_bytes(1), 0);
  EXPECT_EQ(affordable_playouts(*f.planning, 5, kPlayouts), kPlayouts);
  EXPECT_EQ(affordable_playouts(Counted(*f.planning, 194 * 40'000), 255, kPlayouts), 100);
}

// Counted work: players in one state choose once.
TEST(Playouts, ChooseOncePerState) {
  class Counting final : public RewardModel {
   public:
    void score(const offload_outcomes& outcomes, double* reward) override {
      scored += outcomes.n;
      formula.score(outcomes, reward);
    }
    FormulaReward formula;
    std::int64_t scored = 0;
  };
  const LongWorld f("scenario:2,2,60:9", "table");
  const Game game = causal_game(f.model);
  Counting reward;
  const auto greedy = [&](int playouts) {
    return play(f.scenario, game, f.cells[1].limit, Openness::mask, *f.planning, reward,
                PlayoutPolicy::greedy, playouts, 1);
  };
  const Estimate whole = greedy(kPlayouts);
  // At most turn + 1 amounts were spent on two tasks, each with a choice of two tasks now and five actions.
  EXPECT_LE(reward.scored, 60 * 61 / 2 * 2 * 5 * 2);
  EXPECT_GT(whole.standard_error, 0);
  const Estimate some = greedy(100);
  EXPECT_NEAR(some.value, whole.value, 5 * some.standard_error);
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

// Says that it forgets, and keeps every past, so that each is a signature of its own.
class Hoarding final : public ResponseModel {
 public:
  double score(const History&, int) const override { return 1; }
  bool forgets(int) const override { return true; }
};

TEST(SignaturesTest, AreNotMoreThanMemoryHolds) {
  const Hoarding model;
  constexpr int kActions = 1025;
  Signatures signatures(model, 1, kActions);
  std::uint32_t last = Signatures::kRoot;
  for (int a = 0; last != Signatures::kNone; ++a) {
    last = signatures.next(static_cast<std::uint32_t>(a / kActions), 0, a % kActions);
  }
  EXPECT_TRUE(signatures.full());
  EXPECT_LE(signatures.size() * kActions, Signatures::kMostNumbers);
  EXPECT_EQ(signatures.next(Signatures::kRoot, 0, 0), 1U);
}

TEST(LongGames, OfTooManyPastsAreNotSolved) {
  LongWorld f("scenario:10,2,4:6", "table");
  const Hoarding model;
  std::deque<EpisodeGame> games;
  games.emplace_back(f.scenario, f.test[0], model);
  EXPECT_GT(games[0].nodes(f.cells[0].limit, 1 << 30), 1 << 30);
  std::vector<double> values;
  EXPECT_FALSE(solve_together(games, f.cells[0].limit, Openness::mask, f.reward, values).has_value());
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
