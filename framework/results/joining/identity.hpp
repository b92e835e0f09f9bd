// What a results folder is, wherever it lies and whatever it is called: by what it holds.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace offload {

// SHA-256 in hexadecimal digits over its suite.json, the names of its results, and the heads, which have the
// seals, of the first and the last of them: enough to tell it from other parts and other runs of its suite,
// and no proof of what is in it. Empty for a folder without results. Throws Error for a suite.json that
// cannot be read.
std::string identity_of(const std::filesystem::path& folder);

// Whether `now` has a result of every name that `before` has, and that has some: the same run, gone on.
bool goes_on(const std::filesystem::path& now, const std::filesystem::path& before);

// A search among folders, each of which is read once at most.
class IdentitySearch {
 public:
  // identity_of; empty as well for what cannot be read, which may lie beside results and is not theirs.
  const std::string& of(const std::filesystem::path& folder);
  // Of `folders` and those directly in `around` the first with this identity, which is none where it is
  // empty; empty for none.
  std::filesystem::path folder_with(const std::string& identity, std::vector<std::filesystem::path> folders,
                                    const std::vector<std::filesystem::path>& around);

 private:
  std::map<std::filesystem::path, std::string> known_;
  std::map<std::filesystem::path, std::vector<std::filesystem::path>> listed_;  // with a suite.json each
};

}  // namespace offload
