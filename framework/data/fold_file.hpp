// Fold files: a JSON object of fold name -> list of test episode ids; the other episodes train.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace offload {

// Throws Error(config) naming file and fold for anything else, Error(io) when the file cannot be read.
std::map<std::string, std::vector<std::int64_t>> read_fold_file(const std::filesystem::path& file);

}  // namespace offload
