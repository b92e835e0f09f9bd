// A world's bounds and peers' figures in the report's JSON and Markdown.
#pragma once

#include <string>

#include "report/figures/report.hpp"
#include "report/sections/json_values.hpp"

namespace offload {

Json bounds_json(const Report& report);
// Empty without bounds.
std::string bounds_markdown(const Report& report);

}  // namespace offload
