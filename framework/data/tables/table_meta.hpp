// The meta file beside a neutral table (datasets/README.md): where the table is from, what its figures mean,
// its arms in order. JSON; the packed form keeps the same text.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/environment/outcome_table.hpp"

namespace offload {

struct TableMeta {
  OutcomeNotes notes;
  std::vector<Arm> arms;  // empty: as they appear in the table
  std::string currency = "USD";
  std::string table_sha256;  // of the table file beside; empty: not stated
};

// Throws Error(data) with place, fact and fix; `file`: for messages.
TableMeta parse_table_meta(std::string_view text, const std::string& file);
// Throws Error(io), too.
TableMeta read_table_meta(const std::filesystem::path& file);
// NAME.meta.json beside NAME.csv, or meta.json in its folder. Throws Error(data) where there is neither.
std::filesystem::path meta_file_of(const std::filesystem::path& table);

// The text of such a file.
std::string table_meta_text(const OutcomeTable& table, const std::string& table_sha256);

// A price in USD per million tokens, exact, as pico-USD per token; empty where it is none.
std::optional<std::int64_t> price_per_million(const nlohmann::json& value);

// measured, modelled, absent
const char* latency_name(OutcomeNotes::Latency latency);
// device, cloud, unstated
const char* placement_name(Placement placement);

}  // namespace offload
