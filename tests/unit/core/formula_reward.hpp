// Test double of the reward plugin tmo-weighted: quality + association/3 - latency/3 - cost/3.
#pragma once

#include "core/simulation/reward_model.hpp"

namespace offload {

class FormulaReward final : public RewardModel {
 public:
  void score(const offload_outcomes& outcomes, double* reward) override;
};

}  // namespace offload
