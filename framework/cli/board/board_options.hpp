// What the verbs below `leaderboard` are told.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/verbs.hpp"

namespace offload::cli {

struct BoardOptions {
  std::string board, file, dataset, hidden, out, date, entrant, sdk, reason, task;
  std::vector<std::string> plugin_folders;
  std::int64_t entry = 0, per_entrant = 0, episodes = 200, build_limit_s = 600, build_memory_mb = 2048;
  int jobs = 0;
  bool makes = false;
};

void add_baselines(CLI::App& leaderboard, Action& action);

}  // namespace offload::cli
