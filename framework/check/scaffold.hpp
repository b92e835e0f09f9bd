// A new plugin project: plugins/template with another name. Builds outside this tree against the installed
// SDK.
#pragma once

#include <filesystem>
#include <string>

#include "plugin/info.hpp"

namespace offload {

// Makes `folder`, which appears whole or not at all, with CMakeLists.txt and the source of a plugin called
// `id`. Throws Error(config) for an id that is none or a folder that is there, Error(io).
void write_plugin_project(const std::string& id, PluginKind kind, const std::filesystem::path& folder);

}  // namespace offload
