#include "core/induction/merged_chunk.hpp"

#include <algorithm>

namespace offload {

void MergedChunk::load(int turn, const Range& range, const Moves& moves) {
  turn_ = turn;
  range_ = range;
  moves_ = &moves;
  const MergedStates::Layer& layer = states_->layer(turn);
  open_ = 0;
  std::uint32_t everywhere = ~0U;
  for (std::size_t s = range.begin; s < range.end; ++s) {
    open_ |= layer.open[s];
    everywhere &= layer.open[s];
  }
  alike_ = open_ == everywhere;
  share_out();
  consume();
  locate();
}

void MergedChunk::share_out() {
  const std::uint16_t* const open = states_->layer(turn_).open.data() + range_.begin;
  const ActionSpace& actions = states_->scenario().actions();
  const double share[2] = {.5, .5 / static_cast<double>(actions.size() - 1)};
  // Where all states are alike the first's sum is enough.
  const std::size_t n = size(), different = alike_ ? 1 : n;
  sum_.assign(different, 0);
  for (int a = 0; a < actions.size(); ++a) {
    for (std::size_t i = 0; i < different; ++i) sum_[i] += open[i] >> actions.kind(a) & 1 ? share[a > 0] : 0;
  }
  for (int kind = 0; kind < actions.kinds(); ++kind) {
    if ((open_ >> kind & 1) == 0) continue;
    std::vector<double>& probability = probability_[static_cast<std::size_t>(kind)];
    if (alike_) {
      probability.assign(n, share[kind > 0] / sum_[0]);
      continue;
    }
    probability.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      probability[i] = open[i] >> kind & 1 ? share[kind > 0] / sum_[i] : 0;
    }
  }
}

// All that the reward sees but the answers. Rows of closed kinds are there and not asked for.
void MergedChunk::consume() {
  const Scenario& scenario = states_->scenario();
  const ActionSpace& actions = scenario.actions();
  const std::size_t n = size();
  if (rows_of_ != n) {
    rows_of_ = n;
    rows_.clear();
    for (int a = 0; a < actions.size(); ++a) {
      rows_.add(scenario, states_->game().turns[0], 0, a, {}, states_->limit(), 0);
      rows_.repeat(n - 1);
    }
  }
  const Amounts* const spent = states_->layer(turn_).spent.data() + range_.begin;
  for (int a = 0; a < actions.size(); ++a) {
    if ((open_ >> actions.kind(a) & 1) == 0) continue;
    double* const total = rows_.total() + static_cast<std::size_t>(a) * n * kResources;
    if (a > 0 && actions.kind(a) == actions.kind(a - 1)) {
      std::copy_n(total - n * kResources, n * kResources, total);
      continue;
    }
    const Amounts& consumed = scenario.consumption().of_action(a);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < kResources; ++k) {
        total[i * kResources + k] = from_amount(spent[i][k] + consumed[k], static_cast<int>(k));
      }
    }
  }
}

// Finds what follows each state by each move. States and what follows ascend together.
void MergedChunk::locate() {
  if (at_.size() < moves_->list.size()) at_.resize(moves_->list.size());
  const MergedStates::Layer& layer = states_->layer(turn_);
  for (std::size_t m = 0; m < moves_->list.size(); ++m) {
    const auto& [to, kind] = moves_->list[m];
    if (to == nullptr || (open_ >> kind & 1) == 0) continue;
    std::vector<std::int32_t>& at = at_[m];
    at.assign(size(), 0);
    const Amounts& consumed = states_->scenario().consumption().of_kind(kind);
    const Amounts* const spent = states_->layer(turn_ + 1).spent.data();
    const Amounts* place = nullptr;
    for (std::size_t i = 0; i < at.size(); ++i) {
      if ((layer.open[range_.begin + i] >> kind & 1) == 0) continue;
      Amounts sum = layer.spent[range_.begin + i];
      for (std::size_t k = 0; k < kResources; ++k) sum[k] += consumed[k];
      if (place == nullptr) place = std::lower_bound(spent + to->begin, spent + to->end, sum);
      while ((*place)[0] < sum[0] || ((*place)[0] == sum[0] && (*place)[1] < sum[1])) ++place;
      at[i] = static_cast<std::int32_t>(place - spent);
    }
  }
}

void MergedChunk::gather(std::size_t move, double goes_on, const double* next, double closed,
                         double* after) const {
  const auto& [to, kind] = moves_->list[move];
  const std::size_t n = size();
  if (to == nullptr) {
    std::fill_n(after, n, 0.0);
  } else {
    const std::int32_t* const at = at_[move].data();
    for (std::size_t i = 0; i < n; ++i) after[i] = goes_on * next[at[i]];
  }
  if (alike_) return;
  const std::uint16_t* const open = states_->layer(turn_).open.data() + range_.begin;
  for (std::size_t i = 0; i < n; ++i) after[i] = open[i] >> kind & 1 ? after[i] : closed;
}

}  // namespace offload
