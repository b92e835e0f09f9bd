// Whole numbers as people and programs write them: 30000, 3e4, 30000.0. Programs that keep numbers as doubles
// write the last as soon as a column has a gap, and JSON Schema calls it an integer.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

namespace offload {

// Up to 2^53, beyond which a double no longer says which number was meant; nothing for any other value.
inline std::optional<std::int64_t> whole_number(double value) {
  if (!(std::abs(value) <= 0x1p53) || value != std::trunc(value)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

// Whether a number's text stands for another than 0, so that a value of 0 is one too small for a double.
inline bool is_nonzero_text(const char* begin, const char* end) {
  for (; begin != end && *begin != 'e' && *begin != 'E'; ++begin) {
    if (*begin >= '1' && *begin <= '9') return true;
  }
  return false;
}

}  // namespace offload
