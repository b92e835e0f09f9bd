// A suite on its data set: everything that all trials of it share, and the plan of trials. The command and
// every worker make it the same way.
#pragma once

#include <offload/abi.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/outcomes/response_model.hpp"
#include "files/sha256.hpp"
#include "suite/suite.hpp"

namespace offload {

inline constexpr int kEvaluationSlots = 64;

struct Experiment {
  Suite suite;
  std::unique_ptr<const Scenario> scenario;
  Truth truth;  // monostate for a real data set
  std::vector<BudgetCell> cells;
  std::vector<Split> splits;
};

// `data` is the suite's data set; suite.data.source says where it came from. Throws Error(config) for what
// does not fit together.
Experiment make_experiment(Suite suite, EpisodeTable data);

// The episodes that a split tests, in order: its own, or under a quirk as many drawn with replacement.
std::vector<std::uint32_t> test_episodes(const Experiment& experiment, const Split& split);

// The environment as plugins see it; pointers are into the scenario.
offload_environment plugin_environment(const Scenario& scenario, std::uint64_t seed,
                                       std::int64_t training_steps);

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

// The identity of a trial: a hash of everything that determines its outcome.
Digest trial_key(const Experiment& experiment, const RowSettings& row, const Split& split,
                 const PluginFile& agent, const PluginFile& reward);
// The identity of the exact policies' job on a split.
Digest reference_key(const Experiment& experiment, std::size_t split, const PluginFile& reward);

}  // namespace offload
