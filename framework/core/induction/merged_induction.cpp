#include "core/induction/merged_induction.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "core/error.hpp"
#include "core/induction/columns.hpp"
#include "core/induction/outcome_rows.hpp"
#include "core/workers.hpp"

namespace offload {
namespace {

constexpr double kClosed = -std::numeric_limits<double>::infinity();
constexpr std::size_t kKinds = kMaxModalities + 2;
// States that are solved together, and outcomes: few enough to stay in the cache.
constexpr std::size_t kStates = 64, kRows = 2048;

}  // namespace

// Where the actions of a group's states lead.
struct MergedInduction::Moves {
  struct Move {
    const MergedStates::Group* to;
    int kind;
  };
  std::vector<std::int32_t> of;  // [task][action] index in the list; -1: closed in all states
  std::vector<Move> list;
  std::uint32_t signature;
  std::vector<const double*> scores;  // [task]
};

struct MergedInduction::Chunk {
  std::size_t group, begin, end;
  std::size_t size() const { return end - begin; }
};

struct MergedInduction::Workspace {
  std::uint32_t open = 0;                         // kinds that are open in some state of the chunk
  bool alike = true;                              // in all of them
  std::array<std::vector<double>, kKinds> total;  // [kind][state][resource]
  std::vector<std::vector<std::int32_t>> at;      // [move][state] what follows
  // The outcomes of a task, [action][state], made for a turn, a signature and a number of states.
  std::vector<OutcomeRows> rows;
  int turn = -1;
  std::uint32_t signature = 0;
  std::size_t states = 0;
  // [state] sum of the random row's shares that are open, and the probability of a local and a cloud action.
  std::vector<double> sum, probability[2];
  std::vector<double> reward, value, random, largest, mean;  // of a task, [action][state] and [state]
  std::vector<std::uint16_t> chosen;
};

MergedInduction::MergedInduction(const MergedStates& states, Signatures& signatures, Purpose purpose)
    : states_(&states),
      signatures_(&signatures),
      actions_(static_cast<std::size_t>(states.scenario().actions().size())),
      width_(std::clamp(kRows / actions_, std::size_t{1}, kStates)),
      purpose_(purpose),
      turn_(states.game().length()) {
  if (purpose == Purpose::policy) chosen_.resize(static_cast<std::size_t>(states.game().length()));
}

// From the values of the turn after to what this turn's tasks let expect of them.
void MergedInduction::look_ahead(int turn) {
  const Game::Turn& now = states_->game().turns[static_cast<std::size_t>(turn)];
  const std::size_t states = states_->layer(turn + 1).spent.size();
  const auto tasks =
      static_cast<std::size_t>(states_->game().turns[static_cast<std::size_t>(turn) + 1].tasks);
  next_best_.assign(static_cast<std::size_t>(now.tasks) * states, 0);
  next_random_.assign(next_best_.size(), 0);
  for (std::size_t c = 0; c < static_cast<std::size_t>(now.tasks); ++c) {
    for (std::size_t d = 0; d < tasks; ++d) {
      const double probability = now.transition[c * tasks + d];
      add_expected(states, probability, best_.data() + d * states, next_best_.data() + c * states);
      add_expected(states, probability, random_.data() + d * states, next_random_.data() + c * states);
    }
  }
}

std::vector<MergedInduction::Moves> MergedInduction::list_moves(int turn) {
  const MergedStates::Layer& layer = states_->layer(turn);
  const Game::Turn& now = states_->game().turns[static_cast<std::size_t>(turn)];
  const bool last = turn + 1 == states_->game().length();
  const ActionSpace& actions = states_->scenario().actions();
  std::vector<Moves> all;
  for (const MergedStates::Group& group : layer.groups) {
    std::uint32_t open = 0;
    for (std::size_t s = group.begin; s < group.end; ++s) open |= layer.open[s];
    Moves moves{{}, {}, group.signature, {}};
    moves.of.assign(static_cast<std::size_t>(now.tasks) * actions_, -1);
    for (int c = 0; c < now.tasks; ++c) {
      moves.scores.push_back(signatures_->scores(group.signature, now.first_task + c));
      for (int a = 0; a < actions.size() && !last; ++a) {
        if ((open >> actions.kind(a) & 1) == 0) continue;
        const Moves::Move move{
            states_->layer(turn + 1).find(signatures_->next(group.signature, now.first_task + c, a)),
            actions.kind(a)};
        const auto found = std::find_if(moves.list.begin(), moves.list.end(), [&](const Moves::Move& m) {
          return m.to == move.to && m.kind == move.kind;
        });
        moves.of[static_cast<std::size_t>(c) * actions_ + static_cast<std::size_t>(a)] =
            static_cast<std::int32_t>(found - moves.list.begin());
        if (found == moves.list.end()) moves.list.push_back(move);
      }
    }
    all.push_back(std::move(moves));
  }
  return all;
}

std::vector<MergedInduction::Chunk> MergedInduction::list_chunks(int turn) const {
  const std::vector<MergedStates::Group>& groups = states_->layer(turn).groups;
  std::vector<Chunk> chunks;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (std::size_t begin = groups[g].begin; begin < groups[g].end; begin += width_) {
      chunks.push_back({g, begin, std::min(begin + width_, groups[g].end)});
    }
  }
  return chunks;
}

