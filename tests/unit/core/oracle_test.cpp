// The exact policies against plain recursion on small scenarios, and the properties that make them bounds.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include "core/calibration.hpp"
#include "core/error.hpp"
#include "core/oracle/exact_policies.hpp"
#include "core/oracle/knn_futures.hpp"
#include "core/oracle/policy_walk.hpp"
#include "core/oracle/simple_rows.hpp"
#include "core/oracle/workers.hpp"
#include "unit/core/formula_reward.hpp"
#include "unit/core/random_episodes.hpp"

namespace offload {
namespace {

// A reward that looks at everything it may: totals and limits too.
class CuriousReward final : public RewardModel {
 public:
  void score(const offload_outcomes& o, double* reward) override {
    for (std::size_t i = 0; i < static_cast<std::size_t>(o.n); ++i) {
      const double used = std::isinf(o.limit[2 * i]) ? 0 : o.total[2 * i] / o.limit[2 * i];
      reward[i] = o.quality[i] + o.association[i] / 3 + o.association_raw[i] / 7 - .2 * used * used -
                  o.consumed[2 * i + 1] * 10 + .01 * o.action[i];
    }
  }
};

struct Fixture {
  explicit Fixture(std::uint64_t seed, int modalities = 2, int tasks = 2, int turns = 3, int window = 5)
      : scenario(random_episodes(modalities, tasks, turns, 24, seed), {window, 0, {}, {}}) {
    for (std::uint32_t e = 0; e < 24; ++e) (e < 16 ? train : test).push_back(e);
    planning = make_response_model("knn", scenario, train, {});
    lens = std::make_unique<Lens>("simulator", "knn", scenario, train, test, Truth{});
    model = fit_causal_model(scenario, train);
    const int turns_max = scenario.turns_max();
    cells = {{"none", {kUnlimited, kUnlimited}},
             {"mid", relative_budget(scenario.consumption(), turns_max, .6, .5)},
             {"tight", relative_budget(scenario.consumption(), turns_max, .5, .4)},
             {"latency", {cells_latency(turns_max), kUnlimited}}};
  }
  std::int64_t cells_latency(int turns) const {
    return relative_budget(scenario.consumption(), turns, .5, 1)[0];
  }
  CausalOracle oracle(OracleLimits limits = {}) {
    return {scenario, *planning, model, cells, rewards, limits};
  }

