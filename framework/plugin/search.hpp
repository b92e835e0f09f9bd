// Where plugins are: a plugin's file is <id>.so in one of some folders, earlier folders first. Looks at names
// only; nothing is loaded.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace offload {

// ../lib/offload-bench/plugins beside the running program; empty where that is not to be known.
std::filesystem::path shipped_folder();

class PluginSearch {
 public:
  // Searches `folders` (--plugin-dir), then OFFLOAD_BENCH_PLUGIN_PATH (colon separated; missing folders are
  // passed over), then ../lib/offload-bench/plugins beside the running program. Throws Error(config) when
  // one of `folders` does not exist.
  explicit PluginSearch(const std::vector<std::filesystem::path>& folders = {});

  const std::vector<std::filesystem::path>& folders() const { return folders_; }

  // The library of a plugin named by id, or by a path (anything with '/' or ending in .so), which is taken
  // relative to `base`; of "FILE.py:NAME" (python_source.hpp) that with the file as an absolute path. Throws
  // Error(plugin) that names the folders searched and a close id.
  std::filesystem::path find(const std::string& reference, const std::filesystem::path& base = {}) const;

  // Every library, sorted by id; of equal ids the first folder's.
  std::vector<std::filesystem::path> libraries() const;

 private:
  std::vector<std::filesystem::path> folders_;
};

}  // namespace offload
