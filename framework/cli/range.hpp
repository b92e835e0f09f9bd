// A check of an option that is a number: CLI::Range lets NaN pass.
#pragma once

#include <fmt/core.h>

#include <CLI/CLI.hpp>
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

}  // namespace offload::cli
