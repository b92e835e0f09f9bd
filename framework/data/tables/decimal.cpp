#include "data/tables/decimal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace offload {
namespace {

// sign, digits with at most one point, exponent; as the text has them.
struct Parts {
  bool negative = false;
  std::string_view whole, fraction;
  int exponent = 0;
};

std::string_view take_digits(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && text[n] >= '0' && text[n] <= '9') ++n;
  const std::string_view digits = text.substr(0, n);
  text.remove_prefix(n);
  return digits;
}

std::optional<Parts> split_decimal(std::string_view text) {
  Parts parts;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    parts.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  parts.whole = take_digits(text);
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    parts.fraction = take_digits(text);
  }
  if (parts.whole.empty() && parts.fraction.empty()) return std::nullopt;
  if (!text.empty() && (text[0] == 'e' || text[0] == 'E')) {
    text.remove_prefix(1);
    const bool minus = !text.empty() && text[0] == '-';
    if (minus || (!text.empty() && text[0] == '+')) text.remove_prefix(1);
    const std::string_view digits = take_digits(text);
    if (digits.empty() || digits.size() > 4) return std::nullopt;
    std::from_chars(digits.data(), digits.data() + digits.size(), parts.exponent);
    if (minus) parts.exponent = -parts.exponent;
  }
  if (!text.empty()) return std::nullopt;
  return parts;
}

}  // namespace

std::optional<Scaled> scaled_decimal(std::string_view text, int digits) {
  const auto parts = split_decimal(text);
  if (!parts) return std::nullopt;
  // How many of the digits stand before the point of the scaled number.
  const auto kept = static_cast<std::int64_t>(parts->whole.size()) + parts->exponent + digits;
  const auto have = static_cast<std::int64_t>(parts->whole.size() + parts->fraction.size());
  const auto digit = [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    return (at < parts->whole.size() ? parts->whole[at] : parts->fraction[at - parts->whole.size()]) - '0';
  };
  Scaled scaled{0, true};
  for (std::int64_t i = 0; i < std::min(kept, have); ++i) {
    if (__builtin_mul_overflow(scaled.value, 10, &scaled.value) ||
        __builtin_add_overflow(scaled.value, digit(i), &scaled.value)) {
      return std::nullopt;
    }
  }
  for (std::int64_t i = have; i < kept && scaled.value != 0; ++i) {
    if (__builtin_mul_overflow(scaled.value, 10, &scaled.value)) return std::nullopt;
  }
  for (std::int64_t i = std::max<std::int64_t>(kept, 0); i < have; ++i) scaled.exact &= digit(i) == 0;
  if (kept >= 0 && kept < have && digit(kept) >= 5 && __builtin_add_overflow(scaled.value, 1, &scaled.value))
    return std::nullopt;
  if (parts->negative) scaled.value = -scaled.value;
  return scaled;
}

std::optional<double> decimal_number(std::string_view text) {
  if (!split_decimal(text)) return std::nullopt;
  if (text[0] == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return std::nullopt;
  return value + 0.0;  // -0 becomes 0
}

std::string decimal_text(std::int64_t value, int digits) {
  std::string text = fmt::format("{:0{}}", value < 0 ? -value : value, digits + 1);
  if (digits > 0) {
    text.insert(text.size() - static_cast<std::size_t>(digits), 1, '.');
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return value < 0 ? "-" + text : text;
}

std::string decimal_text(double value) { return fmt::format("{}", value); }

}  // namespace offload
