#include "verify/recompute.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "campaign/worker.hpp"
#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/machine.hpp"
#include "files/sha256.hpp"
#include "plugin/instance.hpp"
#include "plugin/isolated.hpp"
#include "results/sealed_result.hpp"
#include "trial/reference.hpp"
#include "trial/scoring.hpp"
#include "trial/trial.hpp"

namespace offload {
namespace {

using nlohmann::json;

constexpr std::size_t kRerunMax = std::size_t{512} << 20;

template <typename Result>
std::string name_of(const std::string& key) {
  return std::string(kind_of<Result>().folder) + "/" + key + ".json";
}

// As it is in the folder now; it must be what it was when the jobs were made.
template <typename Result>
Result read_stored(const StoredResults& results, const std::string& split, const std::string& key) {
  auto stored = read_sealed<Result>(file_of<Result>(results.folder, key), name_of<Result>(key));
  if (stored.status != TrialStatus::ok || stored.split != split) {
    fail(ErrorKind::data, "{}: was replaced while it was verified; verify again", name_of<Result>(key));
  }
  return stored;
}

template <typename Result>
void add_differences(const Result& stored, const Result& recomputed, double allowed, const char* place,
                     std::vector<Disagreement>& wrong) {
  const std::string before = to_json(stored), after = to_json(recomputed);
  if (before == after) return;
  find_differences(json::parse(before), json::parse(after), allowed, name_of<Result>(stored.key),
                   kDisagreementsMost, wrong, place);
}

// `all`: the result of a second run; else what the first run says of its training stands.
void compare(const Plan& plan, const Split& split, const TrialResult& stored, TrialResult recomputed,
             bool all, std::vector<Disagreement>& wrong) {
  recomputed.key = stored.key;
  recomputed.timing = stored.timing;
  recomputed.host = stored.host;
  const auto& rows = plan.experiment.suite.rows;
  const auto row = std::ranges::find(rows, stored.row, &RowSettings::name);
  if (row != rows.end() && !all) {
    const PlannedPlugin& planned = plan.agents[static_cast<std::size_t>(row - rows.begin())];
    recomputed.plugin = planned.info.id;
    recomputed.plugin_version = planned.info.version;
    recomputed.plugin_sha256 = planned.file.sha256;
    recomputed.parameters = planned.parameters;
    recomputed.seed = split.seed;
  }
  add_differences(stored, recomputed, tolerance_of(stored.host), "/trial", wrong);
}

// Trials of one split, which share its models.
class Replays {
 public:
  Replays(const StoredResults& results, const Split& split)
      : results_(results),
        experiment_(results.plan.experiment),
        split_(split),
        tests_(test_episodes(experiment_, split)),
        reward_(results.plan.reward.file.path, experiment_.suite.reward.parameters, environment()),
        planning_(make_response_model(experiment_.suite.response_model, *experiment_.scenario, split.train,
                                      experiment_.truth)),
        scoring_(experiment_, split, tests_, reward_) {
    for (const std::uint32_t e : tests_) ids_.push_back(experiment_.scenario->data().id[e]);
  }

  Findings run(std::span<const std::string> keys);

 private:
  const offload_environment& environment() {
    environment_ = plugin_environment(*experiment_.scenario, 0, 0);
    return environment_;
  }
  std::string contradiction(const TrialResult& trial) const;
  std::optional<TrialResult> replayed(const TrialResult& trial);

