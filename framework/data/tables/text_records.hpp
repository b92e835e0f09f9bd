// Files of records, read streaming in bounded memory: CSV by libcsv (quotes, line breaks within them, a byte
// order mark) and JSON lines. A record is a list of texts at a line of the file; what they mean is the
// caller's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace offload {

// Bytes of one record or line.
inline constexpr std::size_t kRecordMax = std::size_t{64} << 20;

// Where a value stands, for messages.
struct RecordPlace {
  std::string_view file;  // fit to be shown
  std::uint64_t line;     // from 1; of the record's first line

  // Throws Error(data): `FILE:LINE: COLUMN: ` and the fact.
  template <typename... Args>
  [[noreturn]] void refuse(std::string_view column, fmt::format_string<Args...> format,
                           Args&&... args) const {
    refuse_text(column, fmt::format(format, std::forward<Args>(args)...));
  }
  [[noreturn]] void refuse_text(std::string_view column, std::string_view fact) const;
};

// Calls `record` for every record of a CSV file, its header included; the texts live for the call. Returns
// the SHA-256 of the file's bytes. Throws Error(io), Error(data) with the line for what is no CSV, and what
// `record` throws.
using CsvRecord = std::function<void(const RecordPlace&, const std::vector<std::string_view>&)>;
std::string read_csv(const std::filesystem::path& file, const CsvRecord& record);

// The same for every line that is not empty, without its line break. Lines end at \n alone.
using TextLine = std::function<void(const RecordPlace&, std::string_view)>;
std::string read_lines(const std::filesystem::path& file, const TextLine& line);

// A text as a field of a CSV file, quoted where it has to be.
void append_csv(std::string& to, std::string_view text);

}  // namespace offload
