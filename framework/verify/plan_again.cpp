#include "verify/plan_again.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "data/packed.hpp"
#include "files/checked_json.hpp"
#include "files/sha256.hpp"
#include "results/store.hpp"
#include "verify/recompute.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Plugins as the plan has them: their files may be elsewhere, and rows need not run again.
void read_plugins(PlanAgain& again, const fs::path& folder, const PluginSearch& search) {
  const std::string file = (folder / "suite.json").string();
  const json document = parse_checked(again.stored.resolved_suite, file);
  const CheckedJson root(document, file, "/resolved");
  const auto read = [](const CheckedJson& value) {
    PlannedPlugin plugin;
    plugin.info.id = value.at("plugin").text(kLongTextMax);
    plugin.info.version = value.at("version").text(kLongTextMax);
    plugin.file.sha256 = value.at("sha256").text(kLongTextMax);
    plugin.parameters = parameters_from_json(value.at("parameters").value());
    // Results of an older version do not say it.
    if (!value.has("machine")) plugin.file.machine = {{"instruction_set", "unknown"}};
    if (value.has("machine")) {
      for (const auto& [key, fact] : value.at("machine").object()) {
        plugin.file.machine[key] = value.at("machine").at(key.c_str()).text(kTextMax);
      }
    }
    return plugin;
  };
  again.plan.reward = read(root.at("reward"));
  const Suite& suite = again.plan.experiment.suite;
  again.plan.reward.file.path = search.find(suite.reward.plugin, folder);
  const CheckedJson rows = root.at("rows");
  if (rows.array_size(kLongTextMax) != suite.rows.size() || again.stored.rows.size() != suite.rows.size()) {
    rows.refuse("as many rows as suite.toml has");
  }
  for (std::size_t r = 0; r < suite.rows.size(); ++r) {
    PlannedPlugin plugin = read(rows.at(r));
    plugin.info.summary = again.stored.rows[r].summary;
    plugin.learns = again.stored.rows[r].kind == "learns";
    again.plan.agents.push_back(std::move(plugin));
  }
}

void take_keys(const auto& stored, auto& again) {
  for (std::size_t i = 0; i < std::min(stored.size(), again.size()); ++i) again[i].key = stored[i].key;
}

}  // namespace

PlanAgain make_plan_again(const fs::path& folder, const std::string& dataset, const PluginSearch& search) {
  const auto text = Store(folder).read_suite();
  if (!text) {
    fail(ErrorKind::io, "{}: no suite.json: not a results folder of `offload-bench run`",
         printable(folder.native()));
  }
  PlanAgain again;
  again.stored = report_plan_from_json(*text, (folder / "suite.json").string());
  const std::string source = dataset.empty() ? again.stored.data_source : dataset;
  Suite suite = read_suite(folder / "suite.toml", source);
  again.plan.packed = make_packed(suite, cache_folder(folder / "cache"));
  EpisodeTable data = open_packed(again.plan.packed);
  if (data.sha256 != again.stored.data_sha256) {
    fail(ErrorKind::data, "{}: SHA-256 {}, but the results are of data with {}; name that file by --dataset",
         printable(source), data.sha256, printable(again.stored.data_sha256));
  }
  suite.data.source = again.stored.data_source;
  again.plan.experiment = make_experiment(std::move(suite), std::move(data));
  read_plugins(again, folder, search);
  plan_jobs(again.plan);
  return again;
}

void check_plan(const PlanAgain& plan, bool same_machine, Verification& result) {
  ReportPlan again = plan.plan.stored;
  if (plan.stored.version != OFFLOAD_VERSION) {
    result.notes.push_back(fmt::format("the results are of version {}, this is {}: keys were not checked",
                                       printable(plan.stored.version), OFFLOAD_VERSION));
    again.version = plan.stored.version;
  }
  // Keys say on which instruction set the trials ran.
  if (plan.stored.version != OFFLOAD_VERSION || !same_machine) {
    take_keys(plan.stored.trials, again.trials);
    take_keys(plan.stored.references, again.references);
  }
  const std::string stored = to_json(plan.stored), recomputed = to_json(again);
  if (stored != recomputed) {
    find_differences(json::parse(stored), json::parse(recomputed), 0, "suite.json", kDisagreementsMost,
                     result.wrong);
  }
  if (sha256_of_file(plan.plan.reward.file.path) != plan.plan.reward.file.sha256) {
    result.notes.push_back(
        fmt::format("{} is not the file that the trials used; scores are recomputed with it",
                    printable(plan.plan.reward.file.path.native())));
  }
}

}  // namespace offload
