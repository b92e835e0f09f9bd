// A results folder holds what it takes to run its suite again, on any machine and but for the data set.
#pragma once

#include <filesystem>

#include "suite/suite.hpp"

namespace offload {

// Writes suite.toml and, as inputs/NAME, every file that the suite names; suite.toml names those in their
// place, so that its paths are relative to the folder. Throws Error(io).
void store_suite(const Suite& suite, const std::filesystem::path& folder);

}  // namespace offload
