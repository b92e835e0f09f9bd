#include "report/sections/json_values.hpp"

namespace offload {

void to_json(Json& out, const Interval& value) { out = {{"low", value.low}, {"high", value.high}}; }

void to_json(Json& out, const ViolationRate& value) {
  out = {{"count", value.count},
         {"of", value.of},
         {"rate", value.rate},
         {"low", value.interval.low},
         {"high", value.interval.high}};
}

void to_json(Json& out, const BudgetFigures& value) {
  out = {{"violations", value.violation},
         {"excess_mean", value.excess.mean},
         {"excess_given_violation", value.excess.given_violation},
         {"excess_max", value.excess.max},
         {"excess_reference", value.excess.reference},
         {"utilisation", value.utilisation}};
}

std::string written(const Json& value, std::size_t indentation) {
  const std::string line_break = "\n" + std::string(indentation, ' ');
  const std::string text = value.dump(1, ' ', false, Json::error_handler_t::replace);
  std::string out;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find('\n', begin);
    out.append(text, begin, end - begin);
    if (end == std::string::npos) return out;
    out += line_break;
    begin = end + 1;
  }
}

std::string compact(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace offload
