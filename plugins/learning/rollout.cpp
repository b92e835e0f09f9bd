#include "learning/rollout.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace offload::learning {

namespace {

template <typename T>
void extend(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

void Steps::append(const Steps& other) {
  extend(x, other.x);
  extend(mask, other.mask);
  extend(action, other.action);
  extend(reward, other.reward);
  extend(cost, other.cost);
  extend(excess, other.excess);
  extend(terminal, other.terminal);
  extend(next_x, other.next_x);
}

void Steps::clear() {
  for (auto* column : {&x, &reward, &cost, &excess, &next_x}) column->clear();
  mask.clear();
  action.clear();
  terminal.clear();
}

void Steps::save(CheckpointWriter& out) const {
  for (const auto* column : {&x, &reward, &cost, &excess, &next_x}) out.values(*column);
  out.values(mask);
  out.values(action);
  out.values(terminal);
}

void Steps::load(CheckpointReader& in) {
  for (auto* column : {&x, &reward, &cost, &excess, &next_x}) *column = in.values<float>();
  mask = in.values<std::uint8_t>();
  action = in.values<std::int32_t>();
  terminal = in.values<std::uint8_t>();
}

Steps& Rollout::slot(int index) {
  const auto at = static_cast<std::size_t>(index);
  if (at >= slots_.size()) slots_.resize(at + 1);
  return slots_[at];
}

int Rollout::rows() const {
  int rows = 0;
  for (const Steps& steps : slots_) rows += steps.rows();
  return rows;
}

int Rollout::longest() const {
  int longest = 0;
  for (const Steps& steps : slots_) longest = std::max(longest, steps.rows());
  return longest;
}

void Rollout::clear() {
  for (Steps& steps : slots_) steps.clear();
}

Rollout::Flat Rollout::flatten() const {
  Flat flat;
  for (const Steps& steps : slots_) {
    if (steps.rows() == 0) continue;
    flat.steps.append(steps);
    flat.lengths.push_back(steps.rows());
  }
  return flat;
}

void Rollout::save(CheckpointWriter& out) const {
  out.value(static_cast<std::uint64_t>(slots_.size()));
  for (const Steps& steps : slots_) steps.save(out);
}

void Rollout::load(CheckpointReader& in) {
  const auto count = in.value<std::uint64_t>();
  if (count > in.remaining()) throw std::runtime_error("the checkpoint is damaged: too many slots");
  slots_.assign(static_cast<std::size_t>(count), {});
  for (Steps& steps : slots_) steps.load(in);
}

void generalised_advantages(std::span<const float> reward, std::span<const float> value,
                            std::span<const std::uint8_t> terminal, float last_value, double gamma,
                            double lambda, std::span<float> advantage) {
  double next_value = last_value;
  double running = 0;
  for (std::size_t t = reward.size(); t-- > 0;) {
    const double alive = terminal[t] ? 0 : 1;
    const double surprise = reward[t] + gamma * alive * next_value - value[t];
    running = surprise + gamma * lambda * alive * running;
    advantage[t] = static_cast<float>(running);
    next_value = value[t];
  }
}

void standardise(std::span<float> values, bool scale) {
  if (values.size() < 2) return;
  const auto count = static_cast<double>(values.size());
  double sum = 0;
  for (const float value : values) sum += value;
  const double mean = sum / count;
  double squares = 0;
  for (const float value : values) squares += (value - mean) * (value - mean);
  const double deviation = scale ? std::sqrt(squares / (count - 1)) + 1e-8 : 1;
  for (float& value : values) value = static_cast<float>((value - mean) / deviation);
}

}  // namespace offload::learning
