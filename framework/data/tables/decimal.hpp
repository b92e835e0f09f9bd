// Numbers of files from outside, which are decimal text: read exactly, as integers of a fixed unit, and
// written back. Nothing but a whole decimal number is one: no spaces, no units, no NaN.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace offload {

// A decimal times 10^digits, to the nearest integer (halves away from zero).
struct Scaled {
  std::int64_t value;
  bool exact;  // no digit was rounded off
};

// "0.25", "-3", "5e-05"; digits in 0..18. Empty for other text and for what does not fit.
std::optional<Scaled> scaled_decimal(std::string_view text, int digits);

// The nearest double of a decimal; empty for other text and for what is too large.
std::optional<double> decimal_number(std::string_view text);

// value / 10^digits without needless zeros: (1250, 3) is "1.25".
std::string decimal_text(std::int64_t value, int digits);

// The shortest decimal that reads back as the same double.
std::string decimal_text(double value);

}  // namespace offload
