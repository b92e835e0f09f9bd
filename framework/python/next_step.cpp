// A batch whose slots show the last state of an episode before the first of the next one.
#include <algorithm>

#include "python/batch.hpp"

namespace offload {

void Batch::take_outcome(const offload_transition& step, std::size_t row, Frame& frame, std::size_t slot) {
  const bool now = exceeded(*step.after, row);
  frame.reward[slot] = step.reward[row];
  frame.cost[slot] = now && exceeded_[slot] == 0;
  exceeded_[slot] = now;
  frame.quality[slot] = step.quality[row];
  frame.association[slot] = step.association[row];
  std::copy_n(step.consumed + row * kResources, kResources, frame.consumed.data() + slot * kResources);
  frame.terminal[slot] = step.terminal[row];
}

void Batch::take_state(const offload_view& view, std::size_t row, Frame& frame, std::size_t slot) const {
  const auto copy = [=](const auto* from, auto* to, std::size_t width) {
    std::copy_n(from + row * width, width, to + slot * width);
  };
  copy(view.observation, frame.observation, static_cast<std::size_t>(observation_size()));
  copy(view.mask, frame.mask, static_cast<std::size_t>(actions()));
  copy(view.limit, frame.limit, kResources);
  copy(view.spent, frame.spent, kResources);
}

// The slots that have an action to take step; nullptr where none has.
const offload_transition* Batch::step_acting(const std::int32_t* action) {
  acting_.clear();
  std::size_t count = 0;
  for (std::size_t slot = 0; slot < slots_; ++slot) {
    if (over_[slot] != 0) continue;
    acting_.push_back(static_cast<int>(slot));
    action_[count++] = action[slot];
  }
  if (count == 0) return nullptr;
  const std::span<const std::int32_t> chosen(action_.data(), count);
  return count == slots_ ? &environment_->step(chosen) : &environment_->step_some(acting_, chosen);
}

bool Batch::step_ready(const std::int32_t* action) {
  const offload_transition* step = step_acting(action);
  shown_ = 1 - shown_;
  Frame& frame = frames_[shown_];
  const Frame& last = frames_[1 - shown_];
  bool ended = false;
  std::size_t row = 0;
  for (std::size_t slot = 0; slot < slots_; ++slot) {
    if (over_[slot] != 0) {
      frame.reward[slot] = frame.cost[slot] = frame.quality[slot] = frame.association[slot] = 0;
      std::fill_n(frame.consumed.data() + slot * kResources, kResources, 0.0);
      frame.terminal[slot] = 0;
      show_start(slot);
      continue;
    }
    take_outcome(*step, row, frame, slot);
    take_state(*step->after, row, frame, slot);
    over_[slot] = frame.terminal[slot];
    // The environment is in the next episode already.
    frame.episode[slot] = last.episode[slot];
    frame.infeasible[slot] = over_[slot] == 0 && environment_->infeasible(static_cast<int>(slot));
    ended |= over_[slot] != 0;
    ++row;
  }
  return ended;
}

}  // namespace offload
