// What the process of one job does: a trial, or the exact policies of one split. It runs on a copy of the
// command's memory, so that the data set and the plan are there already, and loads the plugins that the
// command never does. It tells of itself through a pipe of its own, because a plugin may print or close the
// standard streams.
#pragma once

#include <cstdint>
#include <string>

#include "campaign/plan.hpp"
#include "results/store.hpp"

namespace offload {

// What a job may use.
struct JobLimits {
  double wall_s = 0;
  std::int64_t memory_mb = 0;
};
JobLimits limits_of(const Plan& plan, const PlannedJob& job);
// What to do where time or memory does not suffice, in words.
std::string wall_fix(bool reference);
std::string memory_fix(bool reference);

// Runs the job within its memory and file limits and stores the result. Lines to the descriptor `messages`:
// "p <0..1>" progress, "f <limit or -> <message>" failure, "d" done. Returns the exit status: 0, or 1 when it
// failed.
int run_worker(const Plan& plan, const PlannedJob& job, const Store& store, int messages);

}  // namespace offload
