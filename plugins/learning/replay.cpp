#include "learning/replay.hpp"

#include <algorithm>
#include <stdexcept>

namespace offload::learning {

namespace {

// Checkpoints hold columns.
template <typename T, typename Rows, typename Get>
void save_column(CheckpointWriter& out, const Rows& rows, std::size_t filled, Get get) {
  std::vector<T> column(filled);
  std::transform(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(filled), column.begin(), get);
  out.bytes(column.data(), filled * sizeof(T));
}

template <typename T, typename Rows, typename Set>
void load_column(CheckpointReader& in, Rows& rows, std::size_t filled, Set set) {
  std::vector<T> column(filled);
  in.bytes(column.data(), filled * sizeof(T));
  for (std::size_t i = 0; i < filled; ++i) set(rows[i], column[i]);
}

}  // namespace

Replay::Replay(std::size_t capacity, const Encoder& encoder, int actions, bool mask, int costs)
    : encoder_(encoder),
      width_(static_cast<std::size_t>(encoder.width())),
      inputs_(static_cast<std::size_t>(encoder.inputs())),
      actions_(static_cast<std::size_t>(actions)),
      costs_(static_cast<std::size_t>(costs)),
      states_(2 * capacity * width_),
      encoded_(encoder.whole() ? 0 : 2 * capacity * inputs_),
      mask_(mask ? capacity * actions_ : 0),
      cost_(capacity * costs_),
      facts_(capacity) {}

void Replay::push(const Entry& entry) {
  const auto row = [this](auto& rows, std::size_t width) {
    return rows.begin() + static_cast<std::ptrdiff_t>(at_ * width);
  };
  std::ranges::copy(entry.next, std::ranges::copy(entry.observation, row(states_, 2 * width_)).out);
  encode(at_);
  if (!mask_.empty()) std::ranges::copy(entry.next_mask, row(mask_, actions_));
  std::ranges::transform(entry.cost.first(costs_), row(cost_, costs_),
                         [](double cost) { return static_cast<float>(cost); });
  facts_[at_] = {entry.action, entry.reward, entry.excess, entry.terminal};
  at_ = (at_ + 1) % capacity();
  size_ = std::max(size_, at_ == 0 ? capacity() : at_);
}

void Replay::encode(std::size_t i) {
  if (seen_whole()) return;
  encoder_.encode_all(states_.data() + 2 * i * width_, 2, encoded_.data() + 2 * i * inputs_);
}

void Replay::prefetch(std::size_t i) const {
  constexpr std::size_t line = 64 / sizeof(float);
  const float* x = encoded_of(i);
  for (std::size_t k = 0; k < 2 * inputs_; k += line) __builtin_prefetch(x + k);
  __builtin_prefetch(x + 2 * inputs_ - 1);
  __builtin_prefetch(&facts_[i]);
}

void Replay::save(CheckpointWriter& out) const {
  out.value(static_cast<std::uint64_t>(size_));
  out.value(static_cast<std::uint64_t>(at_));
  for (const std::size_t which : {0, 1}) {
    std::vector<float> column;
    column.reserve(size_ * width_);
    for (std::size_t i = 0; i < size_; ++i) {
      const auto from = states_.begin() + static_cast<std::ptrdiff_t>((2 * i + which) * width_);
      column.insert(column.end(), from, from + static_cast<std::ptrdiff_t>(width_));
    }
    out.bytes(column.data(), column.size() * sizeof(float));
  }
  out.bytes(cost_.data(), size_ * costs_ * sizeof(float));
  save_column<float>(out, facts_, size_, [](const Facts& facts) { return facts.reward; });
  save_column<float>(out, facts_, size_, [](const Facts& facts) { return facts.excess; });
  save_column<std::int32_t>(out, facts_, size_, [](const Facts& facts) { return facts.action; });
  out.bytes(mask_.data(), mask_.empty() ? 0 : size_ * actions_);
  save_column<std::uint8_t>(out, facts_, size_, [](const Facts& facts) { return facts.terminal; });
}

void Replay::load(CheckpointReader& in) {
  const auto size = static_cast<std::size_t>(in.value<std::uint64_t>());
  const auto at = static_cast<std::size_t>(in.value<std::uint64_t>());
  if (size > capacity() || at >= capacity()) {
    throw std::runtime_error("the checkpoint holds more transitions than this agent's buffer");
  }
  size_ = size;
  at_ = at;
  for (const std::size_t which : {0, 1}) {
    for (std::size_t i = 0; i < size_; ++i) {
      in.bytes(states_.data() + (2 * i + which) * width_, width_ * sizeof(float));
    }
  }
  in.bytes(cost_.data(), size_ * costs_ * sizeof(float));
  load_column<float>(in, facts_, size_, [](Facts& facts, float value) { facts.reward = value; });
  load_column<float>(in, facts_, size_, [](Facts& facts, float value) { facts.excess = value; });
  load_column<std::int32_t>(in, facts_, size_,
                            [](Facts& facts, std::int32_t value) { facts.action = value; });
  in.bytes(mask_.data(), mask_.empty() ? 0 : size_ * actions_);
  load_column<std::uint8_t>(in, facts_, size_,
                            [](Facts& facts, std::uint8_t value) { facts.terminal = value; });
  for (std::size_t i = 0; i < size_; ++i) encode(i);
}

}  // namespace offload::learning
