#include "plugin/info.hpp"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace offload {
namespace {

using nlohmann::json;

json to_json_value(const ParameterValue& value) {
  return std::visit([](const auto& held) { return json(held); }, value);
}

ParameterValue value_from_json(const json& value, const std::string& type) {
  // JSON has no infinity; nlohmann writes null for it.
  if (value.is_null()) return std::numeric_limits<double>::infinity();
  if (type == "boolean") return value.get<bool>();
  if (type == "integer") return value.get<std::int64_t>();
  if (type == "number") return value.get<double>();
  if (type == "text") return value.get<std::string>();
  return value.get<std::vector<double>>();
}

json parameter_to_json(const ParameterInfo& parameter) {
  json out = {{"key", parameter.key},
              {"type", parameter.type},
              {"default", to_json_value(parameter.fallback)},
              {"help", parameter.help}};
  if (parameter.minimum) out["minimum"] = *parameter.minimum;
  if (parameter.maximum) out["maximum"] = *parameter.maximum;
  if (!parameter.choices.empty()) out["choices"] = parameter.choices;
  return out;
}

ParameterInfo parameter_from_json(const json& in) {
  ParameterInfo parameter;
  parameter.key = in.at("key");
  parameter.type = in.at("type");
  parameter.fallback = value_from_json(in.at("default"), parameter.type);
  parameter.help = in.at("help");
  if (in.contains("minimum")) parameter.minimum = in["minimum"].get<double>();
  if (in.contains("maximum")) parameter.maximum = in["maximum"].get<double>();
  if (in.contains("choices")) parameter.choices = in["choices"].get<std::vector<std::string>>();
  return parameter;
}

}  // namespace

const char* to_string(PluginKind kind) { return kind == PluginKind::agent ? "agent" : "reward"; }

std::string owner_name(const PluginInfo& info) {
  return fmt::format("{} '{}'", to_string(info.kind), info.id);
}

std::string range_text(const ParameterInfo& parameter) {
  if (!parameter.choices.empty()) return fmt::format("one of {}", fmt::join(parameter.choices, ", "));
  if (parameter.minimum && parameter.maximum)
    return fmt::format("[{}, {}]", *parameter.minimum, *parameter.maximum);
  if (parameter.minimum) return fmt::format(">= {}", *parameter.minimum);
  if (parameter.maximum) return fmt::format("<= {}", *parameter.maximum);
  return {};
}

std::string to_text(const ParameterValue& value) {
  struct Visitor {
    std::string operator()(bool held) const { return held ? "true" : "false"; }
    std::string operator()(std::int64_t held) const { return fmt::format("{}", held); }
    std::string operator()(double held) const { return fmt::format("{}", held); }
    std::string operator()(const std::string& held) const { return fmt::format("\"{}\"", printable(held)); }
    std::string operator()(const std::vector<double>& held) const {
      return fmt::format("[{}]", fmt::join(held, ", "));
    }
  };
  return std::visit(Visitor{}, value);
}

std::string to_json(const PluginInfo& info) {
  json parameters = json::array();
  for (const ParameterInfo& parameter : info.parameters) parameters.push_back(parameter_to_json(parameter));
  const json out = {{"id", info.id},
                    {"version", info.version},
                    {"summary", info.summary},
                    {"kind", to_string(info.kind)},
                    {"path", info.path.string()},
                    {"sha256", info.sha256},
                    {"parameters", parameters},
                    {"capabilities", info.capabilities},
                    {"training_slots", info.training_slots}};
  // A plugin's texts may be anything; bad UTF-8 is shown as such, not thrown.
  return out.dump(2, ' ', false, json::error_handler_t::replace);
}

std::vector<ParameterInfo> parameters_from_json_list(const std::string& text) {
  try {
    std::vector<ParameterInfo> parameters;
    for (const json& parameter : json::parse(text)) parameters.push_back(parameter_from_json(parameter));
    return parameters;
  } catch (const json::exception&) {
    fail(ErrorKind::plugin, "what a plugin says of its parameters cannot be read");
  }
}

PluginInfo plugin_info_from_json(const std::string& text) {
  try {
    const json in = json::parse(text);
    PluginInfo info;
    info.id = in.at("id");
    info.version = in.at("version");
    info.summary = in.at("summary");
    info.kind = in.at("kind") == "agent" ? PluginKind::agent : PluginKind::reward;
    info.path = in.at("path").get<std::string>();
    info.sha256 = in.at("sha256");
    for (const json& parameter : in.at("parameters"))
      info.parameters.push_back(parameter_from_json(parameter));
    info.capabilities = in.at("capabilities").get<std::vector<std::string>>();
    info.training_slots = in.at("training_slots");
    return info;
  } catch (const json::exception& error) {
    fail(ErrorKind::plugin, "a plugin's description is damaged: {}", error.what());
  }
}

}  // namespace offload
