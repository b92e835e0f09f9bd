// An upper bound on a game that has too many states to be solved: the one in which every answer scores the
// most it can, which budgets alone decide, below as many turns as may be expanded; past what that can count,
// prices.
#pragma once

#include <cstdint>
#include <span>

#include "core/induction/futures.hpp"
#include "core/induction/merged_states.hpp"
#include "core/simulation/reward_model.hpp"

namespace offload {

// States of a relaxed game that are solved whatever the limit on nodes is.
inline constexpr std::int64_t kRelaxedNodes = 1'000'000;

class Relaxation {
 public:
  // Counts its states, and the nodes of the game itself where no histories are merged. All must outlive it.
  Relaxation(const Scenario& scenario, const Game& game, const ResponseModel& model, const Amounts& limit,
             Openness openness, std::int64_t nodes);
  Relaxation(const Relaxation&) = delete;
  Relaxation& operator=(const Relaxation&) = delete;

  const MergedStates& states() const { return states_; }
  // Nodes of the game where no histories are merged; kCountless where there are too many.
  std::int64_t histories() const { return states_.complete() ? states_.histories() : kCountless; }
  // For rewards that never fall as the quality rises and, past the states, never rise with what was consumed
  // before. Expands at most `nodes`.
  double upper_bound(const Futures& futures, std::span<RewardModel* const> rewards, std::int64_t nodes);

 private:
  int affordable_turns(std::int64_t nodes) const;

  const Scenario* scenario_;
  const Game* game_;
  const ResponseModel* model_;
  Openness openness_;
  RelaxedModel relaxed_;
  Signatures signatures_;
  MergedStates states_;
};

}  // namespace offload
