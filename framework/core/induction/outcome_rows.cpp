#include "core/induction/outcome_rows.hpp"

#include <algorithm>

namespace offload {

void OutcomeRows::grow(std::size_t rows) {
  size_ += rows;
  if (size_ <= action_.size()) return;
  const std::size_t room = std::max(size_, 2 * action_.size());
  action_.resize(room);
  for (auto* column : {&quality_, &association_raw_, &association_}) column->resize(room);
  for (auto* column : {&consumed_, &relative_, &limit_, &total_}) column->resize(room * kResources);
}

void OutcomeRows::add(const Scenario& scenario, const Game::Turn& turn, int task, int action,
                      const Amounts& spent, const Amounts& limit, double quality) {
  const Consumption& consumption = scenario.consumption();
  const auto a = static_cast<std::size_t>(action);
  const std::size_t cell =
      static_cast<std::size_t>(task) * static_cast<std::size_t>(consumption.actions()) + a;
  const std::size_t row = size_;
  grow(1);
  action_[row] = action;
  quality_[row] = quality;
  association_raw_[row] = turn.association_raw[cell];
  association_[row] = turn.association[cell];
  for (std::size_t k = 0; k < kResources; ++k) {
    const std::size_t from = a * kResources + k, to = row * kResources + k;
    const int resource = static_cast<int>(k);
    consumed_[to] = consumption.values()[from];
    relative_[to] = consumption.relative()[from];
    limit_[to] = from_amount(limit[k], resource);
    total_[to] = from_amount(spent[k] + consumption.of_action(action)[k], resource);
  }
}

void OutcomeRows::repeat(std::size_t times) {
  const std::size_t from = size_ - 1;
  grow(times);
  std::fill_n(action_.begin() + static_cast<std::ptrdiff_t>(size_ - times), times, action_[from]);
  const auto fill = [&](std::vector<double>& column, std::size_t width) {
    for (std::size_t i = (from + 1) * width; i < size_ * width; ++i) column[i] = column[i - width];
  };
  for (auto* column : {&quality_, &association_raw_, &association_}) fill(*column, 1);
  for (auto* column : {&consumed_, &relative_, &limit_, &total_}) fill(*column, kResources);
}

void OutcomeRows::append(const OutcomeRows& rows) {
  const std::size_t at = size_, count = rows.size_;
  grow(count);
  std::copy_n(rows.action_.data(), count, action_.data() + at);
  const auto copy = [at, count](const std::vector<double>& from, std::vector<double>& to, std::size_t width) {
    std::copy_n(from.data(), count * width, to.data() + at * width);
  };
  copy(rows.quality_, quality_, 1);
  copy(rows.association_raw_, association_raw_, 1);
  copy(rows.association_, association_, 1);
  copy(rows.consumed_, consumed_, kResources);
  copy(rows.relative_, relative_, kResources);
  copy(rows.limit_, limit_, kResources);
  copy(rows.total_, total_, kResources);
}

void OutcomeRows::score(RewardModel& model, std::size_t from, std::size_t count, const double* quality,
                        double* reward) const {
  score(model, from, count, {quality, association_raw_.data() + from, association_.data() + from}, reward);
}

void OutcomeRows::score(RewardModel& model, std::size_t from, std::size_t count, const AnswerColumns& answers,
                        double* reward) const {
  if (count == 0) return;
  const std::size_t wide = from * kResources;
  const offload_outcomes batch = {sizeof(offload_outcomes),
                                  static_cast<std::int32_t>(count),
                                  kResources,
                                  action_.data() + from,
                                  answers.quality,
                                  answers.association_raw,
                                  answers.association,
                                  consumed_.data() + wide,
                                  relative_.data() + wide,
                                  limit_.data() + wide,
                                  total_.data() + wide};
  model.score(batch, reward);
}

}  // namespace offload
