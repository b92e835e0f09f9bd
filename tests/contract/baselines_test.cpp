// The baselines through the real ABI, in an environment whose answers are known.
#include <gmock/gmock.h>

#include <cmath>
#include <memory>

#include "check/sample_turns.hpp"
#include "contract/messages.hpp"
#include "plugin/instance.hpp"

namespace offload {
namespace {

using testing::Each;
using testing::ElementsAre;

class Baselines : public testing::Test {
 protected:
  AgentInstance agent(const std::string& id, Parameters parameters = {}) const {
    return AgentInstance(std::string(PLUGINS) + "/" + id + ".so", std::move(parameters), environment_.raw());
  }
  static std::vector<std::int32_t> act(AgentInstance& agent, const SampleTurns& turns,
                                       std::int32_t mode = OFFLOAD_EVALUATE) {
    std::vector<std::int32_t> action(turns.n);
    const offload_view view = turns.view();
    agent.act(view, mode, action.data());
    return action;
  }
  std::vector<double> frequencies(AgentInstance& agent, const SampleTurns& turns,
                                  std::int32_t mode = OFFLOAD_EVALUATE) const {
    std::vector<double> share(9, 0);
    for (const int action : act(agent, turns, mode)) share[static_cast<std::size_t>(action)] += 1;
    for (double& value : share) value /= static_cast<double>(turns.n);
    return share;
  }
  SampleTurns turns(int rows) const { return {environment_.raw(), rows}; }

  // Within four standard errors of a binomial share.
  static void expect_share(double found, double expected, std::size_t n) {
    EXPECT_NEAR(found, expected, 4 * std::sqrt(expected * (1 - expected) / static_cast<double>(n)) + 1e-12);
  }

