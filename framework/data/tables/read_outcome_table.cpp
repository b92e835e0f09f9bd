#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/counted.hpp"
#include "data/import/source_files.hpp"
#include "data/tables/decimal.hpp"
#include "data/tables/outcome_table_file.hpp"
#include "data/tables/table_meta.hpp"
#include "files/sha256.hpp"
#include "files/suggestion.hpp"

namespace offload {
namespace {

constexpr std::size_t kFeaturesMax = 4096;
__extension__ using Wide = __int128;

std::string joined_hash(const std::string& table, const std::string& meta) {
  return sha256_of("offload-outcomes/1\ntable " + table + "\nmeta " + meta + "\n");
}

// The fields of one record by column, turned into a row.
class RowReader {
 public:
  using Prices = std::map<std::string, TokenPrice, std::less<>>;

  RowReader(TableBuilder& builder, std::optional<Scaled> rate, Prices prices)
      : builder_(builder), rate_(rate), prices_(std::move(prices)) {}

  // `field`: the fixed columns, then the text, then the features; all texts.
  void add(const std::vector<std::string_view>& field, const RecordPlace& place) {
    OutcomeRow row;
    row.session = field[kSession];
    row.query = field[kQueryName];
    row.task = field[kTaskName];
    row.arm = field[kArm];
    row.prompt_group = field[kPromptGroup];
    row.turn = turn_of(field[kTurn], row.session.empty(), place);
    row.state = state_of(field[kKnown], place);
    row.part = part_of(field[kSplit], place);
    row.quality = quality_of(field[kQuality], row.state, place);
    row.latency_ns = amount(field[kLatency], kLatency, 9, place);
    row.cost_pusd = in_usd(amount(field[kUsd], kUsd, 12, place));
    row.input_tokens = amount(field[kInputTokens], kInputTokens, 0, place);
    row.output_tokens = amount(field[kOutputTokens], kOutputTokens, 0, place);
    if (row.state == CellState::unknown) {
      for (const int column : {kLatency, kUsd, kInputTokens, kOutputTokens}) {
        if (!field[static_cast<std::size_t>(column)].empty())
          place.refuse(name(column), "given although known is 0; leave it empty or set known to 1");
      }
    }
    if (row.cost_pusd == kUnknownAmount) row.cost_pusd = priced(row);
    row.text = field[kOutcomeColumns];
    read_features(field, place);
    row.features = features_;
    builder_.add(row, place);
  }

 private:
  static std::string_view name(int column) { return kOutcomeColumnNames[static_cast<std::size_t>(column)]; }
  [[noreturn]] static void refuse_number(std::string_view column, std::string_view text,
                                         std::string_view what, const RecordPlace& place) {
    place.refuse(column, "expected {}, found \"{}\"; write a plain decimal without blanks or units", what,
                 printable(text, 60));
  }
  static int turn_of(std::string_view text, bool alone, const RecordPlace& place) {
    if (text.empty() && alone) return 1;
    const auto turn = scaled_decimal(text, 0);
    if (!turn || !turn->exact || turn->value < 0 || turn->value > 255)
      refuse_number("turn", text, "a whole number in 0..255", place);
    return static_cast<int>(turn->value);
  }
  static CellState state_of(std::string_view text, const RecordPlace& place) {
    if (text.empty() || text == "true") return CellState::known;
    if (text == "false") return CellState::unknown;
    // 1.0 and 0.0, too: pandas writes them so as soon as the column has a gap.
    const auto number = scaled_decimal(text, 0);
    if (number && number->exact && number->value == 1) return CellState::known;
    if (number && number->exact && number->value == 0) return CellState::unknown;
    if (text == "failed") return CellState::failed;
    place.refuse("known", "expected 1, 0 or failed, found \"{}\"", printable(text, 60));
  }
  static std::uint8_t part_of(std::string_view text, const RecordPlace& place) {
    if (text.empty()) return 0;
    if (text == "train") return 1;
    if (text == "test") return 2;
    place.refuse("split", "expected train, test or nothing, found \"{}\"", printable(text, 60));
  }
  static double quality_of(std::string_view text, CellState state, const RecordPlace& place) {
    if (state == CellState::unknown) {
      if (!text.empty())
        place.refuse("quality", "given although known is 0; leave it empty or set known to 1");
      return 0;
    }
    if (text.empty()) place.refuse("quality", "empty; set known to 0 where nobody knows it");
    const auto quality = decimal_number(text);
    if (!quality) refuse_number("quality", text, "a finite number", place);
    return *quality;
  }
  static std::int64_t amount(std::string_view text, int column, int digits, const RecordPlace& place) {
    if (text.empty()) return kUnknownAmount;
    const auto value = scaled_decimal(text, digits);
    if (!value || (digits == 0 && !value->exact))
      refuse_number(name(column), text, digits == 0 ? "a whole number" : "a number", place);
    if (text[0] == '-')
      place.refuse(name(column), "{} is negative; amounts are 0 or more", printable(text, 60));
    return value->value;
  }
  std::int64_t in_usd(std::int64_t cost) const {
    if (cost == kUnknownAmount || !rate_) return cost;
    constexpr Wide kUnit = 1'000'000'000'000, kMost = std::int64_t{1} << 62;
    return static_cast<std::int64_t>(std::min((cost * Wide{rate_->value} + kUnit / 2) / kUnit, kMost));
  }
  void read_features(const std::vector<std::string_view>& field, const RecordPlace& place) {
    features_.clear();
    const std::size_t first = kOutcomeColumns + 1;
    if (std::all_of(field.begin() + first, field.end(), [](auto text) { return text.empty(); })) return;
    for (std::size_t f = first; f < field.size(); ++f) {
      const auto value = decimal_number(field[f]);
      if (!value || !std::isfinite(static_cast<float>(*value)))
        refuse_number(fmt::format("f{}", f - first), field[f], "a finite number", place);
      features_.push_back(static_cast<float>(*value));
    }
  }

