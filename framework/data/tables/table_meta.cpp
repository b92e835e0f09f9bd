#include "data/tables/table_meta.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/utf8.hpp"
#include "data/dataset.hpp"
#include "data/tables/decimal.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"

namespace offload {
namespace {

constexpr std::size_t kMetaBytesMax = std::size_t{4} << 20;
constexpr std::array<const char*, 3> kLatencyNames = {"absent", "measured", "modelled"};
constexpr std::array<const char*, 3> kPlacementNames = {"unstated", "device", "cloud"};

std::string optional_text(const CheckedJson& json, const char* name) {
  return json.has(name) && !json.at(name).value().is_null() ? json.at(name).text(kLongTextMax)
                                                            : std::string();
}

// The position of a text among `names`; `fallback` where it is not there.
template <typename T, std::size_t N>
T choice(const CheckedJson& json, const char* name, const std::array<const char*, N>& names, T fallback) {
  const std::string text = optional_text(json, name);
  if (text.empty()) return fallback;
  const auto found = std::ranges::find(names, text);
  if (found == names.end()) json.at(name).refuse(fmt::format("one of {}", fmt::join(names, ", ")));
  return static_cast<T>(found - names.begin());
}

Arm read_arm(const CheckedJson& json) {
  Arm arm{json.at("name").text(kTaskNameMax), optional_text(json, "provider")};
  if (arm.name.empty()) json.at("name").refuse("a name of at least one letter");
  for (const char* key : {"name", "provider"}) {
    const std::string& shown = key == std::string_view("name") ? arm.name : arm.provider;
    if (acts(shown)) json.at(key).refuse("a name whose characters all show, without line breaks");
  }
  arm.placement = choice(json, "placement", kPlacementNames, Placement::unstated);
  if (json.has("price_usd_per_million") && !json.at("price_usd_per_million").value().is_null()) {
    const CheckedJson price = json.at("price_usd_per_million");
    TokenPrice tokens{};
    for (const auto& [name, to] :
         {std::pair{"input", &tokens.input_pusd}, std::pair{"output", &tokens.output_pusd}}) {
      const auto value = price_per_million(price.at(name).value());
      if (!value) price.at(name).refuse("US dollars per million tokens, a decimal with at most 6 places");
      *to = *value;
    }
    arm.price = tokens;
  }
  return arm;
}

void read_scale(const CheckedJson& json, OutcomeNotes& notes) {
  const std::vector<double> scale = json.numbers(2, -1e9);
  if (!(scale[0] < scale[1])) json.refuse("the lowest and the highest quality, [0, 1] for example");
  notes.quality_low = scale[0];
  notes.quality_high = scale[1];
}

OutcomeNotes read_notes(const CheckedJson& json) {
  OutcomeNotes notes;
  notes.source = optional_text(json, "source");
  notes.commit = optional_text(json, "commit");
  notes.licence = optional_text(json, "licence");
  notes.source_sha256 = optional_text(json, "sha256");
  notes.price_table_sha256 = optional_text(json, "price_table_sha256");
  notes.price_date = optional_text(json, "price_table_date");
  read_scale(json.at("quality_scale"), notes);
  if (json.has("draws_per_cell") && !json.at("draws_per_cell").value().is_null())
    notes.draws_per_cell = static_cast<int>(json.at("draws_per_cell").integer(0, 1'000'000));
  else
    notes.draws_per_cell = 0;
  notes.latency = choice(json, "latency", kLatencyNames, OutcomeNotes::Latency::absent);
  notes.same_arm_path = choice(json, "independence", std::array{"independent", "same-arm-path"}, 0) == 1;
  if (json.has("inventions")) notes.inventions = json.at("inventions").texts(1000, kTextMax);
  return notes;
}

}  // namespace

std::optional<std::int64_t> price_per_million(const nlohmann::json& value) {
  std::string text;
  if (value.is_string()) text = value.get<std::string>();
  if (value.is_number()) text = value.is_number_float() ? decimal_text(value.get<double>()) : value.dump();
  const auto price = scaled_decimal(text, 6);
  if (!price || !price->exact || price->value < 0) return std::nullopt;
  return price->value;
}

const char* latency_name(OutcomeNotes::Latency latency) {
  return kLatencyNames[static_cast<std::size_t>(latency)];
}
const char* placement_name(Placement placement) {
  return kPlacementNames[static_cast<std::size_t>(placement)];
}

TableMeta parse_table_meta(std::string_view text, const std::string& file) {
  const nlohmann::json document = parse_checked(text, file);
  const CheckedJson json(document, file);
  TableMeta meta;
  meta.notes = read_notes(json);
  if (const std::string currency = optional_text(json, "currency"); !currency.empty())
    meta.currency = currency;
  meta.table_sha256 = optional_text(json, "table_sha256");
  if (!json.has("arms")) return meta;
  const CheckedJson arms = json.at("arms");
  for (std::size_t a = 0; a < arms.array_size(kListMax); ++a) {
    meta.arms.push_back(read_arm(arms.at(a)));
    for (std::size_t b = 0; b < a; ++b) {
      if (meta.arms[b].name == meta.arms[a].name)
        arms.at(a).at("name").refuse("names that differ; this one is there twice");
    }
  }
  return meta;
}

TableMeta read_table_meta(const std::filesystem::path& file) {
  return parse_table_meta(read_bounded(file, kMetaBytesMax), printable(file.native()));
}

std::filesystem::path meta_file_of(const std::filesystem::path& table) {
  std::filesystem::path own = table, common = table;
  own.replace_extension(".meta.json");
  common.replace_filename("meta.json");
  std::error_code error;
  if (std::filesystem::exists(own, error)) return own;
  if (std::filesystem::exists(common, error)) return common;
  fail(ErrorKind::data,
       "{}: a table of outcomes needs a meta file: neither {} nor meta.json is beside it; write one "
       "(datasets/README.md)",
       printable(table.native()), printable(own.filename().native()));
}

std::string table_meta_text(const OutcomeTable& table, const std::string& table_sha256) {
  const OutcomeNotes& notes = table.notes;
  nlohmann::ordered_json json = {{"source", notes.source},
                                 {"commit", notes.commit},
                                 {"sha256", notes.source_sha256},
                                 {"licence", notes.licence},
                                 {"quality_scale", {notes.quality_low, notes.quality_high}},
                                 {"draws_per_cell", notes.draws_per_cell},
                                 {"currency", "USD"},
                                 {"price_table_sha256", notes.price_table_sha256},
                                 {"price_table_date", notes.price_date},
                                 {"latency", latency_name(notes.latency)},
                                 {"independence", notes.same_arm_path ? "same-arm-path" : "independent"}};
  json["arms"] = nlohmann::ordered_json::array();
  for (const Arm& arm : table.arms) {
    nlohmann::ordered_json entry = {
        {"name", arm.name}, {"provider", arm.provider}, {"placement", placement_name(arm.placement)}};
    if (arm.price)
      entry["price_usd_per_million"] = {{"input", decimal_text(arm.price->input_pusd, 6)},
                                        {"output", decimal_text(arm.price->output_pusd, 6)}};
    json["arms"].push_back(std::move(entry));
  }
  json["inventions"] = notes.inventions;
  if (!table_sha256.empty()) json["table_sha256"] = table_sha256;
  return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace offload
