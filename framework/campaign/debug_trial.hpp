// One trial in the process of the command itself, for who watches it in a debugger or built the plugin with a
// sanitizer: no other process, no limit on time or memory, no copies of the agent, output where the command's
// goes, and nothing stored.
#pragma once

#include <filesystem>
#include <string>

#include "plugin/search.hpp"
#include "results/trial_result.hpp"
#include "suite/suite.hpp"
#include "trial/trial.hpp"

namespace offload {

// Of the row on the split of that name, empty: the first. A sweep is left out. Throws Error: config for what
// the suite does not have and for an agent in Python, which always has a process of its own; else as
// run_trial.
TrialResult debug_trial(Suite suite, const std::string& row, const std::string& split,
                        const PluginSearch& search, const std::filesystem::path& cache,
                        const ProgressReport& progress);

}  // namespace offload
