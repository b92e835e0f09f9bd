// What a reader has to know of rows that start from a checkpoint.
#pragma once

#include <string>
#include <vector>

#include "results/report_plan.hpp"

namespace offload {

// A sentence per row whose checkpoint was trained on its tests, or does not say what on.
std::vector<std::string> lineage_warnings(const ReportPlan& plan);

}  // namespace offload
