// The files of a source: read, hashed together, and their JSON turned into the values of rows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/environment/outcome_table.hpp"
#include "data/tables/text_records.hpp"

namespace offload {

// Prices of tokens by model. "/" in names is "_", as in folders' names.
using PriceTable = std::map<std::string, TokenPrice, std::less<>>;

class SourceFiles {
 public:
  // `base`: file names are hashed relative to it; of files elsewhere the last part of the name is, and of the
  // price table none, so that the same source has one hash wherever they lie.
  explicit SourceFiles(std::filesystem::path base) : base_(std::move(base)) {}

  void csv(const std::filesystem::path& file, const CsvRecord& record);
  using JsonLine = std::function<void(const RecordPlace&, const nlohmann::json&)>;
  // Every line an object.
  void json_lines(const std::filesystem::path& file, const JsonLine& line);
  nlohmann::json json(const std::filesystem::path& file);
  // Throws Error(data) for a table whose keys do not say per what its prices are.
  PriceTable prices(const std::filesystem::path& file);
  // Over the names and hashes of all files read so far.
  std::string sha256() const;
  // Of the price table.
  const std::string& prices_sha256() const { return prices_sha256_; }

 private:
  void note(const std::filesystem::path& file, const std::string& hash);

  std::filesystem::path base_;
  std::map<std::string, std::string> hashes_;
  std::string prices_sha256_;
};

// Members of one line; a missing or null one is refused, or the fallback.
const nlohmann::json& member(const nlohmann::json& object, const char* name, const RecordPlace& place);
std::string text_member(const nlohmann::json& object, const char* name, const RecordPlace& place);
// A finite number, or a text that is a decimal, or a truth value.
double number_member(const nlohmann::json& object, const char* name, const RecordPlace& place);
// In integers of 10^-digits; kUnknownAmount where it is missing or null.
std::int64_t amount_member(const nlohmann::json& object, const char* name, int digits,
                           const RecordPlace& place);

// Tokens times price; kUnknownAmount where either is unknown.
std::int64_t cost_of(const TokenPrice* price, std::int64_t input_tokens, std::int64_t output_tokens);

// Time times the price of an hour, in USD times 10^9; kUnknownAmount where the time is unknown.
std::int64_t cost_of_time(std::int64_t latency_ns, std::int64_t nano_usd_per_hour);

// The files of a folder whose names end so, by name.
std::vector<std::filesystem::path> files_ending(const std::filesystem::path& folder,
                                                const std::string& ending);

}  // namespace offload
