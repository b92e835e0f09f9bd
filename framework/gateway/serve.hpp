// The gateway as a process: from settings to an open port, and to a journal that is closed.
#pragma once

#include <functional>
#include <string>

#include "gateway/decision/config.hpp"
#include "plugin/search.hpp"

namespace offload {

// Serves until SIGINT or SIGTERM, then lets turns that are under way end, until a second one; returns the
// number of the last signal. `say` is called with a line for the user now and then. Throws Error where it
// cannot begin, and Error(io) when the journal cannot be written any more.
int serve(const ServeSettings& settings, const PluginSearch& search,
          const std::function<void(const std::string&)>& say);

}  // namespace offload
