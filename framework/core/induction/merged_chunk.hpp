// Some neighbouring states of a turn, in columns: what is open, what is consumed after an action, which
// states follow. The same for every game that is played on the states.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/induction/merged_states.hpp"
#include "core/induction/outcome_rows.hpp"

namespace offload {

// Where the actions of a group's states lead.
struct Moves {
  struct Move {
    const MergedStates::Group* to;  // nullptr: the game ends
    int kind;
  };
  std::vector<std::int32_t> of;  // [task][action] index in the list; -1: closed in all states
  std::vector<Move> list;
};

class MergedChunk {
 public:
  struct Range {  // of one group's states
    std::size_t group, begin, end;
  };

  // The states must outlive it.
  explicit MergedChunk(const MergedStates& states) : states_(&states) {}

  void load(int turn, const Range& range, const Moves& moves);
  std::size_t size() const { return range_.end - range_.begin; }
  // Whether an action is open in some of them.
  bool open(std::size_t action) const { return (open_ >> kind(action) & 1) != 0; }
  // [states] of the random row's shares, 0 where closed.
  const double* probability(std::size_t action) const { return probability_[kind(action)].data(); }
  // [action][state] all that a reward sees but the answer; of actions that are open somewhere.
  const OutcomeRows& rows() const { return rows_; }
  // after [states] = goes_on * next[what follows by the move]; `closed` where it is closed, 0 where the game
  // ends.
  void gather(std::size_t move, double goes_on, const double* next, double closed, double* after) const;

 private:
  std::size_t kind(std::size_t action) const {
    return static_cast<std::size_t>(states_->scenario().actions().kind(static_cast<int>(action)));
  }
  void share_out();
  void consume();
  void locate();

  const MergedStates* states_;
  int turn_ = 0;
  Range range_{};
  const Moves* moves_ = nullptr;
  std::uint32_t open_ = 0;                                           // kinds that are open in some state
  bool alike_ = true;                                                // in all of them
  std::array<std::vector<double>, kMaxModalities + 2> probability_;  // [kind][state]
  std::vector<double> sum_;                                          // [state] of the shares that are open
  std::vector<std::vector<std::int32_t>> at_;                        // [move][state] what follows
  OutcomeRows rows_;                                                 // for so many states:
  std::size_t rows_of_ = 0;
};

}  // namespace offload
