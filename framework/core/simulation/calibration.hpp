// How well a response model predicts episodes that it was not fitted on (environment.md 4): part of every
// report, since a model that predicts worse than the mean makes the benchmark an optimisation game.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/simulation/scenario.hpp"

namespace offload {

inline constexpr int kCalibrationFolds = 10;

struct Calibration {
  double r2 = 0;                    // 1 - squared error / squared deviation from the mean, over all turns
  std::vector<double> bias;         // [kinds] mean of prediction - score; NaN for a kind that is never logged
  std::vector<std::int64_t> turns;  // [kinds] logged turns
  int folds = 0, repeats = 0;

  // No claim about real conversations can rest on the model.
  bool uncalibrated() const { return !(r2 > 0); }
};

// k-fold by episode, seeded, `repeats` times: each episode's logged turns are predicted, from their logged
// history, by the model fitted on the other folds. With fewer episodes than folds each is a fold of its own.
// Folds run on `threads` threads. Throws Error(config) for fewer than two episodes or an unknown model.
Calibration calibrate(const std::string& model, const Scenario& scenario, const Truth& truth, int repeats,
                      std::int64_t seed, int threads);

}  // namespace offload
