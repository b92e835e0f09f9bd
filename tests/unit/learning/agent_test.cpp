// Whole agents on toys whose best policies are known by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "learning/actor_critic_agent.hpp"
#include "learning/q_agent.hpp"
#include "unit/learning/toy_host.hpp"

namespace offload::learning {
namespace {

// Advantages of the reward are standardised, so multipliers are in units of their deviation, about .3 here.
ToyHost::Values on_policy_lagrangian() {
  return {{"constraint", "lagrangian"},         {"learning_rate", "0.003"},
          {"learning_rate_schedule", "linear"}, {"multiplier_learning_rate", "0.02"},
          {"multiplier_initial", "3"},          {"ent_coef", "0.1"}};
}

struct Ppo : ActorCriticAgent {
  Ppo(const Environment& environment, ParameterReader& parameters)
      : ActorCriticAgent(environment, parameters, OnPolicy::ppo) {}
  static constexpr int kLagrangianSteps = 15000;
  static constexpr double kMultiplierAtLeast = 3, kMultiplierAtMost = 6;
  static ToyHost::Values lagrangian() { return on_policy_lagrangian(); }
  static ToyHost::Values quick() {
    return {{"n_steps", "192"}, {"learning_rate", "0.003"}, {"gamma", "1"}, {"ent_coef", "0.01"}};
  }
};
struct A2c : ActorCriticAgent {
  A2c(const Environment& environment, ParameterReader& parameters)
      : ActorCriticAgent(environment, parameters, OnPolicy::a2c) {}
  static constexpr int kLagrangianSteps = 20000;
  static constexpr double kMultiplierAtLeast = 3, kMultiplierAtMost = 6;
  static ToyHost::Values lagrangian() {
    ToyHost::Values values = on_policy_lagrangian();
    values["slots"] = "8";
    values["n_steps"] = "12";
    values["multiplier_steps"] = "192";
    return values;
  }
  static ToyHost::Values quick() {
    return {
        {"slots", "4"}, {"n_steps", "6"}, {"learning_rate", "0.002"}, {"gamma", "1"}, {"ent_coef", "0.02"}};
  }
};
struct Dqn : QAgent {
  using QAgent::QAgent;
  static constexpr int kLagrangianSteps = 15000;
  // The second turn's gain is .8 for 2 s of 5, the third's .4: between them 1 action fits.
  static constexpr double kMultiplierAtLeast = 0.9, kMultiplierAtMost = 2.1;
  static ToyHost::Values lagrangian() { return {{"constraint", "lagrangian"}, {"multiplier_steps", "96"}}; }
  static ToyHost::Values quick() {
    return {{"learning_rate", "0.001"},
            {"target_update_interval", "200"},
            {"exploration_fraction", "0.5"},
            {"gamma", "1"}};
  }
};

// An agent with what it was made from.
template <typename T>
struct Trial {
  Trial(Toy toy, std::int64_t steps, ToyHost::Values values, std::uint64_t seed = 1)
      : host(std::move(values)),
        environment(toy, steps, seed),
        parameters(host.parameters()),
        agent(environment.environment(), parameters) {}
  ToyResult train() { return toy_train(agent, environment, environment.raw.training_steps, 17); }
  ToyResult evaluate() { return toy_evaluate(agent, environment); }
  double scalar(const char* name) const {
    for (const Scalar& scalar : agent.scalars()) {
      if (std::strcmp(scalar.name, name) == 0) return scalar.value;
    }
    ADD_FAILURE() << "no scalar " << name;
    return 0;
  }

