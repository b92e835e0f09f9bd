#include "unit/core/formula_reward.hpp"

#include <cstddef>

namespace offload {

void FormulaReward::score(const offload_outcomes& outcomes, double* reward) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(outcomes.n); ++i) {
    reward[i] = outcomes.quality[i] + outcomes.association[i] / 3 - outcomes.consumed_relative[2 * i] / 3 -
                outcomes.consumed_relative[2 * i + 1] / 3;
  }
}

}  // namespace offload
