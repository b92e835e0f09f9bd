#include "host/verify.hpp"

#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "host/checked_json.hpp"
#include "host/isolated.hpp"
#include "host/machine.hpp"
#include "host/packed.hpp"
#include "host/plan.hpp"
#include "host/plugin_instance.hpp"
#include "host/reference.hpp"
#include "host/scoring.hpp"
#include "host/sha256.hpp"
#include "host/store.hpp"
#include "host/trial.hpp"

namespace offload {
namespace {

using nlohmann::json;

constexpr std::size_t kFoundMost = 1000;     // per split
constexpr double kOtherMachine = 1e-9;       // tolerance where another instruction set was used
constexpr double kSplitLimit_s = 24 * 3600;  // a split with exact policies can be long
constexpr std::size_t kTextMax = 1 << 16;

// What a split's child found, as JSON text and back.
struct SplitFindings {
  std::size_t rerun = 0, episodes = 0;
  std::vector<Disagreement> wrong;
};

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

class Verifier {
 public:
  Verifier(const std::filesystem::path& folder, const VerifySettings& settings, const PluginSearch& search)
      : folder_(std::filesystem::absolute(folder)), settings_(settings), search_(search) {}

  Verification run(const std::function<void(std::size_t, std::size_t)>& progress) {
    read();
    check_plan();
    contents_ = Store(folder_).read_all();
    for (const LeftOut& out : contents_.left_out) {
      result_.wrong.push_back({out.file, "", out.reason, "a result that can be counted"});
    }
    const std::size_t splits = plan_.experiment.splits.size();
    for (std::size_t split = 0; split < splits; ++split) {
      progress(split, splits);
      IsolationLimits limits;
      limits.timeout_s = kSplitLimit_s;
      limits.result_bytes = std::size_t{1} << 28;
      const SplitFindings findings = findings_from_json(run_isolated(
          "verification of split " + plan_.experiment.splits[split].name,
          [&] { return to_json(check(split)); }, limits));
      result_.rerun += findings.rerun;
      result_.episodes += findings.episodes;
      result_.wrong.insert(result_.wrong.end(), findings.wrong.begin(), findings.wrong.end());
    }
    progress(splits, splits);
    count();
    return std::move(result_);
  }

 private:
  void read();
  void read_plugins();
  void check_plan();
  SplitFindings check(std::size_t split);
  void check_trials(std::size_t split, SplitFindings& findings);
  void check_reference(std::size_t split, SplitFindings& findings);
  std::optional<TrialResult> rerun(const TrialResult& trial, std::size_t row, std::size_t split) const;
  std::string contradiction(const TrialResult& trial, const std::vector<std::int64_t>& ids) const;
  void compare(const TrialResult& stored, TrialResult recomputed, bool all, SplitFindings& findings) const;
  std::optional<std::size_t> row_of(const TrialResult& trial) const;
  double tolerance(const std::map<std::string, std::string>& host) const;
  void count();

