// What changed from A to B: results folders or their report.json files, row by row, or two files of Google
// Benchmark, per benchmark. One family of tests decides (statistics.md, "Intervals and tests"): means over
// cells of reward and of broken budgets under one view, corrected after Holm; what is said of single cells
// and other views is exploratory. A confirmed change for the worse whose 95 % interval lies wholly beyond the
// threshold is a regression.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/statistics/intervals.hpp"

namespace offload {

// unclear: too few repetitions to tell; none: no test is possible, or it would compare two scales.
enum class Verdict { better, tie, worse, regression, unclear, none };

struct ComparisonLine {
  std::string measure;       // "reward: simulator / knn", "joint violation rate", "real time"
  std::string cell, row;     // the cell is empty for a mean over cells and for a benchmark
  bool deciding = true;      // else exploratory: not corrected, never a regression
  double a = 0, b = 0;       // means; medians in ns for a benchmark
  double difference = 0;     // b - a; of a benchmark relative: .1 is 10 % slower
  Interval interval;         // 95 %, of the difference
  double p = 1, p_holm = 1;  // NaN: no verdict
  std::string basis;  // "paired, 120 tests of 92 episodes in 3 runs", "intervals", "10 and 10 repetitions"
  Verdict verdict = Verdict::tie;
};

// In one of the two only, or less of it in B.
struct MissingPart {
  std::string what, name, from;  // "row", "ppo", the name of A or B
  std::string why = {};          // it is there, but "failed: no card"; empty: it is not

  bool operator==(const MissingPart&) const = default;
};

struct SettingChange {
  std::string place, a, b;  // JSON pointer into the resolved suite; values as text
};

struct Comparison {
  std::string a, b;  // as the user named them
  bool benchmarks = false;
  double threshold = 0;
  std::string claim;  // what the tests claim, in words; empty for benchmarks
  std::string view;   // whose rewards decide; empty for benchmarks, and where the two have no view in common
  std::string view_is;  // why this one, in words (deciding_view.hpp); empty where there is no choice
  std::vector<std::string> notes;
  std::vector<MissingPart> missing;
  std::vector<SettingChange> settings;
  std::vector<ComparisonLine> lines;

  // Of the lines that decide.
  std::size_t count(Verdict verdict) const;
  std::size_t deciding() const;
  // Something was compared, nothing is missing or without a verdict, and nothing is a regression.
  bool clean() const;
};

const char* word(Verdict verdict);
// What to conclude, in a sentence.
std::string overall(const Comparison& comparison);

struct RowRename {
  std::string a, b;  // row a of A is compared with row b of B
};

struct ComparisonSettings {
  double threshold = 0;
  std::string view;  // "lens / model" whose rewards decide; empty: A's headline's, else A's first that B has
  std::vector<RowRename> rows;
};

// Results folders, and report.json files, which say the same. Tests of the same runs are paired; where the
// two have other splits, trainings or data they are taken as independent, which finds less. Throws
// Error(data), Error(io), or Error(config) for a view or row that is not there.
Comparison compare_results(const std::filesystem::path& a, const std::filesystem::path& b,
                           const ComparisonSettings& settings);

// Whether a file is what Google Benchmark writes with --benchmark_out (micro_file.hpp says why not).
bool is_benchmark_file(const std::filesystem::path& file);
// Exact Mann-Whitney U test of the repetitions of each benchmark; the difference is the Hodges-Lehmann ratio
// less 1, of real time. Repetitions without a time are left out and said; a benchmark that lost some in B
// alone is named under `missing`. Other than the tool's own compare.py there is no geometric mean, which
// takes in benchmarks that are not compared, and a failed run is no speed-up. Throws Error(data) or
// Error(io).
Comparison compare_benchmarks(const std::filesystem::path& a, const std::filesystem::path& b,
                              double threshold);

std::string comparison_table(const Comparison& comparison, bool color, int width);
std::string comparison_csv(const Comparison& comparison);
std::string comparison_json(const Comparison& comparison);
std::string comparison_markdown(const Comparison& comparison);

}  // namespace offload
