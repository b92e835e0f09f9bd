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
  if (now.values.size() < open) now.values.resize(open);
  double* const values = now.values.data();
  const double* const probability = at.probability.data();
  double best = -std::numeric_limits<double>::infinity(), random = 0;
  const bool ends = turn == last_ && beyond_ == nullptr && turn + 1 == states_->game().length();
  for (std::size_t i = 0; i < open; ++i) {
    Value action{game.weight * reward[i], game.weight * reward[i]};
    if (!ends) {
      const Value next = future(turn, at.next[i], task);
      action.best += game.goes_on * next.best;
      action.random += game.goes_on * next.random;
    }
    values[i] = action.best;
    best = std::max(best, action.best);
    random += probability[i] * action.random;
  }
  return {choose(at, now, best), random};
}

// The value of the lowest action that ties with the best one.
double TurnValues::choose(const BudgetState& at, Turn& now, double best) {
  const double* const values = now.values.data();
  const std::size_t open = at.action.size();
  std::size_t lowest = 0;
  while (values[lowest] < best - kTieTolerance) ++lowest;
  if (now.chosen != nullptr) {
    int ties = 0;
    for (std::size_t i = lowest + 1; i < open; ++i) ties += values[i] >= best - kTieTolerance;
    *now.chosen++ = static_cast<std::uint16_t>(at.action[lowest] | (ties > 0 ? kTied : 0));
  }
  return values[lowest];
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
