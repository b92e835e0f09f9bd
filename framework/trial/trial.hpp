// One trial: trains a row on one split and evaluates it in every budget cell, lens and model; a row with a
// sweep is tuned before. Loads plugins, so it runs in a worker process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "results/trial_result.hpp"
#include "suite/experiment.hpp"

namespace offload {

// Told now and then how much of the work is done: 0 .. 1.
using ProgressReport = std::function<void(double done)>;

// Takes the file of what was learned (checkpoint.hpp); called once, after training, where the row asks for
// it.
using KeepCheckpoint = std::function<void(std::string_view file)>;

// By what a trial decides its passes: by fresh copies of the agent, forks alone where it is known to have no
// checkpoint that others could be made from, or, for who watches it in a debugger, by the agent itself in
// this very process, without any other one.
enum class TrialCopies { fresh, forks, none };

// Whether a trial's agent is asked once more how long it takes to decide. Who repeats a trial to compare what
// it decided has no use for that.
enum class DecisionTimes { taken, left_out };

// Everything of a TrialResult but its key. Throws Error(plugin) with the plugin's words when it fails.
// Without copies the row must have no sweep, and isolation none.
TrialResult run_trial(const Experiment& experiment, const RowSettings& row, const Split& split,
                      const std::filesystem::path& agent_library, const std::filesystem::path& reward_library,
                      const ProgressReport& progress, const KeepCheckpoint& keep,
                      TrialCopies copies = TrialCopies::fresh, DecisionTimes times = DecisionTimes::taken);

}  // namespace offload
