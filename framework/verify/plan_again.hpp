// The plan of a results folder made again from its suite, data set and plugins, beside the one that it
// stores. Of the folder's words it takes only what describes a plugin that must not run here.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "campaign/plan.hpp"
#include "plugin/search.hpp"
#include "verify/verify.hpp"

namespace offload {

struct PlanAgain {
  std::filesystem::path folder;
  ReportPlan stored;         // as its suite.json has it, without the trials
  std::string named_source;  // the data set as suite.toml names it
  Plan plan;                 // made again
  // [rows] why a row's plugin is not run, with the fix; empty where it is. Likewise of the reward.
  std::vector<std::string> not_run;
  std::string reward_not_run;
};

// Runs plugins in processes of their own, but none that locate_again does not allow. Throws Error as
// verify_results.
PlanAgain make_plan_again(const std::filesystem::path& folder, const VerifySettings& settings,
                          const PluginSearch& search);

// Adds to `result` where the two differ, and what of the plan is believed. Results of another version keep
// their keys, since only that version can make them again.
void check_plan(PlanAgain& plan, const VerifySettings& settings, Verification& result);

}  // namespace offload
