// Completion of the command line in shells, from the application that also answers `--help`.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace offload::cli {

// A script to be sourced; `shell`: "bash", "zsh" or "fish". Verbs, their options and, where an option knows
// its values, those; files for everything else.
std::string completion_script(const CLI::App& app, const std::string& shell);

}  // namespace offload::cli
