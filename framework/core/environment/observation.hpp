// What an agent sees (environment.md 3): a window of frames, oldest first, then turn index and remaining
// budgets. Also the history that response models look at.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "core/environment/action_space.hpp"
#include "core/environment/profile.hpp"

namespace offload {

// An episode up to and including the turn to be answered: its task ids [t + 1] and the actions taken so far
// [t].
struct History {
  std::span<const std::uint8_t> task;
  std::span<const std::uint16_t> action;
};

enum class ObservationKind {
  offload,     // frames, turn index / T_max, remaining budgets / (T_max * largest consumption) in [-1, 1]
  conference,  // frames alone, as the reference's conference version
  journal,     // frames, then remaining latency in s and cost in USD, as the reference's journal version
};

class ObservationLayout {
 public:
  ObservationLayout(const ActionSpace& actions, const Consumption& consumption, int window, int turns_max,
                    ObservationKind kind);

  int window() const { return window_; }
  int turns_max() const { return turns_max_; }
  // Numbers of one frame: the arm that answered the turn before (logged data: 0 local, 1 cloud), M image
  // bits, task id.
  int frame() const { return frame_; }
  int frames() const { return window_ * frame_; }
  int size() const { return size_; }

  // The window of a history as small integers [frames()]; missing frames are all -1.
  template <typename Number>
  void write_frames(const History& history, Number* out) const;
  // The newest frame alone; `previous` is the action of the turn before or -1, `task` the task id or -1 once
  // the episode is over.
  template <typename Number>
  void write_frame(int previous, int task, Number* out) const;
  // Everything behind the frames. `turn` is 0-based; T_max after the last one.
  void write_tail(int turn, const Amounts& spent, const Amounts& limit, float* out) const;

 private:
  const ActionSpace* actions_;
  int window_, turns_max_, frame_, size_;
  int last_arm_;  // an action's arm is its own number, and no further one: no look-up
  ObservationKind kind_;
  double scale_[kResources];  // T_max * largest consumption, in integer units
};

template <typename Number>
void ObservationLayout::write_frame(int previous, int task, Number* out) const {
  const int modalities = frame_ - 2;
  const std::uint32_t images = previous < 0 ? 0 : actions_->images(previous);
  out[0] = static_cast<Number>(previous < 0 ? -1 : std::min(previous, last_arm_));
  for (int m = 0; m < modalities; ++m) out[1 + m] = static_cast<Number>(images >> m & 1U);
  out[frame_ - 1] = static_cast<Number>(task);
}

template <typename Number>
void ObservationLayout::write_frames(const History& history, Number* out) const {
  const int turns = static_cast<int>(history.task.size());
  for (int z = 0; z < window_; ++z, out += frame_) {
    const int turn = turns - window_ + z;
    if (turn < 0) {
      for (int i = 0; i < frame_; ++i) out[i] = static_cast<Number>(-1);
    } else {
      const auto t = static_cast<std::size_t>(turn);
      write_frame(turn == 0 ? -1 : history.action[t - 1], history.task[t], out);
    }
  }
}

}  // namespace offload