  ToyHost host;
  ToyEnvironment environment;
  ParameterReader parameters;
  T agent;
};

ToyHost::Values with(ToyHost::Values values, const ToyHost::Values& more) {
  for (const auto& [key, value] : more) values[key] = value;
  return values;
}

template <typename T>
class Learner : public testing::Test {};
using Learners = testing::Types<Ppo, A2c, Dqn>;
TYPED_TEST_SUITE(Learner, Learners);

TYPED_TEST(Learner, SolvesTheBandit) {
  for (const char* encoding : {"raw", "one-hot"}) {
    Trial<TypeParam> trial(Toy::bandit, 3000, with(TypeParam::quick(), {{"encoding", encoding}}));
    trial.train();
    EXPECT_NEAR(trial.evaluate().reward, 1, 1e-9) << encoding;
  }
}

TYPED_TEST(Learner, FindsTheUnconstrainedBest) {
  Trial<TypeParam> trial(Toy::budgeted, 6000, TypeParam::quick());
  trial.train();
  const ToyResult result = trial.evaluate();
  EXPECT_NEAR(result.reward, 2.1, 1e-9);
  EXPECT_NEAR(result.latency_s, 9, 1e-9);
}

TYPED_TEST(Learner, ShieldedFindsTheConstrainedBestAndNeverViolates) {
  Trial<TypeParam> trial(Toy::budgeted, 6000, with(TypeParam::quick(), {{"shield", "true"}}));
  EXPECT_LE(trial.train().worst_s, 5);
  const ToyResult result = trial.evaluate();
  EXPECT_NEAR(result.reward, 1.4, 1e-9);
  EXPECT_NEAR(result.worst_s, 5, 1e-9);
}

TYPED_TEST(Learner, TmoBudgetFindsTheConstrainedBest) {
  Trial<TypeParam> trial(Toy::budgeted, 9000,
                         with(TypeParam::quick(), {{"constraint", "tmo-budget"}, {"ent_coef", "0.1"}}));
  trial.train();
  const ToyResult result = trial.evaluate();
  EXPECT_NEAR(result.reward, 1.4, 1e-9);
  EXPECT_NEAR(result.worst_s, 5, 1e-9);
}

TYPED_TEST(Learner, LagrangianFindsTheConstrainedBest) {
  Trial<TypeParam> trial(Toy::budgeted, TypeParam::kLagrangianSteps,
                         with(TypeParam::quick(), TypeParam::lagrangian()));
  trial.train();
  const ToyResult result = trial.evaluate();
  EXPECT_NEAR(result.reward, 1.4, 1e-9);
  EXPECT_NEAR(result.worst_s, 5, 1e-9);
  EXPECT_GT(trial.scalar("multiplier_0"), TypeParam::kMultiplierAtLeast);
  EXPECT_LT(trial.scalar("multiplier_0"), TypeParam::kMultiplierAtMost);
}

std::vector<float> values_of(const Store& store) { return {store.values().begin(), store.values().end()}; }

TYPED_TEST(Learner, TmoPenaltyFollowsTheSameParameters) {
  for (const char* compute : {"fused", "autograd"}) {
    const auto values = with(TypeParam::quick(), {{"compute", compute}});
    Trial<TypeParam> none(Toy::budgeted, 1200, values);
    Trial<TypeParam> penalty(Toy::budgeted, 1200, with(values, {{"constraint", "tmo-penalty"}}));
    none.train();
    penalty.train();
    EXPECT_EQ(values_of(none.agent.store()), values_of(penalty.agent.store())) << compute;
    EXPECT_EQ(none.scalar("penalty"), 0);
    EXPECT_GT(penalty.scalar("penalty"), 0);
    EXPECT_NEAR(penalty.scalar("loss"), none.scalar("loss") + penalty.scalar("penalty"), 1e-9);
  }
}

TYPED_TEST(Learner, SameSeedSameBits) {
  const auto values = with(TypeParam::quick(), {{"constraint", "lagrangian"}, {"shield", "true"}});
  Trial<TypeParam> a(Toy::budgeted, 1000, values, 4), b(Toy::budgeted, 1000, values, 4),
      c(Toy::budgeted, 1000, values, 5);
  a.train();
  b.train();
  c.train();
  EXPECT_EQ(values_of(a.agent.store()), values_of(b.agent.store()));
  EXPECT_NE(values_of(a.agent.store()), values_of(c.agent.store()));
}

TYPED_TEST(Learner, AutogradLearnsTheSame) {
  Trial<TypeParam> fused(Toy::bandit, 400, TypeParam::quick());
  Trial<TypeParam> autograd(Toy::bandit, 400, with(TypeParam::quick(), {{"compute", "autograd"}}));
  fused.train();
  autograd.train();
  const auto a = fused.agent.store().values(), b = autograd.agent.store().values();
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 2e-4) << i;
}

TYPED_TEST(Learner, EvaluationChangesNothing) {
  Trial<TypeParam> trial(Toy::budgeted, 600, TypeParam::quick());
  trial.train();
  const auto before = saved([&](CheckpointWriter& out) { trial.agent.save(out); });
  trial.evaluate();
  EXPECT_EQ(saved([&](CheckpointWriter& out) { trial.agent.save(out); }), before);
}

TYPED_TEST(Learner, RewardsThatAreNotFiniteEndTheTrial) {
  Trial<TypeParam> trial(Toy::bandit, 1000, TypeParam::quick());
  ToyEpisodes episodes(trial.environment, trial.agent.slots(), 1);
  std::vector<std::int32_t> action(static_cast<std::size_t>(trial.agent.slots()));
  try {
    for (int i = 0; i < 1000; ++i) {
      episodes.step(action);
      episodes.reward[0] = std::numeric_limits<double>::quiet_NaN();
      const offload_view before = ToyEpisodes::view_of(episodes.before);
      const offload_view after = ToyEpisodes::view_of(episodes.now);
      const offload_transition raw = episodes.transition(before, after);
      trial.agent.observe(Transition(trial.environment.raw, raw));
      trial.agent.update();
      episodes.advance();
    }
    FAIL() << "learned from rewards that are not numbers";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("update 1 at step"), std::string::npos) << error.what();
  }
}

