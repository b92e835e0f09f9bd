#include "verify/recompute.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "campaign/worker.hpp"
#include "files/checked_json.hpp"
#include "files/machine.hpp"
#include "plugin/environment.hpp"
#include "trial/abroad.hpp"
#include "trial/values/drifts.hpp"
#include "trial/values/exact_value.hpp"
#include "trial/values/margins.hpp"
#include "trial/values/reference.hpp"
#include "trial/values/rewards.hpp"
#include "trial/values/scoring.hpp"
#include "verify/times.hpp"
#include "verify/training_again.hpp"
#include "verify/tuning/tuning_again.hpp"

namespace offload {
namespace {

using nlohmann::json;

constexpr double kRounding = 1e-9;  // of sums in another order, relative to the larger one above 1
constexpr const char* kNoValue = "an exact value is missing: it stands for an agent that decides by chance";

// Trials of one split, which share its models.
class Replays {
 public:
  Replays(const StoredResults& results, std::size_t split)
      : results_(results),
        experiment_(results.plan.experiment),
        split_(experiment_.splits[split]),
        tests_(test_episodes(experiment_, split_)),
        reward_(results.plan.reward.file.path, experiment_.suite.reward.parameters, environment(),
                reward_place(experiment_.suite, memory_limit_mb(results, {}))),
        planning_(scenario().world() ? nullptr
                                     : make_response_model(experiment_.suite.response_model, scenario(),
                                                           split_.train, experiment_.truth)),
        scoring_(experiment_, split_, tests_, reward_),
        drifts_(experiment_, split_, tests_, reward_) {
    for (const std::uint32_t e : tests_) ids_.push_back(scenario().data().id[e]);
    for (std::size_t d = 0; d < drifts_.size(); ++d) {
      natives_.emplace_back();
      if (experiment_.suite.evaluation.drifts[d].trained)
        natives_.back() = std::make_unique<Native>(experiment_, split_, d, tests_, reward_);
    }
    read_bounds(split);
  }

  Findings run(std::span<const std::string> keys);

 private:
  // Where rows were trained after a drift.
  struct Native {
    Native(const Experiment& experiment, const Split& split, std::size_t drift,
           std::span<const std::uint32_t> tests, RewardModel& reward)
        : there(abroad(experiment, split, drift)), scoring(there.experiment, there.split, tests, reward) {}
    Abroad there;
    Scoring scoring;
  };

  const Scenario& scenario() const { return experiment_.scenario_of(split_); }
  const offload_environment& environment() {
    environment_ = plugin_environment(scenario(), 0, 0);
    return environment_;
  }
  std::string contradiction(const TrialResult& trial) const;
  std::optional<CellMargin> margin_of(const TrialResult& trial, std::size_t cell) const;
  std::optional<TrialResult> replayed(const TrialResult& trial, std::size_t row);
  void replay_drifts(const TrialResult& trial, TrialResult& again);
  void read_bounds(std::size_t split);
  void check_value(const TrialResult& trial, std::size_t row, std::size_t cell);
  void compare(const TrialResult& stored, TrialResult recomputed, std::size_t row);
  std::size_t row_of(const TrialResult& trial) const;

