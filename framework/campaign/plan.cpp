#include "campaign/plan.hpp"

#include "campaign/resolved_suite.hpp"
#include "core/error.hpp"
#include "data/packed.hpp"
#include "suite/task.hpp"

namespace offload {

Plan make_plan(Suite suite, const PluginSearch& search, const std::filesystem::path& folder) {
  Plan plan;
  const auto base = std::filesystem::absolute(suite.file).parent_path();
  for (const RowSettings& row : suite.rows) plan.agents.push_back(locate_plugin(row.agent, search, base));
  plan.reward = locate_plugin(suite.reward, search, base);
  plan.packed = make_packed(suite, cache_folder(folder / "cache"));
  plan.experiment = make_experiment(std::move(suite), open_packed(plan.packed));
  std::vector<PluginQuestion> questions;
  const std::vector<RowSettings>& rows = plan.experiment.suite.rows;
  questions.push_back({&plan.reward, &plan.experiment.suite.reward, true, 0, kLongestAnswer_s});
  for (std::size_t r = 0; r < rows.size(); ++r) {
    questions.push_back(
        {&plan.agents[r], &rows[r].agent, false, rows[r].training.steps, rows[r].training.wall_limit_s});
  }
  ask_plugins(questions, *plan.experiment.scenario);
  plan_jobs(plan);
  return plan;
}

void plan_jobs(Plan& plan) {
  const Experiment& experiment = plan.experiment;
  const std::vector<RowSettings>& rows = experiment.suite.rows;
  const std::size_t splits = experiment.splits.size();
  plan.trials.reserve(rows.size() * splits);
  for (std::uint32_t r = 0; r < rows.size(); ++r) {
    for (std::uint32_t s = 0; s < splits; ++s) {
      plan.trials.push_back(
          {false, r, s,
           trial_key(experiment, rows[r], experiment.splits[s], plan.agents[r].file, plan.reward.file)});
    }
  }
  for (std::uint32_t s = 0; experiment.suite.evaluation.oracle_nodes > 0 && s < splits; ++s) {
    plan.references.push_back({true, 0, s, reference_key(experiment, s, plan.reward.file)});
  }
}

ReportPlan report_plan_of(const Plan& plan) {
  const Suite& suite = plan.experiment.suite;
  const Scenario& scenario = *plan.experiment.scenario;
  ReportPlan report;
  report.suite = suite.name;
  report.description = suite.description;
  report.task =
      claimed_task(suite.name, task_parts(plan.experiment, plan.reward.info, plan.reward.parameters));
  report.data_source = suite.data.source;
  report.data_sha256 = scenario.data().sha256;
  report.data_episodes = static_cast<std::int64_t>(scenario.data().episodes());
  report.data_turns = static_cast<std::int64_t>(scenario.data().turns());
  const ProfileSettings& profile = suite.scenario.profile;
  report.profile = profile.kind == "measured"
                       ? "measured on the data set's own turns"
                       : fmt::format("{}, {}, {}", profile.kind, profile.device, profile.network);
  for (const BudgetCell& cell : plan.experiment.cells) {
    report.cells.push_back({cell.name, from_amount(cell.limit[0], 0), from_amount(cell.limit[1], 1)});
  }
  report.tasks = scenario.data().tasks;
  report.lenses = suite.evaluation.lenses;
  report.models = suite.evaluation.models;
  for (std::size_t r = 0; r < suite.rows.size(); ++r) {
    const PluginInfo& info = plan.agents[r].info;
    report.rows.push_back(
        {suite.rows[r].name, info.id, info.summary, plan.agents[r].learns ? "learns" : "rule"});
  }
  for (const Split& split : plan.experiment.splits) {
    report.splits.push_back(split.name);
    report.seeds.push_back(split.seed);
  }
  report.turns_max = scenario.turns_max();
  report.counted_turns = scenario.compat().totals_within_window
                             ? std::min(scenario.turns_max(), scenario.layout().window() + 1)
                             : scenario.turns_max();
  report.max_violation_rate = suite.evaluation.max_violation_rate;
  const std::vector<double>& consumption = scenario.consumption().values();
  for (std::size_t i = 0; i < consumption.size(); i += kResources) {
    report.consumption.push_back({consumption[i], consumption[i + 1]});
  }
  report.version = OFFLOAD_VERSION;
  for (const PlannedJob& trial : plan.trials) {
    report.trials.push_back({report.rows[trial.row].name, report.splits[trial.split], trial.key.hex()});
  }
  for (const PlannedJob& reference : plan.references) {
    report.references.push_back({report.splits[reference.split], reference.key.hex()});
  }
  report.resolved_suite = resolved_suite(plan).dump();
  return report;
}

}  // namespace offload
