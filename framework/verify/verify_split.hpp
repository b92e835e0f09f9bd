// Verification of one split of a results folder: replays its trials, runs again what follows a rule, computes
// the exact policies again, and compares.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "campaign/plan.hpp"
#include "files/json_difference.hpp"
#include "plugin/search.hpp"
#include "results/store.hpp"

namespace offload {

inline constexpr std::size_t kDisagreementsMost = 1000;  // per split, and of the plan

// All outlive the call.
struct StoredResults {
  const std::filesystem::path& folder;
  const Plan& plan;          // made again
  const ReportPlan& stored;  // as suite.json has it
  const StoreContents& contents;
  const PluginSearch& search;
  bool train;  // also what learns
};

struct SplitFindings {
  std::size_t rerun = 0, episodes = 0;
  std::vector<Disagreement> wrong;
};

// In a child process. Throws Error as run_isolated does.
SplitFindings verify_split(const StoredResults& results, std::size_t split);

// Relative, of results from a machine with these facts: 0 where the instruction set is this machine's.
double tolerance_of(const std::map<std::string, std::string>& host);

}  // namespace offload
