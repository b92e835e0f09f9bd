// What a reader has to know of what rows learned from: a checkpoint, or another response model.
#pragma once

#include <string>
#include <vector>

#include "results/plan/report_plan.hpp"

namespace offload {

// A sentence per row whose checkpoint was trained on its tests, or does not say what on, and per response
// model that rows are trained on instead of the suite's.
std::vector<std::string> lineage_warnings(const ReportPlan& plan);

}  // namespace offload
