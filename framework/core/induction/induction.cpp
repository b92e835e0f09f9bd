#include "core/induction/induction.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/induction/turn_values.hpp"
#include "core/workers.hpp"

namespace offload {
namespace {

// Most turns of a unit of work, and of the scores of its second.
constexpr int kUnitTurns = 2;
constexpr double kUnitBytes = 64 << 20;

// Adds the rewards of all that follows a state to a list; `scores` is what Futures wrote for its history.
void score_following(const BudgetStates& states, int turn, const BudgetState& from, int tasks,
                     const double* scores, std::size_t actions, RewardModel& reward,
                     std::vector<double>& quality, std::vector<double>& rewards) {
  quality.resize(from.following.size());
  double* to = quality.data();
  for (std::size_t i = 0; i < from.action.size(); ++i) {
    const std::vector<std::uint16_t>& open = states.state(turn + 1, from.next[i]).action;
    for (int c = 0; c < tasks; ++c) {
      const double* of = scores + (static_cast<std::size_t>(c) * actions + from.action[i]) * actions;
      if (open.size() == actions) {
        to = std::copy_n(of, actions, to);
      } else {
        for (const std::uint16_t a : open) *to++ = of[a];
      }
    }
  }
  const std::size_t at = rewards.size();
  rewards.resize(at + quality.size());
  from.following.score(reward, 0, quality.size(), quality.data(), rewards.data() + at);
}

// How many turns a unit of work has.
int unit_turns(const Game& game, int actions) {
  double tasks = 0;
  for (const Game::Turn& turn : game.turns) tasks = std::max<double>(tasks, turn.tasks);
  const double bytes = sizeof(double) * tasks * tasks * actions * actions * actions;
  return bytes <= kUnitBytes ? kUnitTurns : 1;
}

}  // namespace

struct Induction::Workspace {
  std::vector<double> near;  // scores of the unit's first turn
  std::vector<double> far;   // of its second, [actions][tasks] blocks
  std::size_t far_block = 0;
  std::vector<double> rewards[kUnitTurns];
  std::vector<double> quality;
  std::vector<std::uint8_t> task;
  std::vector<std::uint16_t> action;
  std::vector<std::uint8_t> open, far_open;  // [actions]
  Item after;                                // states alone
};

Induction::Induction(const Game& game, const Futures& futures, std::vector<const BudgetStates*> lanes,
                     int actions, int turns, bool decisions)
    : game_(&game),
      futures_(&futures),
      lanes_(std::move(lanes)),
      actions_(static_cast<std::size_t>(actions)),
      turns_(turns),
      unit_turns_(unit_turns(game, actions)),
      top_(std::max(1, turns - unit_turns_)),
      decisions_(decisions) {
  const std::size_t n = lanes_.size();
  top_rewards_.assign(n, std::vector<std::vector<double>>(static_cast<std::size_t>(top_)));
  below_top_.resize(n);
  value_.resize(n);
  begins_.resize(n);
  chosen_.assign(n, std::vector<std::vector<std::uint16_t>>(static_cast<std::size_t>(turns_)));
  if (!decisions_) return;
  for (std::size_t lane = 0; lane < n; ++lane) {
    for (int t = 0; t < turns_; ++t) {
      chosen_[lane][static_cast<std::size_t>(t)].resize(static_cast<std::size_t>(lanes_[lane]->nodes(t)));
    }
  }
}

void Induction::open(int turn, const Item& item, std::vector<std::uint8_t>& actions) const {
  actions.assign(actions_, 0);
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (item.state[lane] < 0) continue;
    for (const std::uint16_t a : state(lane, turn, item.state[lane]).action) actions[a] = 1;
  }
}

void Induction::follow(int turn, const Item& item, std::size_t action,
                       std::vector<std::int32_t>& states) const {
  states.resize(lanes_.size());
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    states[lane] = -1;
    if (item.state[lane] < 0) continue;
    const BudgetState& from = state(lane, turn, item.state[lane]);
    const std::int32_t i = from.index_of[action];
    if (i >= 0) states[lane] = from.next[static_cast<std::size_t>(i)];
  }
}

