#include "core/oracle/budget_states.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

namespace offload {
namespace {

std::int64_t saturating_multiply(std::int64_t a, std::int64_t b) {
  return b != 0 && a > kCountless / b ? kCountless : a * b;
}

}  // namespace

BudgetStates::BudgetStates(const Scenario& scenario, const Game& game, const Amounts& limit,
                           Openness openness)
    : scenario_(&scenario), game_(&game), limit_(limit) {
  turns_.resize(game.turns.size());
  turns_[0].emplace_back();
  for (int turn = 0; turn < game.length(); ++turn) {
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
  std::vector<std::uint8_t> mask(size);
  const Feasibility& feasibility = scenario_->feasibility();
  if (openness == Openness::mask) {
    feasibility.mask(turn, state.spent, limit_, mask.data());
  } else {
    for (int a = 0; a < actions.size(); ++a) {
      Amounts left;
      for (std::size_t k = 0; k < kResources; ++k) {
        left[k] = limit_[k] == kUnlimited
                      ? kUnlimited
                      : limit_[k] - state.spent[k] - scenario_->consumption().of_action(a)[k];
      }
      mask[static_cast<std::size_t>(a)] = feasibility.reachable(game_->length() - turn - 1, left);
    }
  }
  state.index_of.assign(size, -1);
  for (std::size_t a = 0; a < size; ++a) {
    if (mask[a] == 0) continue;
    state.index_of[a] = static_cast<std::int32_t>(state.action.size());
    state.action.push_back(static_cast<std::uint16_t>(a));
    state.probability.push_back(a == 0 ? .5 : .5 / static_cast<double>(size - 1));
  }
  state.next.assign(state.action.size(), -1);
  const double sum = std::accumulate(state.probability.begin(), state.probability.end(), 0.0);
  for (double& probability : state.probability) probability /= sum;
}

void BudgetStates::count() {
  for (int turn = game_->length() - 1; turn >= 0; --turn) {
    const auto left = static_cast<std::size_t>(game_->length() - turn);
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

std::int64_t BudgetStates::total_nodes() const {
  std::int64_t sum = 0;
  for (int turn = 0; turn < game_->length(); ++turn) sum = saturating_add(sum, nodes(turn));
  return sum;
}

int BudgetStates::affordable_turns(std::int64_t limit) const {
  std::int64_t sum = 0;
  for (int turn = 0; turn < game_->length(); ++turn) {
    sum = saturating_add(sum, nodes(turn));
    if (sum > limit) return turn;
  }
  return game_->length();
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

void BudgetStates::prepare(int turns) {
  for (int turn = 0; turn < turns; ++turn) {
    for (BudgetState& state : turns_[static_cast<std::size_t>(turn)]) state.rows = rows(turn, state);
  }
}

void BudgetStates::relax(int from, const ResponseModel& model, RewardModel& reward) {
  std::vector<double> rewards;
  for (int turn = game_->length() - 1; turn >= from; --turn) {
    const Game::Turn& at = game_->turns[static_cast<std::size_t>(turn)];
    const bool last = turn + 1 == game_->length();
    const std::size_t following = last ? 0 : at.transition.size() / static_cast<std::size_t>(at.tasks);
    for (BudgetState& state : turns_[static_cast<std::size_t>(turn)]) {
      OutcomeRows rows = this->rows(turn, state);
      rewards.resize(rows.size());
      double* quality = rows.quality();
      for (int c = 0; c < at.tasks; ++c) {
        for (const std::uint16_t a : state.action)
          *quality++ = model.highest(at.first_task + c, a, game_->length());
      }
      rows.score(reward, rewards.data());
      state.bound.assign(static_cast<std::size_t>(at.tasks), -std::numeric_limits<double>::infinity());
      const double* earned = rewards.data();
      for (std::size_t c = 0; c < state.bound.size(); ++c) {
        for (std::size_t i = 0; i < state.action.size(); ++i) {
          double future = 0;
          for (std::size_t d = 0; d < following; ++d) {
            future += at.transition[c * following + d] * this->state(turn + 1, state.next[i]).bound[d];
          }
          state.bound[c] = std::max(state.bound[c], at.weight * *earned++ + at.goes_on * future);
        }
      }
    }
  }
}

}  // namespace offload
