// Checkpoints as files: what an agent saved, behind a line that says of which agent it is, how many
// environment steps it was trained for, and the SHA-256 of all this, and a line that says what on
// (lineage.hpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "plugin/any_agent.hpp"
#include "trial/lineage.hpp"

namespace offload {

struct Checkpoint {
  std::string plugin;            // id of the agent; empty where there is no checkpoint
  std::int64_t steps = 0;        // environment steps of training so far
  std::string bytes;             // the agent's own
  Lineage lineage = {};          // its steps add up to `steps` where it is known
  std::string file_sha256 = {};  // of the whole file, where it was read from one
};

std::string sealed(const Checkpoint& checkpoint);

// Throws Error(io) when the file cannot be read, Error(data) when it is none or was changed. A file of the
// format before lineages is read as of unknown lineage.
Checkpoint read_checkpoint(const std::filesystem::path& file);

// Into the agent of a row that starts from a checkpoint; nothing for another row. Throws Error(data) where
// its file is not the one that the suite named, Error(config) where it is of another agent.
void load_start(const RowSettings& row, const Checkpoint& start, AnyAgent& agent);

}  // namespace offload
