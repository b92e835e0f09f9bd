#include "results/parameters_json.hpp"

#include <fmt/format.h>

namespace offload {
namespace {

ParameterValue read_parameter(const CheckedJson& value) {
  const nlohmann::json& raw = value.value();
  if (raw.is_boolean()) return raw.get<bool>();
  if (raw.is_number_integer()) return value.integer();
  if (raw.is_string()) return value.text(kTextMax);
  if (raw.is_array()) return value.numbers_or_nan(value.array_size(kNamesMax));
  return value.number_or_nan();
}

}  // namespace

nlohmann::json written(const ResolvedParameters& parameters) {
  nlohmann::json result = nlohmann::json::object();
  for (const auto& [name, value] : parameters) {
    nlohmann::json& held = result[name];
    std::visit([&held](const auto& v) { held = v; }, value);
  }
  return result;
}

// Names are bounded in number and length.
ResolvedParameters read_parameters(const CheckedJson& value) {
  if (value.object().size() > kNamesMax) value.refuse(fmt::format("at most {} members", kNamesMax));
  ResolvedParameters parameters;
  for (const auto& [name, held] : value.object()) {
    if (name.size() > kTextMax) value.refuse("shorter names");
    parameters[name] = read_parameter(value.at(name.c_str()));
  }
  return parameters;
}

}  // namespace offload
