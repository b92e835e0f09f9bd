// A campaign as a Slurm job array: what is submitted, as text. A part is `run --shard K/N` into a folder of
// its own below the results folder, so that whatever ends it, the same script goes on where it stopped; the
// merge step looks what is there itself and trusts no dependency (benchmarks/slurm/README.md says what Slurm
// does).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace offload {

struct SlurmSettings {
  std::filesystem::path command;  // offload-bench, absolute, as every machine sees it
  std::filesystem::path folder;   // the results folder, absolute, on a file system that all machines share
  std::filesystem::path from;     // absolute; where `dataset` starts
  std::string suite;              // its name
  std::size_t tasks = 1;          // parts of the campaign
  std::string dataset;            // in place of the suite's; empty: the suite's own
  std::vector<std::filesystem::path> plugin_folders;  // absolute
  // As Slurm takes them; empty: the partition's own.
  std::string time, partition, memory;
  int cpus = 1;                 // and trials at once
  std::string instruction_set;  // OFFLOAD_ISA of all parts; empty: what each machine has
};

struct SlurmScripts {
  std::string array, merge, submit;
};

// Throws Error(config) for what is no such option of Slurm, and for a path that a script or Slurm would read
// as another one.
SlurmScripts slurm_scripts(const SlurmSettings& settings);

// The folder of a part, from 1.
std::filesystem::path part_folder(const std::filesystem::path& folder, std::size_t part, std::size_t tasks);

// Writes slurm/{array,merge,submit}.sh and slurm/parts.json into settings.folder. Throws as slurm_scripts,
// and Error(io).
void write_slurm(const SlurmSettings& settings);

}  // namespace offload
