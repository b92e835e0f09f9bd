// Backward induction over the merged states of one budget: every state of a turn once, turn by turn from the
// end, for all games that are played on these states.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/induction/merged_chunk.hpp"
#include "core/induction/value.hpp"
#include "core/simulation/reward_model.hpp"

namespace offload {

class MergedInduction {
 public:
  enum class Purpose {
    bound,   // the largest value, though it may be the next one's by less than kTieTolerance
    best,    // that of the action that is chosen, the lowest of those that tie
    random,  // the random row's alone
    policy,  // best and random, and decide(): two bytes per state and task
  };
  // Games that the states serve; each has signatures of its own.
  struct Lane {
    const Game* game;
    Signatures* signatures;
  };
  // `states` are complete; they and the lanes must outlive it.
  MergedInduction(const MergedStates& states, std::vector<Lane> lanes, Purpose purpose);
  // Of the states' own game.
  MergedInduction(const MergedStates& states, Purpose purpose)
      : MergedInduction(states, {{&states.game(), &states.signatures()}}, purpose) {}

  // Goes back to turn `from`. One thread per reward model; each is called from one thread only.
  void run(std::span<RewardModel* const> rewards, int from = 0);

  // Of the whole game; after a run to turn 0. What the purpose does not ask for is 0.
  Value value(std::size_t lane = 0) const;
  // Of a state of the turn that the run ended at, by the best actions; `task` counts from the turn's first.
  double best(std::size_t state, int task) const { return best_[index(0, task, state)]; }
  // What the best policy does after these tasks [t + 1] and actions [t] of its own; needs Purpose::policy.
  Decision decide(std::span<const std::uint8_t> task, std::span<const std::uint16_t> action) const;

 private:
  struct Answers;
  struct Workspace;

  bool wants_best() const { return purpose_ != Purpose::random; }
  bool wants_random() const { return purpose_ == Purpose::random || purpose_ == Purpose::policy; }
  const Game::Turn& turn_of(std::size_t lane, int turn) const {
    return lanes_[lane].game->turns[static_cast<std::size_t>(turn)];
  }
  // Of a turn, the same in all games.
  std::size_t tasks(int turn) const { return static_cast<std::size_t>(turn_of(0, turn).tasks); }
  std::size_t index(std::size_t lane, int task, std::size_t state) const {
    return (lane * tasks(turn_) + static_cast<std::size_t>(task)) * states_->layer(turn_).spent.size() +
           state;
  }
  // Of the expected values of the turn after; 0 where there is none.
  std::size_t next_index(std::size_t lane, int turn, std::size_t task) const {
    const bool last = turn + 1 == states_->game().length();
    return last ? 0 : (lane * tasks(turn) + task) * states_->layer(turn + 1).spent.size();
  }
  void look_ahead(int turn, const std::vector<double>& values, std::vector<double>& expected) const;
  std::vector<Moves> list_moves(int turn);
  std::vector<MergedChunk::Range> list_chunks(int turn) const;
  void solve(int turn, const MergedChunk::Range& range, const Moves& moves, RewardModel& reward,
             Workspace& work);
  void answer(int turn, const MergedChunk::Range& range, Workspace& work) const;
  void score(const Answers& answers, RewardModel& reward, Workspace& work) const;
  void weigh_best(std::size_t lane, int turn, int task, const Moves& moves, Workspace& work) const;
  void weigh_random(std::size_t lane, int turn, int task, const Moves& moves, Workspace& work) const;
  // `at` is the index of the chunk's first state.
  void choose_actions(std::size_t at, Workspace& work);

  const MergedStates* states_;
  std::vector<Lane> lanes_;
  std::size_t actions_;
  std::size_t width_;  // most states of a chunk
  Purpose purpose_;
  int turn_;                                     // the one that the values below are of
  std::vector<double> best_, random_;            // [lane][task][state]
  std::vector<double> next_best_, next_random_;  // [lane][task before][state] expected over the turn's tasks
  std::vector<std::vector<std::uint16_t>> chosen_;  // [turn][task][state] action, kTied
};

}  // namespace offload
