// What a results folder is, wherever it lies and whatever it is called: by what it holds.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace offload {

// SHA-256 in hexadecimal digits over its suite.json, the names of its results, and the heads, which have the
// seals, of the first and the last of them: enough to tell it from other parts and other runs of its suite,
// and no proof of what is in it. Empty for a folder without results.
std::string identity_of(const std::filesystem::path& folder);

// Of `folders` and those directly in `around` the first with this identity; empty for none.
std::filesystem::path folder_with(const std::string& identity, std::vector<std::filesystem::path> folders,
                                  const std::vector<std::filesystem::path>& around);

}  // namespace offload
