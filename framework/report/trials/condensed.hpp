// A trial as the figures need it: counts and sums in place of its decisions and totals, and per test only
// what the statistics pair, so that many trials fit into memory.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "results/plan/report_plan.hpp"
#include "results/trial_result.hpp"

namespace offload {

// Which scores: a lens and a response model.
struct ScoreView {
  std::string lens, model;

  std::string name() const { return lens + " / " + model; }
  bool operator==(const ScoreView&) const = default;
};

// Over the tests of one trial in one cell, or added up over trials. By budget: latency s, cost USD.
struct TestSums {
  std::array<double, 2> total{}, excess{}, most{}, reference{};  // most: the largest; reference: see Excess
  std::array<std::int64_t, 2> violations{};
  std::int64_t joint = 0, infeasible = 0, departed = 0, runs = 0;
};

struct CondensedCell {
  TestSums sums;
  std::array<double, 2> mean{};                 // total per test: s, USD
  std::array<std::vector<double>, 2> per_test;  // [tests] totals: s, USD
  std::vector<std::uint8_t> violated;           // [tests] 1 for latency, 2 for cost, 3 for both
  std::uint64_t decisions = 0;                  // a hash of them all: equal for those that decided alike
  std::int64_t turns = 0, masked_actions = 0;
  std::vector<std::int64_t> action_count;               // [A] decisions
  std::vector<std::vector<std::int64_t>> task_actions;  // [tasks][A]
  std::vector<EpisodeScores> scores;                    // one per lens and model
  std::optional<PolicyValue> value;
  std::optional<std::int64_t> contradictions;
  std::optional<CellMargin> margin;  // without the decisions that it was calibrated by
  std::optional<LogVerdict> log;
};

// Null where it has none.
const EpisodeScores* find_scores(const CondensedCell& cell, const ScoreView& view);
// Of a matched trial, which has them.
const EpisodeScores& scores_of(const CondensedCell& cell, const ScoreView& view);

// What many trials share; one object for all that agree.
struct TrialOrigin {
  std::string plugin_version, plugin_sha256;
  ResolvedParameters parameters;
  std::map<std::string, std::string> host;

  bool operator==(const TrialOrigin&) const = default;
};

struct CondensedTrial {
  std::int64_t seed = 0;
  TrialStatus status = TrialStatus::ok;
  TrialFailure failure;
  std::shared_ptr<const TrialOrigin> origin;
  std::shared_ptr<const std::vector<std::int64_t>> episode_ids;  // [tests]
  TrainingResult training;
  EvaluationCopies copies = EvaluationCopies::none;
  std::vector<CondensedCell> cells;                // [cells of the plan]; of a failed trial none
  std::vector<std::vector<CondensedCell>> drifts;  // [drifts of the plan][cells], likewise
  // The same of the row trained there; without cells where the plan does not ask for it.
  std::vector<std::vector<CondensedCell>> natives;
  std::optional<TuningResult> tuning;
  TrialTiming timing;
};

// What files and tables say of a trial.
struct TrialCell {
  double latency_s = 0, cost_usd = 0;  // per episode
  std::array<std::int64_t, 2> violations{};
  std::int64_t joint_violations = 0, infeasible = 0, departed = 0, masked_actions = 0;
  std::vector<std::array<double, 3>> view;  // [views] reward, quality, association
};

struct TrialLine {
  PlannedTrial planned;
  bool present = false;  // false: neither finished nor failed yet
  TrialStatus status = TrialStatus::ok;
  std::int64_t seed = 0;
  std::size_t episodes = 0;
  TrialFailure failure;
  TrialTiming timing;
  std::shared_ptr<const TrialOrigin> origin;  // null when not present
  std::vector<TrialCell> cell;                // [cells] when finished
  std::vector<CurvePoint> curve;
};

// Why a trial cannot be counted under the plan; empty when it can.
std::string contradiction(const ReportPlan& plan, const TrialResult& trial);
// Of a trial without contradiction.
CondensedTrial condensed(const ReportPlan& plan, TrialResult trial);

}  // namespace offload
