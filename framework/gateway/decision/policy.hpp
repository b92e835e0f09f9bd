// The policy that serves: a row of a suite, with the environment that it was trained for.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gateway/decision/config.hpp"
#include "plugin/host_world.hpp"
#include "plugin/search.hpp"
#include "remote/remote_agent.hpp"
#include "suite/experiment.hpp"
#include "trial/checkpoint.hpp"

namespace offload {

struct ServedPolicy {
  std::shared_ptr<const Experiment> experiment;  // of arms: the same one
  std::size_t row = 0;
  std::string place;  // where the row is named
  std::string cell;   // empty: limits of serve.toml's own
  Amounts limit{};    // of a session
  std::filesystem::path agent_file;
  std::string plugin_sha256;
  Checkpoint checkpoint;  // without a plugin's name where there is none

  const Scenario& scenario() const { return experiment->environment(); }
  const RowSettings& settings() const { return experiment->suite.rows[row]; }
  // Whether `agent`, which this started, is one that learns and has learned nothing.
  bool untrained(const RemoteAgent& agent) const { return agent.trained() && checkpoint.plugin.empty(); }
  // What to say then.
  std::string untrained_words() const;
  std::string untrained_warning() const {
    return place + ": " + untrained_words() + "; add checkpoint = \"...\"";
  }
  // What the agent is made for; pointers are into the scenario.
  offload_environment environment(std::uint64_t seed) const;
  // What the agent is told of it beside that: features of what the user says, where the suite makes them of
  // texts alone. A table's own no message has, and then there are none.
  HostWorld world() const;
  // [features] Of a message, as the suite's data have of a query with this text; empty where there are none.
  std::vector<float> features(const std::string& text) const;
  bool reads_text() const;
  // A task by its name or number; -1 for one that there is none of.
  int task(const std::string& name) const;
  // The agent in a process of its own, with its checkpoint, asked about `rows` at once at most. Throws what
  // making it throws, and Error(plugin) where its file is another than when the policy was read.
  std::unique_ptr<RemoteAgent> start(std::uint64_t seed, int rows,
                                     std::chrono::milliseconds answer_limit) const;
};

// Loads no plugin; each file is read once. Throws Error: config for a row, cell, task or checkpoint that does
// not fit the suite, and what reading suite, data and checkpoint throws.
ServedPolicy load_policy(const ServeSettings& settings, const PluginSearch& search);

// The row that serves, and then those of the arms. Throws as load_policy, and Error(config) for an arm whose
// environment is not that of `like`, or, without, of the first.
using ServedPolicies = std::vector<std::shared_ptr<const ServedPolicy>>;
ServedPolicies load_policies(const ServeSettings& settings, const PluginSearch& search,
                             const ServedPolicy* like = nullptr);

}  // namespace offload
