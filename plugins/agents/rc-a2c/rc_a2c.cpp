#include <offload/plugin.hpp>

#include "learning/actor_critic_agent.hpp"

namespace {

class RcA2c final : public offload::learning::ActorCriticAgent {
 public:
  RcA2c(const offload::Environment& environment, offload::ParameterReader& parameters)
      : ActorCriticAgent(environment, parameters, offload::learning::OnPolicy::a2c) {}
};

}  // namespace

OFFLOAD_AGENT(RcA2c, "rc-a2c", "1.0.0", "advantage actor-critic, with resource constraints on request")