  Scenario scenario;
  std::vector<std::uint32_t> train, test;
  std::unique_ptr<ResponseModel> planning;
  std::unique_ptr<Lens> lens;
  CausalModel model;
  std::vector<BudgetCell> cells;
  CuriousReward reward;
  std::array<RewardModel*, 1> rewards = {&reward};
};

double reward_of(Fixture& f, const Amounts& limit, const History& history, int action, const Amounts& spent,
                 double association_raw, double association) {
  const double quality = f.planning->score(history, action);
  std::array<double, 2> consumed, relative, limits, total;
  for (std::size_t k = 0; k < 2; ++k) {
    const std::size_t at = static_cast<std::size_t>(action) * 2 + k;
    consumed[k] = f.scenario.consumption().values()[at];
    relative[k] = f.scenario.consumption().relative()[at];
    limits[k] = from_amount(limit[k], static_cast<int>(k));
    total[k] = from_amount(spent[k] + f.scenario.consumption().of_action(action)[k], static_cast<int>(k));
  }
  double reward;
  f.reward.score({sizeof(offload_outcomes), 1, 2, &action, &quality, &association_raw, &association,
                  consumed.data(), relative.data(), limits.data(), total.data()},
                 &reward);
  return reward;
}

// Value from here on by plain recursion: of the best policy, or of the random row's, inside the mask.
double plain_causal(Fixture& f, const Amounts& limit, bool best, std::vector<std::uint8_t>& task,
                    std::vector<std::uint16_t>& action, const Amounts& spent) {
  const int turn = static_cast<int>(action.size()), actions = f.scenario.actions().size();
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(actions));
  f.scenario.feasibility().mask(turn, spent, limit, mask.data());
  double highest = -1e300, sum = 0, shares = 0;
  for (int a = 0; a < actions; ++a) {
    if (mask[static_cast<std::size_t>(a)] == 0) continue;
    const std::size_t cell = task.back() * static_cast<std::size_t>(actions) + static_cast<std::size_t>(a);
    double value = f.model.weight(turn) * reward_of(f, limit, {task, action}, a, spent,
                                                    f.model.association_raw[cell], f.model.association[cell]);
    if (turn + 1 < f.scenario.turns_max()) {
      Amounts next = spent;
      for (std::size_t k = 0; k < 2; ++k) next[k] += f.scenario.consumption().of_action(a)[k];
      const std::size_t row = task.back() * static_cast<std::size_t>(f.model.tasks);
      action.push_back(static_cast<std::uint16_t>(a));
      for (int c = 0; c < f.model.tasks; ++c) {
        task.push_back(static_cast<std::uint8_t>(c));
        value += f.model.goes_on(turn) * f.model.transition[row + static_cast<std::size_t>(c)] *
                 plain_causal(f, limit, best, task, action, next);
        task.pop_back();
      }
      action.pop_back();
    }
    const double share = a == 0 ? .5 : .5 / (actions - 1);
    highest = std::max(highest, value);
    sum += share * value;
    shares += share;
  }
  return best ? highest : sum / shares;
}

double plain_causal(Fixture& f, const Amounts& limit, bool best) {
  double value = 0;
  for (int c = 0; c < f.model.tasks; ++c) {
    std::vector<std::uint8_t> task = {static_cast<std::uint8_t>(c)};
    std::vector<std::uint16_t> action;
    value += f.model.first[static_cast<std::size_t>(c)] * plain_causal(f, limit, best, task, action, {});
  }
  return value;
}

// Calls back with every action sequence of an episode.
void each_sequence(int actions, std::size_t turns,
                   const std::function<void(std::span<const std::uint16_t>)>& visit) {
  std::vector<std::uint16_t> sequence(turns);
  for (std::size_t t = 0; t < turns;) {
    visit(sequence);
    for (t = 0; t < turns && ++sequence[t] == actions; ++t) sequence[t] = 0;
  }
}

double mean_reward(const std::vector<TurnOutcome>& outcomes) {
  double sum = 0;
  for (const TurnOutcome& outcome : outcomes) sum += outcome.reward;
  return sum / static_cast<double>(outcomes.size());
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
          found(expected);
      plain.scores({task, action}, first, tasks, expected.data());
      fast->scores({task, action}, first, tasks, found.data());
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
  ModelFutures(*model, 5).scores({task, {}}, 0, 2, expected.data());
  futures->scores({task, {}}, 0, 2, found.data());
  EXPECT_EQ(found, expected);
}

TEST(CausalOracle, EqualsPlainRecursion) {
  for (const int turns : {1, 2, 3, 4}) {
    Fixture f(static_cast<std::uint64_t>(turns), turns == 4 ? 1 : 2, turns == 4 ? 3 : 2, turns);
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
  Fixture f(7);
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

// Any deterministic choice inside the mask, as a policy.
class MaskedPolicy final : public Policy {
 public:
  MaskedPolicy(const Scenario& scenario, std::uint64_t seed) : scenario_(scenario), seed_(seed) {}
  void act(const offload_view& view, std::int32_t* action) override {
    const auto frames = static_cast<std::size_t>(scenario_.layout().frames());
    const auto width = static_cast<std::size_t>(scenario_.layout().size());
    const auto actions = static_cast<std::size_t>(scenario_.actions().size());
    for (std::size_t i = 0; i < static_cast<std::size_t>(view.n); ++i) {
      std::uint64_t state = seed_;
      for (std::size_t d = 0; d < frames; ++d)
        state = stream(state, static_cast<int>(view.observation[i * width + d]));
      do {
        state = mix(state + 1);
        action[i] = static_cast<std::int32_t>(state % actions);
      } while (view.mask[i * actions + static_cast<std::size_t>(action[i])] == 0);
    }
  }

 private:
  const Scenario& scenario_;
  std::uint64_t seed_;
};

class ConstantPolicy final : public Policy {
 public:
  explicit ConstantPolicy(std::int32_t action) : action_(action) {}
  void act(const offload_view& view, std::int32_t* action) override { std::fill_n(action, view.n, action_); }

 private:
  std::int32_t action_;
};

class RandomPolicy final : public Policy {
 public:
  void act(const offload_view& view, std::int32_t* action) override {
    for (std::int32_t i = 0; i < view.n; ++i) action[i] = static_cast<std::int32_t>(view.rng[i] % 2);
  }
};

// The oracle itself, replaying each slot's episode: it remembers, as a recurrent agent does.
class OraclePolicy final : public Policy {
 public:
  OraclePolicy(const Scenario& scenario, const CausalOracle& oracle, std::size_t cell, int slots)
      : scenario_(scenario),
        oracle_(oracle),
        cell_(cell),
        task_(static_cast<std::size_t>(slots)),
        action_(task_.size()) {}
  void act(const offload_view& view, std::int32_t* action) override {
    const auto width = static_cast<std::size_t>(scenario_.layout().size());
    const auto frames = static_cast<std::size_t>(scenario_.layout().frames());
    for (std::size_t i = 0; i < static_cast<std::size_t>(view.n); ++i) {
      const auto slot = static_cast<std::size_t>(view.slot[i]) - 100;
      if (view.first[i] != 0) {
        task_[slot].clear();
        action_[slot].clear();
      }
      task_[slot].push_back(static_cast<std::uint8_t>(view.observation[i * width + frames - 1]));
      action[i] = oracle_.decide(cell_, task_[slot], action_[slot]).action;
      action_[slot].push_back(static_cast<std::uint16_t>(action[i]));
    }
  }

 private:
  const Scenario& scenario_;
  const CausalOracle& oracle_;
  std::size_t cell_;
  std::vector<std::vector<std::uint8_t>> task_;
  std::vector<std::vector<std::uint16_t>> action_;
};

TEST(PolicyWalk, TheCausalPolicyReachesItsValueAndNoneInsideTheMaskBeatsIt) {
  Fixture f(11);
  const CausalOracle oracle = f.oracle();
  for (std::size_t i = 0; i < f.cells.size(); ++i) {
    const double bound = oracle.cell(i).upper;
    const auto walk = [&](Policy& policy) {
      return walk_policy(f.scenario, *f.planning, f.model, f.reward, policy, f.cells[i].limit, 3, 100);
    };
    OraclePolicy best(f.scenario, oracle, i, 3);
    const auto reached = walk(best);
    ASSERT_TRUE(reached);
    EXPECT_NEAR(reached->value, bound, 1e-11);
    EXPECT_EQ(reached->masked_actions, 0);
    EXPECT_EQ(reached->violation_probability, 0);
    // The best of many random policies; each is a local change of none of the others.
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      MaskedPolicy policy(f.scenario, seed);
      const auto value = walk(policy);
      ASSERT_TRUE(value);
      EXPECT_EQ(value->masked_actions, 0);
      EXPECT_LE(value->value, bound + 1e-12);
    }
    for (std::int32_t a = 0; a < f.scenario.actions().size(); ++a) {
      ConstantPolicy policy(a);
      const auto value = walk(policy);
      ASSERT_TRUE(value);
      if (value->masked_actions == 0) {
        EXPECT_LE(value->value, bound + 1e-12);
      }
    }
  }
}

// A table of choices that starts at masked random picks and is improved one history at a time.
class TablePolicy final : public Policy {
 public:
  explicit TablePolicy(const Scenario& scenario) : start_(scenario, 99), scenario_(scenario) {}
  void act(const offload_view& view, std::int32_t* action) override {
    start_.act(view, action);
    const auto width = static_cast<std::size_t>(scenario_.layout().size());
    const auto actions = static_cast<std::size_t>(scenario_.actions().size());
    for (std::size_t i = 0; i < static_cast<std::size_t>(view.n); ++i) {
      std::vector<float> key(view.observation + i * width, view.observation + (i + 1) * width);
      const auto changed = change.find(key);
      if (changed != change.end() &&
          view.mask[i * actions + static_cast<std::size_t>(changed->second)] != 0) {
        action[i] = changed->second;
      }
      seen.insert_or_assign(key, action[i]);
    }
  }
  std::map<std::vector<float>, std::int32_t> change, seen;

 private:
  MaskedPolicy start_;
  const Scenario& scenario_;
};

TEST(PolicyWalk, LocalSearchClimbsToTheCausalValueAndNoFurther) {
  Fixture f(19);
  const CausalOracle oracle = f.oracle();
  const std::size_t cell = 1;
  TablePolicy policy(f.scenario);
  const auto value = [&] {
    policy.seen.clear();
    return walk_policy(f.scenario, *f.planning, f.model, f.reward, policy, f.cells[cell].limit, 64, 0)->value;
  };
  double reached = value();
  const double start = reached;
  for (int round = 0; round < 4; ++round) {
    const auto states = policy.seen;
    for (const auto& [key, chosen] : states) {
      for (std::int32_t a = 0; a < f.scenario.actions().size(); ++a) {
        const auto before = policy.change;
        policy.change[key] = a;
        const double changed = value();
        ASSERT_LE(changed, oracle.cell(cell).upper + 1e-12);
        if (changed > reached + 1e-12) {
          reached = changed;
        } else {
          policy.change = before;
        }
      }
    }
    value();
  }
  EXPECT_GT(reached, start) << oracle.cell(cell).upper;
}

TEST(PolicyWalk, ReportsViolationsMaskedActionsAndRandomness) {
  Fixture f(13);
  const Amounts& limit = f.cells[2].limit;
  ConstantPolicy expensive(f.scenario.actions().size() - 1);
  const auto value = walk_policy(f.scenario, *f.planning, f.model, f.reward, expensive, limit, 1024, 0);
  ASSERT_TRUE(value);
  double over = 0, masked = 0;
  Amounts spent{};
  for (int t = 0; t < f.scenario.turns_max(); ++t) {
    std::vector<std::uint8_t> mask(static_cast<std::size_t>(f.scenario.actions().size()));
    f.scenario.feasibility().mask(t, spent, limit, mask.data());
    masked += mask.back() == 0 ? f.model.reached(t) : 0;
    for (std::size_t k = 0; k < 2; ++k) spent[k] += f.scenario.consumption().largest()[k];
    over += spent[0] > limit[0] || spent[1] > limit[1] ? f.model.length[static_cast<std::size_t>(t)] : 0;
  }
  EXPECT_GT(over, 0);
  EXPECT_NEAR(value->violation_probability, over, 1e-12);
  EXPECT_NEAR(value->masked_actions, masked, 1e-12);
  RandomPolicy random;
  EXPECT_FALSE(walk_policy(f.scenario, *f.planning, f.model, f.reward, random, limit, 1024, 0));
  ConstantPolicy wrong(f.scenario.actions().size());
  EXPECT_THROW(walk_policy(f.scenario, *f.planning, f.model, f.reward, wrong, limit, 1024, 0), Error);
}

TEST(HindsightOracle, IsTheBestSequenceWithinTheBudgets) {
  Fixture f(23);
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
  Fixture f(29);
  const std::vector<BudgetCell> nothing = {{"nothing", {1, 1}}};
  const auto bounds = bound_test_episodes(f.scenario, *f.lens, f.test, nothing, f.rewards, {});
  for (const double value : bounds[0].hindsight) EXPECT_TRUE(std::isnan(value));
  EXPECT_TRUE(std::isnan(bounds[0].hindsight_mean));
  EXPECT_TRUE(std::isfinite(bounds[0].masked_random_mean.value));
}

TEST(OracleLimits, BoundsEncloseTheExactValues) {
  Fixture f(31);
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

TEST(OracleLimits, EpisodesLongerThanTheWindowAreNotExact) {
  Fixture f(37, 1, 2, 3, 2);
  const CausalOracle oracle = f.oracle();
  EXPECT_FALSE(oracle.cell(0).exact);
  EXPECT_NE(oracle.cell(0).inexact_reason.find("window"), std::string::npos);
  EXPECT_LE(oracle.cell(0).lower, oracle.cell(0).upper);
  EXPECT_THROW(oracle.decide(0, std::array<std::uint8_t, 1>{0}, {}), Error);
}

TEST(SimpleRows, BestConstantCompliesAndAPureMixIsThatConstant) {
  Fixture f(41);
  const Amounts& limit = f.cells[2].limit;
  const auto constants = constant_actions(f.scenario, *f.planning, f.reward, f.train, limit);
  const int best = best_constant(constants, f.scenario.consumption());
  EXPECT_TRUE(constants[static_cast<std::size_t>(best)].complies);
  EXPECT_FALSE(constants.back().complies);
  for (const ConstantAction& constant : constants) {
    if (constant.complies) {
      EXPECT_LE(constant.reward, constants[static_cast<std::size_t>(best)].reward + 1e-12);
    }
  }
  std::vector<double> pure(constants.size());
  pure[2] = 1;
  const MixRun run = run_mix(f.scenario, *f.lens, f.reward, f.test, f.cells[0].limit, pure, 3, 1);
  const std::vector<std::uint16_t> actions(static_cast<std::size_t>(f.scenario.data().length(f.test[0])), 2);
  EXPECT_NEAR(run.reward[0].value,
              mean_reward(score_decisions(f.scenario, f.lens->of(0), f.reward, f.test[0], actions,
                                          f.cells[0].limit, false)),
              1e-12);
  EXPECT_NEAR(run.reward[0].standard_error, 0, 1e-7);
  const std::vector<double> half(constants.size(), 1.0 / static_cast<double>(constants.size()));
  const MixRun masked = run_mix(f.scenario, *f.lens, f.reward, f.test, limit, half, kMixRollouts, 1);
  EXPECT_EQ(masked.violation_rate, 0);
  EXPECT_EQ(masked.mean_reward,
            run_mix(f.scenario, *f.lens, f.reward, f.test, limit, half, kMixRollouts, 1).mean_reward);
  EXPECT_NE(masked.mean_reward,
            run_mix(f.scenario, *f.lens, f.reward, f.test, limit, half, kMixRollouts, 2).mean_reward);
}

TEST(Regret, PartsAddUp) {
  const Regret regret = split_regret(1.5, 1.25, 1, .75);
  EXPECT_EQ(regret.constraint + regret.foresight + regret.learning, .75);
}

TEST(Calibration, PureNoiseIsUncalibratedAndTheTruthIsNot) {
  const Scenario noise(random_episodes(2, 2, 3, 60, 43), {});
  const Calibration knn = calibrate("knn", noise, {}, 2, 0, 2);
  EXPECT_TRUE(knn.uncalibrated());
  EXPECT_EQ(knn.r2, calibrate("knn", noise, {}, 2, 0, 1).r2);
  EXPECT_EQ(std::accumulate(knn.turns.begin(), knn.turns.end(), std::int64_t{0}),
            static_cast<std::int64_t>(noise.data().turns()));
  EXPECT_THROW(calibrate("oracle", noise, {}, 1, 0, 1), Error);
}

TEST(ParallelFor, DoesEveryItemOnceAndRethrows) {
  std::vector<int> done(100);
  parallel_for(done.size(), 3, [&](std::size_t i, std::size_t) { done[i] += 1; });
  EXPECT_EQ(done, std::vector<int>(100, 1));
  EXPECT_THROW(parallel_for(10, 3,
                            [](std::size_t i, std::size_t) {
                              if (i == 4) throw std::runtime_error("four");
                            }),
               std::runtime_error);
}

}  // namespace
}  // namespace offload
