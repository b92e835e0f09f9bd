// What one job of verification computes again, in a process of its own: the replay of some trials of a split,
// second runs, or the exact policies. A job reads what it compares with; the command holds none of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "campaign/plan.hpp"
#include "files/json_difference.hpp"
#include "plugin/search.hpp"
#include "results/store.hpp"

namespace offload {

inline constexpr std::size_t kDisagreementsMost = 1000;  // per job, per split, and of the plan

// All outlive the call.
struct StoredResults {
  const std::filesystem::path& folder;
  const Plan& plan;  // made again
  const PluginSearch& search;
  std::int64_t memory_mb;  // of every job; 0: as the suite has it
};

struct Findings {
  std::size_t rerun = 0, episodes = 0;
  std::vector<Disagreement> wrong;
  std::vector<std::string> failures;  // what could not be computed again, and why
};
std::string to_json(const Findings& findings);
Findings findings_from_json(const std::string& text);

// Finished trials of one split, by key: all that follows from their decisions.
Findings replay_trials(const StoredResults& results, std::size_t split, std::span<const std::string> keys);

struct SecondRun {
  std::string key;
  std::size_t row;
};
// Finished trials of one split run again, each in a process of its own, as the first run had it: what is
// contained there must be here. Not counted as rerun, and not compared, where the plugin is not here or lets
// no result through.
Findings rerun_trials(const StoredResults& results, std::size_t split, std::span<const SecondRun> trials);

// `allowed`: tolerance_of the machine that they were computed on.
Findings recompute_reference(const StoredResults& results, std::size_t split, const std::string& key,
                             double allowed);

inline constexpr double kOtherMachine = 1e-9;  // relative tolerance where another instruction set was used

// Relative, of results from a machine with these facts: 0 where bits are portable or the instruction set is
// this machine's.
double tolerance_of(const std::map<std::string, std::string>& host);

// Megabytes that a job may take: a row's second run as its first; without a row, as the exact policies.
std::int64_t memory_limit_mb(const StoredResults& results, std::optional<std::size_t> row = std::nullopt);
extern const char* const kMemoryFix;

}  // namespace offload
