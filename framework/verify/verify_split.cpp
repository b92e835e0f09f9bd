#include "verify/verify_split.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/machine.hpp"
#include "files/sha256.hpp"
#include "plugin/instance.hpp"
#include "plugin/isolated.hpp"
#include "trial/reference.hpp"
#include "trial/scoring.hpp"
#include "trial/trial.hpp"

namespace offload {
namespace {

using nlohmann::json;

constexpr double kOtherMachine = 1e-9;  // tolerance where another instruction set was used
constexpr std::size_t kRerunMax = std::size_t{512} << 20;
constexpr double kSplitLimit_s = 24 * 3600;  // a split with exact policies can be long

std::string to_json(const SplitFindings& findings) {
  json wrong = json::array();
  for (const Disagreement& d : findings.wrong) wrong.push_back({d.file, d.place, d.stored, d.recomputed});
  return dump_compact({{"rerun", findings.rerun}, {"episodes", findings.episodes}, {"wrong", wrong}});
}

SplitFindings findings_from_json(const std::string& text) {
  const json value = json::parse(text);
  SplitFindings findings{value["rerun"], value["episodes"], {}};
  for (const json& d : value["wrong"]) findings.wrong.push_back({d[0], d[1], d[2], d[3]});
  return findings;
}

class SplitVerifier {
 public:
  SplitVerifier(const StoredResults& results, std::size_t split) : results_(results), split_(split) {}

  SplitFindings run();

 private:
  void check_trials();
  void check_reference();
  std::optional<TrialResult> rerun(const TrialResult& trial, std::size_t row) const;
  std::string contradiction(const TrialResult& trial, const std::vector<std::int64_t>& ids) const;
  std::optional<TrialResult> replayed(const TrialResult& trial, const std::vector<std::int64_t>& ids,
                                      Scoring& scoring, const ResponseModel& planning);
  void compare(const TrialResult& stored, TrialResult recomputed, bool all);
  std::optional<std::size_t> row_of(const TrialResult& trial) const;
  const Split& cut() const { return results_.plan.experiment.splits[split_]; }

