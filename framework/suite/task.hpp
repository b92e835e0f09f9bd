// Official tasks (statistics.md): names that stand for one frozen setting each, so that results under a name
// can be set side by side. What a task freezes is its parts: data, folds, suite seed, environment, profile
// consumption, integer budgets, reward, models and lenses; its hash is over them all. Rows, training and
// limits are free. Any other change makes another version of the name. Version 1 of the first tasks was
// hashed without the suite seed: theirs stands beside the parts in the table, and is frozen as well.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plugin/info.hpp"
#include "suite/experiment.hpp"

namespace offload {

// Name of a part to what it says; long ones by their SHA-256.
using TaskParts = std::map<std::string, std::string>;

struct Task {
  std::string name, summary, sha256;
  TaskParts parts;          // what the hash is over
  TaskParts unhashed = {};  // frozen beside them
};

// The frozen table (benchmarks/suites/tasks/tasks.json), built into the program; by name.
const std::vector<Task>& official_tasks();

// The parts of a suite on its data set, with the reward plugin as it was asked.
TaskParts task_parts(const Experiment& experiment, const PluginInfo& reward,
                     const ResolvedParameters& parameters);
std::string task_hash(const TaskParts& parts);
// Of the parts of a suite, those that the hash of the task of that name is over; all where there is none.
TaskParts hashed_parts(const std::string& name, TaskParts parts);

// The official task that a suite is named after.
struct TaskClaim {
  std::string name;                  // "m4ai-mid-v1"; empty: the suite's name is no task's
  int version = 0;                   // 1
  std::vector<std::string> altered;  // parts that are not the task's; empty: it is that task

  bool operator==(const TaskClaim&) const = default;
};
// "this is m4ai-mid-v1, unaltered", "named m4ai-mid-v1 but altered: budgets differ"; empty without a task.
std::string task_sentence(const TaskClaim& task);

// Whether a suite of this name is the task of that name.
TaskClaim claimed_task(const std::string& suite_name, const TaskParts& parts);

}  // namespace offload
