#include "core/oracle/induction.hpp"

#include <algorithm>
#include <limits>

#include "core/error.hpp"
#include "core/oracle/workers.hpp"

namespace offload {
namespace {

constexpr std::uint16_t kTied = 0x8000;
// Rows of one call of the reward: enough to forget its overhead, few enough to stay in the cache.
constexpr std::size_t kBatch = 2048;
// Turns of a unit of work.
constexpr int kUnitTurns = 2;

// Collects rows whose rewards go to the end of a list.
struct Pending {
  OutcomeRows rows;

  void flush(RewardModel& model, std::vector<double>& rewards) {
    const std::size_t at = rewards.size();
    rewards.resize(at + rows.size());
    rows.score(model, rewards.data() + at);
    rows.clear();
  }
  // The rows of all states that follow one; `scores` is what Futures wrote for it.
  void add(const BudgetStates& states, int turn, const BudgetState& from, int tasks, const double* scores,
           std::size_t actions) {
    for (std::size_t i = 0; i < from.action.size(); ++i) {
      const BudgetState& next = states.state(turn + 1, from.next[i]);
      const std::size_t at = rows.size();
      rows.append(next.rows);
      double* quality = rows.quality() + at;
      for (int c = 0; c < tasks; ++c) {
        const double* of = scores + (static_cast<std::size_t>(c) * actions + from.action[i]) * actions;
        for (const std::uint16_t a : next.action) *quality++ = of[a];
      }
    }
  }
};

}  // namespace

// Values of the states of some consecutive turns of one lane, from rewards and choices kept in the order in
// which the states are visited.
class Induction::Evaluation {
 public:
  Evaluation(const BudgetStates& states, int last)
      : states_(&states), last_(last), turns_(states.game().turns.size()) {}

  // Rewards of a turn's rows, and where its choices go (may be null).
  void set(int turn, const double* rewards, std::uint16_t* chosen) {
    turns_[static_cast<std::size_t>(turn)].reward = rewards;
    turns_[static_cast<std::size_t>(turn)].chosen = chosen;
  }
  // Values of the states after the last turn; null where the game ends or is relaxed there.
  void set_beyond(const Value* values) { beyond_ = values; }

  Value state(int turn, std::int32_t index, int task) {
    const BudgetState& at = states_->state(turn, index);
    const Game::Turn& game = states_->game().turns[static_cast<std::size_t>(turn)];
    Turn& now = turns_[static_cast<std::size_t>(turn)];
    const double* reward = now.reward;
    const std::size_t open = at.action.size();
    now.reward += open;
    now.values.resize(open);
    Value value{-std::numeric_limits<double>::infinity(), 0};
    const bool ends = turn == last_ && beyond_ == nullptr && turn + 1 == states_->game().length();
    for (std::size_t i = 0; i < open; ++i) {
      Value action{game.weight * reward[i], game.weight * reward[i]};
      if (!ends) {
        const Value next = future(turn, at.next[i], task);
        action.best += game.goes_on * next.best;
        action.random += game.goes_on * next.random;
      }
      now.values[i] = action.best;
      value.best = std::max(value.best, action.best);
      value.random += at.probability[i] * action.random;
    }
    std::size_t best = 0;
    while (now.values[best] < value.best - kTieTolerance) ++best;
    if (now.chosen != nullptr) {
      std::uint16_t choice = at.action[best];
      for (std::size_t i = best + 1; i < open; ++i) {
        if (now.values[i] >= value.best - kTieTolerance) choice |= kTied;
      }
      *now.chosen++ = choice;
    }
    value.best = now.values[best];
    return value;
  }

 private:
  struct Turn {
    const double* reward = nullptr;
    std::uint16_t* chosen = nullptr;
    std::vector<double> values;
  };

  Value future(int turn, std::int32_t next, int task) {
    const auto& turns = states_->game().turns;
    const int tasks = turns[static_cast<std::size_t>(turn) + 1].tasks;
    const double* probability =
        turns[static_cast<std::size_t>(turn)].transition.data() + static_cast<std::ptrdiff_t>(task) * tasks;
    Value sum;
    for (int c = 0; c < tasks; ++c) {
      Value value;
      if (turn < last_) {
        value = state(turn + 1, next, c);
      } else if (beyond_ != nullptr) {
        value = *beyond_++;
      } else {
        value.best = states_->state(turn + 1, next).bound[static_cast<std::size_t>(c)];
      }
      sum.best += probability[c] * value.best;
      sum.random += probability[c] * value.random;
    }
    return sum;
  }

  const BudgetStates* states_;
  int last_;
  std::vector<Turn> turns_;
  const Value* beyond_ = nullptr;
};

struct Induction::Workspace {
  std::vector<double> near, far;  // scores of the unit's first and second turn
  std::vector<double> rewards[kUnitTurns];
  Pending pending;
  std::vector<std::uint8_t> task;
  std::vector<std::uint16_t> action;
};

Induction::Induction(const Game& game, const Futures& futures, std::vector<const BudgetStates*> lanes,
                     int actions, int turns, bool decisions)
    : game_(&game),
      futures_(&futures),
      lanes_(std::move(lanes)),
      actions_(static_cast<std::size_t>(actions)),
      turns_(turns),
      top_(std::max(1, turns - kUnitTurns)),
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

bool Induction::opens(int turn, const Item& item, int action) const {
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (item.state[lane] >= 0 &&
        state(lane, turn, item.state[lane]).index_of[static_cast<std::size_t>(action)] >= 0) {
      return true;
    }
  }
  return false;
}

