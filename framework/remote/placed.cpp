#include "remote/placed.hpp"

#include "plugin/answers.hpp"
#include "plugin/instance.hpp"
#include "plugin/library.hpp"
#include "plugin/python_source.hpp"
#include "remote/remote_agent.hpp"
#include "remote/remote_reward.hpp"

namespace offload {
namespace {

std::unique_ptr<AnyAgent> made(const std::filesystem::path& library, const Parameters& parameters,
                               const offload_environment& environment, const HostWorld& world) {
  if (python_agent(library.native()))
    return std::make_unique<RemoteAgent>(library, parameters, environment,
                                         RemoteSettings{.rows = kSlotsMax, .world = world});
  return std::make_unique<AgentInstance>(library, parameters, environment, world);
}

}  // namespace

PlacedAgent::PlacedAgent(const std::filesystem::path& library, const Parameters& parameters,
                         const offload_environment& environment, const HostWorld& world)
    : agent_(made(library, parameters, environment, world)) {}

PlacedReward::PlacedReward(const std::filesystem::path& library, const Parameters& parameters,
                           const offload_environment& environment, const RewardPlace& place) {
  if (python_agent(library.native())) {
    const RemoteSettings settings{.python = place.python, .memory_mb = place.memory_mb};
    reward_ = std::make_unique<RemoteReward>(library, parameters, environment, settings);
  } else {
    reward_ = std::make_unique<RewardInstance>(library, parameters, environment);
  }
}

PluginInfo describe_placed(const std::filesystem::path& library, const offload_environment& environment) {
  if (!python_agent(library.native())) return describe_plugin(library, environment);
  const RemoteSettings settings;
  RemoteProcess process(library, environment, settings, {});
  process.create(library, {}, environment, settings, "");
  return process.info();
}

}  // namespace offload
