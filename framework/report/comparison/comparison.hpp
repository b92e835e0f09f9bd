// What changed from A to B: results folders or their report.json files, per row and budget cell, or two files
// of Google Benchmark, per benchmark. A difference is confirmed when a test, corrected after Holm over the
// lines of its measure, says so at .05; a confirmed change for the worse whose 95 % interval lies wholly
// beyond the threshold is a regression.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/statistics/intervals.hpp"

namespace offload {

enum class Verdict { better, tie, worse, regression, unclear };  // unclear: too few repetitions to tell

struct ComparisonLine {
  std::string measure;    // "reward: simulator / knn", "joint violation rate", "real time"
  std::string cell, row;  // the cell is empty for a benchmark
  double a = 0, b = 0;    // means; medians in ns for a benchmark
  double difference = 0;  // b - a; of a benchmark relative: .1 is 10 % slower
  Interval interval;      // 95 %, of the difference
  double p = 1, p_holm = 1;
  std::string basis;  // "paired, 120 tests of 92 episodes", "intervals", "10 and 10 repetitions"
  Verdict verdict = Verdict::tie;
};

// In one of the two only.
struct MissingPart {
  std::string what, name, from;  // "row", "ppo", the name of A or B

  bool operator==(const MissingPart&) const = default;
};

struct Comparison {
  std::string a, b;  // as the user named them
  bool benchmarks = false;
  double threshold = 0;
  std::vector<std::string> notes;
  std::vector<MissingPart> missing;
  std::vector<ComparisonLine> lines;

  std::size_t count(Verdict verdict) const;
  bool clean() const { return missing.empty() && count(Verdict::regression) == 0; }
};

const char* word(Verdict verdict);

// Results folders, and report.json files. Rewards and joint violation rates are paired by run and episode
// where both are folders and have tests in common (bootstrap over episodes, sign-flip test), and otherwise
// compared by their intervals as if independent, which finds less. Throws Error(data) or Error(io).
Comparison compare_results(const std::filesystem::path& a, const std::filesystem::path& b, double threshold);

// Whether a file is what Google Benchmark writes with --benchmark_out.
bool is_benchmark_file(const std::filesystem::path& file);
// Exact Mann-Whitney U test of the repetitions of each benchmark; the difference is the Hodges-Lehmann ratio
// less 1, of real time. Throws Error(data) or Error(io).
Comparison compare_benchmarks(const std::filesystem::path& a, const std::filesystem::path& b,
                              double threshold);

std::string comparison_table(const Comparison& comparison, bool color, int width);
std::string comparison_csv(const Comparison& comparison);
std::string comparison_json(const Comparison& comparison);
std::string comparison_markdown(const Comparison& comparison);

}  // namespace offload
