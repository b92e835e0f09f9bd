// How values become the report's JSON: a number that is not finite and what is not there become null, and an
// interval or a rate looks the same wherever it occurs. The sections of report.json, in the order of the
// file.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "report/figures/report.hpp"

namespace nlohmann {

template <typename T>
struct adl_serializer<std::optional<T>> {
  template <typename Any>
  static void to_json(Any& out, const std::optional<T>& value) {
    value ? out = *value : out = nullptr;
  }
};

}  // namespace nlohmann

namespace offload {

using Json = nlohmann::ordered_json;

void to_json(Json& out, const Interval& value);
void to_json(Json& out, const ViolationRate& value);
void to_json(Json& out, const BudgetFigures& value);

// The entries of `range`, each as `write` writes it.
template <typename Range, typename Write>
Json listed(const Range& range, const Write& write) {
  Json list = Json::array();
  for (const auto& entry : range) list.push_back(write(entry));
  return list;
}

// The same of the numbers 0 to count - 1.
template <typename Write>
Json listed_to(std::size_t count, const Write& write) {
  Json list = Json::array();
  for (std::size_t i = 0; i < count; ++i) list.push_back(write(i));
  return list;
}

Json suite_json(const Report& report);
Json rows_json(const Report& report);
std::string cells_text(const Report& report);
Json headline_json(const Report& report);
Json leaderboard_json(const Report& report);
Json references_json(const Report& report);
Json tests_json(const Report& report);
Json claim_json(const ClaimRule& rule, bool known_outcomes);
std::string evidence_text(const Report& report);

// "Indented", as a part of a larger text: every line but the first begins with `indentation` spaces. A number
// that is not finite is written as null.
std::string written(const Json& value, std::size_t indentation = 0);
// The same on one line.
std::string compact(const Json& value);

}  // namespace offload
