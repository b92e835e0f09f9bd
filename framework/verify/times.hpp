// Times of a trial, which no second run repeats: what cannot have been is told from what may have been.
#pragma once

#include <vector>

#include "files/json_difference.hpp"
#include "results/trial_result.hpp"

namespace offload {

// Appends where a finished trial's times contradict each other or its counts. `natives`: the row was trained
// after a drift as well, whose times are added and whose steps are not.
void check_times(const TrialResult& trial, bool natives, std::vector<Disagreement>& wrong);

}  // namespace offload