  SampleEnvironment environment_;
};

TEST_F(Baselines, LocalOnlyAndConstant) {
  auto local = agent("local-only");
  EXPECT_THAT(act(local, turns(5)), Each(0));
  EXPECT_FALSE(local.trained());
  auto text_only = agent("constant");
  EXPECT_THAT(act(text_only, turns(5)), Each(1));
  auto all_views = agent("constant", {{"action", {std::int64_t{8}, "a:1"}}});
  EXPECT_THAT(act(all_views, turns(5)), Each(8));
  auto named = agent("constant", {{"arm", {std::string("cloud+0+2"), "a:1"}}});
  EXPECT_THAT(act(named, turns(5)), Each(6));
  try {
    agent("constant", {{"arm", {std::string("gpt"), "a:1"}}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("there is no arm 'gpt'; known: local, cloud, cloud+0"));
  }
}

TEST_F(Baselines, RandomFrequencies) {
  const std::size_t n = 40'000;
  const SampleTurns many = turns(static_cast<int>(n));
  auto random = agent("random");
  const auto share = frequencies(random, many);
  expect_share(share[0], 0.5, n);
  for (std::size_t a = 1; a < 9; ++a) expect_share(share[a], 0.0625, n);
  auto cloud = agent("cloud-only");
  const auto cloud_share = frequencies(cloud, many);
  EXPECT_EQ(cloud_share[0], 0);
  for (std::size_t a = 1; a < 9; ++a) expect_share(cloud_share[a], 0.125, n);
}

TEST_F(Baselines, RandomInsideTheMask) {
  const std::size_t n = 40'000;
  SampleTurns many = turns(static_cast<int>(n));
  many.allow({0, 1, 4});
  auto masked = agent("random", {{"masked", {true, "a:1"}}});
  const auto share = frequencies(masked, many);
  expect_share(share[0], 0.8, n);
  expect_share(share[1], 0.1, n);
  expect_share(share[4], 0.1, n);
  EXPECT_DOUBLE_EQ(share[0] + share[1] + share[4], 1);
  auto cloud = agent("cloud-only", {{"masked", {true, "a:1"}}});
  expect_share(frequencies(cloud, many)[4], 0.5, n);
  many.allow({0});
  EXPECT_EQ(frequencies(cloud, many)[0], 1);
  EXPECT_EQ(frequencies(masked, many)[0], 1);
  many.allow({7});
  EXPECT_EQ(frequencies(masked, many)[7], 1);
  auto unmasked = agent("random");
  EXPECT_LT(frequencies(unmasked, many)[7], 0.1);
}

TEST_F(Baselines, ChoicesDoNotDependOnTheBatch) {
  auto random = agent("random");
  const auto together = act(random, turns(50));
  for (std::size_t i = 0; i < 50; ++i) {
    SampleTurns alone = turns(1);
    alone.rng[0] = i;
    EXPECT_EQ(act(random, alone)[0], together[i]) << i;
  }
}

TEST_F(Baselines, CostMinTakesTheCheapestAllowed) {
  auto cheapest = agent("cost-min");
  SampleTurns one = turns(1);
  EXPECT_THAT(act(cheapest, one), ElementsAre(0));
  one.allow({8, 3, 2, 6});
  EXPECT_THAT(act(cheapest, one), ElementsAre(2));  // 2 and 3 send one view each: alike, so the lower index
  one.allow({8, 6});
  EXPECT_THAT(act(cheapest, one), ElementsAre(6));
}

// Qualities 0.5, 1.5 for action 3 (mean 1), 0.8 for 5, 0.2 for 0.
SampleStep four_tries(const SampleTurns& turns) {
  SampleStep step(turns);
  step.action = {3, 3, 5, 0};
  step.quality = {0.5, 1.5, 0.8, 0.2};
  return step;
}

TEST_F(Baselines, GreedyQualityTakesTheBestMean) {
  auto greedy = agent("greedy-quality");
  SampleTurns four = turns(4);
  four.allow({4, 6});
  EXPECT_THAT(act(greedy, four), Each(4));  // nothing tried yet
  four.allow({0, 1, 2, 3, 4, 5, 6, 7, 8});
  greedy.observe(four_tries(four).transition());
  EXPECT_EQ(greedy.update(), 0);
  EXPECT_THAT(act(greedy, four), Each(3));
  four.allow({0, 1, 5});
  EXPECT_THAT(act(greedy, four), Each(5));
  four.allow({0, 1});
  EXPECT_THAT(act(greedy, four), Each(0));  // bad, but tried
}

TEST_F(Baselines, GreedyQualityExploresInTrainingOnly) {
  auto greedy = agent("greedy-quality", {{"epsilon", {0.3, "a:1"}}});
  greedy.observe(four_tries(turns(4)).transition());
  const std::size_t n = 40'000;
  SampleTurns many = turns(static_cast<int>(n));
  many.allow({3, 4, 5});
  EXPECT_EQ(frequencies(greedy, many)[3], 1);
  const auto share = frequencies(greedy, many, OFFLOAD_EXPLORE);
  expect_share(share[3], 0.8, n);
  expect_share(share[4], 0.1, n);
  expect_share(share[5], 0.1, n);
}

TEST_F(Baselines, EpsilonGreedyLearnsPerTask) {
  auto learner = agent("epsilon-greedy", {{"epsilon_decay", {0.5, "a:1"}}});
  SampleTurns two = turns(2);
  two.set_task(1, 3);
  SampleStep step(two);
  step.action = {6, 1};
  step.reward = {1, 1};
  learner.observe(step.transition());
  EXPECT_THAT(act(learner, two), ElementsAre(6, 1));
  EXPECT_THAT(learner.scalar_names(), ElementsAre("epsilon"));
  double epsilon = 0;
  learner.read_scalars({&epsilon, 1});
  EXPECT_EQ(epsilon, 0.125);
}

TEST_F(Baselines, CheckpointsRestoreWhatWasLearned) {
  for (const char* id : {"greedy-quality", "epsilon-greedy"}) {
    const SampleTurns four = turns(4);
    SampleStep step = four_tries(four);
    step.reward = step.quality;
    auto first = agent(id), second = agent(id);
    first.observe(step.transition());
    const std::string bytes = first.save_checkpoint();
    second.load_checkpoint(bytes);
    EXPECT_EQ(second.save_checkpoint(), bytes) << id;
    EXPECT_THAT(act(second, four), Each(3)) << id;
  }
}

TEST_F(Baselines, CheckpointsOfOthersAreRefused) {
  auto greedy = agent("greedy-quality"), learner = agent("epsilon-greedy");
  const std::string bytes = greedy.save_checkpoint();
  const auto load = [&](AgentInstance& into, const std::string& from) {
    return message_of(ErrorKind::plugin, [&] { into.load_checkpoint(from); });
  };
  EXPECT_THAT(load(learner, bytes),
              testing::HasSubstr("failed in load: the checkpoint is of 'greedy-quality 1.0.0"));
  EXPECT_THAT(load(greedy, bytes + "x"), testing::HasSubstr("bytes left over"));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THAT(load(greedy, bytes.substr(0, length)), testing::HasSubstr("ends too early")) << length;
  }
  const SampleEnvironment smaller(1);
  AgentInstance other(std::string(PLUGINS) + "/greedy-quality.so", {}, smaller.raw());
  EXPECT_THAT(load(other, bytes), testing::HasSubstr("the checkpoint is of"));
}

TEST_F(Baselines, TmoWeightedReward) {
  RewardInstance reward(std::string(PLUGINS) + "/tmo-weighted.so", {}, environment_.raw());
  SampleOutcomes outcomes(2);
  outcomes.quality = {0.9, 0};
  outcomes.association = {0.6, 0};
  outcomes.relative = {0.3, 0.9, 1, 1};
  std::vector<double> scores(2);
  reward.score(outcomes.raw(), scores.data());
  EXPECT_NEAR(scores[0], 0.9 + 0.2 - 0.1 - 0.3, 1e-15);
  EXPECT_NEAR(scores[1], -2.0 / 3, 1e-15);
}

TEST_F(Baselines, BudgetAwareReward) {
  RewardInstance reward(std::string(PLUGINS) + "/budget-aware.so", {{"cost", {2.0, "a:1"}}},
                        environment_.raw());
  SampleOutcomes outcomes(3);
  outcomes.quality = {1, 1, 1};
  outcomes.association = {0.3, 0, 0};
  outcomes.consumed = {2, 0.01, 2, 0.01, 9, 0};
  const double none = std::numeric_limits<double>::infinity();
  outcomes.limit = {none, none, 8, 0.04, 8, 0};
  std::vector<double> scores(3);
  reward.score(outcomes.raw(), scores.data());
  EXPECT_NEAR(scores[0], 1.1, 1e-15);  // no budgets, no prices
  EXPECT_NEAR(scores[1], 1 - 0.25 - 2 * 0.25, 1e-15);
  EXPECT_NEAR(scores[2], 1 - 1, 1e-15);  // more than the whole budget costs no more than it
}

}  // namespace
}  // namespace offload
