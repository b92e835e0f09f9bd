// What a results folder holds, without what it says: a line per result, so that many do not fill the
// command's memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "campaign/plan.hpp"
#include "results/store.hpp"

namespace offload {

struct StoredTrial {
  std::string key;
  std::size_t split = 0, row = 0;  // indices; past the last where the plan has none of the name
  bool finished = false;
  bool same_machine = false;  // has the instruction set of this one
};

struct StoredReference {
  std::string key;
  std::size_t split = 0;
  bool finished = false;
};

struct StoredIndex {
  std::vector<StoredTrial> trials;          // by split, then key
  std::vector<StoredReference> references;  // likewise
  std::vector<LeftOut> left_out;
};

// Reads every result once. Never throws for what a file holds.
StoredIndex read_index(const std::filesystem::path& folder, const Plan& plan);

}  // namespace offload
