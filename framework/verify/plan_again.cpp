#include "verify/plan_again.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "campaign/row_lineage.hpp"
#include "core/error.hpp"
#include "data/packed.hpp"
#include "files/checked_json.hpp"
#include "files/machine.hpp"
#include "files/sha256.hpp"
#include "results/joining/joining.hpp"
#include "suite/suite_tables.hpp"
#include "verify/plan/compared_plans.hpp"
#include "verify/plugins_again.hpp"
#include "verify/recompute.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// A plugin as suite.json describes it.
PlannedPlugin described(const CheckedJson& value) {
  PlannedPlugin plugin;
  plugin.info.id = value.at("plugin").text(kLongTextMax);
  plugin.info.version = value.at("version").text(kLongTextMax);
  plugin.info.sha256 = plugin.file.sha256 = value.at("sha256").text(kLongTextMax);
  try {
    plugin.parameters = parameters_from_json(value.at("parameters").value());
    // Results of an older version do not say it.
    if (!value.has("machine")) plugin.file.machine = {{"instruction_set", "unknown"}};
    if (value.has("machine")) {
      for (const auto& [key, fact] : value.at("machine").object()) {
        plugin.file.machine[key] = value.at("machine").at(key.c_str()).text(kTextMax);
      }
    }
  } catch (const json::exception&) {
    value.at("parameters").refuse("values of parameters");
  }
  return plugin;
}

class Plugins {
 public:
  Plugins(PlanAgain& again, const fs::path& folder, const VerifySettings& settings,
          const PluginSearch& search)
      : again_(again), folder_(folder), settings_(settings), search_(search) {}

  void read() {
    const std::string file = (folder_ / "suite.json").string();
    const json document = parse_checked(again_.stored.resolved_suite, file);
    const CheckedJson root(document, file, "/resolved");
    const Suite& suite = again_.plan.experiment.suite;
    const CheckedJson rows = root.at("rows");
    if (rows.array_size(kLongTextMax) != suite.rows.size() ||
        again_.stored.rows.size() != suite.rows.size()) {
      rows.refuse("as many rows as suite.toml has");
    }
    again_.plan.agents.resize(suite.rows.size());  // questions point at them
    again_.not_run.resize(suite.rows.size());
    take(root.at("reward"), suite.reward, again_.plan.reward, again_.reward_not_run);
    if (again_.reward_not_run.empty())
      questions_.push_back({&again_.plan.reward, &suite.reward, true,
                            suite.reward_isolation == Isolation::process, 0, kLongestAnswer_s});
    for (std::size_t r = 0; r < suite.rows.size(); ++r) read_row(rows.at(r), r);
    ask_plugins(questions_, again_.plan.experiment.environment());
    for (auto& [plugin, machine] : machines_) {
      // What is not portable ran on the machine of the first run; that it is portable it has to say itself.
      if (!plugin->file.machine.empty() && !machine.empty()) plugin->file.machine = std::move(machine);
    }
  }

 private:
  void take(const CheckedJson& value, const PluginSettings& settings, PlannedPlugin& plugin,
            std::string& not_run) {
    plugin = described(value);
    LocatedPlugin located =
        locate_again(settings, search_, folder_, plugin.file.sha256, settings_.run_plugins);
    not_run = located.problem;
    std::map<std::string, std::string> machine = std::move(plugin.file.machine);
    // What is asked says itself what it is; what cannot answer is called as the suite calls it.
    if (not_run.empty()) {
      plugin = {};
      plugin.info.id = settings.plugin;
      machines_.emplace_back(&plugin, std::move(machine));
      machine = {{"instruction_set", instruction_set()}};
    }
    plugin.file = std::move(located.file);
    plugin.file.machine = std::move(machine);
  }

  void read_row(const CheckedJson& value, std::size_t r) {
    const RowSettings& row = again_.plan.experiment.suite.rows[r];
    PlannedPlugin& plugin = again_.plan.agents[r];
    take(value, row.agent, plugin, again_.not_run[r]);
    if (again_.not_run[r].empty()) {
      questions_.push_back({&plugin, &row.agent, false, row.training.isolation == Isolation::process,
                            row.training.steps, row.training.wall_limit_s});
      return;
    }
    plugin.info.summary = again_.stored.rows[r].summary;
    plugin.learns = again_.stored.rows[r].kind == "learns";
  }

