// The resolved suite of a plan: every setting with every default, as the results folder keeps it.
#pragma once

#include <nlohmann/json.hpp>

namespace offload {

struct Plan;

nlohmann::ordered_json resolved_suite(const Plan& plan);

}  // namespace offload
