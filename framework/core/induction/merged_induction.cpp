#include "core/induction/merged_induction.hpp"

#include <algorithm>
#include <limits>

#include "core/error.hpp"
#include "core/induction/columns.hpp"
#include "core/workers.hpp"

namespace offload {
namespace {

constexpr double kClosed = -std::numeric_limits<double>::infinity();
// States that are solved together, and outcomes: few enough to stay in the cache.
constexpr std::size_t kStates = 64, kRows = 2048;

}  // namespace

// What the answers to a game's task are worth, [action][state].
struct MergedInduction::Answers {
  std::vector<double> quality, association_raw, association;
};

struct MergedInduction::Workspace {
  explicit Workspace(const MergedStates& states) : chunk(states) {}

  MergedChunk chunk;
  // [lane][task] answers, made for a turn, a signature of the states and a number of them.
  std::vector<Answers> answers;
  int turn = -1;
  std::uint32_t signature = 0;
  std::size_t states = 0;
  // Of a game's task, [action][state] and [state].
  std::vector<double> reward, value, after, largest, mean;
  std::vector<std::uint16_t> chosen;
};

MergedInduction::MergedInduction(const MergedStates& states, std::vector<Lane> lanes, Purpose purpose)
    : states_(&states),
      lanes_(std::move(lanes)),
      actions_(static_cast<std::size_t>(states.scenario().actions().size())),
      width_(std::clamp(kRows / actions_, std::size_t{1}, kStates)),
      purpose_(purpose),
      turn_(states.game().length()) {
  if (purpose == Purpose::policy) chosen_.resize(static_cast<std::size_t>(states.game().length()));
}

// From the values of the turn after to what this turn's tasks let expect of them.
void MergedInduction::look_ahead(int turn, const std::vector<double>& values,
                                 std::vector<double>& expected) const {
  const std::size_t states = states_->layer(turn + 1).spent.size();
  const std::size_t now = tasks(turn), next = tasks(turn + 1);
  expected.assign(lanes_.size() * now * states, 0);
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    for (std::size_t begin = 0; begin < states; begin += kRows) {
      for (std::size_t i = 0; i < now * next; ++i) {
        add_expected(std::min(kRows, states - begin), turn_of(lane, turn).transition[i],
                     values.data() + (lane * next + i % next) * states + begin,
                     expected.data() + (lane * now + i / next) * states + begin);
      }
    }
  }
}

std::vector<Moves> MergedInduction::list_moves(int turn) {
  const MergedStates::Layer& layer = states_->layer(turn);
  const bool last = turn + 1 == states_->game().length();
  const ActionSpace& actions = states_->scenario().actions();
  std::vector<Moves> all;
  for (const MergedStates::Group& group : layer.groups) {
    const std::uint32_t open = layer.open_in(group);
    Moves moves;
    moves.of.assign(tasks(turn) * actions_, -1);
    for (std::size_t i = 0; i < moves.of.size(); ++i) {
      const int c = turn_of(0, turn).first_task + static_cast<int>(i / actions_);
      const int a = static_cast<int>(i % actions_);
      if ((open >> actions.kind(a) & 1) == 0) continue;
      const MergedStates::Group* const to =
          last ? nullptr : states_->layer(turn + 1).find(lanes_[0].signatures->next(group.signature, c, a));
      const Moves::Move move{to, actions.kind(a)};
      const auto found = std::find_if(moves.list.begin(), moves.list.end(), [&](const Moves::Move& m) {
        return m.to == move.to && m.kind == move.kind;
      });
      moves.of[i] = static_cast<std::int32_t>(found - moves.list.begin());
      if (found == moves.list.end()) moves.list.push_back(move);
    }
    // Asked for here, as signatures are not to be asked by several threads.
    for (const Lane& lane : lanes_) {
      const Game::Turn& now = lane.game->turns[static_cast<std::size_t>(turn)];
      for (int c = 0; c < now.tasks; ++c) lane.signatures->scores(group.signature, now.first_task + c);
    }
    all.push_back(std::move(moves));
  }
  return all;
}

