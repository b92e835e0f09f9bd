// The budget side of a game: every amount that can have been spent before each turn, and the actions that are
// open there. Action sequences that consume the same share a state, so the induction over them never looks at
// budgets again.
#pragma once

#include <cstdint>
#include <vector>

#include "core/induction/merged_induction.hpp"
#include "core/induction/outcome_rows.hpp"

namespace offload {

struct BudgetState {
  Amounts spent{};                     // before the turn
  std::vector<std::uint16_t> action;   // open ones, ascending
  std::vector<std::int32_t> next;      // [open] state at the next turn, -1 at the last
  std::vector<std::int32_t> index_of;  // [actions] position in `action` or -1
  std::vector<double> probability;     // [open] the random row's, restricted to the open ones
  std::vector<std::int64_t> below;     // [turns left] states of the game d turns later, tasks told apart
  std::vector<double> bound;  // [tasks of the turn] no value from here on is larger; after the last turn
  // Where prepared: the state's outcomes [tasks of the turn][open], and [open] those of the states that
  // follow.
  OutcomeRows rows, following;
};

class BudgetStates {
 public:
  // Of the first `turns` turns, at least one. Game and scenario must outlive it.
  BudgetStates(const Scenario& scenario, const Game& game, const Amounts& limit, Openness openness,
               int turns);

  const Scenario& scenario() const { return *scenario_; }
  const Game& game() const { return *game_; }
  const Amounts& limit() const { return limit_; }
  const BudgetState& state(int turn, std::int32_t i) const {
    return turns_[static_cast<std::size_t>(turn)][static_cast<std::size_t>(i)];
  }
  // States of the game (task sequence, action sequence) at a turn; saturates at kCountless.
  std::int64_t nodes(int turn) const;

  // Rows of the states of a turn [tasks][open].
  OutcomeRows rows(int turn, const BudgetState& state) const;
  // Fills in the rows.
  void prepare();
  // Fills in the bounds of the states after the last turn, where the game goes on: the values of a relaxed
  // game that was solved back to there.
  void bound(const MergedStates& states, const MergedInduction& relaxed);

 private:
  void open(int turn, Openness openness, BudgetState& state) const;
  void count();

  const Scenario* scenario_;
  const Game* game_;
  Amounts limit_;
  int length_;
  std::vector<std::vector<BudgetState>> turns_;  // and the one after, where the game goes on
};

}  // namespace offload
