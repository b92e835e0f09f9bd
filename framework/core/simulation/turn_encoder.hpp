// One turn as an agent sees it. The benchmark and the gateway write views by these functions and no others,
// so that a policy that serves decides as it was evaluated.
#pragma once

#include <offload/random.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/environment/budget.hpp"
#include "core/environment/observation.hpp"

namespace offload {

// Where a turn stands.
struct TurnState {
  int turn = 0;       // 0-based; of an episode that is over the number of its turns
  bool over = false;  // nothing is to be decided any more
  Amounts spent{}, limit = {kUnlimited, kUnlimited};
  std::uint64_t rng_stream = 0;  // of the episode
};

// One row of an offload_view: observation [layout.size()], mask [actions].
struct TurnRow {
  float* observation;
  std::uint8_t* mask;
  std::uint64_t* rng;
};

// Writes the row but for its mask. `previous`: the action of the turn before, or -1; `task`: the turn's, or
// -1 once it is over. `window` is the observation whose frames move up by one; it may be the one that is
// written.
inline void write_turn(const ObservationLayout& layout, const TurnState& state, int previous, int task,
                       const float* window, const TurnRow& row) {
  const auto frame = static_cast<std::size_t>(layout.frame()),
             frames = static_cast<std::size_t>(layout.frames());
  std::memmove(row.observation, window + frame, (frames - frame) * sizeof(float));
  layout.write_frame(previous, task, row.observation + frames - frame);
  layout.write_tail(state.turn, state.spent, state.limit, row.observation + frames);
  *row.rng = stream(state.rng_stream, state.turn);
}

// The whole row. Returns whether any action is allowed; where none is, all are shown as allowed.
inline bool encode_turn(const ObservationLayout& layout, const Feasibility& feasibility,
                        const TurnState& state, int previous, int task, const float* window,
                        const TurnRow& row) {
  write_turn(layout, state, previous, task, window, row);
  return state.over || feasibility.mask(state.turn, state.spent, state.limit, row.mask);
}

// The same of an episode known by its history, whose last task is that of the turn. It is not over.
inline bool encode_history(const ObservationLayout& layout, const Feasibility& feasibility,
                           const TurnState& state, const History& history, const TurnRow& row) {
  std::fill_n(row.observation, layout.frames(), -1.0F);
  const std::size_t turns = history.task.size();
  const auto window = static_cast<std::size_t>(layout.window());
  for (std::size_t t = turns > window ? turns - window : 0; t + 1 < turns; ++t) {
    std::memmove(row.observation, row.observation + layout.frame(),
                 static_cast<std::size_t>(layout.frames() - layout.frame()) * sizeof(float));
    layout.write_frame(t == 0 ? -1 : history.action[t - 1], history.task[t],
                       row.observation + layout.frames() - layout.frame());
  }
  return encode_turn(layout, feasibility, state, turns == 1 ? -1 : history.action[turns - 2],
                     history.task[turns - 1], row.observation, row);
}

}  // namespace offload
