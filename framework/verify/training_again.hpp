// What the plan says of a training without its agent: which episodes a run draws and how long they are, so
// how many end, where the points of its learning curve lie, and how many episodes can exceed their budgets.
#pragma once

#include <string>
#include <vector>

#include "campaign/plan.hpp"
#include "files/json_difference.hpp"
#include "results/trial_result.hpp"

namespace offload {

// Appends where what `trial`, of the plan's row and split, says of its training cannot be.
void check_training(const Plan& plan, std::size_t row, const Split& split, const TrialResult& trial,
                    std::vector<Disagreement>& wrong);

}  // namespace offload
