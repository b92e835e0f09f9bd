// The plans of several results folders as one: shards of a suite, or somebody's rows beside one's own.
#pragma once

#include <string>

#include "results/report_plan.hpp"

namespace offload {

// Adds the rows and trials that `plan` lacks; `folder` is where `other` lies. Suites may differ in their
// rows, descriptions and, where neither is an official task, names. Throws Error(config) that says what else
// differs, or what a row of both has otherwise.
void join(ReportPlan& plan, const ReportPlan& other, const std::string& folder);

}  // namespace offload