// What is open in the chunk's states, and what they have consumed after an action of each kind.
void MergedInduction::consume(int turn, const Chunk& chunk, Workspace& work) const {
  const MergedStates::Layer& layer = states_->layer(turn);
  const ActionSpace& actions = states_->scenario().actions();
  work.open = 0;
  std::uint32_t everywhere = ~0U;
  work.sum.assign(chunk.size(), 0);
  for (std::size_t s = chunk.begin; s < chunk.end; ++s) {
    work.open |= layer.open[s];
    everywhere &= layer.open[s];
  }
  work.alike = work.open == everywhere;
  const double share[2] = {.5, .5 / static_cast<double>(actions.size() - 1)};
  // Where all states are alike their sums are that of the first.
  const std::size_t different = work.alike ? 1 : chunk.size();
  for (int a = 0; a < actions.size(); ++a) {
    for (std::size_t i = 0; i < different; ++i) {
      work.sum[i] += layer.open[chunk.begin + i] >> actions.kind(a) & 1 ? share[a > 0] : 0;
    }
  }
  std::fill(work.sum.begin() + static_cast<std::ptrdiff_t>(different), work.sum.end(), work.sum[0]);
  for (const std::size_t cloud : {0U, 1U}) {
    work.probability[cloud].resize(chunk.size());
    for (std::size_t i = 0; i < chunk.size(); ++i) work.probability[cloud][i] = share[cloud] / work.sum[i];
  }
  for (int kind = 0; kind < actions.kinds(); ++kind) {
    if ((work.open >> kind & 1) == 0) continue;
    const Amounts& consumed = states_->scenario().consumption().of_kind(kind);
    std::vector<double>& total = work.total[static_cast<std::size_t>(kind)];
    total.resize(chunk.size() * kResources);
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      for (std::size_t k = 0; k < kResources; ++k) {
        total[i * kResources + k] =
            from_amount(layer.spent[chunk.begin + i][k] + consumed[k], static_cast<int>(k));
      }
    }
  }
}

// Finds what follows each state by each move. States and what follows ascend together.
void MergedInduction::locate(int turn, const Chunk& chunk, const Moves& moves, Workspace& work) const {
  if (work.at.size() < moves.list.size()) work.at.resize(moves.list.size());
  const MergedStates::Layer& layer = states_->layer(turn);
  for (std::size_t m = 0; m < moves.list.size(); ++m) {
    const auto& [to, kind] = moves.list[m];
    std::vector<std::int32_t>& at = work.at[m];
    at.assign(chunk.size(), 0);
    if (to == nullptr || (work.open >> kind & 1) == 0) continue;
    const Amounts& consumed = states_->scenario().consumption().of_kind(kind);
    const Amounts* const spent = states_->layer(turn + 1).spent.data();
    const Amounts* place = nullptr;
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      if ((layer.open[chunk.begin + i] >> kind & 1) == 0) continue;
      Amounts sum = layer.spent[chunk.begin + i];
      for (std::size_t k = 0; k < kResources; ++k) sum[k] += consumed[k];
      if (place == nullptr) place = std::lower_bound(spent + to->begin, spent + to->end, sum);
      while ((*place)[0] < sum[0] || ((*place)[0] == sum[0] && (*place)[1] < sum[1])) ++place;
      at[i] = static_cast<std::int32_t>(place - spent);
    }
  }
}

