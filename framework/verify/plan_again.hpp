// The plan of a results folder made again from its suite and data set, beside the one that it stores.
#pragma once

#include <filesystem>
#include <string>

#include "campaign/plan.hpp"
#include "plugin/search.hpp"
#include "verify/verify.hpp"

namespace offload {

struct PlanAgain {
  ReportPlan stored;  // as suite.json has it
  Plan plan;          // made again from suite, data set and what `stored` says of the plugins
};

// `dataset` in place of the one that suite.json names, where not empty. Throws Error as verify_results.
PlanAgain make_plan_again(const std::filesystem::path& folder, const std::string& dataset,
                          const PluginSearch& search);

// Adds to `result` where the two differ. `same_machine`: whether a trial ran on an instruction set that gives
// this machine's keys.
void check_plan(const PlanAgain& plan, bool same_machine, Verification& result);

}  // namespace offload
