#include "core/induction/turn_values.hpp"

#include <algorithm>
#include <limits>

namespace offload {

Value TurnValues::state(int turn, std::int32_t index, int task) {
  const BudgetState& at = states_->state(turn, index);
  const Game::Turn& game = states_->game().turns[static_cast<std::size_t>(turn)];
  Turn& now = turns_[static_cast<std::size_t>(turn)];
  const double* reward = now.reward;
  const std::size_t open = at.action.size();
  now.reward += open;
  now.values.resize(open);
  Value value{-std::numeric_limits<double>::infinity(), 0};
  const bool ends = turn == last_ && beyond_ == nullptr && turn + 1 == states_->game().length();
  for (std::size_t i = 0; i < open; ++i) {
    Value action{game.weight * reward[i], game.weight * reward[i]};
    if (!ends) {
      const Value next = future(turn, at.next[i], task);
      action.best += game.goes_on * next.best;
      action.random += game.goes_on * next.random;
    }
    now.values[i] = action.best;
    value.best = std::max(value.best, action.best);
    value.random += at.probability[i] * action.random;
  }
  std::size_t best = 0;
  while (now.values[best] < value.best - kTieTolerance) ++best;
  if (now.chosen != nullptr) {
    std::uint16_t choice = at.action[best];
    for (std::size_t i = best + 1; i < open; ++i) {
      if (now.values[i] >= value.best - kTieTolerance) choice |= kTied;
    }
    *now.chosen++ = choice;
  }
  value.best = now.values[best];
  return value;
}

Value TurnValues::future(int turn, std::int32_t next, int task) {
  const auto& turns = states_->game().turns;
  const int tasks = turns[static_cast<std::size_t>(turn) + 1].tasks;
  const double* probability =
      turns[static_cast<std::size_t>(turn)].transition.data() + static_cast<std::ptrdiff_t>(task) * tasks;
  Value sum;
  for (int c = 0; c < tasks; ++c) {
    Value value;
    if (turn < last_) {
      value = state(turn + 1, next, c);
    } else if (beyond_ != nullptr) {
      value = *beyond_++;
    } else {
      value.best = states_->state(turn + 1, next).bound[static_cast<std::size_t>(c)];
    }
    sum.best += probability[c] * value.best;
    sum.random += probability[c] * value.random;
  }
  return sum;
}

}  // namespace offload
