// Verdicts on decisions from a simulated log (benchmarks/simulated_log): what estimators that know the log
// alone say of them, beside what the table knows. A trial computes them to store them, verification again.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "core/logs/verdicts.hpp"
#include "core/simulation/reward_model.hpp"
#include "results/cell_result.hpp"
#include "suite/experiment.hpp"

namespace offload {

// Of one split whose suite simulates a log; the arguments outlive the object. Models are fitted when the
// first verdict is asked for. One calling thread.
class LogJudge {
 public:
  LogJudge(const Experiment& experiment, const Split& split, std::span<const std::uint32_t> tests,
           RewardModel& reward);

  // On the cell's decisions; in rewards.
  LogVerdict verdict(std::size_t cell, const CellResult& result);

 private:
  void fit();
  const LogTests& tests_in(std::size_t cell);
  // [tests][arms]
  std::vector<double> rewards_in(const Scenario& scenario, std::size_t cell);

  const Experiment& experiment_;
  const Scenario& scenario_;
  const Split& split_;
  std::span<const std::uint32_t> tests_;
  RewardModel& reward_;
  std::array<std::unique_ptr<const Scenario>, 4> worlds_;  // by the first four estimators' models
  std::vector<double> guessed_;                            // [tests]
  std::vector<std::uint32_t> blocks_;                      // [tests]
  std::vector<LogTests> of_cell_;                          // [cells]; without arms where not asked for yet
};

}  // namespace offload
