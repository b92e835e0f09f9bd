// The plan that a results folder stores beside the one that was made again. Of many trials these are the
// command's largest values, so trials are compared one by one, and the file with the text that it should be
// part by part.
#pragma once

#include <filesystem>
#include <vector>

#include "files/json_difference.hpp"
#include "results/plan/report_plan.hpp"

namespace offload {

// Appends to `wrong`, which is to have kDisagreementsMost entries at most, where the plan that was read from
// `file` is another one than `again`, or where the same version wrote the file in other words.
void compare_plans(const ReportPlan& stored, const ReportPlan& again, const std::filesystem::path& file,
                   std::vector<Disagreement>& wrong);

}  // namespace offload
