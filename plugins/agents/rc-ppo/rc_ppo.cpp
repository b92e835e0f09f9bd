#include <offload/plugin.hpp>

#include "learning/actor_critic_agent.hpp"

namespace {

class RcPpo final : public offload::learning::ActorCriticAgent {
 public:
  RcPpo(const offload::Environment& environment, offload::ParameterReader& parameters)
      : ActorCriticAgent(environment, parameters, offload::learning::OnPolicy::ppo) {}
};

}  // namespace

OFFLOAD_AGENT(RcPpo, "rc-ppo", "1.0.0", "proximal policy optimisation, with resource constraints on request")
