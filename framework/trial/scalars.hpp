// The numbers that an agent tells of its training, and the points of a learning curve.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/environment/budget.hpp"
#include "plugin/any_agent.hpp"
#include "results/trial_result.hpp"

namespace offload {

// By name; NaN where there is none yet.
std::map<std::string, double> scalars_of(AnyAgent& agent);

// A point after so many steps: the mean reward in every cell, which `reward_of` tells, and the agent's finite
// scalars.
CurvePoint curve_point(std::int64_t step, const std::vector<BudgetCell>& cells, AnyAgent& agent,
                       const std::function<double(std::uint32_t cell)>& reward_of);

// Adds the names of those that are no finite number. Before the first gradient step that says nothing yet;
// after it, it does.
void note_not_finite(AnyAgent& agent, TrainingResult& training);

}  // namespace offload
