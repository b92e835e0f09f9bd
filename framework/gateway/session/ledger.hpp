// What a turn costs and takes, in the integers of budgets: pico-dollars and nanoseconds. Bounds before a
// call, amounts after it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/environment/profile.hpp"
#include "gateway/openai/usage.hpp"

namespace offload {

// Pico-dollars per token, and per image that is sent. At most kPriceMost each, so that sums fit.
struct Price {
  std::int64_t input = 0, cached = 0, output = 0, image = 0;
};
inline constexpr std::int64_t kPriceMost = 1'000'000'000;  // 1,000 USD per million tokens

// Cached tokens at the cached price.
std::int64_t cost_of(const Price& price, const openai::Usage& usage, std::int64_t images);

// What a call may take at most, as far as that is known before it.
struct CallBound {
  std::size_t text_bytes = 0;  // of the request, images left out; a token has two bytes at least
  std::int64_t images = 0, tokens_per_image = 0;
  std::int64_t output_tokens = 0;  // over all choices
};
std::int64_t cost_bound(const Price& price, const CallBound& bound);
std::int64_t token_bound(const CallBound& bound);
// Of an answer that told no usage: at least one output token per chunk, never less than what was reserved.
std::int64_t estimated_cost(const Price& price, std::int64_t reserved, std::int64_t chunks);

// The last 200 of something.
template <typename Value>
class Latest {
 public:
  void add(const Value& value) {
    if (values_.size() < kKept) {
      values_.push_back(value);
    } else {
      values_[next_] = value;
      next_ = (next_ + 1) % kKept;
    }
  }
  const std::vector<Value>& values() const { return values_; }

 private:
  static constexpr std::size_t kKept = 200;
  std::vector<Value> values_;
  std::size_t next_ = 0;
};

// The latest times of one kind of call.
class LatencyHistory {
 public:
  void add(std::int64_t ns) { ns_.add(ns); }
  // The .95 quantile; 0 where there are none.
  std::int64_t quantile_ns() const;

 private:
  Latest<std::int64_t> ns_;
};

// What the latest calls of one kind used, and so what they would cost at a price of today.
class UsageHistory {
 public:
  void add(const openai::Usage& usage) { usage_.add(usage); }
  // The .95 quantile; 0 where there are none.
  std::int64_t quantile_pusd(const Price& price, std::int64_t images) const;

 private:
  Latest<openai::Usage> usage_;
};

// a + b without overflow.
std::int64_t plus(std::int64_t a, std::int64_t b);
Amounts plus(const Amounts& a, const Amounts& b);
// Whether `spent` and `more` together are within the limit.
bool fits(const Amounts& spent, const Amounts& more, const Amounts& limit);

}  // namespace offload
