// A task of a board: a suite whose rows are examples and all of whose rest is frozen, its exact policies,
// computed once, and, where it names hidden episodes, the same suite on a data set that only this machine
// has.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "campaign/campaign.hpp"
#include "files/json_difference.hpp"
#include "leaderboard/store/board.hpp"
#include "plugin/search.hpp"

namespace offload {

// What runs jobs on a board's machine.
struct BoardRuns {
  const PluginSearch& search;
  int jobs = 1;
  CampaignObserver& observer;
  const SignalState& signals;
};

struct TaskRequest {
  std::filesystem::path suite;
  std::string dataset, date;     // dataset: in place of the suite's
  std::filesystem::path hidden;  // a secret (secret.hpp) or a data set, whose commitment the suite names
  std::int64_t per_entrant = 0;  // 0: any number, or 10 where there are hidden episodes
};

// Adds the task. Throws Error: config where the suite is an altered official task, its name is taken or no
// plain file name, or its hidden episodes are not what its commitment says; as make_plan; run where a signal
// ended it.
BoardTask make_board_task(Board& board, const TaskRequest& request, const BoardRuns& runs);

// The task's suite with other rows, planned on its own data or its hidden episodes: nothing but rows is a
// stranger's. Throws as make_plan.
Plan plan_of_task(const Board& board, const BoardTask& task, bool hidden,
                  const std::vector<RowSettings>& rows, const PluginSearch& search,
                  const std::filesystem::path& cache);

// The plan that the board keeps of the task, with its example rows. Throws Error(io), Error(data).
ReportPlan kept_plan(const Board& board, const BoardTask& task, bool hidden);

// Where `theirs` was not run under the task's settings: places and values, a few; empty: it was. Rows,
// training, times and the files' places are theirs.
std::vector<Disagreement> plan_differences(const ReportPlan& task, const ReportPlan& theirs);

}  // namespace offload
