// Looks for processes that a test's subject should not have left behind.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

namespace offload::testing {

// Processes that call themselves so; by name, as their numbers may be those of a namespace of their own.
inline int count_named(const std::string& name) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "comm");
    std::string comm;
    count += std::getline(file, comm) && comm == name;
  }
  return count;
}

}  // namespace offload::testing
