// A row trained in the world of a drift from the start, where a suite asks for it: what is lost by whoever
// moves there instead.
#pragma once

#include <functional>

#include "results/trial_result.hpp"
#include "suite/experiment.hpp"

namespace offload {

// The experiment that a drift's world is home of, on one split: the same data, cells and random bits; agents
// and masks see what turns take there, rewards stay on the scale of the suite's home. No drifts, no mixes.
struct Abroad {
  Experiment experiment;
  Split split;  // as it is known there
};
Abroad abroad(const Experiment& experiment, const Split& split, std::size_t drift);

// The row's own run, and one more in the world of every drift that asks for it, whose cells and time are
// added to the result. `run` runs a row on a split of an experiment.
using RunIn = std::function<TrialResult(const Experiment& in, const RowSettings& row, const Split& split)>;
TrialResult with_natives(const Experiment& experiment, const RowSettings& row, const Split& split,
                         const RunIn& run);

}  // namespace offload