  // What its tokens cost; unknown where tokens or price are.
  std::int64_t priced(const OutcomeRow& row) const {
    std::string name(row.arm);
    std::ranges::replace(name, '/', '_');  // as price tables have it
    const auto price = prices_.find(name);
    return cost_of(price == prices_.end() ? nullptr : &price->second, row.input_tokens, row.output_tokens);
  }

  TableBuilder& builder_;
  std::optional<Scaled> rate_;
  Prices prices_;
  std::vector<float> features_;
};

// The columns behind the fixed ones: the text, then f0, f1, ... Returns whether there is a text.
bool extra_columns(std::vector<std::string_view> names, TableBuilder& builder, const RecordPlace& place) {
  const bool text = !names.empty() && names[0] == "text";
  if (text) names.erase(names.begin());
  std::vector<std::string> features;
  for (std::size_t f = 0; f < names.size(); ++f) {
    if (names[f] != fmt::format("f{}", f))
      place.refuse("",
                   "column \"{}\" where f{} may stand; behind prompt_group come text (if any) and features "
                   "f0, f1, ...",
                   printable(names[f], 60), f);
    if (f == kFeaturesMax) place.refuse("", "more than {} features", kFeaturesMax);
    features.emplace_back(names[f]);
  }
  builder.set_features(std::move(features));
  return text;
}

std::string read_csv_table(const std::filesystem::path& file, TableBuilder& builder, RowReader& reader) {
  bool header = true, text = false;
  std::size_t columns = 0;
  std::vector<std::string_view> row;
  return read_csv(file, [&](const RecordPlace& place, const std::vector<std::string_view>& fields) {
    if (header) {
      for (std::size_t c = 0; c < kOutcomeColumns; ++c) {
        if (c >= fields.size() || fields[c] != kOutcomeColumnNames[c])
          place.refuse("", "column {} is \"{}\" where {} is expected; the header is {}[,text][,f0..]", c + 1,
                       c < fields.size() ? printable(fields[c], 60) : "missing", kOutcomeColumnNames[c],
                       fmt::join(kOutcomeColumnNames, ","));
      }
      text = extra_columns({fields.begin() + kOutcomeColumns, fields.end()}, builder, place);
      columns = fields.size();
      header = false;
      return;
    }
    if (fields.size() != columns) {
      place.refuse("", "{} where the header has {}; quote fields that contain commas",
                   counted(fields.size(), "field"), columns);
    }
    row.assign(fields.begin(), fields.end());
    if (!text) row.insert(row.begin() + kOutcomeColumns, std::string_view());
    reader.add(row, place);
  });
}

// One line: a flat object of texts, numbers, truth values and nulls. Numbers stay the texts that they are.
class LineEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::vector<std::pair<std::string, std::string>> members;
  std::string error;

