#include "trial/abroad.hpp"

#include <algorithm>

namespace offload {

Abroad abroad(const Experiment& experiment, const Split& split, std::size_t drift) {
  const Scenario& home = experiment.scenario_of(split);
  DriftSettings known = experiment.suite.evaluation.drifts[drift];
  known.sees_new = true;
  Abroad there{{experiment.suite, {}, {}, experiment.data_sha256, experiment.truth, experiment.cells, {}},
               split};
  there.experiment.suite.evaluation.drifts.clear();
  there.experiment.suite.evaluation.oracle_nodes = 0;
  there.split.set = 0;
  there.experiment.scenarios.push_back(make_drifted(
      experiment.suite, known, home,
      home.world() ? std::span<const std::uint32_t>(split.train) : std::span<const std::uint32_t>{}));
  return there;
}

TrialResult with_natives(const Experiment& experiment, const RowSettings& row, const Split& split,
                         const RunIn& run) {
  TrialResult result = run(experiment, row, split);
  RowSettings there_row = row;
  there_row.training.checkpoints = false;
  there_row.training.curve_every = 0;
  const auto& drifts = experiment.suite.evaluation.drifts;
  for (std::size_t d = 0; d < drifts.size(); ++d) {
    if (!drifts[d].trained) continue;
    const Abroad there = abroad(experiment, split, d);
    TrialResult native = run(there.experiment, there_row, there.split);
    result.drifts[d].native = std::move(native.cells);
    result.copies = std::min(result.copies, native.copies);
    result.timing.wall_s += native.timing.wall_s;
    result.timing.cpu_s = native.timing.cpu_s;  // of the process so far
    result.timing.train_s += native.timing.train_s;
    result.timing.evaluate_s += native.timing.evaluate_s;
    result.timing.peak_memory_mb = native.timing.peak_memory_mb;
  }
  return result;
}

}  // namespace offload
