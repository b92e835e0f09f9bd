// Checks of options that are numbers. CLI11's own let NaN pass, read 010 as 8, and turn -1 and 2^64 into the
// largest number (findings/shard-numbers-in-octal.sh).
#pragma once

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>

namespace offload::cli {

inline CLI::Validator within(double low, double high) {
  return {[low, high](std::string& text) {
            double value = 0;
            if (CLI::detail::lexical_cast(text, value) && value >= low && value <= high) return std::string();
            return fmt::format("Value {} not in range {} to {}", text, low, high);
          },
          fmt::format("in [{} - {}]", low, high)};
}

// A whole number in decimal digits.
inline CLI::Validator whole(std::uint64_t low, std::uint64_t high) {
  return {[low, high](std::string& text) {
            std::uint64_t value = 0;
            const char* end = text.data() + text.size();
            const auto read = std::from_chars(text.data(), end, value);
            const bool plain = !text.empty() && read.ec == std::errc() && read.ptr == end &&
                               (text[0] != '0' || text.size() == 1);
            if (plain && value >= low && value <= high) return std::string();
            return fmt::format("{} is no whole number from {} to {} in decimal digits", text, low, high);
          },
          fmt::format("in [{} - {}]", low, high)};
}

inline CLI::Validator any_seed() {
  return whole(0, std::numeric_limits<std::uint64_t>::max()).description("");
}

}  // namespace offload::cli
