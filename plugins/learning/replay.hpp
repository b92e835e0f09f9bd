// Off-policy experience: a ring of transitions in memory that is set aside once and touched as they come.
// What one transition is learned from lies together, as a gradient step reads them in random order.
#pragma once

#include <offload/checkpoint.hpp>

#include <cstdint>
#include <span>
#include <vector>

#include "learning/encoding.hpp"

namespace offload::learning {

class Replay {
 public:
  // mask: keep the next state's mask; costs: numbers per transition besides the reward.
  Replay(std::size_t capacity, const Encoder& encoder, int actions, bool mask, int costs);

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
  std::size_t size() const { return facts_.size(); }
  std::size_t capacity() const { return capacity_; }

  // What the networks see of both states: encoded when the transition came in.
  const float* x(std::size_t i) const { return encoded_of(i); }
  const float* next_x(std::size_t i) const { return encoded_of(i) + inputs_; }
  const std::uint8_t* next_mask(std::size_t i) const {
    return masked_ ? mask_.data() + i * actions_ : nullptr;
  }
  float cost(std::size_t i, std::size_t k) const { return cost_[i * costs_ + k]; }
  std::int32_t action(std::size_t i) const { return facts_[i].action; }
  float reward(std::size_t i) const { return facts_[i].reward; }
  float excess(std::size_t i) const { return facts_[i].excess; }
  bool terminal(std::size_t i) const { return facts_[i].terminal != 0; }
  // What the target network numbered `target`, from 1, makes of the next state, once it was kept: until the
  // target changes it stays that to the bit. nullptr: not known.
  const float* next_value(std::size_t i, std::uint32_t target) const {
    return facts_[i].valued_by == target ? &facts_[i].next_value : nullptr;
  }
  void keep_next_value(std::size_t i, std::uint32_t target, float value) {
    facts_[i].valued_by = target;
    facts_[i].next_value = value;
  }
  // Of a transition that is read soon, with the next state or without.
  // Inline, as GCC takes a function that only prefetches for one without an effect and drops calls of it.
  [[gnu::always_inline]] void prefetch(std::size_t i, bool next) const {
    constexpr std::size_t line = 64 / sizeof(float);
    const float* x = encoded_of(i);
    const std::size_t count = next ? 2 * inputs_ : inputs_;
    for (std::size_t k = 0; k < count; k += line) __builtin_prefetch(x + k);
    __builtin_prefetch(x + count - 1);
    __builtin_prefetch(&facts_[i]);
  }

  // Only what is filled; a larger buffer takes a smaller one's transitions and goes on behind them.
  void save(CheckpointWriter& out) const;
  void load(CheckpointReader& in);

 private:
  struct Facts {
    std::int32_t action;
    float reward;
    float excess;
    std::uint8_t terminal;
    std::uint32_t valued_by = 0;
    float next_value = 0;
  };

  const float* encoded_of(std::size_t i) const {
    return encoder_.whole() ? states_.data() + 2 * i * width_ : encoded_.data() + 2 * i * inputs_;
  }
  void resize(std::size_t rows);
  void encode(std::size_t i);

  const Encoder& encoder_;
  std::size_t capacity_;
  std::size_t width_;
  std::size_t inputs_;
  std::size_t actions_;
  std::size_t costs_;
  bool masked_;
  std::size_t at_ = 0;
  std::vector<float> states_;   // [rows][2][D]: observation and next, as they came
  std::vector<float> encoded_;  // [rows][2][inputs], empty where the networks see the observations
  std::vector<std::uint8_t> mask_;
  std::vector<float> cost_;
  std::vector<Facts> facts_;
};

}  // namespace offload::learning
