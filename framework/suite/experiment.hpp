// A suite on its data set: everything that all trials of it share, and the plan of trials. The command and
// every worker make it the same way.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/outcomes/response_model.hpp"
#include "files/sha256.hpp"
#include "plugin/environment.hpp"
#include "suite/suite.hpp"

namespace offload {

struct Experiment {
  Suite suite;
  // One, or by [data] seeds one per split; where outcomes are known one per cut, since what is declared
  // follows from the training side.
  std::vector<std::shared_ptr<const Scenario>> scenarios;
  // [drifts of the suite], each as `scenarios`.
  std::vector<std::vector<std::shared_ptr<const Scenario>>> drifted;
  std::string data_sha256;  // of all of them
  Truth truth;              // monostate for a real data set
  std::vector<BudgetCell> cells;
  std::vector<Split> splits;
  int trainings = 1;  // splits s * trainings + t are trainings on the same split s

  // The split whose exact policies are those of `split`.
  std::size_t reference_split(std::size_t split) const {
    return split - split % static_cast<std::size_t>(trainings);
  }
  const Scenario& scenario_of(const Split& split) const { return *scenarios[split.set]; }
  const Scenario& drifted_of(const Split& split, std::size_t drift) const {
    return *drifted[drift][split.set];
  }
  // Whether the row learns from a simulated log instead of known outcomes.
  bool learns_from_log(const RowSettings& row) const {
    return suite.evaluation.log && row.training.model != suite.response_model;
  }
  // For what all scenarios share, which is all but the data and what a world declares: actions, tasks,
  // consumption, masks, layout.
  const Scenario& environment() const { return *scenarios.front(); }
};

// `sets` are the suite's data as open_data returns them; suite.data.source says where they came from. Throws
// Error(config) for what does not fit together.
Experiment make_experiment(Suite suite, std::vector<EpisodeTable> sets);

// The episodes that a split tests, in order: its own, or under a quirk as many drawn with replacement.
std::vector<std::uint32_t> test_episodes(const Experiment& experiment, const Split& split);

// Where packed data sets are kept: OFFLOAD_BENCH_CACHE, else XDG_CACHE_HOME/offload-bench, else
// ~/.cache/offload-bench, else `fallback`.
std::filesystem::path cache_folder(const std::filesystem::path& fallback);

// A plugin file as a trial uses it.
struct PluginFile {
  std::filesystem::path path;
  std::string sha256;
  // What of the machine its results depend on, by name: nothing where it declares portable bits.
  std::map<std::string, std::string> machine;
};

// The identity of a trial: a hash of everything that determines its outcome, the instruction set (see
// machine.hpp) that it runs on included.
Digest trial_key(const Experiment& experiment, const RowSettings& row, const Split& split,
                 const PluginFile& agent, const PluginFile& reward);
// The identity of the exact policies' job on a split.
Digest reference_key(const Experiment& experiment, std::size_t split, const PluginFile& reward);

}  // namespace offload
