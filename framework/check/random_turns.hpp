// What `offload-bench check` shows to plugins: turns, training and outcomes that look like the benchmark's in
// all that a plugin may come to see, budgets used up and masks of a single action included. The same for the
// same seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "check/sample_turns.hpp"
#include "plugin/instance.hpp"

namespace offload {

using Actions = std::vector<std::int32_t>;

// Rows at one turn of their episodes; task, history, budgets and mask differ from row to row.
SampleTurns random_turns(const offload_environment& environment, int rows, std::uint64_t seed, int turn);

Actions act(AnyAgent& agent, const SampleTurns& turns, std::int32_t mode);

// One agent's training in its own slots, to be stopped between episodes and gone on with. A copy goes on from
// the same moment, with another agent if asked.
class Lesson {
 public:
  explicit Lesson(const offload_environment& environment) : environment_(environment) {}

  // At least so many steps, all episodes to their end; appends what the agent did. With `rows` > 0 so many
  // are evaluated now and then, which must change nothing.
  void train(AnyAgent& agent, int steps, Actions& trace, int rows = 0);

 private:
  void observe(AnyAgent& agent, const SampleTurns& before, const SampleTurns& after, const Actions& action,
               bool ends) const;

  offload_environment environment_;
  std::uint64_t step_ = 0;
};

// Whole episodes of `rows` rows in evaluation or, when exploring, training slots, as SampleTurns turn by
// turn.
std::vector<SampleTurns> episodes(const AnyAgent& agent, const offload_environment& environment, int rows,
                                  std::uint64_t seed, std::int32_t mode);

// Outcome i of the batch is number rows[i] of a fixed list; what it consumes is what its action does.
SampleOutcomes random_outcomes(const offload_environment& environment, const std::vector<std::size_t>& rows);

}  // namespace offload