// All that the reward sees but the totals. Rows of closed kinds are there and not asked for.
void MergedInduction::fill_rows(int turn, const Chunk& chunk, Workspace& work) const {
  const MergedStates::Group& group = states_->layer(turn).groups[chunk.group];
  if (work.turn == turn && work.signature == group.signature && work.states == chunk.size()) return;
  work.turn = turn;
  work.signature = group.signature;
  work.states = chunk.size();
  const Game::Turn& now = states_->game().turns[static_cast<std::size_t>(turn)];
  work.rows.resize(static_cast<std::size_t>(now.tasks));
  for (int c = 0; c < now.tasks; ++c) {
    OutcomeRows& rows = work.rows[static_cast<std::size_t>(c)];
    const double* quality = signatures_->scores(group.signature, now.first_task + c);
    rows.clear();
    for (std::size_t a = 0; a < actions_; ++a) {
      rows.add(states_->scenario(), now, c, static_cast<int>(a), {}, states_->limit(), quality[a]);
      rows.repeat(chunk.size() - 1);
    }
  }
  const std::size_t outcomes = actions_ * chunk.size();
  for (auto* column : {&work.reward, &work.value, &work.random}) column->resize(outcomes);
  for (auto* column : {&work.largest, &work.mean}) column->resize(chunk.size());
  work.chosen.resize(chunk.size());
}

// Rewards of a task's open actions, in runs of neighbours.
void MergedInduction::score(int task, std::size_t n, RewardModel& reward, Workspace& work) const {
  const ActionSpace& actions = states_->scenario().actions();
  OutcomeRows& rows = work.rows[static_cast<std::size_t>(task)];
  const auto open = [&](std::size_t a) { return (work.open >> actions.kind(static_cast<int>(a)) & 1) != 0; };
  for (std::size_t from = 0, to; from < actions_; from = to) {
    for (to = from; to < actions_ && open(to); ++to) {
      const std::vector<double>& total =
          work.total[static_cast<std::size_t>(actions.kind(static_cast<int>(to)))];
      std::copy(total.begin(), total.end(), rows.total() + to * n * kResources);
    }
    if (to > from) rows.score(reward, from * n, (to - from) * n, work.reward.data() + from * n);
    if (to == from) ++to;
  }
}

// From rewards to the values of the chunk's states under one task.
void MergedInduction::weigh(int turn, const Chunk& chunk, const Moves& moves, int task, Workspace& work) {
  const MergedStates::Layer& layer = states_->layer(turn);
  const Game::Turn& now = states_->game().turns[static_cast<std::size_t>(turn)];
  const ActionSpace& actions = states_->scenario().actions();
  const bool last = turn + 1 == states_->game().length();
  const std::size_t n = chunk.size(), c = static_cast<std::size_t>(task);
  const std::size_t after = last ? 0 : c * states_->layer(turn + 1).spent.size();
  std::fill(work.largest.begin(), work.largest.end(), kClosed);
  std::fill(work.mean.begin(), work.mean.end(), 0.0);
  for (std::size_t a = 0; a < actions_; ++a) {
    const int kind = actions.kind(static_cast<int>(a));
    if ((work.open >> kind & 1) == 0) continue;
    double *value = work.value.data() + a * n, *random = work.random.data() + a * n;
    const std::int32_t move = moves.of[c * actions_ + a];
    value_action(n, now.weight, now.goes_on, work.reward.data() + a * n,
                 last ? nullptr : work.at[static_cast<std::size_t>(move)].data(),
                 last ? nullptr : next_best_.data() + after, last ? nullptr : next_random_.data() + after,
                 value, random);
    for (std::size_t i = 0; i < n && !work.alike; ++i) {
      if ((layer.open[chunk.begin + i] >> kind & 1) != 0) continue;
      value[i] = kClosed;
      random[i] = 0;
    }
    take_larger(n, value, work.largest.data());
    add_expected(n, work.probability[a > 0].data(), random, work.mean.data());
  }
  std::copy_n(work.mean.data(), n, random_.data() + index(chunk.begin, task));
}

