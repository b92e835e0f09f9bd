// From a suite to trials: finds and asks the plugins, and derives the trials' identities.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "campaign/planned_plugin.hpp"
#include "files/machine.hpp"
#include "plugin/search.hpp"
#include "results/plan/report_plan.hpp"
#include "suite/experiment.hpp"

namespace offload {

// One process' work: a row on a split, or the exact policies of a split.
struct PlannedJob {
  bool reference = false;
  std::uint32_t row = 0, split = 0;  // indices; no row of a reference
  Digest key;
};

struct Plan {
  Experiment experiment;
  std::vector<PlannedPlugin> agents;  // per row
  PlannedPlugin reward;
  std::vector<PlannedJob> references;
  ReportPlan stored;  // what the results folder keeps of it: the trials, row by row and split by split
};

// The index-th of count parts of a plan's jobs: every count-th job, so that long rows are spread over all
// parts.
struct Shard {
  std::size_t index = 1, count = 1;
};

// The part, from 1, that runs the index-th of `jobs` jobs, in the order of jobs_of.
std::size_t shard_of(std::size_t index, std::size_t jobs, std::size_t count);

// Throws Error: config for the suite, an unknown plugin or a wrong parameter; data for the data set; plugin
// for a library that is no plugin of this ABI. A plugin that crashes or throws while being asked is noted and
// left to its trials.
Plan make_plan(Suite suite, const PluginSearch& search, const std::filesystem::path& folder);
// The last step of make_plan: trials, references and what is stored, from experiment and plugins.
void plan_jobs(Plan& plan);
// Numbers of the plan's jobs, references first: of many each takes four bytes in every process.
std::vector<std::uint32_t> jobs_of(const Plan& plan, const Shard& shard);
// The job of this number.
PlannedJob job_of(const Plan& plan, std::uint32_t number);

}  // namespace offload
