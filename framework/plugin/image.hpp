// Looks at a plugin's file before it is loaded. The loader maps whatever the headers say: a truncated library
// ends the process with SIGBUS and one for another processor is called "No such file", so both are found
// here.
#pragma once

#include <filesystem>

namespace offload {

// Returns when `file` is a complete shared library for this machine that exports offload_entry_v1. Otherwise
// throws Error(plugin) with one sentence: file, fact, fix. Runs nothing of the file.
void check_plugin_image(const std::filesystem::path& file);

}  // namespace offload