// The lowest of the actions that tie for the largest value, and its value.
void MergedInduction::choose_actions(int turn, const Chunk& chunk, int task, Workspace& work) {
  const ActionSpace& actions = states_->scenario().actions();
  const std::size_t n = chunk.size();
  double* const best = best_.data() + index(chunk.begin, task);
  if (purpose_ == Purpose::bound) {
    std::copy_n(work.largest.data(), n, best);
    return;
  }
  std::fill(work.chosen.begin(), work.chosen.end(), kNotChosen);
  for (std::size_t a = actions_; a-- > 0;) {
    if ((work.open >> actions.kind(static_cast<int>(a)) & 1) == 0) continue;
    choose(n, static_cast<std::uint16_t>(a), work.value.data() + a * n, work.largest.data(),
           work.chosen.data(), best);
  }
  if (purpose_ != Purpose::policy) return;
  std::copy_n(work.chosen.data(), n,
              chosen_[static_cast<std::size_t>(turn)].data() + index(chunk.begin, task));
}

void MergedInduction::solve(int turn, const Chunk& chunk, const Moves& moves, RewardModel& reward,
                            Workspace& work) {
  consume(turn, chunk, work);
  if (turn + 1 < states_->game().length()) locate(turn, chunk, moves, work);
  fill_rows(turn, chunk, work);
  for (int c = 0; c < states_->game().turns[static_cast<std::size_t>(turn)].tasks; ++c) {
    score(c, chunk.size(), reward, work);
    weigh(turn, chunk, moves, c, work);
    choose_actions(turn, chunk, c, work);
  }
}

void MergedInduction::run(std::span<RewardModel* const> rewards, int from) {
  std::vector<Workspace> work(rewards.size());
  while (turn_ > from) {
    const int turn = turn_ - 1;
    if (turn + 1 < states_->game().length()) look_ahead(turn);
    turn_ = turn;
    const auto tasks = static_cast<std::size_t>(states_->game().turns[static_cast<std::size_t>(turn)].tasks);
    best_.resize(tasks * states_->layer(turn).spent.size());
    random_.resize(best_.size());
    if (purpose_ == Purpose::policy) chosen_[static_cast<std::size_t>(turn)].resize(best_.size());
    const std::vector<Moves> moves = list_moves(turn);
    const std::vector<Chunk> chunks = list_chunks(turn);
    parallel_for(chunks.size(), rewards.size(), [&](std::size_t i, std::size_t worker) {
      solve(turn, chunks[i], moves[chunks[i].group], *rewards[worker], work[worker]);
    });
  }
}

Value MergedInduction::value() const {
  Value value;
  const Game& game = states_->game();
  for (std::size_t c = 0; c < game.first.size(); ++c) {
    value.best += game.first[c] * best_[c];
    value.random += game.first[c] * random_[c];
  }
  return value;
}

Decision MergedInduction::decide(std::span<const std::uint8_t> task,
                                 std::span<const std::uint16_t> action) const {
  const Game& game = states_->game();
  std::uint32_t signature = Signatures::kRoot;
  Amounts spent{};
  for (std::size_t t = 0; t < action.size(); ++t) {
    signature = signatures_->next(signature, task[t], action[t]);
    for (std::size_t k = 0; k < kResources; ++k) {
      spent[k] += states_->scenario().consumption().of_action(action[t])[k];
    }
  }
  const MergedStates::Layer& layer = states_->layer(static_cast<int>(action.size()));
  const MergedStates::Group* group = layer.find(signature);
  const auto begin = layer.spent.begin();
  const auto end = group == nullptr ? begin : begin + static_cast<std::ptrdiff_t>(group->end);
  const auto found = group == nullptr
                         ? end
                         : std::lower_bound(begin + static_cast<std::ptrdiff_t>(group->begin), end, spent);
  if (found == end || *found != spent) {
    fail(ErrorKind::run, "the oracle was asked about a state that it never comes to");
  }
  const auto c = static_cast<std::size_t>(task[action.size()] - game.turns[action.size()].first_task);
  const std::uint16_t choice =
      chosen_[action.size()][c * layer.spent.size() + static_cast<std::size_t>(found - begin)];
  return {choice & ~kTied, (choice & kTied) != 0};
}

}  // namespace offload
