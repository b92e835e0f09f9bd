// The frozen table of an official task: what the shipped baselines come to on it, with hashes of all that
// they decided where their bits are the same on every machine, so that a second machine can tell whether it
// measures the same.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "files/json_difference.hpp"

namespace offload {

inline constexpr const char* kBaselinesFormat = "offload-baselines/1";

// The table of a finished results folder of an official task, as JSON. Throws Error(config) where it is
// altered, none or not finished; as report_of.
std::string baselines_table(const std::filesystem::path& results);

struct BaselinesCheck {
  std::vector<std::string> same_bits,
      within;  // rows by how they agree: to the bit, or within their intervals
  std::vector<Disagreement> wrong;
};

// Holds the results of a second run against a table. Throws Error(data) for what is no table, Error(config)
// for results of another task.
BaselinesCheck check_baselines(const std::string& table, const std::string& file_name,
                               const std::filesystem::path& results);

}  // namespace offload
