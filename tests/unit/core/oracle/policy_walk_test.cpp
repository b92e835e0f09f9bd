// The exact value of a policy by walking what can happen: against the causal oracle's, and by hand.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>

#include "core/error.hpp"
#include "core/oracle/policy_walk.hpp"
#include "unit/core/small_world.hpp"

namespace offload {
namespace {

using testing::SmallWorld;

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
  SmallWorld f(11);
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
  SmallWorld f(19);
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
  SmallWorld f(13);
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

}  // namespace
}  // namespace offload
