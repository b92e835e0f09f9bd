#include "verify/verify.hpp"

#include <algorithm>

#include "campaign/plan.hpp"
#include "core/error.hpp"
#include "data/packed.hpp"
#include "files/checked_json.hpp"
#include "files/sha256.hpp"
#include "results/store.hpp"
#include "verify/verify_split.hpp"

namespace offload {
namespace {

using nlohmann::json;

class Verifier {
 public:
  Verifier(const std::filesystem::path& folder, const VerifySettings& settings, const PluginSearch& search)
      : folder_(std::filesystem::absolute(folder)), settings_(settings), search_(search) {}

  Verification run(const std::function<void(std::size_t, std::size_t)>& progress) {
    read();
    contents_ = Store(folder_).read_all();
    check_plan();
    for (const LeftOut& out : contents_.left_out) {
      result_.wrong.push_back({out.file, "", out.reason, "a result that can be counted"});
    }
    const std::size_t splits = plan_.experiment.splits.size();
    for (std::size_t split = 0; split < splits; ++split) {
      progress(split, splits);
      const SplitFindings findings =
          verify_split({folder_, plan_, stored_, contents_, search_, settings_.train}, split);
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
    plugin.info.id = value.at("plugin").text(kLongTextMax);
    plugin.info.version = value.at("version").text(kLongTextMax);
    plugin.file.sha256 = value.at("sha256").text(kLongTextMax);
    plugin.parameters = parameters_from_json(value.at("parameters").value());
    return plugin;
  };
  plan_.reward = read(root.at("reward"));
  const Suite& suite = plan_.experiment.suite;
  plan_.reward.file.path = search_.find(suite.reward.plugin, folder_);
  const CheckedJson rows = root.at("rows");
  if (rows.array_size(kLongTextMax) != suite.rows.size() || stored_.rows.size() != suite.rows.size()) {
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
  ReportPlan again = plan_.stored;
  if (stored_.version != OFFLOAD_VERSION) {
    result_.notes.push_back(fmt::format("the results are of version {}, this is {}: keys were not checked",
                                        printable(stored_.version), OFFLOAD_VERSION));
    again.version = stored_.version;
  }
  json stored = json::parse(to_json(stored_)), recomputed = json::parse(to_json(again));
  // Keys say on which instruction set the trials ran.
  const bool same_keys = stored_.version == OFFLOAD_VERSION &&
                         std::ranges::any_of(contents_.trials, [](const TrialResult& trial) {
                           return trial.status == TrialStatus::ok && tolerance_of(trial.host) == 0;
                         });
  for (const char* list : {"trials", "references"}) {
    for (std::size_t i = 0; !same_keys && i < std::min(stored[list].size(), recomputed[list].size()); ++i) {
      recomputed[list][i]["key"] = stored[list][i]["key"];
    }
  }
  find_differences(stored, recomputed, 0, "suite.json", kDisagreementsMost, result_.wrong);
  if (sha256_of_file(plan_.reward.file.path) != plan_.reward.file.sha256) {
    result_.notes.push_back(
        fmt::format("{} is not the file that the trials used; scores are recomputed with it",
                    printable(plan_.reward.file.path.native())));
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
        fmt::format("{} trials were replayed but not run again: their plugins are not here or did not finish",
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
