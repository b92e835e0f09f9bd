#include "gateway/decision/price_file.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.hpp"
#include "data/tables/decimal.hpp"
#include "data/tables/table_meta.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"
#include "files/suggestion.hpp"

namespace offload {
namespace {

constexpr std::size_t kPriceFileMost = std::size_t{1} << 26, kSourceMost = 1000;
constexpr int kPicoDigits = 12;

std::int64_t day_of(const std::string& date, const CheckedJson& place) {
  const auto number = [&date](std::size_t at, std::size_t digits) {
    unsigned value = 0;
    for (std::size_t i = at; i < at + digits; ++i) {
      if (date[i] < '0' || date[i] > '9') return ~0U;
      value = value * 10 + static_cast<unsigned>(date[i] - '0');
    }
    return value;
  };
  if (date.size() != 10 || date[4] != '-' || date[7] != '-') place.refuse("a date as 2026-11-01");
  const unsigned year = number(0, 4), month = number(5, 2), day = number(8, 2);
  if (year > 9999 || month > 12 || day > 31) place.refuse("a date as 2026-11-01");
  const std::chrono::year_month_day parsed{std::chrono::year(static_cast<int>(year)),
                                           std::chrono::month(month), std::chrono::day(day)};
  if (!parsed.ok()) place.refuse("a day that there is");
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::sys_days(parsed).time_since_epoch())
      .count();
}

std::optional<std::int64_t> exact_pusd(const nlohmann::json& value) {
  if (!value.is_number()) return std::nullopt;
  const std::string text = value.is_number_float() ? decimal_text(value.get<double>()) : value.dump();
  const auto price = scaled_decimal(text, kPicoDigits);
  if (!price || !price->exact) return std::nullopt;
  return price->value;
}

class EntryReader {
 public:
  explicit EntryReader(const CheckedJson& entry) : entry_(entry) {}

  Price read() const {
    Price price;
    price.input = required("input");
    price.output = required("output");
    price.cached = token("cached_input").value_or(price.input);
    if (entry_.has("image_price_usd")) {
      const CheckedJson image = entry_.at("image_price_usd");
      price.image = checked(exact_pusd(image.value()), image);
    }
    return price;
  }

 private:
  static std::int64_t checked(std::optional<std::int64_t> pusd, const CheckedJson& place) {
    if (!pusd || *pusd < 0 || *pusd > kPriceMost)
      place.refuse("a price in USD, of at most 1,000 per million tokens");
    return *pusd;
  }
  std::optional<std::int64_t> token(const std::string& side) const {
    const std::string million = side + "_token_price_per_million", one = side + "_cost_per_token";
    if (entry_.has(million.c_str())) {
      const CheckedJson value = entry_.at(million.c_str());
      return checked(price_per_million(value.value()), value);
    }
    if (!entry_.has(one.c_str())) return std::nullopt;
    const CheckedJson value = entry_.at(one.c_str());
    return checked(exact_pusd(value.value()), value);
  }
  std::int64_t required(const char* side) const {
    const auto price = token(side);
    if (!price) entry_.refuse(std::string(side) + "_token_price_per_million or " + side + "_cost_per_token");
    return *price;
  }

  const CheckedJson& entry_;
};

}  // namespace

Prices::Prices(std::vector<DatedPrice> dated) : dated_(std::move(dated)) {
  std::ranges::sort(dated_, {}, &DatedPrice::from_ms);
}

const Price& Prices::at(std::int64_t wall_ms) const {
  if (dated_.empty()) return always_;
  auto found = std::ranges::upper_bound(dated_, wall_ms, {}, &DatedPrice::from_ms);
  return found == dated_.begin() ? found->price : std::prev(found)->price;
}

Price Prices::dearest() const {
  Price most = always_;
  for (const DatedPrice& one : dated_) {
    most.input = std::max(most.input, one.price.input);
    most.cached = std::max(most.cached, one.price.cached);
    most.output = std::max(most.output, one.price.output);
    most.image = std::max(most.image, one.price.image);
  }
  return most;
}

bool Prices::free() const {
  const Price most = dearest();
  return most.input == 0 && most.cached == 0 && most.output == 0 && most.image == 0;
}

DatedPrice read_price(const std::filesystem::path& file, const std::string& model) {
  const std::string text = read_bounded(file, kPriceFileMost), name = printable(file.native());
  const nlohmann::json document = parse_checked(text, name);
  const CheckedJson root(document, name);
  DatedPrice dated;
  dated.sha256 = sha256_of(text);
  dated.date = root.at("date").text(kSourceMost);
  dated.from_ms = day_of(dated.date, root.at("date"));
  root.at("source").text(kSourceMost);
  if (!root.has(model.c_str()) || !root.at(model.c_str()).value().is_object()) {
    std::vector<std::string> known;
    for (const auto& [key, entry] : root.object()) {
      if (entry.is_object()) known.push_back(key);
    }
    fail(ErrorKind::data, "{}: no price of the model '{}'{}", name, printable(model),
         suggestion(model, known));
  }
  dated.price = EntryReader(root.at(model.c_str())).read();
  return dated;
}

}  // namespace offload
