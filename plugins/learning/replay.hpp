// Off-policy experience: a ring of transitions in columns, allocated once.
#pragma once

#include <offload/checkpoint.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace offload::learning {

class Replay {
 public:
  // mask: keep the next state's mask; costs: numbers per transition besides the reward.
  Replay(std::size_t capacity, int observation, int actions, bool mask, int costs);

  struct Entry {
    std::span<const float> observation;
    std::span<const float> next;
    std::span<const std::uint8_t> next_mask;  // empty unless kept
    std::span<const double> cost;
    std::int32_t action;
    float reward;
    float excess;
    bool terminal;
  };

  // Copies the entry over the oldest one once full.
  void push(const Entry& entry);
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return action_.size(); }

  const float* observation(std::size_t i) const { return observation_.data() + i * width_; }
  const float* next(std::size_t i) const { return next_.data() + i * width_; }
  const std::uint8_t* next_mask(std::size_t i) const {
    return mask_.empty() ? nullptr : mask_.data() + i * actions_;
  }
  float cost(std::size_t i, std::size_t k) const { return cost_[i * costs_ + k]; }
  std::int32_t action(std::size_t i) const { return action_[i]; }
  float reward(std::size_t i) const { return reward_[i]; }
  float excess(std::size_t i) const { return excess_[i]; }
  bool terminal(std::size_t i) const { return terminal_[i] != 0; }

  // Only what is filled; a larger buffer takes a smaller one's transitions and goes on behind them.
  void save(CheckpointWriter& out) const;
  void load(CheckpointReader& in);

 private:
  std::size_t width_;
  std::size_t actions_;
  std::size_t costs_;
  std::size_t size_ = 0;
  std::size_t at_ = 0;
  std::vector<float> observation_;
  std::vector<float> next_;
  std::vector<std::uint8_t> mask_;
  std::vector<float> cost_;
  std::vector<std::int32_t> action_;
  std::vector<float> reward_;
  std::vector<float> excess_;
  std::vector<std::uint8_t> terminal_;
};

}  // namespace offload::learning