  std::filesystem::path folder_;
  const VerifySettings& settings_;
  const PluginSearch& search_;
  ReportPlan stored_;
  Plan plan_;  // made again from suite, data set and what the plan says of the plugins
  StoreContents contents_;
  Verification result_;
};

void Verifier::read() {
  const auto text = Store(folder_).read_suite();
  if (!text) {
    fail(ErrorKind::io, "{}: no suite.json: not a results folder of `offload-bench run`",
         printable(folder_.native()));
  }
  stored_ = report_plan_from_json(*text, (folder_ / "suite.json").string());
  const std::string source = settings_.dataset.empty() ? stored_.data_source : settings_.dataset;
  Suite suite = read_suite(folder_ / "suite.toml", source);
  plan_.packed = make_packed(suite, cache_folder(folder_ / "cache"));
  EpisodeTable data = open_packed(plan_.packed);
  if (data.sha256 != stored_.data_sha256) {
    fail(ErrorKind::data, "{}: SHA-256 {}, but the results are of data with {}; name that file by --dataset",
         printable(source), data.sha256, printable(stored_.data_sha256));
  }
  suite.data.source = stored_.data_source;
  plan_.experiment = make_experiment(std::move(suite), std::move(data));
  read_plugins();
}

// Plugins as the plan has them: their files may be elsewhere, and rows need not run again.
void Verifier::read_plugins() {
  const std::string file = (folder_ / "suite.json").string();
  const json document = parse_checked(stored_.resolved_suite, file);
  const CheckedJson root(document, file, "/resolved");
  const auto read = [](const CheckedJson& value) {
    PlannedPlugin plugin;
    plugin.info.id = value.at("plugin").text(kTextMax);
    plugin.info.version = value.at("version").text(kTextMax);
    plugin.file.sha256 = value.at("sha256").text(kTextMax);
    plugin.parameters = parameters_from_json(value.at("parameters").value());
    return plugin;
  };
  plan_.reward = read(root.at("reward"));
  const Suite& suite = plan_.experiment.suite;
  plan_.reward.file.path = search_.find(suite.reward.plugin, folder_);
  const CheckedJson rows = root.at("rows");
  if (rows.array_size(kTextMax) != suite.rows.size() || stored_.rows.size() != suite.rows.size()) {
    rows.refuse("as many rows as suite.toml has");
  }
  for (std::size_t r = 0; r < suite.rows.size(); ++r) {
    PlannedPlugin plugin = read(rows.at(r));
    plugin.info.summary = stored_.rows[r].summary;
    plugin.learns = stored_.rows[r].kind == "learns";
    plan_.agents.push_back(std::move(plugin));
  }
}

void Verifier::check_plan() {
  plan_jobs(plan_);
  ReportPlan again = report_plan_of(plan_);
  if (stored_.version != OFFLOAD_VERSION) {
    result_.notes.push_back(fmt::format("the results are of version {}, this is {}: keys were not checked",
                                        printable(stored_.version), OFFLOAD_VERSION));
    again.version = stored_.version;
  }
  json stored = json::parse(to_json(stored_)), recomputed = json::parse(to_json(again));
  // Keys say on which instruction set the trials ran.
  const auto trial = Store(folder_).read_trial(stored_.trials.empty() ? "-" : stored_.trials[0].key);
  const bool same_keys = stored_.version == OFFLOAD_VERSION && trial && tolerance(trial->host) == 0;
  for (const char* list : {"trials", "references"}) {
    for (std::size_t i = 0; !same_keys && i < std::min(stored[list].size(), recomputed[list].size()); ++i) {
      recomputed[list][i]["key"] = stored[list][i]["key"];
    }
  }
  find_differences(stored, recomputed, 0, "suite.json", kFoundMost, result_.wrong);
  if (sha256_of_file(plan_.reward.file.path) != plan_.reward.file.sha256) {
    result_.notes.push_back(
        fmt::format("{} is not the file that the trials used; scores are recomputed with it",
                    printable(plan_.reward.file.path.native())));
  }
}

double Verifier::tolerance(const std::map<std::string, std::string>& host) const {
  const auto found = host.find("instruction_set");
  return found != host.end() && found->second == instruction_set() ? 0 : kOtherMachine;
}

std::optional<std::size_t> Verifier::row_of(const TrialResult& trial) const {
  const auto& rows = plan_.experiment.suite.rows;
  const auto row = std::ranges::find(rows, trial.row, &RowSettings::name);
  if (row == rows.end()) return std::nullopt;
  return static_cast<std::size_t>(row - rows.begin());
}

SplitFindings Verifier::check(std::size_t split) {
  SplitFindings findings;
  check_trials(split, findings);
  check_reference(split, findings);
  // Causes before what follows from them.
  std::stable_partition(findings.wrong.begin(), findings.wrong.end(), [](const Disagreement& d) {
    return d.place.find("/decisions/") != std::string::npos;
  });
  return findings;
}

// Why a trial cannot be replayed; empty when it can.
std::string Verifier::contradiction(const TrialResult& trial, const std::vector<std::int64_t>& ids) const {
  if (trial.episode_ids != ids) return "other test episodes than the suite's";
  if (trial.cells.size() != plan_.experiment.cells.size()) return "other cells than the suite's";
  for (std::size_t c = 0; c < trial.cells.size(); ++c) {
    if (trial.cells[c].cell != plan_.experiment.cells[c].name) return "other cells than the suite's";
  }
  return {};
}

// The trial as a rule, or a second training, has it; empty where it is not to run or its plugin is not here.
std::optional<TrialResult> Verifier::rerun(const TrialResult& trial, std::size_t row,
                                           std::size_t split) const {
  const Experiment& experiment = plan_.experiment;
  if (stored_.rows[row].kind == "learns" && !settings_.train) return std::nullopt;
  std::filesystem::path library;
  try {
    library = search_.find(experiment.suite.rows[row].agent.plugin, folder_);
  } catch (const Error&) {
    return std::nullopt;
  }
  if (sha256_of_file(library) != trial.plugin_sha256) return std::nullopt;
  return run_trial(
      experiment, experiment.suite.rows[row], experiment.splits[split], library, plan_.reward.file.path,
      [](double) {}, [](std::string_view) {});
}

void Verifier::check_trials(std::size_t split, SplitFindings& findings) {
  const Experiment& experiment = plan_.experiment;
  const Split& cut = experiment.splits[split];
  const auto tests = test_episodes(experiment, cut);
  std::vector<std::int64_t> ids;
  for (const std::uint32_t e : tests) ids.push_back(experiment.scenario->data().id[e]);
  const offload_environment environment = plugin_environment(*experiment.scenario, 0, 0);
  RewardInstance reward(plan_.reward.file.path, experiment.suite.reward.parameters, environment);
  const auto planning =
      make_response_model(experiment.suite.response_model, *experiment.scenario, cut.train, experiment.truth);
  Scoring scoring(experiment, cut, tests, reward);
  std::vector<const TrialResult*> stored;
  std::vector<TrialResult> replayed;
  for (const TrialResult& trial : contents_.trials) {
    if (trial.split != cut.name || trial.status != TrialStatus::ok) continue;
    const std::string file = "trials/" + trial.key + ".json";
    std::string problem = contradiction(trial, ids);
    TrialResult again = trial;
    again.cells.clear();
    try {
      for (std::size_t c = 0; problem.empty() && c < trial.cells.size(); ++c) {
        again.cells.push_back(scoring.replayed(c, trial.cells[c].decisions));
        again.cells.back().value = trial.cells[c].value;
        if (trial.cells[c].mix) again.cells.back().mix = scoring.mix_of(c, again.cells.back(), *planning);
        findings.episodes += tests.size();
      }
    } catch (const Error& error) {
      problem = error.what();
    }
    if (!problem.empty()) {
      findings.wrong.push_back({file, "", problem, "a trial of the suite"});
      continue;
    }
    stored.push_back(&trial);
    replayed.push_back(std::move(again));
  }
  std::vector<std::vector<CellResult>*> cells;
  for (TrialResult& trial : replayed) cells.push_back(&trial.cells);
  scoring.score(cells);
  for (std::size_t i = 0; i < stored.size(); ++i)
    compare(*stored[i], std::move(replayed[i]), false, findings);
  for (const TrialResult* trial : stored) {
    const auto row = row_of(*trial);
    auto again = row ? rerun(*trial, *row, split) : std::nullopt;
    if (!again) continue;
    ++findings.rerun;
    compare(*trial, std::move(*again), true, findings);
  }
}

// `all`: the result of a second run; else what the first run says of its training stands.
void Verifier::compare(const TrialResult& stored, TrialResult recomputed, bool all,
                       SplitFindings& findings) const {
  recomputed.key = stored.key;
  recomputed.timing = stored.timing;
  recomputed.host = stored.host;
  if (const auto row = row_of(stored); row && !all) {
    const PlannedPlugin& planned = plan_.agents[*row];
    recomputed.plugin = planned.info.id;
    recomputed.plugin_version = planned.info.version;
    recomputed.plugin_sha256 = planned.file.sha256;
    recomputed.parameters = planned.parameters;
    const auto split = std::ranges::find(plan_.experiment.splits, stored.split, &Split::name);
    recomputed.seed = split->seed;
  }
  find_differences(json::parse(to_json(stored)), json::parse(to_json(recomputed)), tolerance(stored.host),
                   "trials/" + stored.key + ".json", kFoundMost, findings.wrong, "/trial");
}

void Verifier::check_reference(std::size_t split, SplitFindings& findings) {
  for (const ReferenceResult& stored : contents_.references) {
    if (stored.split != plan_.experiment.splits[split].name || stored.status != TrialStatus::ok) continue;
    ReferenceResult again = run_reference(plan_.experiment, split, plan_.reward.file.path, [](double) {});
    again.key = stored.key;
    again.wall_s = stored.wall_s;
    const auto of_same_split = [&](const TrialResult& trial) { return trial.split == stored.split; };
    const auto trial = std::ranges::find_if(contents_.trials, of_same_split);
    const double allowed = trial == contents_.trials.end() ? kOtherMachine : tolerance(trial->host);
    find_differences(json::parse(to_json(stored)), json::parse(to_json(again)), allowed,
                     "references/" + stored.key + ".json", kFoundMost, findings.wrong, "/reference");
  }
}

void Verifier::count() {
  std::size_t learned = 0, others = 0;
  for (const TrialResult& trial : contents_.trials) {
    if (trial.status != TrialStatus::ok) continue;
    ++result_.trials;
    const auto row = std::ranges::find(stored_.rows, trial.row, &ReportRow::name);
    (row != stored_.rows.end() && row->kind == "learns" ? learned : others) += 1;
  }
  result_.references = contents_.references.size();
  if (learned > 0 && !settings_.train) {
    result_.notes.push_back(
        fmt::format("{} trials learned: their decisions, learning curves and exact values are the agents' "
                    "own and were taken as stored; --train runs them again",
                    learned));
  }
  if (result_.rerun < others + (settings_.train ? learned : 0)) {
    result_.notes.push_back(
        fmt::format("{} trials were replayed but not run again: their plugins are not here",
                    others + (settings_.train ? learned : 0) - result_.rerun));
  }
  result_.notes.emplace_back("times and machines are of the runs and cannot be recomputed");
}

}  // namespace

Verification verify_results(const std::filesystem::path& folder, const VerifySettings& settings,
                            const PluginSearch& search,
                            const std::function<void(std::size_t, std::size_t)>& progress) {
  return Verifier(folder, settings, search).run(progress);
}

}  // namespace offload
