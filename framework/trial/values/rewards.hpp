// Where a suite says that its reward runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "plugin/python_source.hpp"
#include "remote/placed.hpp"
#include "suite/suite.hpp"

namespace offload {

// `memory_mb`: that it may use where that is a process of its own.
inline RewardPlace reward_place(const Suite& suite, std::int64_t memory_mb) {
  return {suite.reward_isolation == Isolation::process, suite.reward.python, memory_mb};
}

// The reward of an agent's trial: where both are in Python, it is born where the agent is.
inline PluggedIn reward_beside(const std::filesystem::path& agent, const std::filesystem::path& reward,
                               const std::shared_ptr<Nursery>& nursery) {
  PluggedIn plugin(reward);
  if (python_agent(agent.native()) && python_agent(reward.native())) plugin.nursery = nursery;
  return plugin;
}

}  // namespace offload
