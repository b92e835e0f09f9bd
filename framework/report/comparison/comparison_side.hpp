// One of the two that are compared: what a report.json says of every row, on every test and in every cell. A
// results folder is read as the report that it makes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/statistics/crossed_moments.hpp"
#include "report/trials/spool.hpp"

namespace offload {

struct ComparisonSide {
  using Key = std::tuple<std::string, std::string, std::string>;  // measure, cell, row
  struct Mean {
    double value = 0;
    Interval interval;
  };
  struct Runs {
    std::size_t planned = 0, finished = 0;
  };

  std::string name, data_sha256, version;
  std::string headline;      // the headline's view; of a report without one the first, empty without any
  std::size_t left_out = 0;  // result files
  std::vector<std::string> views, cells, rows;  // "lens / model"; rows with a finished run, in order
  std::vector<std::string> drifts;              // other worlds: exploratory
  bool margins = false;                         // it has margins
  std::map<std::string, Runs> runs;             // of every row of the suite
  std::map<std::string, std::string> budgets;   // of a cell, in words
  nlohmann::json settings;                      // the resolved suite
  std::map<Key, Mean> means;                    // in cells: exploratory

  // The evidence: means over cells on every test.
  std::vector<std::string> evident_views;  // that it has: of a large report the headline's alone, or none
  bool known_outcomes = false;             // a world, without response models
  ClaimRule rule;
  TestDesign design;
  std::vector<std::string> run_name;  // [runs]
  std::vector<std::int64_t> episode;  // [tests] id

  // [tests] of a measure over cells; put away, as rows may be many.
  void add_series(const std::string& measure, const std::string& row, const std::vector<double>& values);
  std::optional<std::vector<double>> series(const std::string& measure, const std::string& row) const;

 private:
  std::map<std::pair<std::string, std::string>, std::uint64_t> series_at_;  // by measure and row
  std::unique_ptr<Spool> spool_ = std::make_unique<Spool>();
};

inline constexpr const char* kViolations = "joint violation rate";
// Of a measure: whether less of it is better, as of all rates of broken budgets.
bool less_is_better(const std::string& measure);
// Of the cells of a drift, under the first view: "reward: drift 4g", "joint violation rate: drift 4g".
std::vector<std::string> drift_measures(const std::string& drift);
// "reward: simulator / knn".
std::string reward_measure(const std::string& view);

// Of a results folder or a report.json; throws Error(data) or Error(io).
ComparisonSide comparison_side(const std::filesystem::path& path);

}  // namespace offload
