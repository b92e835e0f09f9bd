// Where a suite says that its reward runs.
#pragma once

#include <cstdint>

#include "remote/placed.hpp"
#include "suite/suite.hpp"

namespace offload {

// `memory_mb`: that it may use where that is a process of its own.
inline RewardPlace reward_place(const Suite& suite, std::int64_t memory_mb) {
  return {suite.reward_isolation == Isolation::process, suite.reward.python, memory_mb};
}

}  // namespace offload
