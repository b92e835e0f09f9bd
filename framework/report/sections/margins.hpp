// By how much limits were lowered for a promise, and whether the tests contradict it, in every format.
#pragma once

#include <string>

#include "report/figures/report.hpp"
#include "report/sections/json_values.hpp"
#include "report/text/terminal.hpp"

namespace offload {

// Whether a row has a cell with a margin.
bool has_margins(const Report& report);
Json margins_json(const Report& report);
// Empty without margins.
std::string margins_markdown(const Report& report);
std::string margins_csv(const Report& report);
// Nothing without margins.
void print_margins(Terminal& terminal, const Report& report);

}  // namespace offload
