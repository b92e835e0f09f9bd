// Bounds of a world with known outcomes on one split, in the place of exact policies: where agents may see
// the query there is no causal oracle. Everything is a fact of the table, but for the choice of the best
// constant and of the best arm per task, which are made on the training episodes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/routing/arms.hpp"
#include "files/checked_json.hpp"

namespace offload {

// A policy that is computed, on the test episodes [episodes].
struct WorldPolicy {
  std::vector<double> reward;  // means over turns
  double latency_s_per_episode = 0, cost_usd_per_episode = 0;
  double violation_rate = 0;  // episodes over a budget
};

struct WorldCell {
  std::string cell;
  // [episodes] mean reward over turns of the best choice within the budgets; NaN where nothing fits, or where
  // a bound is not known.
  std::vector<double> hindsight, hindsight_upper;
  std::int64_t inexact = 0;             // episodes in which they are bounds only
  int constant = 0;                     // the best arm among those that break budgets least often in training
  std::vector<double> training_reward;  // [arms] means over the training turns; NaN where never known
  std::vector<int> per_task;            // [tasks] the best arm of the training turns
  WorldPolicy best_constant, best_per_task;
  std::vector<double> random;  // [episodes] expected of uniform choice among known arms
};

struct WorldBounds {
  std::vector<ArmMeans> arms;  // over the test turns
  QueryOracle oracle;          // of the test turns, without budgets
  OracleLuck luck;             // NaN where it is no number
  std::vector<WorldCell> cells;
  // [episodes] the data set's first episode that shares prompts with it; empty where no two do.
  std::vector<std::uint32_t> group = {};
};

nlohmann::json world_bounds_to_json(const WorldBounds& bounds);
// Throws Error(data) that names the place.
WorldBounds world_bounds_from_json(const CheckedJson& value, std::size_t episodes);

}  // namespace offload
