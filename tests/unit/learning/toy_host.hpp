// A host in miniature for agents: parameters from a list, and environments small enough for their best
// policies to be known by hand.
//
// Bandit: one turn, task 0 or 1, action = task earns 1. Two actions, no budgets.
// Budgeted: three turns, action 0 takes 1 s and earns .2, action 1 takes 3 s and earns .5, 1 and .6 by turn;
// 5 s an episode. Unconstrained the best is 2.1 in 9 s; within 5 s it is 1.4, action 1 at the second turn.
#pragma once

#include <offload/agent.hpp>
#include <offload/random.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace offload::learning {

class ToyHost {
 public:
  using Values = std::map<std::string, std::string>;  // numbers as text
  explicit ToyHost(Values values);
  ParameterReader parameters() const { return ParameterReader(host_); }

  Values values;
  std::map<std::string, std::string> seen;  // every key that was read
  std::string refused;

 private:
  offload_host host_;
};

enum class Toy { bandit, budgeted };

struct ToyEnvironment {
  ToyEnvironment(Toy toy, std::int64_t training_steps, std::uint64_t seed);
  Environment environment() const { return Environment(raw); }
  Toy toy;
  offload_environment raw;
};

// Rows of a view, and the episodes behind them.
class ToyEpisodes {
 public:
  ToyEpisodes(const ToyEnvironment& environment, int slots, std::uint64_t seed);
  void reset(int slot);
  // Plays one turn everywhere; afterwards `before`, `after` and the outcome are filled in.
  void step(const std::vector<std::int32_t>& action);
  void advance();  // terminal episodes start again

  offload_view view() const;  // of the present states
  offload_transition transition(const offload_view& before, const offload_view& after) const;

  struct State {
    std::vector<std::int32_t> slot;
    std::vector<std::uint8_t> first;
    std::vector<std::uint64_t> rng;
    std::vector<float> observation;
    std::vector<std::uint8_t> mask;
    std::vector<double> limit, spent;
    std::vector<int> turn, task, previous;
  };
  static offload_view view_of(const State& state);
  State before, now;
  std::vector<std::int32_t> action;
  std::vector<double> reward, quality, association, consumed;
  std::vector<std::uint8_t> terminal;

 private:
  void describe(int slot);
  Toy toy_;
  Random random_;
};

constexpr int kToyWidth = 5;  // one frame [previous, task], turn, two remaining budgets

struct ToyResult {
  double reward = 0;     // mean per episode
  double latency_s = 0;  // mean per episode
  double worst_s = 0;    // of all episodes
};

template <typename T>
ToyResult toy_train(T& agent, const ToyEnvironment& environment, std::int64_t steps, std::uint64_t seed) {
  ToyEpisodes episodes(environment, agent.slots(), seed);
  std::vector<std::int32_t> action(static_cast<std::size_t>(agent.slots()));
  ToyResult result;
  for (std::int64_t step = 0; step < steps; step += agent.slots()) {
    const offload_view before = episodes.view();
    agent.act(View(environment.raw, before), Mode::explore, action);
    episodes.step(action);
    const offload_view seen = ToyEpisodes::view_of(episodes.before);
    const offload_view after = ToyEpisodes::view_of(episodes.now);
    const offload_transition transition = episodes.transition(seen, after);
    agent.observe(Transition(environment.raw, transition));
    agent.update();
    for (std::size_t i = 0; i < action.size(); ++i) {
      result.worst_s = std::max(result.worst_s, episodes.now.spent[2 * i]);
    }
    episodes.advance();
  }
  return result;
}

ToyResult toy_evaluate(Agent& agent, const ToyEnvironment& environment);

std::vector<unsigned char> saved(const std::function<void(CheckpointWriter&)>& save);

}  // namespace offload::learning
