// Backward induction over the merged states of one budget: every state of a turn once, turn by turn from the
// end.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/induction/merged_states.hpp"
#include "core/induction/value.hpp"
#include "core/simulation/reward_model.hpp"

namespace offload {

class MergedInduction {
 public:
  enum class Purpose {
    bound,   // the largest value, though it may be the next one's by less than kTieTolerance
    value,   // that of the action that is chosen, the lowest of those that tie
    policy,  // likewise, and decide(): two bytes per state and task
  };
  // `states` are complete and `signatures` those they were made with; both must outlive it.
  MergedInduction(const MergedStates& states, Signatures& signatures, Purpose purpose);

  // Goes back to turn `from`. One thread per reward model; each is called from one thread only.
  void run(std::span<RewardModel* const> rewards, int from = 0);

  // Of the whole game; after a run to turn 0.
  Value value() const;
  // Of a state of the turn that the run ended at, by the best actions; `task` counts from the turn's first.
  double best(std::size_t state, int task) const { return best_[index(state, task)]; }
  // What the best policy does after these tasks [t + 1] and actions [t] of its own; needs Purpose::policy.
  Decision decide(std::span<const std::uint8_t> task, std::span<const std::uint16_t> action) const;

 private:
  struct Moves;
  struct Chunk;
  struct Workspace;

  std::size_t index(std::size_t state, int task) const {
    return static_cast<std::size_t>(task) * states_->layer(turn_).spent.size() + state;
  }
  void look_ahead(int turn);
  std::vector<Moves> list_moves(int turn);
  std::vector<Chunk> list_chunks(int turn) const;
  void solve(int turn, const Chunk& chunk, const Moves& moves, RewardModel& reward, Workspace& work);
  void consume(int turn, const Chunk& chunk, Workspace& work) const;
  void locate(int turn, const Chunk& chunk, const Moves& moves, Workspace& work) const;
  void fill_rows(int turn, const Chunk& chunk, Workspace& work) const;
  void score(int task, std::size_t n, RewardModel& reward, Workspace& work) const;
  void weigh(int turn, const Chunk& chunk, const Moves& moves, int task, Workspace& work);
  void choose_actions(int turn, const Chunk& chunk, int task, Workspace& work);

  const MergedStates* states_;
  Signatures* signatures_;
  std::size_t actions_;
  std::size_t width_;  // most states of a chunk
  Purpose purpose_;
  int turn_;                                        // the one that the values below are of
  std::vector<double> best_, random_;               // [task][state]
  std::vector<double> next_best_, next_random_;     // [task before][state] expected over the turn's tasks
  std::vector<std::vector<std::uint16_t>> chosen_;  // [turn][task][state] action, kTied
};

}  // namespace offload