std::vector<MergedChunk::Range> MergedInduction::list_chunks(int turn) const {
  const std::vector<MergedStates::Group>& groups = states_->layer(turn).groups;
  std::vector<MergedChunk::Range> chunks;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (std::size_t begin = groups[g].begin; begin < groups[g].end; begin += width_) {
      chunks.push_back({g, begin, std::min(begin + width_, groups[g].end)});
    }
  }
  return chunks;
}

// The answers to all games' tasks, unless they are those of the chunk before.
void MergedInduction::answer(int turn, const MergedChunk::Range& range, Workspace& work) const {
  const std::uint32_t signature = states_->layer(turn).groups[range.group].signature;
  const std::size_t n = work.chunk.size(), tasks = this->tasks(turn);
  if (work.turn == turn && work.signature == signature && work.states == n) return;
  work.turn = turn;
  work.signature = signature;
  work.states = n;
  work.answers.resize(lanes_.size() * tasks);
  for (std::size_t i = 0; i < work.answers.size(); ++i) {
    const Lane& lane = lanes_[i / tasks];
    const Game::Turn& now = turn_of(i / tasks, turn);
    const std::size_t c = i % tasks;
    const double* quality = lane.signatures->scores(signature, now.first_task + static_cast<int>(c));
    Answers& answers = work.answers[i];
    for (auto* column : {&answers.quality, &answers.association_raw, &answers.association})
      column->resize(actions_ * n);
    for (std::size_t a = 0; a < actions_; ++a) {
      std::fill_n(answers.quality.data() + a * n, n, quality[a]);
      std::fill_n(answers.association_raw.data() + a * n, n, now.association_raw[c * actions_ + a]);
      std::fill_n(answers.association.data() + a * n, n, now.association[c * actions_ + a]);
    }
  }
  for (auto* column : {&work.reward, &work.value}) column->resize(actions_ * n);
  for (auto* column : {&work.after, &work.largest, &work.mean}) column->resize(n);
  work.chosen.resize(n);
}

// Rewards of a task's open actions, in runs of neighbours.
void MergedInduction::score(const Answers& answers, RewardModel& reward, Workspace& work) const {
  const std::size_t n = work.chunk.size();
  for (std::size_t from = 0, to; from < actions_; from = to) {
    for (to = from; to < actions_ && work.chunk.open(to);) ++to;
    work.chunk.rows().score(reward, from * n, (to - from) * n,
                            {answers.quality.data() + from * n, answers.association_raw.data() + from * n,
                             answers.association.data() + from * n},
                            work.reward.data() + from * n);
    if (to == from) ++to;
  }
}

// From rewards to the values of a task's actions, and the largest.
void MergedInduction::weigh_best(std::size_t lane, int turn, int task, const Moves& moves,
                                 Workspace& work) const {
  const Game::Turn& now = turn_of(lane, turn);
  const std::size_t n = work.chunk.size(), c = static_cast<std::size_t>(task);
  const double* const next = next_best_.data() + next_index(lane, turn, c);
  std::int32_t gathered = -1;
  std::fill(work.largest.begin(), work.largest.end(), kClosed);
  for (std::size_t a = 0; a < actions_; ++a) {
    if (!work.chunk.open(a)) continue;
    const std::int32_t move = moves.of[c * actions_ + a];
    if (move != gathered) {
      work.chunk.gather(static_cast<std::size_t>(move), now.goes_on, next, kClosed, work.after.data());
    }
    gathered = move;
    value_action(n, now.weight, work.reward.data() + a * n, work.after.data(), work.value.data() + a * n,
                 work.largest.data());
  }
}

