#include "data/import/source_files.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "data/tables/decimal.hpp"
#include "data/tables/table_meta.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"

namespace offload {
namespace {

constexpr std::size_t kJsonFileMax = std::size_t{1} << 30;

std::string key_of(std::string name) {
  std::ranges::replace(name, '/', '_');
  return name;
}

// A price by one of the names that say its unit.
std::int64_t price_of(const nlohmann::json& entry, const char* side, const std::string& file,
                      const std::string& model) {
  const std::string million = std::string(side) + "_token_price_per_million",
                    token = std::string(side) + "_cost_per_token";
  std::optional<std::int64_t> price;
  if (entry.contains(million)) {
    price = price_per_million(entry[million]);
  } else if (entry.contains(token) && entry[token].is_number()) {
    const auto exact = scaled_decimal(decimal_text(entry[token].get<double>()), 12);
    if (exact && exact->value >= 0) price = exact->value;
  } else {
    fail(ErrorKind::data, "{}: /{}: neither {} nor {}: a price needs its unit in its name; rename the keys",
         file, printable(model), million, token);
  }
  if (!price)
    fail(ErrorKind::data, "{}: /{}: the {} price is no decimal in USD", file, printable(model), side);
  return *price;
}

void add_million_lists(const nlohmann::json& document, const std::string& file, PriceTable& table) {
  const nlohmann::json &input = document["INPUT_PRICE_PER_MILLION_TOKEN"],
                       &output = document["OUTPUT_PRICE_PER_MILLION_TOKEN"];
  for (const auto& [model, value] : input.items()) {
    const auto in = price_per_million(value);
    const auto out = output.contains(model) ? price_per_million(output[model]) : std::nullopt;
    if (!in || !out) {
      fail(ErrorKind::data,
           "{}: /INPUT_PRICE_PER_MILLION_TOKEN/{}: input and output prices are decimals in USD", file,
           printable(model));
    }
    table[key_of(model)] = {*in, *out};
  }
}

// Python writes NaN, Infinity and -Infinity, which are no JSON, and whole numbers of thousands of digits,
// which no double holds, where a model answered so. None of the members that are read may be one: they become
// null, which is refused there.
std::string without_wild_numbers(std::string_view text) {
  constexpr std::size_t kDigitsMost = 300;
  std::string json;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '"') {
      std::size_t end = i + 1;
      while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
      json += text.substr(i, end + 1 - i);
      i = end + 1;
      continue;
    }
    const std::string_view rest = text.substr(i);
    std::size_t wild = 0;
    for (const std::string_view word : {"NaN", "Infinity", "-Infinity"}) {
      if (rest.starts_with(word)) wild = word.size();
    }
    const std::size_t digits = std::min(rest.find_first_not_of("-0123456789"), rest.size());
    if (digits > kDigitsMost) wild = digits;
    json += wild > 0 ? "null" : rest.substr(0, std::max<std::size_t>(digits, 1));
    i += wild > 0 ? wild : std::max<std::size_t>(digits, 1);
  }
  return json;
}

nlohmann::json parse_line(std::string_view text) {
  auto object = nlohmann::json::parse(text, nullptr, false);
  if (object.is_discarded()) object = nlohmann::json::parse(without_wild_numbers(text), nullptr, false);
  return object;
}

}  // namespace

void SourceFiles::note(const std::filesystem::path& file, const std::string& hash) {
  // Where a file beside the source lies is its owner's matter; the source is the same.
  const std::filesystem::path relative = file.lexically_relative(base_);
  const bool beside = relative.empty() || *relative.begin() == "..";
  hashes_[beside ? file.filename().generic_string() : relative.generic_string()] = hash;
}

void SourceFiles::csv(const std::filesystem::path& file, const CsvRecord& record) {
  note(file, read_csv(file, record));
}

void SourceFiles::json_lines(const std::filesystem::path& file, const JsonLine& line) {
  note(file, read_lines(file, [&](const RecordPlace& place, std::string_view text) {
         const nlohmann::json object = parse_line(text);
         if (!object.is_object())
           place.refuse("", "expected a JSON object, found \"{}\"; the file is damaged or cut short",
                        printable(text, 60));
         line(place, object);
       }));
}

