#include "campaign/stored_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "campaign/plan.hpp"
#include "campaign/resolved_suite.hpp"
#include "campaign/row_lineage.hpp"
#include "suite/task.hpp"

namespace offload {
namespace {

void set_data(ReportPlan& report, const Experiment& experiment) {
  report.data_source = experiment.suite.data.source;
  report.data_sha256 = experiment.data_sha256;
  report.fresh_data = !experiment.suite.data.seeds.empty();
  const std::size_t sets = std::max<std::size_t>(1, experiment.suite.data.seeds.size());
  for (const auto& scenario : std::span(experiment.scenarios).first(sets)) {
    report.data_episodes += static_cast<std::int64_t>(scenario->data().episodes());
    report.data_turns += static_cast<std::int64_t>(scenario->data().turns());
  }
  report.tasks = experiment.environment().data().tasks;
}

std::string in_words(const ProfileSettings& profile) {
  return profile.kind == "measured"
             ? "measured on the data set's own turns"
             : fmt::format("{}, {}, {}", profile.kind, profile.device, profile.network);
}

std::string in_words(const WorldDrift& drift) {
  std::string words;
  const auto add = [&words](std::string_view word) {
    words += fmt::format("{}{}", words.empty() ? "" : "; ", word);
  };
  for (const auto& [arm, price] : drift.prices) {
    add(fmt::format("{} at {:g} USD per million tokens in and {:g} out", arm,
                    static_cast<double>(price.input_pusd) / 1e6,
                    static_cast<double>(price.output_pusd) / 1e6));
  }
  for (const auto& [arm, times] : drift.latency_times)
    add(fmt::format("{} takes {:g} times as long", arm, times));
  return words;
}

std::vector<std::array<double, 2>> by_action(const Consumption& consumption) {
  std::vector<std::array<double, 2>> list;
  const std::vector<double>& values = consumption.values();
  for (std::size_t i = 0; i < values.size(); i += kResources) list.push_back({values[i], values[i + 1]});
  return list;
}

void set_drifts(ReportPlan& report, const Experiment& experiment) {
  const auto& drifts = experiment.suite.evaluation.drifts;
  for (std::size_t d = 0; d < drifts.size(); ++d) {
    const Scenario& scenario = *experiment.drifted[d].front();
    ReportDrift drift{
        drifts[d].name, scenario.world() ? in_words(drifts[d].world) : in_words(drifts[d].profile),
        drifts[d].sees_new ? "new" : "trained", by_action(scenario.consumption()), drifts[d].trained};
    if (!scenario.world() && drifts[d].given.contains("cloud_cost_usd"))
      drift.profile += ", cloud costs of its own";
    report.drifts.push_back(std::move(drift));
  }
}

void set_environment(ReportPlan& report, const Scenario& scenario, const ProfileSettings& profile) {
  report.profile = in_words(profile);
  report.turns_max = scenario.turns_max();
  report.counted_turns = scenario.compat().totals_within_window
                             ? std::min(scenario.turns_max(), scenario.layout().window() + 1)
                             : scenario.turns_max();
  report.consumption = by_action(scenario.consumption());
}

void set_world(ReportPlan& report, const Experiment& experiment) {
  const TableOutcomes* world = experiment.environment().world();
  if (world == nullptr) return;
  const WorldSettings& settings = experiment.suite.scenario.world;
  report.world = report_world(world->table(), world->charges(), settings);
  report.profile = fmt::format("known outcomes, {} of the training side declared", settings.declared);
}

void set_axes(ReportPlan& report, const Plan& plan) {
  const Suite& suite = plan.experiment.suite;
  for (const BudgetCell& cell : plan.experiment.cells) {
    report.cells.push_back({cell.name, from_amount(cell.limit[0], 0), from_amount(cell.limit[1], 1)});
  }
  for (std::size_t r = 0; r < suite.rows.size(); ++r) {
    const PluginInfo& info = plan.agents[r].info;
    const bool learns = plan.agents[r].learns;
    const std::string& model = suite.rows[r].training.model;
    report.rows.push_back({suite.rows[r].name, info.id, info.summary, learns ? "learns" : "rule",
                           row_lineage(plan.experiment, suite.rows[r]),
                           learns && model != suite.response_model ? model : "",
                           to_string(suite.rows[r].training.isolation),
                           static_cast<std::int64_t>(suite.rows[r].candidates.size())});
  }
  report.trainings = plan.experiment.trainings;
  for (const Split& split : plan.experiment.splits) {
    report.splits.push_back(split.name);
    report.seeds.push_back(split.seed);
  }
}

}  // namespace

ReportPlan stored_plan(const Plan& plan) {
  const Suite& suite = plan.experiment.suite;
  const Scenario& scenario = plan.experiment.environment();
  ReportPlan report;
  report.suite = suite.name;
  report.description = suite.description;
  report.task =
      claimed_task(suite.name, task_parts(plan.experiment, plan.reward.info, plan.reward.parameters));
  set_data(report, plan.experiment);
  set_environment(report, scenario, suite.scenario.profile);
  set_world(report, plan.experiment);
  set_drifts(report, plan.experiment);
  set_axes(report, plan);
  if (const auto& log = suite.evaluation.log) {
    report.log_policy = log->policy;
    report.log_model = log->model;
  }
  report.lenses = suite.evaluation.lenses;
  report.models = suite.evaluation.models;
  report.max_violation_rate = suite.evaluation.max_violation_rate;
  report.version = OFFLOAD_VERSION;
  const std::vector<Split>& splits = plan.experiment.splits;
  report.trials.reserve(suite.rows.size() * splits.size());
  for (std::size_t r = 0; r < suite.rows.size(); ++r) {
    const PlannedPlugin& agent = plan.agents[r];
    for (const Split& split : splits) {
      report.trials.add(suite.rows[r].name, split.name,
                        trial_key(plan.experiment, suite.rows[r], split, agent.file, plan.reward.file));
    }
  }
  for (const PlannedJob& reference : plan.references) {
    report.references.push_back({report.splits[reference.split], reference.key.hex()});
  }
  report.resolved_suite = resolved_suite(plan).dump();
  return report;
}

}  // namespace offload
