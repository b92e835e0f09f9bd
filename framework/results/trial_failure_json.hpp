// How a failure is written in every kind of result file.
#pragma once

#include "files/checked_json.hpp"
#include "results/trial_result.hpp"

namespace offload {

nlohmann::json failure_to_json(const TrialFailure& failure);
// Throws Error(data) naming the place.
TrialFailure failure_from_json(const CheckedJson& value);

}  // namespace offload
