// Verification of a results folder by replay: every stored figure that follows from decisions, data set and
// suite is computed again and compared. Rows that follow a rule are run again as a whole; of rows that learn,
// decisions are taken as stored unless they are to be trained again. So nothing has to be believed but the
// decisions of what learned.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "files/json_difference.hpp"
#include "plugin/search.hpp"

namespace offload {

struct VerifySettings {
  std::string dataset;  // in place of the one that suite.json names; empty: that one
  bool train = false;   // also run again what learns
};

struct Verification {
  std::size_t trials = 0, rerun = 0, episodes = 0,
              references = 0;       // rerun: of the trials; episodes: replayed
  std::vector<Disagreement> wrong;  // bounded per split
  std::vector<std::string> notes;   // what was not or could not be checked
};

// `progress` is told the splits done and their number. Plugins run in child processes. Throws Error: io or
// data where suite.json, suite.toml or the data set cannot be used, plugin for a reward that is not there.
Verification verify_results(const std::filesystem::path& folder, const VerifySettings& settings,
                            const PluginSearch& search,
                            const std::function<void(std::size_t, std::size_t)>& progress);

}  // namespace offload
