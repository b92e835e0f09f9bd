// What a figure is in the report's JSON: the number, or null where there is none.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

namespace offload {

inline nlohmann::ordered_json number_or_null(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
}

template <typename T>
nlohmann::ordered_json value_or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

}  // namespace offload
