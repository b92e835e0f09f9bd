// The numbers that an agent tells of its training.
#pragma once

#include <map>
#include <string>

#include "plugin/any_agent.hpp"
#include "results/trial_result.hpp"

namespace offload {

// By name; NaN where there is none yet.
std::map<std::string, double> scalars_of(AnyAgent& agent);

// Adds the names of those that are no finite number. Before the first gradient step that says nothing yet;
// after it, it does.
void note_not_finite(AnyAgent& agent, TrainingResult& training);

}  // namespace offload
