#include <offload/plugin.hpp>

#include "learning/q_agent.hpp"

OFFLOAD_AGENT(offload::learning::QAgent, "rc-dqn", "1.0.0",
              "deep Q-network, with resource constraints on request")
