// The example of hidden state: what a slot remembers lasts as long as its episode.
#include <gmock/gmock.h>

#include "check/sample_turns.hpp"
#include "plugin/instance.hpp"

namespace offload {
namespace {

using testing::ElementsAre;

class Recurrent : public testing::Test {
 protected:
  // One training turn of slot 0 in which `action` alone is allowed and earns `reward`.
  void train(bool first, int action, double reward) {
    SampleTurns turns(environment_.raw(), 1);
    turns.first[0] = first;
    turns.allow({action});
    SampleStep step(turns);
    act(turns, OFFLOAD_EXPLORE);
    step.action[0] = action;
    step.reward[0] = reward;
    agent_.observe(step.transition());
  }
  std::vector<std::int32_t> act(const SampleTurns& turns, std::int32_t mode) {
    std::vector<std::int32_t> action(turns.n);
    const offload_view view = turns.view();
    agent_.act(view, mode, action.data());
    return action;
  }
  // Two slots of evaluation: slot 1 begins an episode whenever `first` says so, slot 2 never again.
  SampleTurns two(bool begin_1, bool begin_2) const {
    SampleTurns turns(environment_.raw(), 2);
    turns.slot = {1, 2};
    turns.first = {begin_1, begin_2};
    return turns;
  }

  SampleEnvironment environment_;
  AgentInstance agent_{PLUGINS "/recurrent-mean.so", {}, environment_.raw()};
};

TEST_F(Recurrent, RemembersWithinAnEpisodeAndForgetsAtItsFirstTurn) {
  // At first sending view 0 (action 2) is best; once a view was sent, local (action 0) is.
  for (const double reward : {1.0, 1.0}) train(true, 2, reward);
  train(false, 0, 1);
  train(false, 2, .5);
  train(true, 0, .1);
  EXPECT_THAT(act(two(true, true), OFFLOAD_EVALUATE), ElementsAre(2, 2));
  EXPECT_THAT(act(two(false, false), OFFLOAD_EVALUATE), ElementsAre(0, 0));
  EXPECT_THAT(act(two(true, false), OFFLOAD_EVALUATE), ElementsAre(2, 0));
}

}  // namespace
}  // namespace offload
