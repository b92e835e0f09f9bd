// One of the two that are compared: what a results folder or a report.json says of every row in every cell.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "core/statistics/intervals.hpp"

namespace offload {

struct ComparisonSide {
  using Key = std::tuple<std::string, std::string, std::string>;  // measure, cell, row
  using Test = std::pair<std::string, std::int64_t>;              // split, episode
  using Samples = std::map<Test, double>;
  struct Estimate {
    double value = 0;
    Interval interval;
  };

  std::string name, data_sha256, version;
  std::size_t left_out = 0;                        // result files
  std::vector<std::string> measures, cells, rows;  // rows with a finished run
  std::map<std::string, std::string> budgets;      // of a cell, in words
  std::map<Key, Estimate> estimates;
  std::map<Key, Samples> samples;  // empty without the decisions
};

inline constexpr const char* kViolations = "joint violation rate";  // the measure of which less is better

// Of a results folder or a report.json; throws Error(data) or Error(io).
ComparisonSide comparison_side(const std::filesystem::path& path);

}  // namespace offload
