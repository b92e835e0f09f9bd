// The parts of a campaign on many machines (scripts.hpp): what each has done, which are missing, and their
// results as one results folder, that of an undisturbed run. Merging is copying, as often as one likes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "results/store.hpp"

namespace offload {

struct PartsStatus {
  std::size_t tasks = 0;
  struct Jobs {
    std::size_t planned = 0, finished = 0, failed = 0;
  } trials, references;
  std::vector<std::size_t> missing;   // parts, from 1, that have jobs to run: none ran yet, or failed
  std::vector<std::size_t> failed;    // of them, those in which every job ran and some failed
  std::vector<std::string> problems;  // why the parts cannot be joined, as sentences
  std::vector<LeftOut> left_out;      // result files that do not count

  // Whether every job has run, failed ones included.
  bool complete() const { return problems.empty() && missing.size() == failed.size(); }
};

// Empty where `folder` has no slurm/parts.json. Throws Error(data) or Error(io) for what cannot be read.
std::optional<PartsStatus> parts_status(const std::filesystem::path& folder);

// "17 of 24 trials, 3 of 4 exact policies, 1 failed; missing parts 2,5-7 of 8".
std::string status_sentence(const PartsStatus& status);

// "2,5-7", as sbatch --array takes it; empty for none.
std::string part_list(const std::vector<std::size_t>& parts);

// Copies the results of all parts into `folder`, with the plan that they ran, and returns what there was.
// Changes nothing unless the status is complete. Throws as parts_status, Error(config) without
// slurm/parts.json, and Error(io) also when another process holds the folder.
PartsStatus merge_parts(const std::filesystem::path& folder);

}  // namespace offload