  PlanAgain& again_;
  const fs::path& folder_;
  const VerifySettings& settings_;
  const PluginSearch& search_;
  std::vector<PluginQuestion> questions_;
  std::vector<std::pair<PlannedPlugin*, std::map<std::string, std::string>>> machines_;  // as stored
};

void take_keys(const ReportPlan& stored, ReportPlan& again) {
  for (std::size_t i = 0; i < std::min(stored.trials.size(), again.trials.size()); ++i)
    again.trials.set_key(i, stored.trials.key(i));
  for (std::size_t i = 0; i < std::min(stored.references.size(), again.references.size()); ++i)
    again.references[i].key = stored.references[i].key;
}

// Files by their names: a results folder lies elsewhere than its data set, and holds only the name.
bool same_source(const std::string& a, const std::string& b) {
  if (a == b) return true;
  return !is_generated(a) && !is_generated(b) && fs::path(a).filename() == fs::path(b).filename();
}

// A checkpoint says itself what it was trained on.
void check_lineage(const PlanAgain& plan, Verification& result) {
  for (const ReportRow& row : plan.plan.stored.rows) {
    if (row.lineage.training == "none") continue;
    believe(result.believed, "what the checkpoint was trained on", "the checkpoint says so itself",
            "row " + printable(row.name));
  }
  for (const std::string& refusal : lineage_refusals(plan.plan))
    result.wrong.push_back({"suite.toml", "", refusal, "an official task"});
}

void believe_plugins(const PlanAgain& plan, Verification& result) {
  constexpr const char* kWhat = "what the plugin is: version, parameters, kind";
  for (std::size_t r = 0; r < plan.not_run.size(); ++r) {
    if (plan.not_run[r].empty()) continue;
    believe(result.believed, kWhat, plan.not_run[r], "row " + printable(plan.stored.rows[r].name));
  }
  if (plan.reward_not_run.empty()) return;
  believe(result.believed, kWhat, plan.reward_not_run, "reward " + printable(plan.plan.reward.info.id));
}

}  // namespace

PlanAgain make_plan_again(const fs::path& folder, const VerifySettings& settings,
                          const PluginSearch& search) {
  PlanAgain again;
  again.folder = folder;
  again.stored = read_plan(folder);
  again.stored.trials.clear();  // there may be many, and most plans are the same
  const std::string source = settings.dataset.empty() ? again.stored.data_source : settings.dataset;
  again.named_source = read_suite(folder / "suite.toml").data.source;
  Suite suite = read_suite(folder / "suite.toml", source);
  // Not the folder's own cache: what it says of the data is what is to be checked.
  std::vector<EpisodeTable> data = open_data(suite, cache_folder({}));
  const std::string found = data_sha256(data);
  if (found != again.stored.data_sha256) {
    fail(ErrorKind::data, "{}: SHA-256 {}, but the results are of data with {}; name that file by --dataset",
         printable(source), found, printable(again.stored.data_sha256));
  }
  const std::string suite_toml_sha256 = sha256_of(suite.text);
  suite.data.source = again.stored.data_source;
  again.plan.experiment = make_experiment(std::move(suite), std::move(data));
  Plugins(again, folder, settings, search).read();
  plan_jobs(again.plan);
  if (!again.stored.suite_toml_sha256.empty()) again.plan.stored.suite_toml_sha256 = suite_toml_sha256;
  return again;
}

void check_plan(PlanAgain& plan, const VerifySettings& settings, Verification& result) {
  ReportPlan& again = plan.plan.stored;
  if (plan.stored.version != OFFLOAD_VERSION) {
    believe(result.believed, "keys and version", "only the version that they name can make them again",
            "suite.json");
    again.version = plan.stored.version;
    take_keys(read_plan(plan.folder), again);
  }
  compare_plans(plan.folder, again, result.wrong);
  believe_plugins(plan, result);
  check_lineage(plan, result);
  const std::string& source = plan.stored.data_source;
  if (!settings.dataset.empty() && !same_source(source, settings.dataset))
    believe(result.believed, "the data set's name", "--dataset has another, with the same SHA-256",
            "suite.json");
  if (!same_source(source, plan.named_source))
    believe(result.believed, "which data set the suite is of",
            fmt::format("the results are of {}, by --dataset or by a change", printable(source, 80)),
            fmt::format("suite.toml ({})", printable(plan.named_source, 80)));
}

}  // namespace offload
