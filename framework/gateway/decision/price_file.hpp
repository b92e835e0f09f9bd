// Prices of models from a dated file, as `datasets import --prices` takes them, and what of it holds when.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "gateway/session/ledger.hpp"

namespace offload {

// What one file says of one model, from its date on.
struct DatedPrice {
  std::int64_t from_ms = 0;  // of the wall clock, the beginning of `date` in UTC
  std::string date, sha256;  // YYYY-MM-DD; of the whole file
  Price price;
};

// An endpoint's prices: one for all time, or dated ones, the earliest first.
class Prices {
 public:
  Prices() = default;
  explicit Prices(const Price& always) : always_(always) {}
  // At least one, no two of one date.
  explicit Prices(std::vector<DatedPrice> dated);

  // The one that holds then; before the first date the first.
  const Price& at(std::int64_t wall_ms) const;
  // No call costs more, whenever it is made.
  Price dearest() const;
  bool free() const;
  const std::vector<DatedPrice>& dated() const { return dated_; }

 private:
  Price always_{};
  std::vector<DatedPrice> dated_;
};

// {"date": "2026-11-01", "source": "where they are from", "MODEL": {"input_token_price_per_million": 2.5,
// "output_token_price_per_million": 10, "cached_input_token_price_per_million": 1.25, "image_price_usd": 0}};
// the last two may be left out (as input, and 0), and prices may be input_cost_per_token and so on. Names are
// taken exactly. Throws Error(io), and Error(data) for another form, a date that is none, and a model that
// the file does not price, which costs nothing nowhere.
DatedPrice read_price(const std::filesystem::path& file, const std::string& model);

}  // namespace offload
