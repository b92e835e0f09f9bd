// Outcomes to be scored, as the arrays that a reward plugin gets.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/induction/game.hpp"
#include "core/simulation/reward_model.hpp"

namespace offload {

// Columns of what an answer is worth.
struct AnswerColumns {
  const double *quality, *association_raw, *association;
};

// A structure of arrays that grows; everything but the quality of a row is a matter of turn, task, action and
// what was spent before.
class OutcomeRows {
 public:
  std::size_t size() const { return size_; }
  double* quality() { return quality_.data(); }
  // Keeps the memory.
  void clear() { size_ = 0; }

  // One row; `task` counts from the turn's first task, `spent` is before the turn. Quality is given.
  void add(const Scenario& scenario, const Game::Turn& turn, int task, int action, const Amounts& spent,
           const Amounts& limit, double quality);
  // The last row as many times more.
  void repeat(std::size_t times);
  // All rows of another one.
  void append(const OutcomeRows& rows);
  // [size()][kResources] what is consumed in all, the row's turn included.
  double* total() { return total_.data(); }
  // reward [size()].
  void score(RewardModel& model, double* reward) const { score(model, 0, size_, quality_.data(), reward); }
  // Of some rows, whose quality [count] may be another than their own; reward [count].
  void score(RewardModel& model, std::size_t from, std::size_t count, const double* quality,
             double* reward) const;
  void score(RewardModel& model, std::size_t from, std::size_t count, double* reward) const {
    score(model, from, count, quality_.data() + from, reward);
  }
  // Of rows whose answers, [count] each, are others than their own.
  void score(RewardModel& model, std::size_t from, std::size_t count, const AnswerColumns& answers,
             double* reward) const;

 private:
  void grow(std::size_t rows);

  std::size_t size_ = 0;  // the arrays may be longer
  std::vector<std::int32_t> action_;
  std::vector<double> quality_, association_raw_, association_, consumed_, relative_, limit_, total_;
};

}  // namespace offload
