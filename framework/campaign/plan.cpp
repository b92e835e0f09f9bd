#include "campaign/plan.hpp"

#include <algorithm>

#include "campaign/row_lineage.hpp"
#include "campaign/stored_plan.hpp"
#include "core/error.hpp"

namespace offload {

Plan make_plan(Suite suite, const PluginSearch& search, const std::filesystem::path& folder) {
  Plan plan;
  const auto base = std::filesystem::absolute(suite.file).parent_path();
  for (const RowSettings& row : suite.rows) plan.agents.push_back(locate_plugin(row.agent, search, base));
  plan.reward = locate_plugin(suite.reward, search, base);
  std::vector<EpisodeTable> data = open_data(suite, cache_folder(folder / "cache"));
  plan.experiment = make_experiment(std::move(suite), std::move(data));
  std::vector<PluginQuestion> questions;
  const std::vector<RowSettings>& rows = plan.experiment.suite.rows;
  questions.push_back({&plan.reward, &plan.experiment.suite.reward, true, false, 0, kLongestAnswer_s});
  for (std::size_t r = 0; r < rows.size(); ++r) {
    questions.push_back({&plan.agents[r], &rows[r].agent, false,
                         rows[r].training.isolation == Isolation::process, rows[r].training.steps,
                         rows[r].training.wall_limit_s});
  }
  ask_plugins(questions, plan.experiment.environment());
  plan_jobs(plan);
  const std::vector<std::string> refusals = lineage_refusals(plan);
  if (!refusals.empty()) throw Error(ErrorKind::config, refusals.front());
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
  const bool references = experiment.suite.evaluation.oracle_nodes > 0;
  for (std::uint32_t s = 0; references && s < splits; ++s) {
    if (experiment.reference_split(s) != s) continue;
    plan.references.push_back({true, 0, s, reference_key(experiment, s, plan.reward.file)});
  }
  plan.stored = stored_plan(plan);
}

std::size_t shard_of(std::size_t index, std::size_t jobs, std::size_t count) {
  return index % std::min(count, jobs) + 1;
}

std::vector<const PlannedJob*> jobs_of(const Plan& plan, const Shard& shard) {
  std::vector<const PlannedJob*> jobs;
  const std::size_t first = plan.references.size(), all = first + plan.trials.size();
  for (std::size_t i = 0; i < all; ++i) {
    if (shard_of(i, all, shard.count) != shard.index) continue;
    jobs.push_back(i < first ? &plan.references[i] : &plan.trials[i - first]);
  }
  return jobs;
}

}  // namespace offload
