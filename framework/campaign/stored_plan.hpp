// A plan as the results folder keeps it (suite.json): what a report needs of it, in names and units.
#pragma once

#include "results/plan/report_plan.hpp"

namespace offload {

struct Plan;

// Of a plan whose jobs are there.
ReportPlan stored_plan(const Plan& plan);

}  // namespace offload
