// A stranger's rows once more, on the board's machine and isolated there, and whether the same came out.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "leaderboard/board_task.hpp"
#include "report/figures/report.hpp"

namespace offload {

// Bounds on what one row of a bundle may take, whatever its suite says.
struct RowBounds {
  double wall_s = 3600;           // of a trial
  std::int64_t memory_mb = 4096;  // likewise
  std::size_t trials = 2000;      // of a bundle
};

// Libraries that stand for plugins, by id.
using LibrariesById = std::map<std::string, std::filesystem::path>;

struct RunnableRows {
  std::vector<RowSettings> rows;  // isolated, within the bounds, their plugins by absolute paths
  std::string missing;            // in a sentence, what cannot be run of them; empty: nothing
};

// What `rows`, of the suite in `results`, run here: what was built or lies in the bundle (`libraries`), files
// of the results folder, or an installed plugin that has the bytes that `report`, of these results, says.
RunnableRows runnable_rows(const std::vector<RowSettings>& rows, const Report& report,
                           const std::filesystem::path& results, const LibrariesById& libraries,
                           const PluginSearch& search, const RowBounds& bounds);

// Runs all trials of `plan` and leaves suite.json and trials/ in `folder`. Throws Error(run) where a signal
// ended it, or where this machine held not all of isolation in one of them.
void run_again(const Plan& plan, const std::filesystem::path& folder, const BoardRuns& runs);

struct Judgement {
  Mark mark = Mark::not_reproduced;
  std::string why;
};

// What a second run makes of the first: both are reports of the results in the folders.
Judgement judge(const std::filesystem::path& first, const Report& first_report,
                const std::filesystem::path& second, const Report& second_report);

// A trial's outcome: what it decided and all that follows from that; not where, when, for how long and from
// which file.
std::string outcome_digest(TrialResult trial);

}  // namespace offload
