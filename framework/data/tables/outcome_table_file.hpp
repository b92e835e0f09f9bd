// The neutral table (datasets/README.md): one row per (query, turn, arm) as CSV or JSON lines, a meta file
// beside. All routing data come into the program by way of it.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/environment/episode.hpp"
#include "data/tables/table_builder.hpp"

namespace offload {

enum OutcomeColumn {
  kSession,
  kTurn,
  kQueryName,
  kTaskName,
  kArm,
  kQuality,
  kLatency,
  kUsd,
  kInputTokens,
  kOutputTokens,
  kKnown,
  kSplit,
  kPromptGroup,
  kOutcomeColumns
};
inline constexpr std::array<std::string_view, kOutcomeColumns> kOutcomeColumnNames = {
    "session",  "turn",         "query",         "task",  "arm",   "quality",     "latency_s",
    "cost_usd", "input_tokens", "output_tokens", "known", "split", "prompt_group"};

// Whether a source is a neutral table by its name: NAME.csv or NAME.jsonl.
bool is_outcome_table(const std::filesystem::path& file);

// Reads and checks all of it in memory bounded by the table that results; `meta`: its meta file, found beside
// it (meta_file_of) where empty. Without rules a row marked as failed is taken as it is. The table's sha256
// is over those of both files. Throws Error(data) with file, line, column, fact and fix; Error(io).
EpisodeTable read_outcome_table(const std::filesystem::path& file, TableRules rules = {},
                                const std::filesystem::path& meta = {});
// That sha256.
std::string outcome_table_hash(const std::filesystem::path& file);

// Writes a table with outcomes as FILE (by its ending CSV or JSON lines) and its NAME.meta.json; each appears
// whole or not at all. Texts and features stand in the first row of each query. Throws Error(io).
void write_outcome_table(const EpisodeTable& table, const std::filesystem::path& file);

}  // namespace offload
