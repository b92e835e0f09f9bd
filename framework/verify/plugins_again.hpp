// Which file stands for a plugin of a results folder, and whether verification may run it: nothing that lies
// in the folder runs unless it is what is installed, or the user says so.
#pragma once

#include <filesystem>
#include <string>

#include "plugin/search.hpp"
#include "suite/experiment.hpp"

namespace offload {

struct LocatedPlugin {
  PluginFile file;      // what to run, with the hash that goes into keys
  std::string problem;  // why it must not or cannot run, with the fix; empty: it may
};

// `stored`: the hash that the folder gives it. A plugin named by its id is an installed one, and may run
// where it has that hash; one named by a path may run where an installed one has its bytes (and then that one
// does) or where `run_plugins` allows it. Never throws for what is not there.
LocatedPlugin locate_again(const PluginSettings& settings, const PluginSearch& search,
                           const std::filesystem::path& folder, const std::string& stored, bool run_plugins);

}  // namespace offload
