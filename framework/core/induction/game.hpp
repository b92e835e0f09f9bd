// What the exact policies play against (environment.md 10): turns, the tasks that each can bring and how
// likely, how much a turn counts, and the association of every action. Either what the training episodes say
// of episodes in general (the causal oracle's view) or one test episode, known in full (the hindsight
// oracle's).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/simulation/scenario.hpp"

namespace offload {

// Fitted on training episodes.
struct CausalModel {
  int tasks = 0, turns_max = 0, actions = 0;
  std::vector<double> first;            // [tasks] frequency as an episode's first task
  std::vector<double> transition;       // [tasks][tasks] (count + 1), normalised over the next task
  std::vector<double> length;           // [turns_max] frequency of lengths 1 .. turns_max
  std::vector<double> association_raw;  // [tasks][actions] mean over the task's turns; over all turns where
  std::vector<double> association;      // [tasks][actions] training has none of the task. Normalised.

  // P(length > turn), turn 0-based: how likely an episode has this turn.
  double reached(int turn) const;
  // E[1/length | length > turn]. Past the longest training episode, which never happens under this model, as
  // if the episode ended there.
  double weight(int turn) const;
  // P(length > turn + 1 | length > turn).
  double goes_on(int turn) const;
};
// Throws Error(config) without training episodes.
CausalModel fit_causal_model(const Scenario& scenario, std::span<const std::uint32_t> train);

// Value = sum over turns of E[weight * reward], weighted by the probability that the turn is reached.
struct Game {
  struct Turn {
    int first_task = 0, tasks = 1;  // the tasks that the turn can bring, consecutive ids
    double weight = 0, goes_on = 0;
    std::vector<double> transition;       // [tasks][tasks of the next turn]; empty at the last turn
    std::vector<double> association_raw;  // [tasks][actions]
    std::vector<double> association;      // [tasks][actions] the one that is rewarded
  };
  std::vector<Turn> turns;
  std::vector<double> first;  // [tasks of turn 0]

  int length() const { return static_cast<int>(turns.size()); }
};

Game causal_game(const CausalModel& model);
// Its value is the mean reward over the episode's turns. `raw_association` rewards the raw association.
Game episode_game(const Scenario& scenario, std::size_t episode, bool raw_association);

}  // namespace offload