// Adds the rewards of what follows an item, lane by lane, and the items that follow it.
void Induction::expand_item(int turn, const Item& item, const std::vector<std::uint8_t>& open,
                            std::vector<Item>& next, const double* scores, RewardModel& reward) {
  std::vector<double> quality;
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (item.state[lane] < 0) continue;
    score_following(*lanes_[lane], turn, state(lane, turn, item.state[lane]), tasks(turn + 1), scores,
                    actions_, reward, quality, top_rewards_[lane][static_cast<std::size_t>(turn) + 1]);
  }
  const int first_task = game_->turns[static_cast<std::size_t>(turn) + 1].first_task;
  for (std::size_t a = 0; a < actions_; ++a) {
    if (open[a] == 0) continue;
    Item child = item;
    child.action.push_back(static_cast<std::uint16_t>(a));
    child.task.push_back(0);
    follow(turn, item, a, child.state);
    for (int c = 0; c < tasks(turn + 1); ++c) {
      child.task.back() = static_cast<std::uint8_t>(first_task + c);
      next.push_back(child);
    }
  }
}

// Rewards of the upper turns, and the histories that the units start from.
void Induction::expand_top(RewardModel& reward) {
  const Game::Turn& first = game_->turns[0];
  std::vector<double> scores(static_cast<std::size_t>(first.tasks) * actions_);
  futures_->scores({}, first.first_task, first.tasks, nullptr, scores.data());
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    const BudgetState& root = state(lane, 0, 0);
    OutcomeRows rows = root.rows;
    double* quality = rows.quality();
    for (std::size_t c = 0; c < static_cast<std::size_t>(first.tasks); ++c) {
      for (const std::uint16_t a : root.action) *quality++ = scores[c * actions_ + a];
    }
    top_rewards_[lane][0].resize(rows.size());
    rows.score(reward, top_rewards_[lane][0].data());
  }
  units_.clear();
  for (int c = 0; c < first.tasks; ++c) {
    units_.push_back(
        {{static_cast<std::uint8_t>(first.first_task + c)}, {}, std::vector<std::int32_t>(lanes_.size())});
  }
  for (int turn = 0; turn + 1 < top_; ++turn) {
    const Game::Turn& following = game_->turns[static_cast<std::size_t>(turn) + 1];
    scores.resize(static_cast<std::size_t>(following.tasks) * actions_ * actions_);
    std::vector<Item> next;
    std::vector<std::uint8_t> open;
    for (const Item& item : units_) {
      this->open(turn, item, open);
      futures_->scores({item.task, item.action}, following.first_task, following.tasks, open.data(),
                       scores.data());
      expand_item(turn, item, open, next, scores.data(), reward);
    }
    units_ = std::move(next);
  }
}

// Where the states of each unit begin among those of their turn.
void Induction::place_units() {
  const int turn = top_ - 1;
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    begins_[lane].assign(static_cast<std::size_t>(turns_ - top_), std::vector<std::size_t>(units_.size()));
    for (std::size_t d = 0; d < begins_[lane].size(); ++d) {
      std::size_t sum = 0;
      for (std::size_t unit = 0; unit < units_.size(); ++unit) {
        begins_[lane][d][unit] = sum;
        const std::int32_t at = units_[unit].state[lane];
        if (at >= 0) sum += static_cast<std::size_t>(state(lane, turn, at).below[d + 1]);
      }
      if (d == 0) below_top_[lane].resize(sum);
    }
  }
}

// The scores of everything below a unit's history that is open in some lane.
void Induction::score_unit(const Item& item, Workspace& work) const {
  const int turn = top_ - 1;
  const Game::Turn& near = game_->turns[static_cast<std::size_t>(turn) + 1];
  const auto near_tasks = static_cast<std::size_t>(near.tasks);
  work.near.resize(near_tasks * actions_ * actions_);
  open(turn, item, work.open);
  futures_->scores({item.task, item.action}, near.first_task, near.tasks, work.open.data(), work.near.data());
  if (turns_ - top_ < 2) return;
  const Game::Turn& far = game_->turns[static_cast<std::size_t>(turn) + 2];
  work.far_block = static_cast<std::size_t>(far.tasks) * actions_ * actions_;
  work.far.resize(actions_ * near_tasks * work.far_block);
  work.task = item.task;
  work.task.push_back(0);
  work.action = item.action;
  work.action.push_back(0);
  for (std::size_t a = 0; a < actions_; ++a) {
    if (work.open[a] == 0) continue;
    follow(turn, item, a, work.after.state);
    open(turn + 1, work.after, work.far_open);
    work.action.back() = static_cast<std::uint16_t>(a);
    for (std::size_t c = 0; c < near_tasks; ++c) {
      work.task.back() = static_cast<std::uint8_t>(static_cast<std::size_t>(near.first_task) + c);
      futures_->scores({work.task, work.action}, far.first_task, far.tasks, work.far_open.data(),
                       work.far.data() + (a * near_tasks + c) * work.far_block);
    }
  }
}

