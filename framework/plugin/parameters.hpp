// The host's side of what a plugin does while it is created, its parameters above all: offers the values of a
// TOML table through offload_host, notes what the plugin declares, and refuses wrong types, values out of
// range and keys that nobody read.
#pragma once

#include <offload/abi.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "files/parameter.hpp"
#include "plugin/host_world.hpp"
#include "plugin/info.hpp"

namespace offload {

// Not movable: plugins hold the address of its offload_host.
class PluginParameters {
 public:
  // `owner` names the plugin in messages: "agent 'epsilon-greedy'".
  PluginParameters(Parameters given, std::string owner);
  PluginParameters(const PluginParameters&) = delete;
  PluginParameters& operator=(const PluginParameters&) = delete;

  const offload_host& host() const { return host_; }
  // What the plugin can ask of its world.
  HostExtensions& extensions() { return extensions_; }

  // Ends the time in which parameters can be read. Throws Error(config) for a value that was refused and for
  // keys that were not read: "suite.toml:7: unknown key 'epsiln' for agent 'epsilon-greedy'; known: epsilon".
  void finish();
  // What the plugin said through host->fail since the last call of this; empty when nothing.
  std::string take_failure();

  // Whether the plugin has declared portable bits (OFFLOAD_HOST_EXTENSION_PORTABLE_BITS).
  bool portable_bits() const { return portable_bits_; }

  const std::vector<ParameterInfo>& declared() const { return declared_; }
  const ResolvedParameters& resolved() const { return resolved_; }

 private:
  friend struct ParameterCallbacks;

  const Parameter* declare(ParameterInfo info);
  offload_status refuse(const ParameterInfo& info, const Parameter& given, const std::string& expected);
  // Values go into files of results, which hold finite numbers and texts of bounded length.
  offload_status refuse_default(const char* key, const char* fact);

  Parameters given_;
  std::string owner_;
  offload_host host_;
  HostExtensions extensions_;
  bool open_ = true, portable_bits_ = false;
  std::optional<std::string> failure_, refusal_;
  std::vector<ParameterInfo> declared_;
  ResolvedParameters resolved_;
  std::deque<std::string> texts_;  // stable addresses for the plugin
  std::deque<std::vector<double>> lists_;
};

}  // namespace offload
