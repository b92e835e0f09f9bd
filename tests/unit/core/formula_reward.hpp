// Test double of the reward plugin tmo-weighted: quality + association/3 - latency/3 - cost/3.
#pragma once

#include <cstddef>

#include "core/simulation/reward_model.hpp"

namespace offload {

class FormulaReward final : public RewardModel {
 public:
  void score(const offload_outcomes& outcomes, double* reward) override {
    for (std::size_t i = 0; i < static_cast<std::size_t>(outcomes.n); ++i) {
      reward[i] = outcomes.quality[i] + outcomes.association[i] / 3 - outcomes.consumed_relative[2 * i] / 3 -
                  outcomes.consumed_relative[2 * i + 1] / 3;
    }
  }
};

}  // namespace offload
