// Backward induction over (task sequence, action sequence), exact, for several budgets at once: what an
// answer scores does not depend on budgets, so every score is computed once and used by all of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/induction/budget_states.hpp"
#include "core/induction/futures.hpp"
#include "core/induction/turn_values.hpp"

namespace offload {

class Induction {
 public:
  // One lane per budget, all of one game, prepared for `turns` turns; where that is not the whole game the
  // states after them are bounded, and `best` is an upper bound (`random` then means nothing). `decisions`
  // keeps two bytes per state. The references must outlive it.
  Induction(const Game& game, const Futures& futures, std::vector<const BudgetStates*> lanes, int actions,
            int turns, bool decisions);

  // One thread per reward model; each model is called from one thread only.
  void run(std::span<RewardModel* const> rewards);

  const Value& value(std::size_t lane) const { return value_[lane]; }
  // What the best policy does after these tasks [t + 1] and actions [t] of its own; needs decisions.
  Decision decide(std::size_t lane, std::span<const std::uint8_t> task,
                  std::span<const std::uint16_t> action) const;

 private:
  // A history of the upper turns and the budget state it leads to in every lane, -1 where closed.
  struct Item {
    std::vector<std::uint8_t> task;
    std::vector<std::uint16_t> action;
    std::vector<std::int32_t> state;
  };
  struct Workspace;

  void expand_top(RewardModel& reward);
  // The states that an action leads to, lane by lane.
  void follow(int turn, const Item& item, std::size_t action, std::vector<std::int32_t>& states) const;
  void expand_item(int turn, const Item& item, const std::vector<std::uint8_t>& open, std::vector<Item>& next,
                   const double* scores, RewardModel& reward);
  void place_units();
  void score_unit(const Item& item, Workspace& work) const;
  void value_unit(std::size_t unit, std::size_t lane, RewardModel& reward, Workspace& work);
  void finish_top();
  // Flags [actions] of what is open in some lane.
  void open(int turn, const Item& item, std::vector<std::uint8_t>& actions) const;
  const BudgetState& state(std::size_t lane, int turn, std::int32_t i) const {
    return lanes_[lane]->state(turn, i);
  }
  int tasks(int turn) const { return game_->turns[static_cast<std::size_t>(turn)].tasks; }

  const Game* game_;
  const Futures* futures_;
  std::vector<const BudgetStates*> lanes_;
  std::size_t actions_;
  int turns_;       // expanded
  int unit_turns_;  // of a unit of work
  int top_;         // turns of the upper part; below it one unit of work per history
  bool decisions_;
  std::vector<Item> units_;                                      // histories of the last upper turn
  std::vector<std::vector<std::vector<double>>> top_rewards_;    // [lane][turn][row]
  std::vector<std::vector<Value>> below_top_;                    // [lane] of the states of turn top_
  std::vector<std::vector<std::vector<std::uint16_t>>> chosen_;  // [lane][turn][state] action, kTied
  std::vector<std::vector<std::vector<std::size_t>>> begins_;    // [lane][turn - top_][unit] first state
  std::vector<Value> value_;
};

}  // namespace offload
