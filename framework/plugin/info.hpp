// What a plugin says about itself: its entry, the parameters it reads, what it can do. Travels as JSON from
// the child that loaded the plugin, and to people by `describe --json`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "files/parameter.hpp"

namespace offload {

enum class PluginKind { agent, reward };
const char* to_string(PluginKind kind);

struct ParameterInfo {
  std::string key;
  std::string type;  // "number", "integer", "boolean", "text", "numbers"
  ParameterValue fallback;
  std::optional<double> minimum, maximum;  // of a number or an integer; none: unlimited
  std::vector<std::string> choices;        // of a text; empty: any
  std::string help;
};

struct PluginInfo {
  std::string id, version, summary;
  PluginKind kind = PluginKind::agent;
  std::filesystem::path path;
  std::string sha256;  // of the file
  std::vector<ParameterInfo> parameters;
  std::vector<std::string>
      capabilities;        // "trained", "checkpoint", "policy", "scalars", "facts", "portable_bits"
  int training_slots = 1;  // that an agent asks for by default
};

// How messages name it: "agent 'ppo'".
std::string owner_name(const PluginInfo& info);
// "[0, 1]", ">= 0", "one of a, b", or empty when anything goes.
std::string range_text(const ParameterInfo& parameter);
// Shortest decimal that reads back the same.
std::string to_text(const ParameterValue& value);

std::string to_json(const PluginInfo& info);
// The list of parameters alone, as to_json writes it. Throws Error(plugin) for what is none.
std::vector<ParameterInfo> parameters_from_json_list(const std::string& text);
// Of text that to_json wrote; throws Error(plugin) otherwise.
PluginInfo plugin_info_from_json(const std::string& text);

}  // namespace offload
