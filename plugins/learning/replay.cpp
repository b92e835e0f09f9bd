#include "learning/replay.hpp"

#include <algorithm>
#include <stdexcept>

namespace offload::learning {

Replay::Replay(std::size_t capacity, int observation, int actions, bool mask, int costs)
    : width_(static_cast<std::size_t>(observation)),
      actions_(static_cast<std::size_t>(actions)),
      costs_(static_cast<std::size_t>(costs)),
      observation_(capacity * width_),
      next_(capacity * width_),
      mask_(mask ? capacity * actions_ : 0),
      cost_(capacity * costs_),
      action_(capacity),
      reward_(capacity),
      excess_(capacity),
      terminal_(capacity) {}

void Replay::push(const Entry& entry) {
  const auto row = [this](auto& column, std::size_t width) {
    return column.begin() + static_cast<std::ptrdiff_t>(at_ * width);
  };
  std::ranges::copy(entry.observation, row(observation_, width_));
  std::ranges::copy(entry.next, row(next_, width_));
  if (!mask_.empty()) std::ranges::copy(entry.next_mask, row(mask_, actions_));
  std::ranges::transform(entry.cost.first(costs_), row(cost_, costs_),
                         [](double cost) { return static_cast<float>(cost); });
  action_[at_] = entry.action;
  reward_[at_] = entry.reward;
  excess_[at_] = entry.excess;
  terminal_[at_] = entry.terminal;
  at_ = (at_ + 1) % capacity();
  size_ = std::max(size_, at_ == 0 ? capacity() : at_);
}

void Replay::save(CheckpointWriter& out) const {
  out.value(static_cast<std::uint64_t>(size_));
  out.value(static_cast<std::uint64_t>(at_));
  const auto column = [&](const auto& values) {
    const std::size_t filled = values.size() / capacity() * size_;
    out.bytes(values.data(), filled * sizeof values[0]);
  };
  for (const auto* values : {&observation_, &next_, &cost_, &reward_, &excess_}) column(*values);
  column(action_);
  column(mask_);
  column(terminal_);
}

void Replay::load(CheckpointReader& in) {
  const auto size = static_cast<std::size_t>(in.value<std::uint64_t>());
  const auto at = static_cast<std::size_t>(in.value<std::uint64_t>());
  if (size > capacity() || at >= capacity()) {
    throw std::runtime_error("the checkpoint holds more transitions than this agent's buffer");
  }
  size_ = size;
  at_ = at;
  const auto column = [&](auto& values) {
    const std::size_t filled = values.size() / capacity() * size_;
    in.bytes(values.data(), filled * sizeof values[0]);
  };
  for (auto* values : {&observation_, &next_, &cost_, &reward_, &excess_}) column(*values);
  column(action_);
  column(mask_);
  column(terminal_);
}

}  // namespace offload::learning
