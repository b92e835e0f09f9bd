// The sweep of a row on one split: every candidate is trained on a part of the split's training side and
// tried on the rest of it, each in a copy of this process that is gone afterwards, so that the trial of the
// one that is chosen is to the bit that of a row which has its parameters from the beginning. Tests are not
// touched.
#pragma once

#include <cstdint>
#include <functional>

#include "core/error.hpp"
#include "results/trial_result.hpp"
#include "suite/experiment.hpp"
#include "trial/trial.hpp"

namespace offload {

// Trains on what candidates train on and tests what they are tried on: parts of the split's training side,
// whose prompt groups stay whole. The same for all rows. What a world declares stays what it declares of the
// whole side. Throws Error(config) where one of the parts would be empty.
Split validation_split(const Experiment& experiment, const Split& split);

// Of evaluated episodes, how many exceed a limit.
std::int64_t episodes_over(const CellResult& cell, const Amounts& limit);

// A candidate that failed after so many steps. Throws what is no failure of a plugin again.
TunedCandidate failed_candidate(const Error& error, std::int64_t steps);

// Tries a candidate, as a row, on a split as above: all of it but name and parameters. One that fails says
// why and after how many steps; of one that ends its process these are not known.
using TryCandidate = std::function<TunedCandidate(const RowSettings& row, const Split& split)>;
// The trial of the row that the chosen candidate makes.
using RunChosen = std::function<TrialResult(const RowSettings& row, const ProgressReport& progress)>;

// The trial of a row with a sweep. A candidate that throws Error(plugin) is out, with its words. Throws
// Error(plugin) where all are.
TrialResult tuned_trial(const Experiment& experiment, const RowSettings& row, const Split& split,
                        const ProgressReport& progress, const TryCandidate& try_candidate,
                        const RunChosen& run_chosen);

}  // namespace offload
