#include "core/induction/budget_states.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace offload {

BudgetStates::BudgetStates(const Scenario& scenario, const Game& game, const Amounts& limit,
                           Openness openness, int turns)
    : scenario_(&scenario), game_(&game), limit_(limit), length_(turns) {
  turns_.resize(static_cast<std::size_t>(std::min(turns + 1, game.length())));
  turns_[0].emplace_back();
  for (int turn = 0; turn < length_; ++turn) {
    auto& states = turns_[static_cast<std::size_t>(turn)];
    for (BudgetState& state : states) open(turn, openness, state);
    if (turn + 1 == game.length()) break;
    std::map<Amounts, std::int32_t> known;
    auto& next = turns_[static_cast<std::size_t>(turn) + 1];
    for (BudgetState& state : states) {
      for (std::size_t i = 0; i < state.action.size(); ++i) {
        Amounts spent = state.spent;
        for (std::size_t k = 0; k < kResources; ++k) {
          spent[k] += scenario.consumption().of_action(state.action[i])[k];
        }
        const auto [place, fresh] = known.try_emplace(spent, static_cast<std::int32_t>(next.size()));
        if (fresh) next.emplace_back().spent = spent;
        state.next[i] = place->second;
      }
    }
  }
  count();
}

void BudgetStates::open(int turn, Openness openness, BudgetState& state) const {
  const ActionSpace& actions = scenario_->actions();
  const auto size = static_cast<std::size_t>(actions.size());
  const std::uint32_t kinds = open_kinds(*scenario_, game_->length(), turn, state.spent, limit_, openness);
  state.index_of.assign(size, -1);
  for (std::size_t a = 0; a < size; ++a) {
    if ((kinds >> actions.kind(static_cast<int>(a)) & 1) == 0) continue;
    state.index_of[a] = static_cast<std::int32_t>(state.action.size());
    state.action.push_back(static_cast<std::uint16_t>(a));
    state.probability.push_back(a == 0 ? .5 : .5 / static_cast<double>(size - 1));
  }
  state.next.assign(state.action.size(), -1);
  const double sum = std::accumulate(state.probability.begin(), state.probability.end(), 0.0);
  for (double& probability : state.probability) probability /= sum;
}

void BudgetStates::count() {
  for (int turn = length_ - 1; turn >= 0; --turn) {
    const auto left = static_cast<std::size_t>(length_ - turn);
    for (BudgetState& state : turns_[static_cast<std::size_t>(turn)]) {
      state.below.assign(left, 0);
      state.below[0] = 1;
      for (const std::int32_t next : state.next) {
        for (std::size_t d = 1; d < left; ++d) {
          const std::int64_t tasks = game_->turns[static_cast<std::size_t>(turn) + 1].tasks;
          state.below[d] = saturating_add(
              state.below[d], saturating_multiply(tasks, this->state(turn + 1, next).below[d - 1]));
        }
      }
    }
  }
}

std::int64_t BudgetStates::nodes(int turn) const {
  return saturating_multiply(game_->turns[0].tasks, turns_[0][0].below[static_cast<std::size_t>(turn)]);
}

OutcomeRows BudgetStates::rows(int turn, const BudgetState& state) const {
  const Game::Turn& at = game_->turns[static_cast<std::size_t>(turn)];
  OutcomeRows rows;
  for (int task = 0; task < at.tasks; ++task) {
    for (const std::uint16_t action : state.action)
      rows.add(*scenario_, at, task, action, state.spent, limit_, 0);
  }
  return rows;
}

void BudgetStates::prepare() {
  for (int turn = 0; turn < length_; ++turn) {
    for (BudgetState& state : turns_[static_cast<std::size_t>(turn)]) state.rows = rows(turn, state);
  }
  for (int turn = 0; turn + 1 < length_; ++turn) {
    for (BudgetState& state : turns_[static_cast<std::size_t>(turn)]) {
      for (const std::int32_t next : state.next) state.following.append(this->state(turn + 1, next).rows);
    }
  }
}

void BudgetStates::bound(const MergedStates& states, const MergedInduction& relaxed) {
  const std::vector<Amounts>& spent = states.layer(length_).spent;
  const int tasks = game_->turns[static_cast<std::size_t>(length_)].tasks;
  for (BudgetState& state : turns_.back()) {
    const auto place = std::lower_bound(spent.begin(), spent.end(), state.spent) - spent.begin();
    state.bound.clear();
    for (int c = 0; c < tasks; ++c) state.bound.push_back(relaxed.best(static_cast<std::size_t>(place), c));
  }
}

}  // namespace offload
