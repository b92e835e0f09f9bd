// The exact policies of one split (environment.md 10): causal oracle, masked random, hindsight oracle and
// best constant, and, on the first split, the calibration of the response models. Loads the reward plugin, so
// it runs in a worker process.
#pragma once

#include <filesystem>
#include <functional>

#include "results/reference_result.hpp"
#include "suite/experiment.hpp"

namespace offload {

// Everything of a ReferenceResult but its key. Plans on the suite's response model of the training split;
// other lenses and models only score. Calls `progress` with 0 .. 1 now and then. Throws Error(plugin) when
// the reward fails.
ReferenceResult run_reference(const Experiment& experiment, std::size_t split,
                              const std::filesystem::path& reward_library,
                              const std::function<void(double)>& progress);

}  // namespace offload
