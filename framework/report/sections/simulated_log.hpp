// What verdicts from simulated logs are worth beside what the table knows, in every format.
#pragma once

#include <string>

#include "report/figures/report.hpp"
#include "report/sections/json_values.hpp"
#include "report/text/terminal.hpp"

namespace offload {

Json simulated_log_json(const Report& report);
// Empty, or nothing, of a suite that simulates no log.
std::string simulated_log_markdown(const Report& report);
std::string simulated_log_csv(const Report& report);
void print_simulated_log(Terminal& terminal, const Report& report);

}  // namespace offload
