// How parameters are written in every kind of result file.
#pragma once

#include "files/checked_json.hpp"
#include "files/parameter.hpp"

namespace offload {

nlohmann::json written(const ResolvedParameters& parameters);
// Throws Error(data) naming the place.
ResolvedParameters read_parameters(const CheckedJson& value);

}  // namespace offload