// From rewards to what the random row's shares of a task's actions come to.
void MergedInduction::weigh_random(std::size_t lane, int turn, int task, const Moves& moves,
                                   Workspace& work) const {
  const Game::Turn& now = turn_of(lane, turn);
  const std::size_t n = work.chunk.size(), c = static_cast<std::size_t>(task);
  const double* const next = next_random_.data() + next_index(lane, turn, c);
  std::int32_t gathered = -1;
  std::fill(work.mean.begin(), work.mean.end(), 0.0);
  for (std::size_t a = 0; a < actions_; ++a) {
    if (!work.chunk.open(a)) continue;
    const std::int32_t move = moves.of[c * actions_ + a];
    if (move != gathered) {
      work.chunk.gather(static_cast<std::size_t>(move), now.goes_on, next, 0, work.after.data());
    }
    gathered = move;
    add_action(n, now.weight, work.reward.data() + a * n, work.after.data(), work.chunk.probability(a),
               work.mean.data());
  }
}

// The lowest of the actions that tie for the largest value, and its value.
void MergedInduction::choose_actions(std::size_t at, Workspace& work) {
  const std::size_t n = work.chunk.size();
  double* const best = best_.data() + at;
  if (purpose_ == Purpose::bound) {
    std::copy_n(work.largest.data(), n, best);
    return;
  }
  std::fill(work.chosen.begin(), work.chosen.end(), kNotChosen);
  for (std::size_t a = actions_; a-- > 0;) {
    if (!work.chunk.open(a)) continue;
    choose(n, static_cast<std::uint16_t>(a), work.value.data() + a * n, work.largest.data(),
           work.chosen.data(), best);
  }
  if (purpose_ != Purpose::policy) return;
  std::copy_n(work.chosen.data(), n, chosen_[static_cast<std::size_t>(turn_)].data() + at);
}

void MergedInduction::solve(int turn, const MergedChunk::Range& range, const Moves& moves,
                            RewardModel& reward, Workspace& work) {
  work.chunk.load(turn, range, moves);
  answer(turn, range, work);
  const auto tasks = static_cast<int>(this->tasks(turn));
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    for (int c = 0; c < tasks; ++c) {
      score(work.answers[lane * static_cast<std::size_t>(tasks) + static_cast<std::size_t>(c)], reward, work);
      const std::size_t at = index(lane, c, range.begin);
      if (wants_best()) {
        weigh_best(lane, turn, c, moves, work);
        choose_actions(at, work);
      }
      if (wants_random()) {
        weigh_random(lane, turn, c, moves, work);
        std::copy_n(work.mean.data(), range.end - range.begin, random_.data() + at);
      }
    }
  }
}

void MergedInduction::run(std::span<RewardModel* const> rewards, int from) {
  std::vector<Workspace> work(rewards.size(), Workspace(*states_));
  while (turn_ > from) {
    const int turn = turn_ - 1;
    const bool last = turn + 1 == states_->game().length();
    if (!last && wants_best()) look_ahead(turn, best_, next_best_);
    if (!last && wants_random()) look_ahead(turn, random_, next_random_);
    turn_ = turn;
    const std::size_t values = tasks(turn) * states_->layer(turn).spent.size();
    if (wants_best()) best_.resize(lanes_.size() * values);
    if (wants_random()) random_.resize(lanes_.size() * values);
    if (purpose_ == Purpose::policy) chosen_[static_cast<std::size_t>(turn)].resize(values);
    const std::vector<Moves> moves = list_moves(turn);
    const std::vector<MergedChunk::Range> chunks = list_chunks(turn);
    parallel_for(chunks.size(), rewards.size(), [&](std::size_t i, std::size_t worker) {
      solve(turn, chunks[i], moves[chunks[i].group], *rewards[worker], work[worker]);
    });
  }
}

Value MergedInduction::value(std::size_t lane) const {
  Value value;
  const std::vector<double>& first = lanes_[lane].game->first;
  for (std::size_t c = 0; c < first.size(); ++c) {
    if (wants_best()) value.best += first[c] * best_[lane * first.size() + c];
    if (wants_random()) value.random += first[c] * random_[lane * first.size() + c];
  }
  return value;
}

Decision MergedInduction::decide(std::span<const std::uint8_t> task,
                                 std::span<const std::uint16_t> action) const {
  const Game& game = states_->game();
  std::uint32_t signature = Signatures::kRoot;
  Amounts spent{};
  for (std::size_t t = 0; t < action.size(); ++t) {
    signature = lanes_[0].signatures->next(signature, task[t], action[t]);
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
