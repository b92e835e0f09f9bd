// Data sets: a JSON file of episodes (datasets/README.md) or the synthetic generator, checked and turned into
// an EpisodeTable; and the packed form that workers map read-only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/episode.hpp"

namespace offload {

// An answer that contains one of these texts scores 0 (environment.md 1); empty turns the rule off.
struct RefusalRule {
  std::vector<std::string> phrases = {"sorry", "I don't have", "can't"};
};

// Streams the file; memory is bounded by the table that results. Throws Error(data) with file, JSON pointer,
// fact and fix for anything out of shape, Error(io) when the file cannot be read.
EpisodeTable read_dataset(const std::filesystem::path& file, const RefusalRule& refusal = {});

// The packed form: one file, mapped read-only by open_packed in time independent of its size but for a check
// of its header and sizes. write_packed writes to a temporary name and renames.
void write_packed(const EpisodeTable& table, const std::filesystem::path& file);
EpisodeTable open_packed(const std::filesystem::path& file);

// Reads `source` ("synthetic:N" with the generator's `seed`, or a path) by way of a packed copy in
// `cache_folder`, keyed by the hash of the source's bytes and the refusal rule. Returns the mapped table.
EpisodeTable load_dataset(const std::string& source, std::uint64_t seed, const RefusalRule& refusal,
                          const std::filesystem::path& cache_folder);
// The packed file that load_dataset uses for it, made if missing: what workers are told to map.
std::filesystem::path packed_dataset(const std::string& source, std::uint64_t seed, const RefusalRule& refusal,
                                     const std::filesystem::path& cache_folder);

}  // namespace offload