// Rewards and values of one lane below a unit's history.
void Induction::value_unit(std::size_t unit, std::size_t lane, RewardModel& reward, Workspace& work) {
  const int turn = top_ - 1;
  const BudgetStates& states = *lanes_[lane];
  const BudgetState& from = state(lane, turn, units_[unit].state[lane]);
  const int near_tasks = tasks(turn + 1);
  for (auto& rewards : work.rewards) rewards.clear();
  score_following(states, turn, from, near_tasks, work.near.data(), actions_, reward, work.quality,
                  work.rewards[0]);
  if (turns_ - top_ == 2) {
    for (std::size_t i = 0; i < from.action.size(); ++i) {
      const BudgetState& next = state(lane, turn + 1, from.next[i]);
      const double* far =
          work.far.data() + from.action[i] * static_cast<std::size_t>(near_tasks) * work.far_block;
      for (int c = 0; c < near_tasks; ++c, far += work.far_block) {
        score_following(states, turn + 1, next, tasks(turn + 2), far, actions_, reward, work.quality,
                        work.rewards[1]);
      }
    }
  }
  TurnValues values(states, turns_ - 1);
  for (int t = top_; t < turns_; ++t) {
    const auto d = static_cast<std::size_t>(t - top_);
    std::uint16_t* chosen =
        decisions_ ? chosen_[lane][static_cast<std::size_t>(t)].data() + begins_[lane][d][unit] : nullptr;
    values.set(t, work.rewards[d].data(), chosen);
  }
  Value* out = below_top_[lane].data() + begins_[lane][0][unit];
  for (const std::int32_t next : from.next) {
    for (int c = 0; c < near_tasks; ++c) *out++ = values.state(top_, next, c);
  }
}

void Induction::finish_top() {
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    TurnValues values(*lanes_[lane], top_ - 1);
    for (int t = 0; t < top_; ++t) {
      const auto turn = static_cast<std::size_t>(t);
      values.set(t, top_rewards_[lane][turn].data(), decisions_ ? chosen_[lane][turn].data() : nullptr);
    }
    values.set_beyond(turns_ > top_ ? below_top_[lane].data() : nullptr);
    value_[lane] = {};
    for (int c = 0; c < tasks(0); ++c) {
      const Value value = values.state(0, 0, c);
      value_[lane].best += game_->first[static_cast<std::size_t>(c)] * value.best;
      value_[lane].random += game_->first[static_cast<std::size_t>(c)] * value.random;
    }
  }
}

void Induction::run(std::span<RewardModel* const> rewards) {
  expand_top(*rewards[0]);
  if (turns_ > top_) {
    place_units();
    std::vector<Workspace> work(rewards.size());
    parallel_for(units_.size(), rewards.size(), [&](std::size_t unit, std::size_t worker) {
      score_unit(units_[unit], work[worker]);
      for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
        if (units_[unit].state[lane] >= 0) value_unit(unit, lane, *rewards[worker], work[worker]);
      }
    });
  }
  finish_top();
}

Decision Induction::decide(std::size_t lane, std::span<const std::uint8_t> task,
                           std::span<const std::uint16_t> action) const {
  // The states of a turn are kept in the order of (task, action, task ...), so those before this one are
  // counted branch by branch.
  const auto task_index = [&](std::size_t t) { return task[t] - game_->turns[t].first_task; };
  const BudgetState* at = &state(lane, 0, 0);
  std::int64_t rank = task_index(0) * at->below[action.size()];
  for (std::size_t t = 0; t < action.size(); ++t) {
    const std::int32_t taken = at->index_of[action[t]];
    if (taken < 0)
      fail(ErrorKind::run, "the oracle was asked about action {}, which it never takes there", action[t]);
    const int turn = static_cast<int>(t) + 1;
    const std::size_t left = action.size() - t - 1;
    for (std::int32_t i = 0; i <= taken; ++i) {
      const std::int32_t next = at->next[static_cast<std::size_t>(i)];
      rank += (i < taken ? tasks(turn) : task_index(t + 1)) * state(lane, turn, next).below[left];
    }
    at = &state(lane, turn, at->next[static_cast<std::size_t>(taken)]);
  }
  const std::uint16_t choice = chosen_[lane][action.size()][static_cast<std::size_t>(rank)];
  return {choice & ~kTied, (choice & kTied) != 0};
}

}  // namespace offload
