// What the exact policies come to on one split (environment.md 10): values under the causal model per budget
// cell, rewards on the test episodes per lens and response model, and how far the response models can be
// trusted. Computed once per split by a job of its own, stored beside the trials.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/oracle/exact_policies.hpp"
#include "core/simulation/calibration.hpp"
#include "results/trial_result.hpp"
#include "results/world_bounds.hpp"

namespace offload {

// Rewards of the test episodes [episodes], means over turns, under one lens and response model in one cell.
struct ReferenceScores {
  std::string lens, model;
  std::vector<double> causal;  // empty where the cell's causal value is not exact
  bool hindsight_exact = false;
  std::vector<double> hindsight, hindsight_upper;  // see TestBounds; NaN where nothing fits the budgets
  std::vector<double> masked_random;               // expected
  double masked_random_standard_error = 0;         // of the mean; 0 where exact
  std::vector<double> constant;                    // of the best constant
};

// One action at every turn.
struct ReferenceConstant {
  int action = 0;                       // the best that complies on the training episodes
  std::vector<double> training_reward;  // [actions]
  double latency_s_per_episode = 0, cost_usd_per_episode = 0;  // on the test episodes
  double violation_rate = 0;                                   // test episodes over a budget
};

struct ReferenceCell {
  std::string cell;
  CausalCell causal;
  // Of the causal policy on the test episodes; NaN where it is not exact.
  double causal_latency_s = 0, causal_cost_usd = 0;
  int causal_tied_states = 0;
  ReferenceConstant constant;
  std::vector<ReferenceScores> scores;  // one per lens and model of the suite
};

// The hindsight optimum without budgets.
struct UnlimitedHindsight {
  std::string lens, model;
  bool exact = false;
  std::vector<double> reward;  // [episodes]
};

struct ModelCalibration {
  std::string model;
  Calibration figures;
};

struct ReferenceResult {
  std::string key, split;
  TrialStatus status = TrialStatus::ok;
  TrialFailure failure;  // when failed; the rest is then empty
  std::vector<std::int64_t> episode_ids;
  std::vector<ReferenceCell> cells;           // empty in a world with known outcomes
  std::vector<UnlimitedHindsight> unlimited;  // one per lens and model
  std::vector<ModelCalibration> calibration;  // of the data set; in the first split's result alone
  double wall_s = 0;
  std::optional<WorldBounds> world = {};  // of a world with known outcomes, in the place of the three lists
};

// JSON round trip, checked like a trial's: Error(data) names the place.
std::string to_json(const ReferenceResult& result);
ReferenceResult reference_result_from_json(const std::string& text, const std::string& file_name);

}  // namespace offload
