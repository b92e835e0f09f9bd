// What the exact computations say of an agent: its value under the causal model, and its static mix.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/oracle/simple_rows.hpp"
#include "plugin/instance.hpp"
#include "results/trial_result.hpp"
#include "suite/experiment.hpp"

namespace offload {

// Whether exact_value covers the scenario: logged data, episodes no longer than the window, and no more task
// sequences than a walk covers.
bool walkable(const Scenario& scenario);

// Empty for an agent whose evaluation is not deterministic, and where the scenario is not walkable. The agent
// evaluates in slots from `first_slot` on; `seed` draws the order of the walk and the agent's random bits;
// `walked` takes what it does in given episodes.
std::optional<PolicyValue> exact_value(const Scenario& scenario, const ResponseModel& planning,
                                       const CausalModel& model, RewardModel& reward, AnyAgent& agent,
                                       const Amounts& limit, int first_slot, std::uint64_t seed,
                                       WalkedEpisodes& walked);

// The mix of the row that decided `decisions` on the test episodes; `constants` are of the training split.
StaticMix static_mix(const Scenario& scenario, const std::vector<ConstantAction>& constants,
                     const std::vector<std::vector<std::uint16_t>>& decisions);

}  // namespace offload
