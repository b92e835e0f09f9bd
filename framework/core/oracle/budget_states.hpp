// The budget side of a game: every amount that can have been spent before each turn, and the actions that are
// open there. Action sequences that consume the same share a state, so the induction over them never looks at
// budgets again.
#pragma once

#include <cstdint>
#include <vector>

#include "core/oracle/game.hpp"
#include "core/oracle/outcome_rows.hpp"

namespace offload {

// Which actions are open.
enum class Openness {
  mask,    // as the environment offers them: the mask up to T_max, all where nothing is allowed
  budget,  // those from which the game's own turns can be finished within the budgets
};

struct BudgetState {
  Amounts spent{};                     // before the turn
  std::vector<std::uint16_t> action;   // open ones, ascending
  std::vector<std::int32_t> next;      // [open] state at the next turn, -1 at the last
  std::vector<std::int32_t> index_of;  // [actions] position in `action` or -1
  std::vector<double> probability;     // [open] the random row's, restricted to the open ones
  std::vector<std::int64_t> below;     // [turns left] states of the game d turns later, tasks told apart
  std::vector<double> bound;           // [tasks of the turn] no value from here on is larger; where relaxed
  OutcomeRows rows;                    // [tasks of the turn][open]; where prepared
};

// Numbers of states end at kCountless, which stands for more than can be counted.
inline constexpr std::int64_t kCountless = std::int64_t{1} << 62;
inline std::int64_t saturating_add(std::int64_t a, std::int64_t b) {
  return a > kCountless - b ? kCountless : a + b;
}

class BudgetStates {
 public:
  // Game and scenario must outlive it.
  BudgetStates(const Scenario& scenario, const Game& game, const Amounts& limit, Openness openness);

  const Scenario& scenario() const { return *scenario_; }
  const Game& game() const { return *game_; }
  const Amounts& limit() const { return limit_; }
  // False when no action is open at the first turn (Openness::budget only): there is nothing to play.
  bool playable() const { return !turns_[0][0].action.empty(); }
  const std::vector<BudgetState>& at(int turn) const { return turns_[static_cast<std::size_t>(turn)]; }
  const BudgetState& state(int turn, std::int32_t i) const { return at(turn)[static_cast<std::size_t>(i)]; }
  // States of the game (task sequence, action sequence) at a turn; saturates at 2^62.
  std::int64_t nodes(int turn) const;
  std::int64_t total_nodes() const;
  // The most turns whose nodes together do not exceed the limit.
  int affordable_turns(std::int64_t limit) const;

  // Rows of the states of a turn [tasks][open].
  OutcomeRows rows(int turn, const BudgetState& state) const;
  // Fills in the rows of the first `turns` turns.
  void prepare(int turns);
  // Fills in the bounds of the turns from `turn` on: the best that could be had if every answer scored the
  // most that the model gives for its task and action, for rewards that never fall as the quality rises.
  void relax(int turn, const ResponseModel& model, RewardModel& reward);

 private:
  void open(int turn, Openness openness, BudgetState& state) const;
  void count();

  const Scenario* scenario_;
  const Game* game_;
  Amounts limit_;
  std::vector<std::vector<BudgetState>> turns_;
};

}  // namespace offload
