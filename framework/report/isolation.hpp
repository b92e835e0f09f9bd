// What a report says of rows whose agents were isolated on machines that could not hold all of it.
#pragma once

#include <string>
#include <vector>

#include "report/figures/report.hpp"

namespace offload {

// One for each row and each lack, by what its trials have noted (TrialResult::host).
std::vector<std::string> isolation_warnings(const Report& report);

}  // namespace offload
