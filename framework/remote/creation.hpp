// What a host tells a plugin's process to create, and what that says came of it: the JSON of
// Operation::create (layout.hpp), in both directions.
//
// Request: {"library": path, "kind": "agent" | "reward" | "" (whichever it is), "memory_limit_mb": n,
// "parameters": [{"key", "type": "boolean" | "integer" | "number" | "text" | "numbers", "value", "place"}],
// "environment": {the members of offload_environment by their names, but for size; images [A]; consumption
// [A][K] as one list}, "world":
// {"arms": n, "names", "providers", "placements", "arm": lists [A], "features": names [F]}}. Numbers that are
// not finite are the texts "inf", "-inf", "nan". memory_limit_mb 0: none of its own.
// Answer: {"kind", "id", "version", "summary", "training_slots", "trained", "checkpoint", "policy",
// "portable_bits", "scalars": [names], "facts": {key: value}, "parameters": {key: resolved value}}; and, from
// an agent in Python, "declared": [the parameters as PluginInfo's JSON has them].
#pragma once

#include <offload/abi.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "files/parameter.hpp"
#include "plugin/host_world.hpp"
#include "plugin/info.hpp"

namespace offload {

struct CreationRequest {
  std::string library;
  std::string kind;  // as to_string(PluginKind) has it; empty: whichever it is
  Parameters parameters;
  offload_environment environment{};  // its arrays are the two below
  std::vector<std::uint32_t> images;
  std::vector<double> consumption;
  HostWorld world;
  std::int64_t memory_mb = 0;
};

struct CreatedAgent {
  PluginKind kind = PluginKind::agent;  // of a reward what follows `summary` is as it is for most of them
  std::string id, version, summary;
  int training_slots = 1;
  bool trained = false, checkpoint = false, policy = false, portable_bits = false;
  std::vector<std::string> scalars;
  std::map<std::string, std::string> facts;
  ResolvedParameters parameters;
  std::vector<ParameterInfo> declared;  // empty where it did not say
};

std::string to_json(const CreationRequest& request);
// Throws Error(plugin) for text that to_json did not write.
CreationRequest creation_request_from(std::string_view text);

std::string to_json(const CreatedAgent& created);
// Of text from a process that is not trusted: types, lengths and ranges are checked. Throws Error(plugin).
CreatedAgent created_agent_from(std::string_view text);

}  // namespace offload