  const StoredResults& results_;
  std::size_t split_;
  SplitFindings findings_;
};

std::optional<std::size_t> SplitVerifier::row_of(const TrialResult& trial) const {
  const auto& rows = results_.plan.experiment.suite.rows;
  const auto row = std::ranges::find(rows, trial.row, &RowSettings::name);
  if (row == rows.end()) return std::nullopt;
  return static_cast<std::size_t>(row - rows.begin());
}

SplitFindings SplitVerifier::run() {
  check_trials();
  check_reference();
  // Causes before what follows from them.
  std::stable_partition(findings_.wrong.begin(), findings_.wrong.end(), [](const Disagreement& d) {
    return d.place.find("/decisions/") != std::string::npos;
  });
  return std::move(findings_);
}

// Why a trial cannot be replayed; empty when it can.
std::string SplitVerifier::contradiction(const TrialResult& trial,
                                         const std::vector<std::int64_t>& ids) const {
  if (trial.episode_ids != ids) return "other test episodes than the suite's";
  if (trial.cells.size() != results_.plan.experiment.cells.size()) return "other cells than the suite's";
  for (std::size_t c = 0; c < trial.cells.size(); ++c) {
    if (trial.cells[c].cell != results_.plan.experiment.cells[c].name) return "other cells than the suite's";
  }
  return {};
}

// The trial as a rule, or a second training, has it; empty where it is not to run, its plugin is not here, or
// the plugin did not let the result through.
std::optional<TrialResult> SplitVerifier::rerun(const TrialResult& trial, std::size_t row) const {
  const Experiment& experiment = results_.plan.experiment;
  if (results_.stored.rows[row].kind == "learns" && !results_.train) return std::nullopt;
  std::filesystem::path library;
  try {
    library = results_.search.find(experiment.suite.rows[row].agent.plugin, results_.folder);
  } catch (const Error&) {
    return std::nullopt;
  }
  if (sha256_of_file(library) != trial.plugin_sha256) return std::nullopt;
  // In a process of its own, as the first run had it: what is contained there must be here.
  IsolationLimits limits;
  limits.timeout_s = experiment.suite.rows[row].training.wall_limit_s;
  limits.result_bytes = kRerunMax;
  const auto body = [&] {
    return to_json(run_trial(
        experiment, experiment.suite.rows[row], cut(), library, results_.plan.reward.file.path, [](double) {},
        [](std::string_view) {}));
  };
  try {
    return trial_result_from_json(run_isolated(trial.row, body, limits), "the second run");
  } catch (const Error&) {
    return std::nullopt;
  }
}

// The trial with all that follows from its decisions computed again, but for the scores; empty, and noted,
// where it cannot be replayed.
std::optional<TrialResult> SplitVerifier::replayed(const TrialResult& trial,
                                                   const std::vector<std::int64_t>& ids, Scoring& scoring,
                                                   const ResponseModel& planning) {
  std::string problem = contradiction(trial, ids);
  TrialResult again = trial;
  again.cells.clear();
  try {
    for (std::size_t c = 0; problem.empty() && c < trial.cells.size(); ++c) {
      again.cells.push_back(scoring.replayed(c, trial.cells[c].decisions));
      again.cells.back().value = trial.cells[c].value;
      if (trial.cells[c].mix) again.cells.back().mix = scoring.mix_of(c, again.cells.back(), planning);
      findings_.episodes += ids.size();
    }
  } catch (const Error& error) {
    problem = error.what();
  }
  if (problem.empty()) return again;
  findings_.wrong.push_back({"trials/" + trial.key + ".json", "", problem, "a trial of the suite"});
  return std::nullopt;
}

void SplitVerifier::check_trials() {
  const Experiment& experiment = results_.plan.experiment;
  const auto tests = test_episodes(experiment, cut());
  std::vector<std::int64_t> ids;
  for (const std::uint32_t e : tests) ids.push_back(experiment.scenario->data().id[e]);
  const offload_environment environment = plugin_environment(*experiment.scenario, 0, 0);
  RewardInstance reward(results_.plan.reward.file.path, experiment.suite.reward.parameters, environment);
  const auto planning = make_response_model(experiment.suite.response_model, *experiment.scenario,
                                            cut().train, experiment.truth);
  Scoring scoring(experiment, cut(), tests, reward);
  std::vector<const TrialResult*> stored;
  std::vector<TrialResult> recomputed;
  for (const TrialResult& trial : results_.contents.trials) {
    if (trial.split != cut().name || trial.status != TrialStatus::ok) continue;
    if (auto again = replayed(trial, ids, scoring, *planning)) {
      stored.push_back(&trial);
      recomputed.push_back(std::move(*again));
    }
  }
  std::vector<std::vector<CellResult>*> cells;
  for (TrialResult& trial : recomputed) cells.push_back(&trial.cells);
  scoring.score(cells);
  for (std::size_t i = 0; i < stored.size(); ++i) compare(*stored[i], std::move(recomputed[i]), false);
  for (const TrialResult* trial : stored) {
    const auto row = row_of(*trial);
    auto again = row ? rerun(*trial, *row) : std::nullopt;
    if (!again) continue;
    ++findings_.rerun;
    compare(*trial, std::move(*again), true);
  }
}

// `all`: the result of a second run; else what the first run says of its training stands.
void SplitVerifier::compare(const TrialResult& stored, TrialResult recomputed, bool all) {
  recomputed.key = stored.key;
  recomputed.timing = stored.timing;
  recomputed.host = stored.host;
  if (const auto row = row_of(stored); row && !all) {
    const PlannedPlugin& planned = results_.plan.agents[*row];
    recomputed.plugin = planned.info.id;
    recomputed.plugin_version = planned.info.version;
    recomputed.plugin_sha256 = planned.file.sha256;
    recomputed.parameters = planned.parameters;
    const auto split = std::ranges::find(results_.plan.experiment.splits, stored.split, &Split::name);
    recomputed.seed = split->seed;
  }
  find_differences(json::parse(to_json(stored)), json::parse(to_json(recomputed)), tolerance_of(stored.host),
                   "trials/" + stored.key + ".json", kDisagreementsMost, findings_.wrong, "/trial");
}

void SplitVerifier::check_reference() {
  for (const ReferenceResult& stored : results_.contents.references) {
    if (stored.split != cut().name || stored.status != TrialStatus::ok) continue;
    ReferenceResult again =
        run_reference(results_.plan.experiment, split_, results_.plan.reward.file.path, [](double) {});
    again.key = stored.key;
    again.wall_s = stored.wall_s;
    const auto of_same_split = [&](const TrialResult& trial) { return trial.split == stored.split; };
    const auto trial = std::ranges::find_if(results_.contents.trials, of_same_split);
    const double allowed =
        trial == results_.contents.trials.end() ? kOtherMachine : tolerance_of(trial->host);
    find_differences(json::parse(to_json(stored)), json::parse(to_json(again)), allowed,
                     "references/" + stored.key + ".json", kDisagreementsMost, findings_.wrong, "/reference");
  }
}

}  // namespace

double tolerance_of(const std::map<std::string, std::string>& host) {
  const auto found = host.find("instruction_set");
  return found != host.end() && found->second == instruction_set() ? 0 : kOtherMachine;
}

SplitFindings verify_split(const StoredResults& results, std::size_t split) {
  IsolationLimits limits;
  limits.timeout_s = kSplitLimit_s;
  limits.result_bytes = std::size_t{1} << 28;
  return findings_from_json(run_isolated(
      "verification of split " + results.plan.experiment.splits[split].name,
      [&] { return to_json(SplitVerifier(results, split).run()); }, limits));
}

}  // namespace offload