// Adds the rewards of what follows an item, lane by lane, and the items that follow it.
void Induction::expand_item(int turn, const Item& item, std::vector<Item>& next, const double* scores,
                            RewardModel& reward) {
  Pending pending;
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (item.state[lane] < 0) continue;
    pending.add(*lanes_[lane], turn, state(lane, turn, item.state[lane]), tasks(turn + 1), scores, actions_);
    pending.flush(reward, top_rewards_[lane][static_cast<std::size_t>(turn) + 1]);
  }
  const int first_task = game_->turns[static_cast<std::size_t>(turn) + 1].first_task;
  for (int a = 0; a < static_cast<int>(actions_); ++a) {
    if (!opens(turn, item, a)) continue;
    Item child = item;
    child.action.push_back(static_cast<std::uint16_t>(a));
    child.task.push_back(0);
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
      if (item.state[lane] < 0) continue;
      const BudgetState& from = state(lane, turn, item.state[lane]);
      const std::int32_t i = from.index_of[static_cast<std::size_t>(a)];
      child.state[lane] = i < 0 ? -1 : from.next[static_cast<std::size_t>(i)];
    }
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
  futures_->scores({}, first.first_task, first.tasks, scores.data());
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
    for (const Item& item : units_) {
      futures_->scores({item.task, item.action}, following.first_task, following.tasks, scores.data());
      expand_item(turn, item, next, scores.data(), reward);
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

void Induction::run_unit(std::size_t unit, RewardModel& reward, Workspace& work) {
  const Item& item = units_[unit];
  const int turn = top_ - 1;
  const Game::Turn& near = game_->turns[static_cast<std::size_t>(turn) + 1];
  const auto near_tasks = static_cast<std::size_t>(near.tasks);
  work.near.resize(near_tasks * actions_ * actions_);
  futures_->scores({item.task, item.action}, near.first_task, near.tasks, work.near.data());
  std::size_t block = 0;
  if (turns_ - top_ == kUnitTurns) {
    const Game::Turn& far = game_->turns[static_cast<std::size_t>(turn) + 2];
    block = static_cast<std::size_t>(far.tasks) * actions_ * actions_;
    work.far.resize(actions_ * near_tasks * block);
    work.task = item.task;
    work.task.push_back(0);
    work.action = item.action;
    work.action.push_back(0);
    for (std::size_t a = 0; a < actions_; ++a) {
      if (!opens(turn, item, static_cast<int>(a))) continue;
      work.action.back() = static_cast<std::uint16_t>(a);
      for (std::size_t c = 0; c < near_tasks; ++c) {
        work.task.back() = static_cast<std::uint8_t>(static_cast<std::size_t>(near.first_task) + c);
        futures_->scores({work.task, work.action}, far.first_task, far.tasks,
                         work.far.data() + (a * near_tasks + c) * block);
      }
    }
  }
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (item.state[lane] < 0) continue;
    const BudgetStates& states = *lanes_[lane];
    const BudgetState& from = state(lane, turn, item.state[lane]);
    Evaluation evaluation(states, turns_ - 1);
    for (auto& rewards : work.rewards) rewards.clear();
    work.pending.add(states, turn, from, near.tasks, work.near.data(), actions_);
    work.pending.flush(reward, work.rewards[0]);
    if (block > 0) {
      for (std::size_t i = 0; i < from.action.size(); ++i) {
        for (std::size_t c = 0; c < near_tasks; ++c) {
          work.pending.add(states, turn + 1, state(lane, turn + 1, from.next[i]), tasks(turn + 2),
                           work.far.data() + (from.action[i] * near_tasks + c) * block, actions_);
          if (work.pending.rows.size() >= kBatch) work.pending.flush(reward, work.rewards[1]);
        }
      }
      work.pending.flush(reward, work.rewards[1]);
    }
    for (int t = top_; t < turns_; ++t) {
      const auto d = static_cast<std::size_t>(t - top_);
      std::uint16_t* chosen =
          decisions_ ? chosen_[lane][static_cast<std::size_t>(t)].data() + begins_[lane][d][unit] : nullptr;
      evaluation.set(t, work.rewards[d].data(), chosen);
    }
    Value* out = below_top_[lane].data() + begins_[lane][0][unit];
    for (const std::int32_t next : from.next) {
      for (int c = 0; c < near.tasks; ++c) *out++ = evaluation.state(top_, next, c);
    }
  }
}

void Induction::finish_top() {
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    Evaluation evaluation(*lanes_[lane], top_ - 1);
    for (int t = 0; t < top_; ++t) {
      const auto turn = static_cast<std::size_t>(t);
      evaluation.set(t, top_rewards_[lane][turn].data(), decisions_ ? chosen_[lane][turn].data() : nullptr);
    }
    evaluation.set_beyond(turns_ > top_ ? below_top_[lane].data() : nullptr);
    value_[lane] = {};
    for (int c = 0; c < tasks(0); ++c) {
      const Value value = evaluation.state(0, 0, c);
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
      run_unit(unit, *rewards[worker], work[worker]);
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
