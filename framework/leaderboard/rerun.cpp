#include "leaderboard/rerun.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "files/sha256.hpp"
#include "leaderboard/build_source.hpp"
#include "plugin/python_source.hpp"
#include "process/sandbox.hpp"
#include "results/result_reading.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kReasonMost = 300;

bool by_path(const std::string& plugin) {
  return plugin.find('/') != std::string::npos || plugin.ends_with(".so") || python_agent(plugin).has_value();
}

class RowFinder {
 public:
  RowFinder(const Report& report, const fs::path& results, const LibrariesById& libraries,
            const PluginSearch& search)
      : report_(report), results_(results), libraries_(libraries), search_(search) {}

  // The absolute path of what the row runs; empty, and why, where it is not here.
  std::string find(const RowSettings& row, std::string& why) const {
    const auto figures =
        std::ranges::find_if(report_.rows, [&](const RowFigures& one) { return one.row.name == row.name; });
    if (figures == report_.rows.end()) {
      why = "its results are not there";
      return {};
    }
    const auto given = libraries_.find(figures->row.plugin);
    if (given != libraries_.end()) return given->second.string();
    if (by_path(row.agent.plugin)) return in_results(row.agent.plugin, why);
    return installed(row.agent.plugin, figures->plugin_sha256, why);
  }

 private:
  std::string in_results(const std::string& plugin, std::string& why) const {
    const fs::path path = fs::absolute(results_ / plugin).lexically_normal();
    const auto agent = python_agent(path.string());
    if (fs::is_regular_file(fs::symlink_status(agent ? agent->file : path))) return path.string();
    why = "its plugin is not in the bundle";
    return {};
  }
  std::string installed(const std::string& id, const std::string& sha256, std::string& why) const {
    try {
      const fs::path library = search_.find(id);
      if (sha256_of_file(library) == sha256) return library.string();
      // What a board ships is what the entrant meant, built by another compiler.
      if (library.parent_path() == shipped_folder()) return library.string();
      why = "its plugin is installed here with other bytes; submit it with its source or library";
    } catch (const Error&) {
      why = "its plugin is neither in the bundle nor installed here; submit it with its source or library";
    }
    return {};
  }

  const Report& report_;
  const fs::path& results_;
  const LibrariesById& libraries_;
  const PluginSearch& search_;
};

// By row and split.
using Outcomes = std::map<std::pair<std::string, std::string>, std::string>;

Outcomes outcomes_of(const fs::path& folder) {
  Outcomes outcomes;
  visit_results({folder}, {[&](TrialResult trial) {
                             const auto place = std::pair(trial.row, trial.split);
                             outcomes[place] = outcome_digest(std::move(trial));
                           },
                           [](const ReferenceResult&) {}});
  return outcomes;
}

std::string first_failure(const Report& report) {
  for (std::size_t i = 0; i < report.plan.trials.size(); ++i) {
    const TrialLine line = report.head(i);
    if (line.present && line.status == TrialStatus::failed)
      return fmt::format("row '{}' failed in run {}: {}", printable(line.planned.row),
                         printable(line.planned.split), printable(line.failure.reason, kReasonMost));
    if (!line.present)
      return fmt::format("row '{}' has no run {}", printable(line.planned.row),
                         printable(line.planned.split));
  }
  return {};
}

bool within(double value, const Interval& interval) {
  return value >= interval.low && value <= interval.high;
}

const LeaderboardEntry* entry_of(const Report& report, const std::string& row) {
  if (report.boards.empty()) return nullptr;
  for (const LeaderboardEntry& entry : report.boards[0].entries) {
    if (report.rows[entry.row].row.name == row) return &entry;
  }
  return nullptr;
}