  const StoredResults& results_;
  const Experiment& experiment_;
  const Split& split_;
  std::vector<std::uint32_t> tests_;
  std::vector<std::int64_t> ids_;
  offload_environment environment_{};
  RewardInstance reward_;
  std::unique_ptr<ResponseModel> planning_;
  Scoring scoring_;
  Findings findings_;
};

// Why a trial cannot be replayed; empty when it can.
std::string Replays::contradiction(const TrialResult& trial) const {
  if (trial.episode_ids != ids_) return "other test episodes than the suite's";
  if (trial.cells.size() != experiment_.cells.size()) return "other cells than the suite's";
  for (std::size_t c = 0; c < trial.cells.size(); ++c) {
    if (trial.cells[c].cell != experiment_.cells[c].name) return "other cells than the suite's";
  }
  return {};
}

// The trial with all that follows from its decisions computed again, but for the scores; empty, and noted,
// where it cannot be replayed.
std::optional<TrialResult> Replays::replayed(const TrialResult& trial) {
  std::string problem = contradiction(trial);
  TrialResult again = trial;
  again.cells.clear();
  try {
    for (std::size_t c = 0; problem.empty() && c < trial.cells.size(); ++c) {
      again.cells.push_back(scoring_.replayed(c, trial.cells[c].decisions));
      again.cells.back().value = trial.cells[c].value;
      if (trial.cells[c].mix) again.cells.back().mix = scoring_.mix_of(c, again.cells.back(), *planning_);
      findings_.episodes += ids_.size();
    }
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
    auto again = replayed(trial);
    if (!again) continue;
    stored.push_back(std::move(trial));
    recomputed.push_back(std::move(*again));
  }
  std::vector<std::vector<CellResult>*> cells;
  for (TrialResult& trial : recomputed) cells.push_back(&trial.cells);
  scoring_.score(cells);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    compare(results_.plan, split_, stored[i], std::move(recomputed[i]), false, findings_.wrong);
  }
  return std::move(findings_);
}

// The plugin of a row; empty where it is not here.
std::filesystem::path library_of(const StoredResults& results, const RowSettings& row) {
  try {
    return results.search.find(row.agent.plugin, results.folder);
  } catch (const Error&) {
    return {};
  }
}

void rerun_trial(const StoredResults& results, const Split& split, const SecondRun& trial,
                 Findings& findings) {
  const Experiment& experiment = results.plan.experiment;
  const RowSettings& row = experiment.suite.rows[trial.row];
  const std::filesystem::path library = library_of(results, row);
  const auto stored = read_stored<TrialResult>(results, split.name, trial.key);
  if (library.empty() || sha256_of_file(library) != stored.plugin_sha256) return;
  IsolationLimits limits;
  limits.timeout_s = row.training.wall_limit_s;
  limits.result_bytes = kRerunMax;
  limits.memory_mb = memory_limit_mb(results, trial.row);
  limits.memory_fix = kMemoryFix;
  const auto body = [&] {
    return to_json(run_trial(
        experiment, row, split, library, results.plan.reward.file.path, [](double) {},
        [](std::string_view) {}));
  };
  IsolatedCall call(
      fmt::format("the second run of row '{}' on split {}", printable(row.name), printable(split.name)), body,
      limits);
  wait_for(call);
  // It may have closed the way that results take.
  if (call.silent()) return;
  try {
    TrialResult again = trial_result_from_json(call.result(), "what it returned");
    ++findings.rerun;
    compare(results.plan, split, stored, std::move(again), true, findings.wrong);
  } catch (const Error& error) {
    findings.failures.push_back(
        fmt::format("{}: {}", name_of<TrialResult>(trial.key), call.sentence_of(error)));
  }
}

}  // namespace

const char* const kMemoryFix = "give verify more by --memory-limit";

std::string to_json(const Findings& findings) {
  json wrong = json::array();
  for (const Disagreement& d : findings.wrong) wrong.push_back({d.file, d.place, d.stored, d.recomputed});
  return dump_compact({{"rerun", findings.rerun},
                       {"episodes", findings.episodes},
                       {"wrong", wrong},
                       {"failures", findings.failures}});
}

Findings findings_from_json(const std::string& text) {
  const json value = json::parse(text);
  Findings findings{value["rerun"], value["episodes"], {}, value["failures"]};
  for (const json& d : value["wrong"]) findings.wrong.push_back({d[0], d[1], d[2], d[3]});
  return findings;
}

double tolerance_of(const std::map<std::string, std::string>& host) {
  if (const auto bits = host.find("bits"); bits != host.end() && bits->second == kPortableBits) return 0;
  const auto found = host.find("instruction_set");
  return found != host.end() && found->second == instruction_set() ? 0 : kOtherMachine;
}

std::int64_t memory_limit_mb(const StoredResults& results, std::optional<std::size_t> row) {
  if (results.memory_mb > 0) return results.memory_mb;
  PlannedJob job;
  job.reference = !row;
  job.row = static_cast<std::uint32_t>(row.value_or(0));
  return limits_of(results.plan, job).memory_mb;
}

Findings replay_trials(const StoredResults& results, std::size_t split, std::span<const std::string> keys) {
  return Replays(results, results.plan.experiment.splits[split]).run(keys);
}

Findings rerun_trials(const StoredResults& results, std::size_t split, std::span<const SecondRun> trials) {
  Findings findings;
  for (const SecondRun& trial : trials) {
    rerun_trial(results, results.plan.experiment.splits[split], trial, findings);
  }
  return findings;
}

Findings recompute_reference(const StoredResults& results, std::size_t split, const std::string& key,
                             double allowed) {
  const auto stored = read_stored<ReferenceResult>(results, results.plan.experiment.splits[split].name, key);
  ReferenceResult again =
      run_reference(results.plan.experiment, split, results.plan.reward.file.path, [](double) {});
  again.key = stored.key;
  again.wall_s = stored.wall_s;
  Findings findings;
  add_differences(stored, again, allowed, "/reference", findings.wrong);
  return findings;
}

}  // namespace offload
