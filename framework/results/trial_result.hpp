// What one trial (a row trained once on one split and evaluated in every budget cell) leaves behind: every
// evaluation decision, the per-episode figures that follow from them, training counts, and times apart.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "files/parameter.hpp"
#include "results/cell_result.hpp"
#include "results/tuning_result.hpp"

namespace offload {

// The same episodes decided in the same cells by a fresh copy of the trained agent after a drift of the
// suite.
struct DriftResult {
  std::string name;
  std::vector<CellResult> cells;  // without value, mix and margin
  // Of the row trained there from the start, likewise; empty where the suite does not ask for it.
  std::vector<CellResult> native = {};
};

struct CurvePoint {
  std::int64_t step = 0;
  std::map<std::string, double> values;  // "reward/<cell>", and the agent's scalars
};

struct TrainingResult {
  std::int64_t steps = 0, episodes = 0, gradient_steps = 0;
  std::int64_t latency_violations = 0, cost_violations = 0, joint_violations = 0;  // episodes
  std::vector<CurvePoint> curve;
  // Scalars of the agent that were no finite number any more after a gradient step, by name.
  std::vector<std::string> not_finite = {};
};

// Adds steps, episodes and violations, and no curve.
void add_counts(const TrainingResult& training, TrainingResult& sum);

// Differs from run to run; kept out of every figure that has to be reproducible.
struct TrialTiming {
  double wall_s = 0, cpu_s = 0, load_s = 0, train_s = 0, evaluate_s = 0;
  double peak_memory_mb = 0;
  double environment_steps_per_s = 0;                     // training steps over training time
  double act_p50_us = 0, act_p95_us = 0, act_p99_us = 0;  // one decision at batch 1
  double update_mean_us = 0;                              // per gradient step
  double tune_cpu_s = 0;                                  // of cpu_s, what its sweep took; 0 without one
};

// By what its passes (cells, learning curve, exact values, timing) were decided: the weakest of them counts.
enum class EvaluationCopies : std::uint8_t {
  none,        // the agent itself, which may remember one in the next
  checkpoint,  // clean processes that loaded its checkpoint and were shown to decide alike
  fork,        // forks of the process that trained it
  process,     // new isolated processes that learned the same, and were shown to decide alike
};

enum class TrialStatus { ok, failed };

struct TrialFailure {
  std::string reason;  // one sentence
  std::optional<int> exit_code, signal;
  std::string limit;        // "wall", "memory" or empty
  std::string last_output;  // bounded, the first and the last of the worker's output
};

struct TrialResult {
  std::string key;  // hash of everything that determines the outcome
  std::string row, plugin, plugin_version, plugin_sha256;
  ResolvedParameters parameters;
  std::string split;  // "r0f3", "seed0"
  std::int64_t seed = 0;
  TrialStatus status = TrialStatus::ok;
  TrialFailure failure;  // when failed
  // Test episodes in the order of every per-episode array; repeated where a quirk draws with replacement.
  std::vector<std::int64_t> episode_ids;
  TrainingResult training;
  EvaluationCopies copies = EvaluationCopies::none;
  std::vector<CellResult> cells;
  std::vector<DriftResult> drifts;     // in the suite's order
  std::optional<TuningResult> tuning;  // of a row with a sweep; `training` is of the chosen candidate alone
  TrialTiming timing;
  std::map<std::string, std::string> host;  // CPU, instruction set, library versions, kPortableBits
};

// As `bits` in a result's host: agent and reward declare that it is the same on every machine.
inline constexpr const char* kPortableBits = "portable";

// Likewise, of an isolated trial: what of the isolation this machine lacks, in words; absent when nothing.
inline constexpr const char* kIsolationMissing = "isolation.missing";

// JSON round trip. Reading checks every field, length and range and throws Error(data) that names the place;
// numbers are written with round-trip precision.
std::string to_json(const TrialResult& result);
TrialResult trial_result_from_json(const std::string& text, const std::string& file_name);

}  // namespace offload
