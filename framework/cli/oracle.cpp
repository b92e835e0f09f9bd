// `offload-bench oracle`: the exact policies of a suite, per split and budget cell.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/campaign.hpp"
#include "campaign/plan.hpp"
#include "cli/jobs.hpp"
#include "cli/progress.hpp"
#include "cli/signals.hpp"
#include "cli/suite_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "files/plain_file.hpp"
#include "report/text/text.hpp"
#include "results/over_splits.hpp"

namespace offload::cli {
namespace {

using Json = nlohmann::ordered_json;

struct OracleOptions {
  std::string suite, split;
  SuiteOptions changes;
  std::vector<std::string> plugin_folders;
  bool json = false;
};

// A results folder for the workers, gone afterwards.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const std::filesystem::path above = std::filesystem::temp_directory_path();
    std::string name = (above / "offload-bench-oracle-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) fail_io(above, "no folder can be made in it");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? std::nan("") : sum / static_cast<double>(values.size());
}

Json by_episode(const ReferenceResult& result, const std::vector<double>& values) {
  Json json = Json::object();
  for (std::size_t i = 0; i < result.episode_ids.size(); ++i) {
    json[std::to_string(result.episode_ids[i])] = number(values[i]);
  }
  return json;
}

Json scores_json(const ReferenceResult& result, const ReferenceScores& scores) {
  return {{"lens", scores.lens},
          {"model", scores.model},
          {"causal_test_reward", number(mean_of(scores.causal))},
          {"masked_random_test_reward", number(mean_of(scores.masked_random))},
          {"masked_random_test_standard_error", number(scores.masked_random_standard_error)},
          {"best_constant_test_reward", number(mean_of(scores.constant))},
          {"hindsight_exact", scores.hindsight_exact},
          {"hindsight_mean", number(mean_of(scores.hindsight))},
          {"hindsight_upper_mean", number(mean_of(scores.hindsight_upper))},
          {"hindsight", by_episode(result, scores.hindsight)},
          {"hindsight_upper", by_episode(result, scores.hindsight_upper)}};
}

Json budget_json(const Amounts& limit, std::size_t resource) {
  if (limit[resource] == kUnlimited) return {};
  return from_amount(limit[resource], static_cast<int>(resource));
}

Json cell_json(const ReferenceResult& result, const ReferenceCell& cell, const Amounts& limit) {
  Json scores = Json::array();
  for (const ReferenceScores& s : cell.scores) scores.push_back(scores_json(result, s));
  const CausalCell& causal = cell.causal;
  return {{"cell", cell.cell},
          {"latency_budget_s", budget_json(limit, 0)},
          {"cost_budget_usd", budget_json(limit, 1)},
          {"exact", causal.exact},
          {"reason", causal.exact ? Json() : Json(causal.inexact_reason)},
          {"causal_value", causal.exact ? number(causal.upper) : Json()},
          {"lower", number(causal.lower)},
          {"upper", number(causal.upper)},
          {"masked_random_value", number(causal.masked_random.value)},
          {"masked_random_standard_error", number(causal.masked_random.standard_error)},
          {"nodes", causal.nodes},
          {"causal_test_latency_s", number(cell.causal_latency_s)},
          {"causal_test_cost_usd", number(cell.causal_cost_usd)},
          {"causal_tied_states", cell.causal_tied_states},
          {"best_constant", cell.constant.action},
          {"scores", scores}};
}

// NaN: nothing fits there.
double mean_of_known(std::vector<double> values) {
  std::erase_if(values, [](double v) { return std::isnan(v); });
  return mean_of(values);
}

std::vector<std::string> arm_names(const Plan& plan) {
  std::vector<std::string> names;
  for (const Arm& arm : plan.experiment.environment().world()->table().arms) names.push_back(arm.name);
  return names;
}

Json policy_json(const ReferenceResult& result, const WorldPolicy& policy) {
  return {{"test_reward", number(mean_of(policy.reward))},
          {"latency_s_per_episode", policy.latency_s_per_episode},
          {"cost_usd_per_episode", policy.cost_usd_per_episode},
          {"violation_rate", policy.violation_rate},
          {"reward", by_episode(result, policy.reward)}};
}

Json world_json(const Plan& plan, const ReferenceResult& result) {
  const std::vector<std::string> arms = arm_names(plan);
  Json cells = Json::array();
  for (const WorldCell& cell : result.world->cells) {
    cells.push_back({{"cell", cell.cell},
                     {"hindsight_exact", cell.inexact == 0},
                     {"hindsight_mean", number(mean_of_known(cell.hindsight))},
                     {"hindsight_upper_mean", number(mean_of_known(cell.hindsight_upper))},
                     {"hindsight", by_episode(result, cell.hindsight)},
                     {"best_constant", arms.at(static_cast<std::size_t>(cell.constant))},
                     {"constant", policy_json(result, cell.best_constant)},
                     {"best_per_task", policy_json(result, cell.best_per_task)},
                     {"random_test_reward", number(mean_of(cell.random))}});
  }
  return {
      {"split", result.split}, {"oracle_quality", number(result.world->oracle.quality)}, {"cells", cells}};
}

Json calibration_json(const ReferenceResult& result) {
  Json list = Json::array();
  for (const ModelCalibration& model : result.calibration) {
    Json bias = Json::array();
    for (const double b : model.figures.bias) bias.push_back(number(b));
    list.push_back({{"model", model.model},
                    {"r2", number(model.figures.r2)},
                    {"uncalibrated", model.figures.uncalibrated()},
                    {"bias", bias}});
  }
  return list;
}

void print_json(const Plan& plan, const std::vector<ReferenceResult>& results) {
  Json splits = Json::array(), calibration = Json::array();
  for (const ReferenceResult& result : results) {
    if (result.world) {
      splits.push_back(world_json(plan, result));
      continue;
    }
    Json cells = Json::array();
    for (std::size_t c = 0; c < result.cells.size(); ++c) {
      cells.push_back(cell_json(result, result.cells[c], plan.experiment.cells[c].limit));
    }
    splits.push_back({{"split", result.split}, {"cells", cells}});
    if (!result.calibration.empty()) calibration = calibration_json(result);
  }
  const Json document = {{"format", "offload-oracle/1"},
                         {"suite", plan.experiment.suite.name},
                         {"splits", splits},
                         {"calibration", calibration}};
  fmt::print("{}\n", document.dump(1, ' ', false, Json::error_handler_t::replace));
}

void print_world(const WorldBounds& world, const std::vector<std::string>& arms) {
  const auto shown = [](double v) { return std::isfinite(v) ? fmt::format("{:.4f}", v) : std::string("-"); };
  fmt::print("\n  best arm of every query, without budgets: quality {}\n", shown(world.oracle.quality));
  fmt::print("\n  {:<18} {:>9} {:>9} {:>9} {:>9}  {}\n", "cell, test rewards", "hindsight", "per task",
             "constant", "random", "best constant");
  for (const WorldCell& cell : world.cells) {
    const std::string name =
        cell.constant == kDiffers ? "one per split" : arms.at(static_cast<std::size_t>(cell.constant));
    fmt::print("  {:<18} {:>9} {:>9} {:>9} {:>9}  {}\n", printable(cell.cell, 18),
               (cell.inexact > 0 ? ">" : "") + shown(mean_of_known(cell.hindsight)),
               shown(mean_of(cell.best_per_task.reward)), shown(mean_of(cell.best_constant.reward)),
               shown(mean_of(cell.random)), printable(name, 18));
  }
}

struct Bounds {
  bool hindsight = false, causal = false;  // somewhere a bound stands in the place of the value
};

void print_cell(const ReferenceCell& cell, Bounds& bounds) {
  const CausalCell& causal = cell.causal;
  const std::string value = causal.exact ? fmt::format("{:.6f}", causal.upper)
                                         : fmt::format("{:.4f}..{:.4f}", causal.lower, causal.upper);
  put("\n  cell {}: causal value {}, masked random {:.6f}\n", printable(cell.cell, 30), value,
      causal.masked_random.value);
  fmt::print("    {:<24} {:>9} {:>10} {:>9} {:>9}\n", "test rewards under", "causal", "hindsight", "random",
             "constant");
  for (const ReferenceScores& s : cell.scores) {
    const auto shown = [](double v) {
      return std::isfinite(v) ? fmt::format("{:.4f}", v) : std::string("-");
    };
    fmt::print("    {:<24} {:>9} {:>10} {:>9} {:>9}\n", s.lens + " / " + s.model, shown(mean_of(s.causal)),
               (s.hindsight_exact ? "" : ">") + shown(mean_of(s.hindsight)), shown(mean_of(s.masked_random)),
               shown(mean_of(s.constant)));
    bounds.hindsight = bounds.hindsight || !s.hindsight_exact;
  }
  if (!causal.exact) {
    const std::string reason = "not exact: " + printable(causal.inexact_reason, 200);
    fmt::print("    {}\n", text::wrapped(reason, table_width() - 6, "      "));
  }
  bounds.causal = bounds.causal || !causal.exact;
}

void print_result(const ReferenceResult& result, const std::vector<std::string>& arms, Bounds& bounds) {
  if (result.world) {
    print_world(*result.world, arms);
    for (const WorldCell& cell : result.world->cells) bounds.hindsight = bounds.hindsight || cell.inexact > 0;
  }
  for (const ReferenceCell& cell : result.cells) print_cell(cell, bounds);
}

void print_table(const Plan& plan, const std::vector<ReferenceResult>& results) {
  Bounds bounds;
  const bool world = !results.empty() && results.front().world;
  const std::vector<std::string> arms = world ? arm_names(plan) : std::vector<std::string>();
  for (const ReferenceResult& result : results) {
    fmt::print("split {}\n", printable(result.split));
    print_result(result, arms, bounds);
  }
  if (results.size() > 1) {
    fmt::print("all {} splits: values are means over splits, rewards over their tests\n", results.size());
    print_result(over_splits(results), arms, bounds);
  }
  if (bounds.causal) {
    fmt::print(
        "\na..b between bounds: where oracle_nodes is named, a larger [evaluation]\n"
        "oracle_nodes makes the value exact, at more time and memory (memory_limit_mb)\n");
  }
  if (bounds.hindsight) fmt::print("> a lower bound: the test episodes have more states than oracle_nodes\n");
}

// Numbers of jobs.
std::vector<std::uint32_t> chosen(const Plan& plan, const std::string& split) {
  const std::vector<Split>& splits = plan.experiment.splits;
  std::vector<std::uint32_t> jobs;
  for (std::uint32_t i = 0; i < plan.references.size(); ++i) {
    if (split.empty() || splits[plan.references[i].split].name == split) jobs.push_back(i);
  }
  if (!jobs.empty()) return jobs;
  if (plan.references.empty()) {
    fail(ErrorKind::config, "{}: oracle_nodes = 0 turns the exact policies off; raise it",
         plan.experiment.suite.name);
  }
  std::vector<std::string> known;
  for (const PlannedJob& job : plan.references) known.push_back(splits[job.split].name);
  fail(ErrorKind::config, "no split '{}'; known: {}", printable(split), fmt::join(known, ", "));
}

int oracle(const OracleOptions& options) {
  Suite suite = suite_of(options.suite, options.changes);
  const TemporaryFolder folder;
  const PluginSearch search({options.plugin_folders.begin(), options.plugin_folders.end()});
  const Plan plan = make_plan(std::move(suite), search, folder.path());
  const std::vector<std::uint32_t> jobs = chosen(plan, options.split);
  const Store store(folder.path());
  CampaignOutcome outcome;
  {
    ProgressLine progress;
    outcome = run_campaign(plan, jobs, store, default_jobs(), progress, catch_signals());
  }
  if (signals_so_far().count > 1) return 128 + signals_so_far().last;
  std::vector<ReferenceResult> results;
  StoreContents contents = store.read_all();
  for (const Split& split : plan.experiment.splits) {
    for (ReferenceResult& result : contents.references) {
      if (result.split == split.name && result.status == TrialStatus::ok)
        results.push_back(std::move(result));
    }
  }
  options.json ? print_json(plan, results) : print_table(plan, results);
  if (outcome.signal != 0) return 128 + outcome.signal;
  return outcome.references.failed > 0 ? 1 : 0;
}

}  // namespace

void add_oracle(CLI::App& app, Action& action) {
  auto options = std::make_shared<OracleOptions>();
  CLI::App* verb =
      app.add_subcommand("oracle", "Computes a suite's exact policies, per split and budget cell");
  verb->add_option("suite", options->suite, "The suite's TOML file")->required();
  add_suite_options(*verb, options->changes);
  verb->add_option("--split", options->split, "Only this split");
  verb->add_option("--plugin-dir", options->plugin_folders, "Folder of plugins, searched first; repeatable");
  verb->add_flag("--json", options->json, "Print JSON, with the hindsight optimum of every episode");
  verb->footer(
      "evaluation.oracle_nodes of the suite limits the states that a cell may have; beyond it bounds\n"
      "are given. A first SIGINT (Ctrl-C) or SIGTERM lets the splits that run end, a second ends them within "
      "2 s.\n"
      "Example: offload-bench oracle benchmarks/suites/m4ai.toml --dataset M4A1.json --split r0f0");
  verb->callback([options, &action] { action = [options] { return oracle(*options); }; });
}

}  // namespace offload::cli