  const StoredResults& results_;
  const Experiment& experiment_;
  const Split& split_;
  std::vector<std::uint32_t> tests_;
  std::vector<std::int64_t> ids_;
  offload_environment environment_{};
  PlacedReward reward_;
  std::unique_ptr<ResponseModel> planning_;
  Scoring scoring_;
  Drifts drifts_;
  std::vector<std::unique_ptr<Native>> natives_;  // [drifts]; null where no row is trained there
  std::vector<std::optional<double>> bounds_;     // [cells] causal value; empty where not exact
  Findings findings_;
};

// Of the stored exact policies, which are recomputed by a job of their own.
void Replays::read_bounds(std::size_t split) {
  bounds_.resize(experiment_.cells.size());
  if (results_.plan.references.empty()) return;
  const std::size_t of = experiment_.reference_split(split);
  const std::string key =
      results_.plan.references[of / static_cast<std::size_t>(experiment_.trainings)].key.hex();
  try {
    const auto reference = read_stored<ReferenceResult>(results_, experiment_.splits[of].name, key);
    for (std::size_t c = 0; c < std::min(bounds_.size(), reference.cells.size()); ++c) {
      if (reference.cells[c].causal.exact) bounds_[c] = reference.cells[c].causal.upper;
    }
  } catch (const Error&) {
    // Missing or damaged: the index says so.
  }
}

std::size_t Replays::row_of(const TrialResult& trial) const {
  const auto& rows = experiment_.suite.rows;
  const auto row = std::ranges::find(rows, trial.row, &RowSettings::name);
  if (row == rows.end()) {
    fail(ErrorKind::data, "{}: was replaced while it was verified; verify again",
         name_of<TrialResult>(trial.key));
  }
  return static_cast<std::size_t>(row - rows.begin());
}

// What can be said of an exact value without its agent.
void Replays::check_value(const TrialResult& trial, std::size_t row, std::size_t c) {
  const std::optional<PolicyValue>& value = trial.cells[c].value;
  const bool planned = experiment_.suite.evaluation.oracle_nodes > 0 && walkable(scenario());
  const auto wrong = [&](const std::string& place, const std::string& stored, const std::string& planned_as) {
    findings_.wrong.push_back({name_of<TrialResult>(trial.key),
                               fmt::format("/trial/cells/{}/value{}", c, place), stored, planned_as});
  };
  if (!value) {
    if (planned && results_.plan.agents[row].learns) findings_.believed.emplace_back(row, kNoValue);
    return;
  }
  if (!planned) return wrong("", "a value", "nothing: the plan computes none");
  if (value->violation_probability > 1 + kRounding)
    wrong("/violation_probability", fmt::format("{}", value->violation_probability), "at most 1");
  if (value->masked_actions > scenario().turns_max() * (1 + kRounding))
    wrong("/masked_actions", fmt::format("{}", value->masked_actions), "at most one a turn");
  const bool bounded = value->violation_probability == 0 && value->masked_actions == 0 && bounds_[c];
  if (bounded && value->value > *bounds_[c] + kRounding * std::max(1.0, std::abs(*bounds_[c]))) {
    wrong("/value", fmt::format("{}", value->value), fmt::format("at most the causal value {}", *bounds_[c]));
  }
}

// What the first run alone can say stands: what it learned, and how long that took.
void Replays::compare(const TrialResult& stored, TrialResult recomputed, std::size_t row) {
  const PlannedPlugin& planned = results_.plan.agents[row];
  recomputed.timing = stored.timing;
  recomputed.host = stored.host;
  recomputed.plugin = planned.info.id;
  recomputed.plugin_version = planned.info.version;
  recomputed.plugin_sha256 = planned.file.sha256;
  recomputed.parameters = planned.parameters;
  if (stored.tuning) take_tuned(stored, recomputed.parameters);
  recomputed.seed = split_.seed;
  if (add_differences(stored, recomputed, tolerance_of(results_.plan.reward.file), findings_.wrong))
    findings_.believed.emplace_back(row, kLastDigits);
}

// Why a trial cannot be replayed; empty when it can.
std::string Replays::contradiction(const TrialResult& trial) const {
  if (trial.episode_ids != ids_) return "other test episodes than the suite's";
  if (trial.cells.size() != experiment_.cells.size()) return "other cells than the suite's";
  for (std::size_t c = 0; c < trial.cells.size(); ++c) {
    if (trial.cells[c].cell != experiment_.cells[c].name) return "other cells than the suite's";
  }
  const auto& drifts = experiment_.suite.evaluation.drifts;
  if (!std::ranges::equal(trial.drifts, drifts, {}, &DriftResult::name, &DriftSettings::name))
    return "other drifts than the suite's";
  for (std::size_t d = 0; d < drifts.size(); ++d) {
    if (trial.drifts[d].native.empty() == drifts[d].trained)
      return "other trainings after drifts than the suite's";
  }
  return {};
}

// Of drifts whose cells are the trial's, which reading saw to.
void Replays::replay_drifts(const TrialResult& trial, TrialResult& again) {
  for (std::size_t d = 0; d < trial.drifts.size(); ++d) {
    again.drifts[d].cells.clear();
    for (std::size_t c = 0; c < again.cells.size(); ++c) {
      again.drifts[d].cells.push_back(
          drifts_.replayed(d, c, trial.drifts[d].cells[c].decisions, again.cells[c].margin));
      findings_.episodes += ids_.size();
    }
    if (!natives_[d]) continue;
    again.drifts[d].native.clear();
    for (std::size_t c = 0; c < again.cells.size(); ++c) {
      again.drifts[d].native.push_back(natives_[d]->scoring.replayed(c, trial.drifts[d].native[c].decisions));
      findings_.episodes += ids_.size();
    }
  }
}

// The margin that the stored calibration decisions come to: the search asks for the same ones in the same
// order, and neither for fewer nor for more.
std::optional<CellMargin> Replays::margin_of(const TrialResult& trial, std::size_t cell) const {
  const std::optional<CellMargin>& stored = trial.cells[cell].margin;
  return calibrated_margin(experiment_, split_, cell, [&](int margin_percent) {
    for (const CalibrationPass& pass : stored ? stored->passes : std::vector<CalibrationPass>()) {
      if (pass.margin_percent == margin_percent) return pass.decisions;
    }
    fail(ErrorKind::data, "no calibration under a margin of {} % in cell '{}'", margin_percent,
         experiment_.cells[cell].name);
  });
}

// The trial with all that follows from its decisions computed again, but for the scores; empty, and noted,
// where it cannot be replayed.
std::optional<TrialResult> Replays::replayed(const TrialResult& trial, std::size_t row) {
  const bool world = scenario().world() != nullptr;
  const bool mixes =
      experiment_.suite.evaluation.oracle_nodes > 0 && (world || results_.plan.agents[row].learns);
  std::string problem = contradiction(trial);
  TrialResult again = trial;
  again.cells.clear();
  try {
    for (std::size_t c = 0; problem.empty() && c < trial.cells.size(); ++c) {
      again.cells.push_back(scoring_.replayed(c, trial.cells[c].decisions, margin_of(trial, c)));
      again.cells.back().value = trial.cells[c].value;
      again.cells.back().contradictions = trial.cells[c].contradictions;
      if (mixes) {
        again.cells.back().mix = world ? scoring_.world_mix_of(c, again.cells.back())
                                       : scoring_.mix_of(c, again.cells.back(), *planning_);
      }
      check_value(trial, row, c);
      findings_.episodes += ids_.size();
    }
    if (problem.empty()) replay_drifts(trial, again);
  } catch (const Error& error) {
    problem = error.what();
  }
  if (problem.empty()) return again;
  findings_.wrong.push_back({name_of<TrialResult>(trial.key), "", problem, "a trial of the suite"});
  return std::nullopt;
}

Findings Replays::run(std::span<const std::string> keys) {
  std::vector<TrialResult> stored, recomputed;
  for (const std::string& key : keys) {
    auto trial = read_stored<TrialResult>(results_, split_.name, key);
    const std::size_t row = row_of(trial);
    auto again = replayed(trial, row);
    if (!again) continue;
    check_text(results_, trial, findings_.wrong);
    check_training(results_.plan, row, split_, trial, findings_.wrong);
    check_tuning(results_.plan, row, split_, trial, findings_.wrong);
    check_times(trial, std::ranges::any_of(natives_, [](const auto& native) { return native != nullptr; }),
                findings_.wrong);
    stored.push_back(std::move(trial));
    recomputed.push_back(std::move(*again));
  }
  std::vector<std::vector<CellResult>*> cells;
  for (TrialResult& trial : recomputed) cells.push_back(&trial.cells);
  scoring_.score(cells);
  std::vector<TrialResult*> trials;
  for (TrialResult& trial : recomputed) trials.push_back(&trial);
  drifts_.score(trials);
  for (std::size_t d = 0; d < natives_.size(); ++d) {
    std::vector<std::vector<CellResult>*> of_drift;
    for (TrialResult& trial : recomputed) of_drift.push_back(&trial.drifts[d].native);
    if (natives_[d]) natives_[d]->scoring.score(of_drift);
  }
  for (std::size_t i = 0; i < stored.size(); ++i) {
    compare(stored[i], std::move(recomputed[i]), row_of(stored[i]));
  }
  return std::move(findings_);
}

}  // namespace

const char* const kMemoryFix = "give verify more by --memory-limit";
const char* const kLastDigits = "another instruction set: nothing below 1e-9 was compared";

template <typename Result>
bool add_differences(const Result& stored, const Result& recomputed, double allowed,
                     std::vector<Disagreement>& wrong) {
  const std::string before = to_json(stored), after = to_json(recomputed);
  if (before == after) return false;
  const std::size_t found = wrong.size();
  find_differences(json::parse(before), json::parse(after), allowed, name_of<Result>(stored.key),
                   kDisagreementsMost, wrong, "/" + std::string(kind_of<Result>().name));
  if (wrong.size() > found) return false;
  if (allowed > 0) return true;
  // The sign of a zero, which compares equal.
  wrong.push_back({name_of<Result>(stored.key), "", "other text", "the same figures to the bit"});
  return false;
}
template bool add_differences(const TrialResult&, const TrialResult&, double, std::vector<Disagreement>&);
template bool add_differences(const ReferenceResult&, const ReferenceResult&, double,
                              std::vector<Disagreement>&);

std::string to_json(const Findings& findings) {
  json wrong = json::array();
  for (const Disagreement& d : findings.wrong) wrong.push_back({d.file, d.place, d.stored, d.recomputed});
  return dump_compact({{"rerun", findings.rerun},
                       {"episodes", findings.episodes},
                       {"wrong", wrong},
                       {"failures", findings.failures},
                       {"believed", findings.believed}});
}

Findings findings_from_json(const std::string& text) {
  const json value = json::parse(text);
  Findings findings{value["rerun"], value["episodes"], {}, value["failures"], {}};
  for (const json& one : value["believed"]) findings.believed.emplace_back(one[0], one[1]);
  for (const json& d : value["wrong"]) findings.wrong.push_back({d[0], d[1], d[2], d[3]});
  return findings;
}

double tolerance_of(const PluginFile& plugin) {
  if (plugin.machine.empty()) return 0;
  const auto found = plugin.machine.find("instruction_set");
  return found != plugin.machine.end() && found->second == instruction_set() ? 0 : kOtherMachine;
}

std::int64_t memory_limit_mb(const StoredResults& results, std::optional<std::size_t> row) {
  if (results.memory_mb > 0) return results.memory_mb;
  PlannedJob job;
  job.reference = !row;
  job.row = static_cast<std::uint32_t>(row.value_or(0));
  return limits_of(results.plan, job).memory_mb;
}

Findings replay_trials(const StoredResults& results, std::size_t split, std::span<const std::string> keys) {
  return Replays(results, split).run(keys);
}

Findings recompute_reference(const StoredResults& results, std::size_t split, const std::string& key) {
  const auto stored = read_stored<ReferenceResult>(results, results.plan.experiment.splits[split].name, key);
  ReferenceResult again =
      run_reference(results.plan.experiment, split, results.plan.reward.file.path, [](double) {});
  again.key = stored.key;
  again.wall_s = stored.wall_s;
  Findings findings;
  check_text(results, stored, findings.wrong);
  if (stored.status == TrialStatus::failed) {
    findings.wrong.push_back({name_of<ReferenceResult>(key), "/reference/status", "\"failed\"", "\"ok\""});
  } else if (add_differences(stored, again, tolerance_of(results.plan.reward.file), findings.wrong)) {
    findings.believed.emplace_back(0, kLastDigits);
  }
  return findings;
}

}  // namespace offload
