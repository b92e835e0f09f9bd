#include <gtest/gtest.h>

#include <algorithm>

#include "learning/actor_critic_agent.hpp"
#include "learning/q_agent.hpp"
#include "unit/learning/toy_host.hpp"

namespace offload::learning {
namespace {

struct Ppo : ActorCriticAgent {
  Ppo(const Environment& environment, ParameterReader& parameters)
      : ActorCriticAgent(environment, parameters, OnPolicy::ppo) {}
};
struct A2c : ActorCriticAgent {
  A2c(const Environment& environment, ParameterReader& parameters)
      : ActorCriticAgent(environment, parameters, OnPolicy::a2c) {}
};

// What runs a toy and can stop anywhere: the host's side is replayed from its seed.
template <typename T>
struct Session {
  explicit Session(ToyHost::Values values)
      : host(std::move(values)),
        environment(Toy::budgeted, 3000, 8),
        parameters(host.parameters()),
        agent(environment.environment(), parameters),
        episodes(environment, 1, 5) {}

  void play(int steps, bool learn) {
    std::vector<std::int32_t> action(1);
    for (int i = 0; i < steps; ++i) {
      const offload_view view = episodes.view();
      if (learn) {
        agent.act(View(environment.raw, view), Mode::explore, action);
        actions.push_back(action[0]);
      } else {
        action[0] = actions[static_cast<std::size_t>(i)];
      }
      episodes.step(action);
      const offload_view before = ToyEpisodes::view_of(episodes.before);
      const offload_view after = ToyEpisodes::view_of(episodes.now);
      const offload_transition raw = episodes.transition(before, after);
      if (learn) {
        agent.observe(Transition(environment.raw, raw));
        agent.update();
      }
      episodes.advance();
    }
  }
  std::vector<unsigned char> checkpoint() const {
    return saved([this](CheckpointWriter& out) { agent.save(out); });
  }
  void restore(const std::vector<unsigned char>& bytes) {
    CheckpointReader reader(bytes.data(), bytes.size());
    agent.load(reader);
    if (reader.remaining() != 0) throw std::runtime_error("bytes left over");
  }

  ToyHost host;
  ToyEnvironment environment;
  ParameterReader parameters;
  T agent;
  ToyEpisodes episodes;
  std::vector<std::int32_t> actions;
};

template <typename T>
class Checkpoint : public testing::Test {};
using Learners = testing::Types<Ppo, A2c, QAgent>;
TYPED_TEST_SUITE(Checkpoint, Learners);

const ToyHost::Values kPlain = {{"constraint", "lagrangian"}, {"learning_rate_schedule", "linear"}};

ToyHost::Values values_for(bool ppo) {
  ToyHost::Values values = kPlain;
  values["multiplier_steps"] = "50";
  if (ppo) values["n_steps"] = "150";
  return values;
}

TYPED_TEST(Checkpoint, ContinuesBitExactly) {
  const ToyHost::Values values = values_for(std::is_same_v<TypeParam, Ppo>);
  Session<TypeParam> whole(values);
  whole.play(500, true);
  const auto middle = whole.checkpoint();  // in the middle of a rollout, an episode and a schedule
  Session<TypeParam> resumed(values);
  resumed.actions = whole.actions;
  resumed.play(500, false);
  resumed.restore(middle);
  EXPECT_EQ(resumed.checkpoint(), middle);
  whole.play(400, true);
  resumed.play(400, true);
  EXPECT_EQ(resumed.checkpoint(), whole.checkpoint());
  EXPECT_NE(whole.checkpoint(), middle);
}

// A restored agent knows no value of its target network, one that goes on keeps those of the present target.
TEST(Dqn, KeepsItsTargetsValuesForAsLongAsTheyHold) {
  const ToyHost::Values values = {{"target_update_interval", "60"}, {"batch_size", "16"}, {"tau", "0.5"}};
  Session<QAgent> keeps(values), forgets(values);
  for (int i = 0; i < 40; ++i) {
    keeps.play(10, true);
    forgets.play(10, true);
    forgets.restore(forgets.checkpoint());
    ASSERT_EQ(keeps.checkpoint(), forgets.checkpoint()) << i;
  }
  EXPECT_FALSE(std::ranges::equal(keeps.agent.store().values(), keeps.agent.target().values()));
}

template <typename T>
std::string refusal(Session<T>& run, const std::vector<unsigned char>& bytes) {
  const auto before = run.checkpoint();
  try {
    run.restore(bytes);
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(run.checkpoint(), before) << "half loaded";
    return error.what();
  }
  return "";
}

TYPED_TEST(Checkpoint, DamagedOnesAreRefusedAndChangeNothing) {
  Session<TypeParam> run(values_for(std::is_same_v<TypeParam, Ppo>));
  run.play(200, true);
  const auto good = run.checkpoint();
  run.play(10, true);
  auto flipped = good;
  flipped[flipped.size() / 2] ^= 4;
  EXPECT_NE(refusal(run, flipped).find("damaged"), std::string::npos);
  auto cut = good;
  cut.resize(cut.size() - 5);
  EXPECT_NE(refusal(run, cut).find("ends too early"), std::string::npos);
  EXPECT_NE(refusal(run, {}).find("ends too early"), std::string::npos);
}

TYPED_TEST(Checkpoint, ForeignOnesAreRefused) {
  Session<TypeParam> run(ToyHost::Values{});
  Session<TypeParam> one_hot(ToyHost::Values{{"encoding", "one-hot"}});
  Session<TypeParam> costs(ToyHost::Values{{"constraint", "lagrangian"}});
  EXPECT_NE(refusal(run, one_hot.checkpoint()).find("layout"), std::string::npos);
  EXPECT_NE(refusal(run, costs.checkpoint()).find("layout"), std::string::npos);
  Session<TypeParam> narrow(ToyHost::Values{{"hidden", "32"}});
  EXPECT_NE(refusal(run, narrow.checkpoint()).find("layout"), std::string::npos);
}

TEST(Checkpoints, OfOneAgentAreRefusedByAnother) {
  Session<Ppo> ppo(ToyHost::Values{});
  Session<A2c> a2c(ToyHost::Values{});
  EXPECT_NE(refusal(ppo, a2c.checkpoint()).find("rc-a2c"), std::string::npos);
}

}  // namespace
}  // namespace offload::learning