// Where a row's second run lies outside what the first says of its method; empty: nowhere.
std::string outside(const std::string& row, const LeaderboardEntry& first, const LeaderboardEntry& second) {
  const std::string name = printable(row);
  if (!within(second.reward, first.interval)) {
    return fmt::format(
        "row '{}': mean reward {:.6f} in the second run, outside the first's interval [{:.6f}, {:.6f}]", name,
        second.reward, first.interval.low, first.interval.high);
  }
  if (!within(second.joint.rate, first.joint.interval)) {
    return fmt::format(
        "row '{}': {:.4f} of the tests over budget in the second run, outside the first's interval "
        "[{:.4f}, {:.4f}]",
        name, second.joint.rate, first.joint.interval.low, first.joint.interval.high);
  }
  if (first.tier != second.tier)
    return fmt::format("row '{}': tier {} in the second run, {} in the first", name, second.tier, first.tier);
  return {};
}

}  // namespace

RunnableRows runnable_rows(const std::vector<RowSettings>& rows, const Report& report,
                           const fs::path& results, const LibrariesById& libraries,
                           const PluginSearch& search, const RowBounds& bounds) {
  const RowFinder finder(report, results, libraries, search);
  RunnableRows runnable{rows, {}};
  for (RowSettings& row : runnable.rows) {
    std::string why;
    row.agent.plugin = finder.find(row, why);
    row.agent.python.clear();
    row.training.isolation = Isolation::process;
    row.training.checkpoints = false;
    row.training.wall_limit_s = std::min(row.training.wall_limit_s, bounds.wall_s);
    row.training.memory_limit_mb = std::min(row.training.memory_limit_mb, bounds.memory_mb);
    if (!why.empty() && runnable.missing.empty())
      runnable.missing = fmt::format("row '{}': {}", printable(row.name), why);
  }
  return runnable;
}

void run_again(const Plan& plan, const fs::path& folder, const BoardRuns& runs) {
  const Store store(folder);
  std::vector<std::uint32_t> jobs(plan.stored.trials.size());
  std::iota(jobs.begin(), jobs.end(), static_cast<std::uint32_t>(plan.references.size()));
  const CampaignOutcome outcome = run_campaign(plan, jobs, store, runs.jobs, runs.observer, runs.signals);
  if (outcome.signal != 0) fail(ErrorKind::run, "the second run was stopped by a signal; nothing was added");
  store.write_plan(plan.stored);
  // That takes root, and a container may not give it: what a copy could say to a later one by times of
  // reading is a bit per file that it may read.
  const std::string but_times = missing_text(kHeldAll & ~kHeldTimes);
  visit_results({folder},
                {[&but_times](const TrialResult& trial) {
                   const auto missing = trial.host.find(kIsolationMissing);
                   if (missing == trial.host.end() || missing->second == but_times) return;
                   fail(ErrorKind::run,
                        "this machine does not hold all of isolation, so it marks nothing as reproduced: {}",
                        printable(missing->second, kReasonMost));
                 },
                 [](const ReferenceResult&) {}});
}

std::string outcome_digest(TrialResult trial) {
  trial.key.clear();
  trial.plugin_sha256.clear();
  trial.timing = {};
  trial.host.clear();
  trial.copies = EvaluationCopies::none;
  return sha256_of(to_json(trial));
}

Judgement judge(const fs::path& first, const Report& first_report, const fs::path& second,
                const Report& second_report) {
  if (const std::string failure = first_failure(second_report); !failure.empty())
    return {Mark::not_reproduced, "in the second run " + failure};
  if (outcomes_of(first) == outcomes_of(second))
    return {Mark::same_bits, "a second run, isolated, on the leaderboard's machine came to the same bits"};
  for (const RowFigures& row : first_report.rows) {
    const LeaderboardEntry* const one = entry_of(first_report, row.row.name);
    const LeaderboardEntry* const other = entry_of(second_report, row.row.name);
    if (one == nullptr || other == nullptr)
      return {Mark::not_reproduced,
              fmt::format("row '{}' is ranked in one of the runs alone", printable(row.row.name))};
    const std::string where = outside(row.row.name, *one, *other);
    if (!where.empty()) return {Mark::not_reproduced, where};
  }
  return {Mark::within_interval,
          "a second run, isolated, on the leaderboard's machine came to other bits, with every row's mean "
          "reward and "
          "violations within the first's intervals; its own figures are shown"};
}

}  // namespace offload
