#include "gateway/session/ledger.hpp"

#include <algorithm>

namespace offload {
namespace {

constexpr std::int64_t kBytesPerToken = 2;

std::int64_t prompt_bound(const CallBound& bound) {
  return static_cast<std::int64_t>(bound.text_bytes) / kBytesPerToken + 1 +
         bound.images * bound.tokens_per_image;
}

std::int64_t quantile(std::vector<std::int64_t> values) {
  if (values.empty()) return 0;
  const std::size_t at = (values.size() - 1) * 95 / 100;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

}  // namespace

std::int64_t plus(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? kUnlimited : sum;
}

Amounts plus(const Amounts& a, const Amounts& b) { return {plus(a[0], b[0]), plus(a[1], b[1])}; }

bool fits(const Amounts& spent, const Amounts& more, const Amounts& limit) {
  for (std::size_t k = 0; k < kResources; ++k) {
    if (limit[k] != kUnlimited && plus(spent[k], more[k]) > limit[k]) return false;
  }
  return true;
}

std::int64_t cost_of(const Price& price, const openai::Usage& usage, std::int64_t images) {
  return plus(plus((usage.prompt - usage.cached) * price.input, usage.cached * price.cached),
              plus(usage.completion * price.output, images * price.image));
}

std::int64_t cost_bound(const Price& price, const CallBound& bound) {
  const openai::Usage usage{prompt_bound(bound), 0, bound.output_tokens};
  const Price dearest{std::max(price.input, price.cached), 0, price.output, price.image};
  return cost_of(dearest, usage, bound.images);
}

std::int64_t token_bound(const CallBound& bound) { return plus(prompt_bound(bound), bound.output_tokens); }

std::int64_t estimated_cost(const Price& price, std::int64_t reserved, std::int64_t chunks) {
  return std::max(reserved, chunks * price.output);
}

std::int64_t LatencyHistory::quantile_ns() const { return quantile(ns_.values()); }

std::int64_t UsageHistory::quantile_pusd(const Price& price, std::int64_t images) const {
  std::vector<std::int64_t> costs;
  for (const openai::Usage& usage : usage_.values()) costs.push_back(cost_of(price, usage, images));
  return quantile(std::move(costs));
}

}  // namespace offload
