// The environment of a scenario as plugins see it.
#pragma once

#include <offload/abi.h>

#include <cstdint>

#include "core/simulation/scenario.hpp"

namespace offload {

inline constexpr int kEvaluationSlots = 64;

// Pointers are into the scenario.
offload_environment plugin_environment(const Scenario& scenario, std::uint64_t seed,
                                       std::int64_t training_steps);

}  // namespace offload
