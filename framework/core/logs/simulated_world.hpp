// The world that a response model makes of a log: what rows are trained in that know nothing but the log, and
// what the model says of their choices.
#pragma once

#include <memory>

#include "core/logs/log_models.hpp"

namespace offload {

// `home` has a log; agents and masks see the same in both. Every arm scores what is predicted and takes what
// the log declares of it.
std::unique_ptr<const Scenario> simulated_world(const Scenario& home, const ScenarioSettings& settings,
                                                const Predictions& predicted);

}  // namespace offload
