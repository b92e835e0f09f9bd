// Google Benchmark's JSON as versions 1.3 to 1.9 write it: what each benchmark took, repetition by
// repetition, and which of its runs failed, were skipped or have no time.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace offload {

struct MicroBenchmark {
  // As in the file; of several of one name the second and later ones are "name (2)" and so on.
  std::string name;
  std::vector<double> times_ns = {};  // real time of the repetitions that have one, above 0
  std::size_t repetitions = 0;        // all of them
  std::size_t failed = 0, skipped = 0;
  std::size_t timeless = 0;  // a time of 0, which a clock of its own may give, or none
  std::string message = {};  // of the first that failed or was skipped
};

struct MicroFile {
  std::vector<MicroBenchmark> benchmarks;    // in the order of the file
  std::size_t summaries = 0;                 // aggregates and complexity rows, which are left out
  std::map<std::string, std::string> facts;  // of the machine
};

// Why a file is not one of Google Benchmark, as the rest of a sentence ("is empty: ..."); empty: it is one.
std::string not_a_micro_file(const std::filesystem::path& file);

// Throws Error(data) or Error(io).
MicroFile read_micro_file(const std::filesystem::path& file);

}  // namespace offload