nlohmann::json SourceFiles::json(const std::filesystem::path& file) {
  const std::string text = read_bounded(file, kJsonFileMax);
  note(file, sha256_of(text));
  return parse_checked(text, printable(file.native()));
}

PriceTable SourceFiles::prices(const std::filesystem::path& file) {
  const std::string text = read_bounded(file, kJsonFileMax), name = printable(file.native());
  hashes_["price table"] = prices_sha256_ = sha256_of(text);
  const nlohmann::json document = parse_checked(text, name);
  PriceTable table;
  if (document.is_object() && document.contains("INPUT_PRICE_PER_MILLION_TOKEN") &&
      document.contains("OUTPUT_PRICE_PER_MILLION_TOKEN")) {
    add_million_lists(document, name, table);
    return table;
  }
  if (!document.is_object()) fail(ErrorKind::data, "{}: expected an object of prices by model", name);
  for (const auto& [model, entry] : document.items()) {
    if (entry.is_object())
      table[key_of(model)] = {price_of(entry, "input", name, model), price_of(entry, "output", name, model)};
  }
  return table;
}

std::string SourceFiles::sha256() const {
  std::string text;
  for (const auto& [name, hash] : hashes_) text += hash + "  " + name + "\n";
  return sha256_of(text);
}

const nlohmann::json& member(const nlohmann::json& object, const char* name, const RecordPlace& place) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null())
    place.refuse(name, "missing; every row of this source has it");
  return *found;
}

std::string text_member(const nlohmann::json& object, const char* name, const RecordPlace& place) {
  const nlohmann::json& value = member(object, name, place);
  if (!value.is_string()) place.refuse(name, "expected a text, found {}", printable(dump_compact(value), 60));
  return value.get<std::string>();
}

double number_member(const nlohmann::json& object, const char* name, const RecordPlace& place) {
  const nlohmann::json& value = member(object, name, place);
  std::optional<double> number;
  if (value.is_number()) number = value.get<double>();
  if (value.is_string()) number = decimal_number(value.get_ref<const std::string&>());
  if (!number || !std::isfinite(*number))
    place.refuse(name, "expected a finite number, found {}", printable(dump_compact(value), 60));
  return *number;
}

std::int64_t amount_member(const nlohmann::json& object, const char* name, int digits,
                           const RecordPlace& place) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return kUnknownAmount;
  std::optional<Scaled> amount;
  if (found->is_number_float()) amount = scaled_decimal(decimal_text(found->get<double>()), digits);
  if (found->is_number_integer()) amount = scaled_decimal(found->dump(), digits);
  if (!amount || amount->value < 0 || (digits == 0 && !amount->exact))
    place.refuse(name, "expected a number of 0 or more, found {}", printable(dump_compact(*found), 60));
  return amount->value;
}

std::int64_t cost_of(const TokenPrice* price, std::int64_t input_tokens, std::int64_t output_tokens) {
  if (!price || input_tokens == kUnknownAmount || output_tokens == kUnknownAmount) return kUnknownAmount;
  std::int64_t input = 0, output = 0, sum = 0;
  if (__builtin_mul_overflow(price->input_pusd, input_tokens, &input) ||
      __builtin_mul_overflow(price->output_pusd, output_tokens, &output) ||
      __builtin_add_overflow(input, output, &sum))
    return std::numeric_limits<std::int64_t>::max();
  return sum;
}

std::int64_t cost_of_time(std::int64_t latency_ns, std::int64_t nano_usd_per_hour) {
  __extension__ using Wide = __int128;
  constexpr std::int64_t kUnit = 3'600'000'000, kMost = std::int64_t{1} << 62;  // ns x nUSD/h is pUSD / kUnit
  if (latency_ns == kUnknownAmount) return kUnknownAmount;
  return static_cast<std::int64_t>(
      std::min((Wide{latency_ns} * nano_usd_per_hour + kUnit / 2) / kUnit, Wide{kMost}));
}

std::vector<std::filesystem::path> files_ending(const std::filesystem::path& folder,
                                                const std::string& ending) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_regular_file(error) && entry.path().filename().native().ends_with(ending))
      files.push_back(entry.path());
  }
  if (error) fail_io(folder, "cannot be listed");
  std::ranges::sort(files);
  return files;
}

}  // namespace offload
