// A worker process runs one trial, or the exact policies of one split: the command starts itself again with the hidden verb `worker`, so that
// whatever a plugin does ends with this process. Status goes to a pipe of its own, because a plugin may print
// or close the standard streams.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace offload {

struct WorkerJob {
  std::filesystem::path folder;      // results; holds suite.toml
  std::filesystem::path base;        // what paths in the suite are relative to
  std::filesystem::path packed;      // data set to map
  std::string source;                // how the suite names it
  std::filesystem::path agent, reward;
  bool reference = false;            // the exact policies: no agent and no row
  std::size_t row = 0, split = 0;    // indices into the suite's rows and the experiment's splits
  std::string key;
  std::int64_t memory_limit_mb = 0;
  int status_descriptor = 3;

  std::vector<std::string> arguments() const;
};

// Status lines: "p <0..1>" progress, "f <limit or -> <message>" failure, "d" done.
// Runs the job and returns the exit status: 0, or 1 when the trial failed.
int run_worker(const WorkerJob& job);

}  // namespace offload
