// The plan that a results folder stores beside the one that was made again. Of many trials these are the
// command's largest values, so the file is held against the text that it should be part by part, and read
// only where it is another one.
#pragma once

#include <filesystem>
#include <vector>

#include "files/json_difference.hpp"
#include "results/plan/report_plan.hpp"

namespace offload {

// Appends to `wrong`, which is to have kDisagreementsMost entries at most, where the plan in the results
// folder is another one than `again`, or where the same version wrote its file in other words.
void compare_plans(const std::filesystem::path& folder, const ReportPlan& again,
                   std::vector<Disagreement>& wrong);

}  // namespace offload
