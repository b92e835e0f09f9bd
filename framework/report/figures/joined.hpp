// What a report that is of several folders says of them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace offload {

// One of several folders that a report is of, by a short name, and the trials that came from it.
struct JoinedFolder {
  std::string name;
  std::size_t trials = 0;
};

// By the names of the folders and the `trials` that came from each, [folders].
std::vector<JoinedFolder> joined_folders(const std::vector<std::string>& names,
                                         const std::vector<std::size_t>& trials);
// "Joined of 2 folders: 20 runs of a, 10 of b", the first few by name; empty for none.
std::string joined_sentence(const std::vector<JoinedFolder>& joined);

}  // namespace offload
