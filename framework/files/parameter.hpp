// Typed values of a plugin's TOML table, as suites give them and as results record them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace offload {

using ParameterValue = std::variant<bool, std::int64_t, double, std::string, std::vector<double>>;

// A value as a suite gives it, with the place to name when it is wrong.
struct Parameter {
  ParameterValue value;
  std::string place;      // "suite.toml:12"; empty for a default
  std::string text = {};  // of a number, as it stands there; empty: from elsewhere
};

using Parameters = std::map<std::string, Parameter>;
using ResolvedParameters = std::map<std::string, ParameterValue>;

}  // namespace offload
