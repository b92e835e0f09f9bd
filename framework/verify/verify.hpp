// Verification of a results folder by replay: every stored figure that follows from decisions, data set and
// suite is computed again and compared. Rows that follow a rule are run again as a whole; of rows that learn,
// decisions are taken as stored unless they are to be trained again. What was not computed again, and what
// the figures rest on, is believed, and named. Jobs in contained processes do it; what they find does not
// depend on how many run at once, and the command holds of every trial no more than where it is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "files/json_difference.hpp"
#include "plugin/search.hpp"
#include "process/signal_state.hpp"
#include "verify/believed.hpp"

namespace offload {

struct VerifySettings {
  std::string dataset;         // in place of the one that suite.json names; empty: that one
  bool train = false;          // also run again what learns
  bool run_plugins = false;    // also the folder's own, which are not installed
  int jobs = 1;                // at once
  std::int64_t memory_mb = 0;  // of every job; 0: as the suite's memory_limit_mb
  // Other folders that make one report with this one: what they hold is not missing here, and what finished
  // there did not fail here.
  std::vector<std::filesystem::path> beside;
  bool leads = true;  // the report of all folders lies in this one; else one of this folder alone, if any
};

struct Verification {
  // What was verified: trials and episodes replayed, trials of them run again, splits' exact policies
  // recomputed.
  std::size_t trials = 0, rerun = 0, episodes = 0, references = 0;
  std::vector<Disagreement> wrong;    // bounded per split
  std::vector<std::string> failures;  // what could not be verified: place, fact, fix
  std::vector<Believed> believed;     // what figures rest on and was not computed again
  std::size_t undone = 0;             // jobs that a signal left out

  bool complete() const { return failures.empty() && undone == 0; }
};

// What no verification can compute again and no figure rests on.
inline constexpr const char* kNotChecked =
    "times, machines with what of isolation they held, and the words of failures";

// Compares the files of a report.
using VerifyReport = std::function<std::vector<Disagreement>()>;

struct VerifyProgress {
  std::size_t done = 0, total = 0;   // jobs
  std::vector<std::string> running;  // in words
};

class VerifyObserver {
 public:
  virtual ~VerifyObserver() = default;
  // Once, when all is read and the jobs begin: what tells of signals from now on.
  virtual const SignalState& begins() = 0;
  // A few times a second and at every change.
  virtual void progress(const VerifyProgress& progress) = 0;
  // Once, after a first signal: what is waited for are the running ones.
  virtual void stopping(const VerifyProgress& progress) = 0;
};

// `report` is called in a job of its own; empty: there is none to compare. Where the folder does not lead,
// what it finds makes the report's files believed. Throws Error: io or data where suite.json, suite.toml or
// the data set cannot be used, config or plugin where a plugin refuses what the suite asks of it.
Verification verify_results(const std::filesystem::path& folder, const VerifySettings& settings,
                            const PluginSearch& search, const VerifyReport& report, VerifyObserver& observer);

}  // namespace offload
