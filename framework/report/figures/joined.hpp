// What a report that is of several folders says of them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace offload {

// One of several folders that a report is of, by a short name, and the trials that came from it.
struct JoinedFolder {
  std::string name;
  std::size_t trials = 0;
};

// Each called by as few of the last components of its path as tell it from the others, so that nothing
// depends on how it was reached; `trials` that came from each, [folders].
std::vector<JoinedFolder> joined_folders(const std::vector<std::filesystem::path>& folders,
                                         const std::vector<std::size_t>& trials);
// "Joined of 2 folders: 20 runs of a, 10 of b", the first few by name; empty for none.
std::string joined_sentence(const std::vector<JoinedFolder>& joined);

}  // namespace offload
