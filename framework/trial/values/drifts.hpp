// The worlds that a suite drifts to (benchmarks/README.md, "Drift"): what decisions of an agent that was
// trained at home come to there. A trial computes it once to store it, verification again to compare it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/error.hpp"
#include "trial/values/scoring.hpp"

namespace offload {

// Calls `compute`, whose errors then name the drift and the cell.
template <typename Compute>
void in_drift(const Experiment& experiment, std::size_t drift, std::size_t cell, const Compute& compute) {
  try {
    compute();
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("drift '{}', cell '{}': {}",
                                          printable(experiment.suite.evaluation.drifts[drift].name),
                                          printable(experiment.cells[cell].name), error.what()));
  }
}

// Of one split and its test episodes; the arguments outlive the object. One calling thread.
class Drifts {
 public:
  Drifts(const Experiment& experiment, const Split& split, std::span<const std::uint32_t> tests,
         RewardModel& reward);

  std::size_t size() const { return places_.size(); }
  const Scenario& scenario(std::size_t drift) const { return *places_[drift].scenario; }

  // As Scoring has it, with the margin that was calibrated at home.
  CellResult replayed(std::size_t drift, std::size_t cell,
                      const std::vector<std::vector<std::uint16_t>>& decisions,
                      const std::optional<CellMargin>& margin) const;
  // Adds the scores to the drifts of these trials, all of which have every drift.
  void score(std::span<TrialResult* const> trials);

 private:
  struct Place {
    const Scenario* scenario;
    Scoring scoring;
  };
  const Experiment& experiment_;
  std::vector<Place> places_;  // [drifts]
};

}  // namespace offload
