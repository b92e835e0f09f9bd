// Opens plugin libraries after looking at their files, and asks them who they are. The only user of
// Boost.DLL. Libraries are never unloaded. Loading runs foreign code: workers do it, the command only inside
// run_isolated.
#pragma once

#include <offload/abi.h>

#include <filesystem>

#include "plugin/info.hpp"

namespace offload {

// Loads the library and checks its entry: ABI major, kind, id, non-null strings and functions. Throws
// Error(plugin): file, fact, fix. The entry lives as long as the process.
const offload_entry& open_plugin(const std::filesystem::path& library);

// Identity without an instance: no parameters, no capabilities.
PluginInfo identify_plugin(const std::filesystem::path& library);
// The same with parameters and capabilities, by creating an instance for `environment`. A plugin that refuses
// the environment is described as far as it declared its parameters.
PluginInfo describe_plugin(const std::filesystem::path& library, const offload_environment& environment);

}  // namespace offload
