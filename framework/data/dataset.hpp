// Data sets: a JSON file of episodes or a neutral table of outcomes (datasets/README.md), or the synthetic
// generator, checked and turned into an EpisodeTable; and the packed form that workers map read-only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/environment/action_space.hpp"
#include "core/environment/episode.hpp"

namespace offload {

// An answer that contains one of these texts scores 0 (environment.md 1); empty turns the rule off.
struct RefusalRule {
  std::vector<std::string> phrases = {"sorry", "I don't have", "can't"};

  bool refuses(std::string_view answer) const;
};

// What a file says beside the table.
struct DatasetNotes {
  std::size_t questions = 0;  // different ones (by 64-bit hash), counted up to kQuestionsMax
  // [turns] which question: numbered from 0 as they first occur in the file; kQuestionsMax past the count
  std::vector<std::uint32_t> question;
  std::size_t refused[kMaxModalities + 2] = {};  // answers that the refusal rule hits, by action kind
  bool ids = true;                               // false: the file has none, and id[e] is e
};
inline constexpr std::size_t kQuestionsMax = 100000;

// Limits on what a file may hold.
inline constexpr int kTurnsMax = 255;             // per episode
inline constexpr std::size_t kTasksMax = 100;     // different task names
inline constexpr std::size_t kTaskNameMax = 200;  // bytes of one
inline constexpr std::size_t kEpisodesMax = 20000000;

// Streams the file; memory is bounded by the table that results. Throws Error(data) with file, JSON pointer,
// fact and fix for anything out of shape, Error(io) when the file cannot be read. Episode ids, association
// scores, questions, answers, latencies and costs are in every episode and turn or in none: without ids an
// episode is named by its position, without association scores there are no views, without answers none is
// refused, without latencies or costs their spans are empty. `notes` may be null.
EpisodeTable read_dataset(const std::filesystem::path& file, const RefusalRule& refusal = {},
                          DatasetNotes* notes = nullptr);

// The packed form: one file, mapped read-only by open_packed in time independent of its size but for a check
// of its header and sizes. write_packed writes to a temporary name and renames.
void write_packed(const EpisodeTable& table, const std::filesystem::path& file);
EpisodeTable open_packed(const std::filesystem::path& file);

// Reads `source` by way of a packed copy in `cache_folder` (made if missing) and returns the mapped table. A
// source is a path (NAME.csv and NAME.jsonl: a neutral table, data/tables), "synthetic:N" or
// "scenario:M,C,T:N" (data/synthetic.hpp), drawn with `seed`. The copy is keyed by the hash of the source's
// bytes or settings and the refusal rule, so processes that make the same one at once do no harm; a damaged
// one is made anew. Without a folder the table is built in memory.
EpisodeTable load_dataset(const std::string& source, std::uint64_t seed, const RefusalRule& refusal,
                          const std::filesystem::path& cache_folder);
// The packed file that load_dataset uses for it, made if missing: what workers are told to map.
std::filesystem::path packed_dataset(const std::string& source, std::uint64_t seed,
                                     const RefusalRule& refusal, const std::filesystem::path& cache_folder);
// The same without a cache.
EpisodeTable build_dataset(const std::string& source, std::uint64_t seed, const RefusalRule& refusal);

// Whether a file looks like one that write_packed wrote.
bool is_packed(const std::filesystem::path& file);

}  // namespace offload
