// The sweep of a trial again, as far as it follows from the plan and from what candidates came to in
// validation.
#pragma once

#include <vector>

#include "campaign/plan.hpp"
#include "files/json_difference.hpp"
#include "results/trial_result.hpp"

namespace offload {

// Appends where what `trial`, of the plan's row and split, says of its candidates, or which it chose, cannot
// be.
void check_tuning(const Plan& plan, std::size_t row, const Split& split, const TrialResult& trial,
                  std::vector<Disagreement>& wrong);

// Puts what the chosen candidate has in place of the row's, in the words of `stored` where these are of the
// same value: a whole number that the suite gives is a real one to the plugin.
void take_tuned(const TrialResult& stored, ResolvedParameters& parameters);

}  // namespace offload
