// A plan in words, for who wants to see it before it runs.
#pragma once

#include <filesystem>
#include <string>

#include "campaign/plan.hpp"

namespace offload {

// Data, profile, cells, splits and rows, a line each; what is wrong with a row's plugin below it. Names of
// candidates have no spaces to be broken at, and are cut to `columns`; 0: there is no terminal.
std::string plan_text(const Plan& plan, const std::filesystem::path& folder, int columns);

}  // namespace offload
