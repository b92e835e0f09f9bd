// Fold files: a JSON object of fold name -> list of test episode ids, or -> {"test": ids, "train": ids,
// "questions": numbers of the questions that the fold holds out, for the reader}. Without "train" the other
// episodes train.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace offload {

struct FoldIds {
  std::vector<std::int64_t> test, train;  // no train: all others
  std::vector<std::int64_t> questions;
};

// Throws Error(config) naming file and fold for anything else, Error(io) when the file cannot be read.
std::map<std::string, FoldIds> read_fold_file(const std::filesystem::path& file);

}  // namespace offload
