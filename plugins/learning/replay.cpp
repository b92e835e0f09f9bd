#include "learning/replay.hpp"

#include <algorithm>
#include <stdexcept>

namespace offload::learning {

namespace {

// Checkpoints hold columns.
template <typename T, typename Row>
void save_column(CheckpointWriter& out, const std::vector<Row>& rows, T Row::*part) {
  std::vector<T> column;
  column.reserve(rows.size());
  for (const Row& row : rows) column.push_back(row.*part);
  out.bytes(column.data(), column.size() * sizeof(T));
}

template <typename T, typename Row>
void load_column(CheckpointReader& in, std::vector<Row>& rows, T Row::*part) {
  for (Row& row : rows) row.*part = in.value<T>();
}

}  // namespace

Replay::Replay(std::size_t capacity, const Encoder& encoder, int actions, bool mask, int costs)
    : encoder_(encoder),
      capacity_(capacity),
      width_(static_cast<std::size_t>(encoder.width())),
      inputs_(static_cast<std::size_t>(encoder.inputs())),
      actions_(static_cast<std::size_t>(actions)),
      costs_(static_cast<std::size_t>(costs)),
      masked_(mask) {
  states_.reserve(2 * capacity * width_);
  if (!encoder.whole()) encoded_.reserve(2 * capacity * inputs_);
  if (masked_) mask_.reserve(capacity * actions_);
  cost_.reserve(capacity * costs_);
  facts_.reserve(capacity);
}

void Replay::resize(std::size_t rows) {
  states_.resize(2 * rows * width_);
  if (!encoder_.whole()) encoded_.resize(2 * rows * inputs_);
  if (masked_) mask_.resize(rows * actions_);
  cost_.resize(rows * costs_);
  facts_.resize(rows);
}

void Replay::push(const Entry& entry) {
  if (at_ == size()) resize(at_ + 1);
  const auto row = [this](auto& rows, std::size_t width) {
    return rows.begin() + static_cast<std::ptrdiff_t>(at_ * width);
  };
  std::ranges::copy(entry.next, std::ranges::copy(entry.observation, row(states_, 2 * width_)).out);
  encode(at_);
  if (masked_) std::ranges::copy(entry.next_mask, row(mask_, actions_));
  std::ranges::transform(entry.cost.first(costs_), row(cost_, costs_),
                         [](double cost) { return static_cast<float>(cost); });
  facts_[at_] = {entry.action, entry.reward, entry.excess, entry.terminal, 0, 0};
  at_ = (at_ + 1) % capacity();
}

void Replay::encode(std::size_t i) {
  if (encoder_.whole()) return;
  encoder_.encode_all(states_.data() + 2 * i * width_, 2, encoded_.data() + 2 * i * inputs_);
}

void Replay::save(CheckpointWriter& out) const {
  out.value(static_cast<std::uint64_t>(size()));
  out.value(static_cast<std::uint64_t>(at_));
  for (const std::size_t which : {0, 1}) {
    std::vector<float> column;
    column.reserve(size() * width_);
    for (std::size_t i = 0; i < size(); ++i) {
      const auto from = states_.begin() + static_cast<std::ptrdiff_t>((2 * i + which) * width_);
      column.insert(column.end(), from, from + static_cast<std::ptrdiff_t>(width_));
    }
    out.bytes(column.data(), column.size() * sizeof(float));
  }
  out.bytes(cost_.data(), cost_.size() * sizeof(float));
  save_column(out, facts_, &Facts::reward);
  save_column(out, facts_, &Facts::excess);
  save_column(out, facts_, &Facts::action);
  out.bytes(mask_.data(), mask_.size());
  save_column(out, facts_, &Facts::terminal);
}

void Replay::load(CheckpointReader& in) {
  const auto size = static_cast<std::size_t>(in.value<std::uint64_t>());
  const auto at = static_cast<std::size_t>(in.value<std::uint64_t>());
  if (size > capacity() || at >= capacity() || at > size) {
    throw std::runtime_error("the checkpoint holds more transitions than this agent's buffer");
  }
  resize(size);
  at_ = at;
  for (const std::size_t which : {0, 1}) {
    for (std::size_t i = 0; i < size; ++i) {
      in.bytes(states_.data() + (2 * i + which) * width_, width_ * sizeof(float));
    }
  }
  in.bytes(cost_.data(), cost_.size() * sizeof(float));
  load_column(in, facts_, &Facts::reward);
  load_column(in, facts_, &Facts::excess);
  load_column(in, facts_, &Facts::action);
  in.bytes(mask_.data(), mask_.size());
  load_column(in, facts_, &Facts::terminal);
  for (std::size_t i = 0; i < size; ++i) encode(i);
}

}  // namespace offload::learning
