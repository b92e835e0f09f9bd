// The part of `datasets` that is about tables of outcomes: import, and their description in print.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>

#include "cli/verbs.hpp"

namespace offload::cli {

void print_outcomes(const nlohmann::ordered_json& description);
void add_import(CLI::App& datasets, Action& action);

}  // namespace offload::cli
