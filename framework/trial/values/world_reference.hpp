// The bounds of a world with known outcomes on one split: hindsight per session, the best constant, the best
// arm per task and random choice, in every budget cell.
#pragma once

#include <functional>
#include <span>

#include "core/simulation/reward_model.hpp"
#include "results/world_bounds.hpp"
#include "suite/experiment.hpp"

namespace offload {

// Calls `progress` with 0 .. 1 now and then. Throws Error(plugin) when the reward fails.
WorldBounds bound_world(const Experiment& experiment, const Split& split,
                        std::span<const std::uint32_t> tests, RewardModel& reward,
                        const std::function<void(double)>& progress);

}  // namespace offload
