// Playing a game forward under a stated policy: the value of greedy choice (the oracles' lower bound) and of
// random choice where the game is too large for an induction.
#pragma once

#include <cstdint>

#include "core/induction/merged_states.hpp"
#include "core/simulation/reward_model.hpp"

namespace offload {

// A value; the standard error is 0 where it is exact.
struct Estimate {
  double value = 0, standard_error = 0;
};

enum class PlayoutPolicy {
  greedy,  // the open action of the largest reward now; ties within 1e-12 to the lowest index
  random,  // the random row restricted to the open actions
};

inline constexpr int kPlayouts = 10000;

// As many of `playouts` random ones of `turns` turns as look at 100 GB of the model, a matter of some
// seconds, but at least 100: a model with a short memory, whose scores are kept, has all of them.
int affordable_playouts(const ResponseModel& model, int turns, int playouts);

// The mean over this many seeded playouts (of random ones as many as are affordable, of greedy ones, who ask
// for every action's score, at least 20 and no more than ask for 20 million or look at 100 GB; of a model
// with a short memory, than choose among 300 million outcomes if all were in other states); or, for the
// greedy policy where the task sequences are at most 65,536, its exact value. Something must be open at the
// first turn.
Estimate play(const Scenario& scenario, const Game& game, const Amounts& limit, Openness openness,
              const ResponseModel& model, RewardModel& reward, PlayoutPolicy policy, int playouts,
              std::uint64_t seed);

}  // namespace offload
