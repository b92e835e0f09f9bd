// What it costs the rows to be used in another world than they were trained in, in every format.
#pragma once

#include <string>

#include "report/figures/report.hpp"
#include "report/sections/json_values.hpp"
#include "report/text/terminal.hpp"

namespace offload {

Json drifts_json(const Report& report);
// Empty, or nothing, of a suite without drifts.
std::string drifts_markdown(const Report& report);
std::string drifts_csv(const Report& report);
void print_drifts(Terminal& terminal, const Report& report);

}  // namespace offload
