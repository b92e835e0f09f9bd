// An upper bound on a game within budgets whose states are too many: what is consumed has a price, and the
// budgets bind no longer (Lagrangian relaxation). A policy that keeps its budgets has a value of at most that
// of the priced game plus what the budgets are worth at these prices, whatever the prices; the search takes
// good ones. So states are signatures alone.
#pragma once

#include "core/induction/game.hpp"
#include "core/simulation/reward_model.hpp"

namespace offload {

// For rewards that neither fall as the quality rises nor rise with what was consumed before. `bound` says
// that every policy keeps the limits, to the end of the game's turns even where an episode ends before; else
// nothing is priced.
double price_bound(const Scenario& scenario, const Game& game, const ResponseModel& model,
                   RewardModel& reward, const Amounts& limit, bool bound);

}  // namespace offload
