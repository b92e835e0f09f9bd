// The packed form of a data set: the arrays of an EpisodeTable in one file, as they lie in memory, behind a
// header that says where they are. Of use to the machine that wrote it only: a cache, never an exchange
// format.
//
//   header   magic, version, byte order, counts, offset and length of every section, checksums
//   sections each aligned to 64 bytes: id, first_turn, task, action, score, raw_score, latency_s, cost_usd,
//            association, names (tasks, hash and source, each behind its length); those of tables with
//            outcomes (packed_outcomes.hpp), empty for logged data, whose own are empty with outcomes
//
// write_packed and open_packed are declared in dataset.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace offload {

inline constexpr std::uint32_t kPackedVersion = 2;
inline constexpr std::size_t kPackedAlignment = 64;
inline constexpr std::size_t kPackedLogSections = 10, kPackedOutcomeSections = 15,
                             kPackedSections = kPackedLogSections + kPackedOutcomeSections;

struct PackedSection {
  std::uint64_t offset;  // from the start of the file
  std::uint64_t bytes;
};

struct PackedHeader {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t byte_order;
  std::uint64_t file_bytes;
  std::uint64_t episodes;
  std::uint64_t turns;
  std::uint32_t modalities;
  std::uint32_t tasks;
  std::array<PackedSection, kPackedSections> sections;
  std::array<std::uint64_t, 6> reserved;  // 0
  std::uint64_t data_checksum;            // of everything behind the header
  std::uint64_t header_checksum;          // of the header before this field
};
static_assert(sizeof(PackedHeader) % kPackedAlignment == 0);

// Sets the checksums of a header before `data`, everything behind it.
void seal(PackedHeader& header, std::string_view data);

}  // namespace offload
