#include "plugin/instance.hpp"

#include <gmock/gmock.h>

#include "check/sample_turns.hpp"
#include "contract/messages.hpp"
#include "plugin/library.hpp"

namespace offload {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kBad = BAD_PLUGINS;
const std::string kGood = PLUGINS;

std::string failure(const std::string& fault) {
  return message_of(ErrorKind::plugin, [&] {
    const SampleEnvironment environment;
    AgentInstance agent(kBad + "/bad-agent.so", {{"fault", {fault, "s.toml:4"}}}, environment.raw());
    const SampleTurns turns(environment.raw(), 4);
    const offload_view view = turns.view();
    std::vector<std::int32_t> action(4, 5);
    agent.act(view, OFFLOAD_EVALUATE, action.data());
    EXPECT_THAT(action, ElementsAre(0, 0, 0, 0));
  });
}

TEST(AgentInstance, SaysWhatThePluginSays) {
  EXPECT_EQ(failure("none"), "no error");
  EXPECT_EQ(failure("create"), "agent 'bad-agent' failed in create: the network file is missing");
  EXPECT_EQ(failure("act"), "agent 'bad-agent' failed in act: lost my mind");
  EXPECT_EQ(failure("no-exception"), "agent 'bad-agent' failed in act: unknown exception");
}

TEST(Instances, SayWhetherTheirBitsArePortable) {
  const SampleEnvironment environment;
  const auto of_agent = [&](const std::string& library) {
    return AgentInstance(library, {}, environment.raw()).portable_bits();
  };
  EXPECT_TRUE(of_agent(kGood + "/random.so"));
  EXPECT_TRUE(of_agent(kGood + "/epsilon-greedy.so"));
  EXPECT_FALSE(of_agent(kBad + "/bad-agent.so"));
  EXPECT_FALSE(of_agent(kBad + "/c-agent.so"));
  EXPECT_TRUE(RewardInstance(kGood + "/tmo-weighted.so", {}, environment.raw()).portable_bits());
  EXPECT_FALSE(RewardInstance(kBad + "/bad-reward.so", {}, environment.raw()).portable_bits());
}

TEST(AgentInstance, ChecksEveryAction) {
  EXPECT_EQ(failure("outside"), "agent 'bad-agent': row 2: action 12 is outside 0..8");
  EXPECT_EQ(failure("skipped"), "agent 'bad-agent': act wrote no action for row 1");
}

TEST(AgentInstance, RefusesTablesThatCannotWork) {
  const SampleEnvironment environment;
  const auto refusal = [&](const std::string& library) {
    return message_of(ErrorKind::plugin, [&] { AgentInstance(library, {}, environment.raw()); });
  };
  EXPECT_THAT(refusal(kBad + "/no-act.so"), HasSubstr("agent 'no-act': has no act"));
  EXPECT_THAT(refusal(kBad + "/no-observe.so"), HasSubstr("has update without observe"));
  EXPECT_THAT(refusal(kGood + "/tmo-weighted.so"), HasSubstr("is a reward, not an agent"));
}

// Describing makes an instance as well: what it writes behind its table may not reach the host's stack.
TEST(DescribePlugin, RefusesATableOfAnotherLayout) {
  const SampleEnvironment environment;
  const auto refusal = [&](const std::string& library) {
    return message_of(ErrorKind::plugin, [&] { describe_plugin(library, environment.raw()); });
  };
  EXPECT_THAT(refusal(kBad + "/other-layout.so"), HasSubstr("agent 'other-layout': create wrote behind"));
  EXPECT_THAT(refusal(kBad + "/other-size.so"), HasSubstr("create set the table's size to 72"));
}

TEST(AgentInstance, TakesAnEmptyBatch) {
  const SampleEnvironment environment;
  for (const char* id : {"random", "cost-min", "epsilon-greedy"}) {
    AgentInstance agent(kGood + "/" + id + ".so", {}, environment.raw());
    const SampleTurns turns(environment.raw(), 0);
    const offload_view view = turns.view();
    EXPECT_NO_THROW(agent.act(view, OFFLOAD_EXPLORE, nullptr)) << id;
  }
}

TEST(AgentInstance, RunsAPluginInC) {
  const SampleEnvironment environment;
  AgentInstance agent(kBad + "/c-agent.so", {{"action", {std::int64_t{3}, "s.toml:4"}}}, environment.raw());
  const SampleTurns turns(environment.raw(), 2);
  const offload_view view = turns.view();
  std::vector<std::int32_t> action(2);
  agent.act(view, OFFLOAD_EXPLORE, action.data());
  EXPECT_THAT(action, ElementsAre(3, 3));
  EXPECT_TRUE(agent.trained());
  EXPECT_FALSE(agent.has_checkpoint());
  agent.observe(SampleStep(turns).transition());
  EXPECT_EQ(agent.update(), 0);
  EXPECT_THAT(agent.scalar_names(), ElementsAre("observed"));
  double observed = 0;
  agent.read_scalars({&observed, 1});
  EXPECT_EQ(observed, 2);
  const SampleTurns none(environment.raw(), 0);
  EXPECT_EQ(message_of(ErrorKind::plugin, [&] { agent.observe(SampleStep(none).transition()); }),
            "agent 'c-agent' failed in observe: nothing to observe");
}

TEST(RewardInstance, RefusesWhatIsNotFinite) {
  const SampleEnvironment environment;
  RewardInstance reward(kBad + "/bad-reward.so", {}, environment.raw());
  SampleOutcomes outcomes(3);
  std::vector<double> scores(3);
  reward.score(outcomes.raw(), scores.data());
  EXPECT_THAT(scores, ElementsAre(1, 1, 1));
  outcomes.quality[2] = 0;
  EXPECT_EQ(message_of(ErrorKind::plugin, [&] { reward.score(outcomes.raw(), scores.data()); }),
            "reward 'bad-reward': reward is NaN for outcome 2");
}

}  // namespace
}  // namespace offload
