// A world's bounds, peers' figures and margins in the report's JSON and Markdown.
#pragma once

#include <string>

#include "report/figures/report.hpp"
#include "report/formats/json.hpp"

namespace offload {

Json bounds_json(const Report& report);
// Empty without bounds.
std::string bounds_markdown(const Report& report);

// Whether a row has a cell with a margin.
bool has_margins(const Report& report);
Json margins_json(const Report& report);
// Empty without margins.
std::string margins_markdown(const Report& report);

}  // namespace offload
