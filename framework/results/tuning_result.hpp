// What the sweep of a row came to on one split: how every candidate did in validation, on episodes of the
// split's training side, and which one was taken.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "files/checked_json.hpp"
#include "files/parameter.hpp"

namespace offload {

struct TunedCandidate {
  std::string name;
  ResolvedParameters parameters;         // in place of the row's, as the suite gives them
  std::vector<double> reward;            // [cells] mean over validation episodes of the mean reward per turn
  std::vector<std::int64_t> violations;  // [cells] validation episodes over a budget
  std::int64_t steps = 0;                // environment steps of its training
  std::string failure;                   // why it could not be tried, in one sentence; then without figures
};

struct TuningResult {
  std::int64_t validation_episodes = 0;
  std::vector<TunedCandidate> candidates;  // in the suite's order
  std::size_t chosen = 0;                  // index
};

// By measure: "reward" takes the largest mean over cells; "reward within budgets" the same of those whose
// share of episodes over a budget, over all cells, is at most `max_violation_rate`, or where there is none of
// those that broke the fewest. Ties go to the first. Empty where all failed.
std::optional<std::size_t> best_candidate(const TuningResult& tuning, const std::string& measure,
                                          double max_violation_rate);

nlohmann::json written(const TunedCandidate& candidate);
nlohmann::json written(const TuningResult& tuning);
// Check every field and throw Error(data) at its place.
TunedCandidate read_candidate(const CheckedJson& value);
TuningResult read_tuning(const CheckedJson& value);

}  // namespace offload