  bool null() override { return value(""); }
  bool boolean(bool is) override { return value(is ? "true" : "false"); }
  bool number_integer(std::int64_t x) override { return value(std::to_string(x)); }
  bool number_unsigned(std::uint64_t x) override { return value(std::to_string(x)); }
  bool number_float(double, const std::string& text) override { return value(text); }
  bool string(std::string& text) override { return value(std::move(text)); }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return ++depth_ == 1 || nested(); }
  bool start_array(std::size_t) override { return nested(); }
  bool end_object() override { return true; }
  bool end_array() override { return true; }
  bool key(std::string& name) override {
    members.emplace_back(name, std::string());
    return true;
  }
  bool parse_error(std::size_t byte, const std::string&, const nlohmann::json::exception&) override {
    error = fmt::format("byte {}: not valid JSON; each line is one object", byte);
    return false;
  }

 private:
  bool value(std::string text) {
    if (depth_ != 1) return nested();
    members.back().second = std::move(text);
    return true;
  }
  bool nested() {
    error = "expected an object of texts and numbers; each line is one";
    return false;
  }
  int depth_ = 0;
};

std::string read_json_lines(const std::filesystem::path& file, TableBuilder& builder, RowReader& reader) {
  std::vector<std::string> names(kOutcomeColumnNames.begin(), kOutcomeColumnNames.end());
  names.emplace_back("text");
  bool first = true;
  std::vector<std::string_view> row;
  return read_lines(file, [&](const RecordPlace& place, std::string_view line) {
    LineEvents events;
    if (!nlohmann::json::sax_parse(line, &events)) place.refuse_text("", events.error);
    if (first) {
      std::vector<std::string_view> features;
      for (const auto& [key, value] : events.members) {
        if (std::ranges::find(names, key) == names.end()) features.push_back(key);
      }
      extra_columns(features, builder, place);
      names.insert(names.end(), features.begin(), features.end());
      first = false;
    }
    row.assign(names.size(), {});
    std::vector<char> seen(names.size());
    for (const auto& [key, value] : events.members) {
      const auto column = static_cast<std::size_t>(std::ranges::find(names, key) - names.begin());
      if (column == names.size())
        place.refuse("", "unknown key \"{}\"{}", printable(key, 60), suggestion(key, names));
      if (std::exchange(seen[column], 1)) place.refuse(key, "given twice in one row; remove one");
      row[column] = value;
    }
    reader.add(row, place);
  });
}

}  // namespace

bool is_outcome_table(const std::filesystem::path& file) {
  return file.extension() == ".csv" || file.extension() == ".jsonl";
}

EpisodeTable read_outcome_table(const std::filesystem::path& file, TableRules rules,
                                const std::filesystem::path& meta_given) {
  const std::filesystem::path meta_file = meta_given.empty() ? meta_file_of(file) : meta_given;
  TableMeta meta = read_table_meta(meta_file);
  std::optional<Scaled> rate;
  if (meta.currency != "USD") {
    const auto given = rules.rates.find(meta.currency);
    if (given == rules.rates.end()) {
      fail(ErrorKind::data, "{}: /currency: costs are in {}; import the table with --rate {}=US-DOLLARS",
           printable(meta_file.native()), printable(meta.currency), printable(meta.currency));
    }
    rate = scaled_decimal(given->second, 12);
    meta.notes.inventions.push_back(fmt::format("costs are {} times {} (--rate {}={})", meta.currency,
                                                given->second, meta.currency, given->second));
  }
  if (!rules.prices.empty()) {
    meta.notes.price_table_sha256 = rules.prices_sha256;
    meta.notes.price_date = rules.price_date;
    meta.notes.inventions.push_back(
        "a cost that the table does not tell is its tokens at the price table's prices (--prices)");
  }
  rules.failures_marked = true;
  const RowReader::Prices prices = rules.prices;
  TableBuilder builder(file.string(), std::move(meta.notes), std::move(meta.arms), std::move(rules));
  RowReader reader(builder, rate, prices);
  const std::string hash = file.extension() == ".jsonl" ? read_json_lines(file, builder, reader)
                                                        : read_csv_table(file, builder, reader);
  if (!meta.table_sha256.empty() && meta.table_sha256 != hash) {
    fail(ErrorKind::data,
         "{}: /table_sha256: {} is not the SHA-256 of {}, which is {}; one of the two files was "
         "changed, get both again",
         printable(meta_file.native()), printable(meta.table_sha256), printable(file.filename().native()),
         hash);
  }
  builder.set_prices(prices);
  return builder.finish(file.string(), joined_hash(hash, sha256_of_file(meta_file)));
}

std::string outcome_table_hash(const std::filesystem::path& file) {
  return joined_hash(sha256_of_file(file), sha256_of_file(meta_file_of(file)));
}

}  // namespace offload
