// The arithmetic of the induction: values of a game's states from the rewards of their actions and the values
// that follow.
#pragma once

#include <cstdint>
#include <vector>

#include "core/induction/budget_states.hpp"
#include "core/induction/value.hpp"

namespace offload {

// Values of the states of some consecutive turns of one lane, from rewards and choices kept in the order in
// which the states are visited.
class TurnValues {
 public:
  TurnValues(const BudgetStates& states, int last)
      : states_(&states), last_(last), turns_(states.game().turns.size()) {}

  // Rewards of a turn's rows, and where its choices go (may be null).
  void set(int turn, const double* rewards, std::uint16_t* chosen) {
    turns_[static_cast<std::size_t>(turn)].reward = rewards;
    turns_[static_cast<std::size_t>(turn)].chosen = chosen;
  }
  // Values of the states after the last turn; null where the game ends or is relaxed there.
  void set_beyond(const Value* values) { beyond_ = values; }

  Value state(int turn, std::int32_t index, int task);

 private:
  struct Turn {
    const double* reward = nullptr;
    std::uint16_t* chosen = nullptr;
    std::vector<double> values;
  };

  static double choose(const BudgetState& at, Turn& now, double best);
  Value future(int turn, std::int32_t next, int task);

  const BudgetStates* states_;
  int last_;
  std::vector<Turn> turns_;
  const Value* beyond_ = nullptr;
};

}  // namespace offload