TEST(Dqn, ExploresLessAndLessAndCopiesItsTarget) {
  Trial<Dqn> trial(Toy::bandit, 1000, {{"target_update_interval", "500"}});
  EXPECT_EQ(trial.agent.exploration_rate(), 1);
  toy_train(trial.agent, trial.environment, 50, 1);
  EXPECT_NEAR(trial.agent.exploration_rate(), 1 - 0.5 * 0.95, 1e-12);
  const auto initial = values_of(trial.agent.target());
  EXPECT_EQ(values_of(trial.agent.store()), initial);  // learning has not started
  toy_train(trial.agent, trial.environment, 449, 1);
  EXPECT_NEAR(trial.agent.exploration_rate(), 0.05, 1e-12);
  EXPECT_EQ(values_of(trial.agent.target()), initial);
  const auto at_update = values_of(trial.agent.store());  // step 500 first copies, then learns
  EXPECT_NE(at_update, initial);
  toy_train(trial.agent, trial.environment, 1, 1);
  EXPECT_EQ(values_of(trial.agent.target()), at_update);
  EXPECT_NE(values_of(trial.agent.store()), at_update);
}

// The loss of a first gradient step on one transition (action 0, reward 3, gamma .5) whose next state allows
// one action only, or is an end.
double first_loss(bool terminal, std::uint8_t allowed, std::vector<float>& q, std::vector<float>& next_q) {
  Trial<Dqn> trial(Toy::budgeted, 10,
                   {{"shield", "true"}, {"learning_starts", "0"}, {"train_freq", "1"}, {"gamma", "0.5"}});
  ToyEpisodes toy(trial.environment, 1, 1);
  toy.step({0});
  toy.reward[0] = 3;
  toy.terminal[0] = terminal;
  toy.now.mask = {allowed == 0, allowed == 1};
  toy.now.observation[2] = 5;  // far from the first, so that the two actions' values differ
  const auto forward = [&](const std::vector<float>& x) {
    std::vector<float> y(static_cast<std::size_t>(trial.agent.store().stride(0)));
    make_autograd()->forward(trial.agent.store(), 0, 1, x.data(), y.data());
    return y;
  };
  q = forward(toy.before.observation);
  next_q = forward(toy.now.observation);
  const offload_view before = ToyEpisodes::view_of(toy.before);
  const offload_view after = ToyEpisodes::view_of(toy.now);
  const offload_transition raw = toy.transition(before, after);
  trial.agent.observe(Transition(trial.environment.raw, raw));
  EXPECT_EQ(trial.agent.update(), 1);
  return trial.scalar("loss");
}

TEST(Dqn, TargetsUseTheMaskOfTheNextStateAndNothingBeyondAnEnd) {
  std::vector<float> q, next;
  for (const std::uint8_t allowed : {0, 1}) {
    const double loss = first_loss(false, allowed, q, next);
    EXPECT_NEAR(loss, 3 + 0.5 * next[allowed] - q[0] - 0.5, 1e-5);  // smooth L1 beyond 1
  }
  EXPECT_GT(std::abs(next[0] - next[1]), 0.01);
  EXPECT_NEAR(first_loss(true, 0, q, next), 3 - q[0] - 0.5, 1e-5);
}

TEST(Parameters, HaveTheNamesAndDefaultsOfStableBaselines) {
  Trial<Ppo> ppo(Toy::bandit, 10, {});
  for (const char* key : {"learning_rate", "n_steps", "batch_size", "n_epochs", "gamma", "gae_lambda",
                          "clip_range", "normalize_advantage", "ent_coef", "vf_coef", "max_grad_norm"}) {
    EXPECT_TRUE(ppo.host.seen.contains(key)) << key;
  }
  Trial<A2c> a2c(Toy::bandit, 10, {});
  EXPECT_FALSE(a2c.host.seen.contains("clip_range"));
  Trial<Dqn> dqn(Toy::bandit, 10, {});
  for (const char* key :
       {"buffer_size", "learning_starts", "batch_size", "tau", "train_freq", "gradient_steps",
        "target_update_interval", "exploration_fraction", "exploration_final_eps"}) {
    EXPECT_TRUE(dqn.host.seen.contains(key)) << key;
  }
}

TEST(Parameters, OutOfRangeAreRefused) {
  EXPECT_THROW(Trial<Ppo>(Toy::bandit, 10, {{"gamma", "1.5"}}), ParameterRefused);
  EXPECT_THROW(Trial<Dqn>(Toy::bandit, 10, {{"hidden", "8"}}), ParameterRefused);
  EXPECT_THROW(Trial<Dqn>(Toy::bandit, 10, {{"hidden", "40"}}), std::runtime_error);
}

}  // namespace
}  // namespace offload::learning
