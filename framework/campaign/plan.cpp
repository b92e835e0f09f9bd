#include "campaign/plan.hpp"

#include <algorithm>

#include "campaign/row_lineage.hpp"
#include "campaign/stored_plan.hpp"
#include "core/counted.hpp"
#include "core/error.hpp"
#include "trial/tuning.hpp"

namespace offload {

namespace {

// A plugin for every candidate, so that what it would refuse is refused before anything runs.
std::vector<PlannedPlugin> agents_of_candidates(const Plan& plan, std::vector<RowSettings>& rows) {
  std::vector<PlannedPlugin> agents;
  const std::vector<RowSettings>& suite = plan.experiment.suite.rows;
  for (std::size_t r = 0; r < suite.size(); ++r) {
    for (const Candidate& candidate : suite[r].candidates) {
      rows.push_back(with_candidate(suite[r], candidate));
      agents.push_back(plan.agents[r]);
    }
  }
  return agents;
}

PluginQuestion question_of(PlannedPlugin& plugin, const RowSettings& row) {
  return {&plugin,
          &row.agent,
          false,
          row.training.isolation == Isolation::process,
          row.training.steps,
          row.training.wall_limit_s};
}

// That every split leaves something to validate on, and that no learner was given more candidates than
// another.
void check_sweeps(const Plan& plan) {
  const Experiment& experiment = plan.experiment;
  const Suite& suite = experiment.suite;
  const auto most =
      std::ranges::max_element(suite.rows, {}, [](const RowSettings& row) { return row.candidates.size(); });
  if (most->candidates.empty()) return;
  for (const Split& split : experiment.splits) {
    try {
      validation_split(experiment, split);
    } catch (const Error& error) {
      throw Error(error.kind(), fmt::format("{}: validation: {}", suite.tuning_place, error.what()));
    }
  }
  for (std::size_t r = 0; r < suite.rows.size() && !suite.tuning.unequal; ++r) {
    const RowSettings& row = suite.rows[r];
    if (!plan.agents[r].learns || row.candidates.size() == most->candidates.size()) continue;
    fail(ErrorKind::config,
         "{}: row '{}' is tuned among {} and '{}', which learns as well, among {}; give every "
         "learner "
         "as many (trials = N draws any number), or say [tuning] unequal = true, which the report repeats",
         most->sweep_place, printable(most->name), counted(most->candidates.size(), "candidate"),
         printable(row.name), row.candidates.empty() ? "none" : std::to_string(row.candidates.size()));
  }
}

}  // namespace

Plan make_plan(Suite suite, const PluginSearch& search, const std::filesystem::path& folder) {
  Plan plan;
  const auto base = std::filesystem::absolute(suite.file).parent_path();
  for (const RowSettings& row : suite.rows) plan.agents.push_back(locate_plugin(row.agent, search, base));
  plan.reward = locate_plugin(suite.reward, search, base);
  std::vector<EpisodeTable> data = open_data(suite, cache_folder(folder / "cache"));
  plan.experiment = make_experiment(std::move(suite), std::move(data));
  std::vector<PluginQuestion> questions;
  const std::vector<RowSettings>& rows = plan.experiment.suite.rows;
  const PluginSettings& reward = plan.experiment.suite.reward;
  questions.push_back({&plan.reward, &reward, true,
                       plan.experiment.suite.reward_isolation == Isolation::process, 0, kLongestAnswer_s});
  for (std::size_t r = 0; r < rows.size(); ++r) {
    questions.push_back(question_of(plan.agents[r], rows[r]));
  }
  std::vector<RowSettings> candidates;
  std::vector<PlannedPlugin> agents = agents_of_candidates(plan, candidates);
  for (std::size_t i = 0; i < agents.size(); ++i) questions.push_back(question_of(agents[i], candidates[i]));
  ask_plugins(questions, plan.experiment.environment());
  check_sweeps(plan);
  plan_jobs(plan);
  const std::vector<std::string> refusals = lineage_refusals(plan);
  if (!refusals.empty()) throw Error(ErrorKind::config, refusals.front());
  return plan;
}

void plan_jobs(Plan& plan) {
  const Experiment& experiment = plan.experiment;
  const bool references = experiment.suite.evaluation.oracle_nodes > 0;
  for (std::uint32_t s = 0; references && s < experiment.splits.size(); ++s) {
    if (experiment.reference_split(s) != s) continue;
    plan.references.push_back({true, 0, s, reference_key(experiment, s, plan.reward.file)});
  }
  plan.stored = stored_plan(plan);
}

std::size_t shard_of(std::size_t index, std::size_t jobs, std::size_t count) {
  return index % std::min(count, jobs) + 1;
}

std::vector<std::uint32_t> jobs_of(const Plan& plan, const Shard& shard) {
  std::vector<std::uint32_t> jobs;
  const std::size_t all = plan.references.size() + plan.stored.trials.size();
  for (std::size_t i = 0; i < all; ++i) {
    if (shard_of(i, all, shard.count) == shard.index) jobs.push_back(static_cast<std::uint32_t>(i));
  }
  return jobs;
}

PlannedJob job_of(const Plan& plan, std::uint32_t number) {
  if (number < plan.references.size()) return plan.references[number];
  const auto trial = number - static_cast<std::uint32_t>(plan.references.size()),
             splits = static_cast<std::uint32_t>(plan.experiment.splits.size());
  return {false, trial / splits, trial % splits, plan.stored.trials.planned_key(trial).digest};
}

}  // namespace offload
