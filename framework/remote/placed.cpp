#include "remote/placed.hpp"

#include "plugin/answers.hpp"
#include "plugin/instance.hpp"
#include "plugin/python_source.hpp"
#include "plugin/sample_environment.hpp"
#include "process/copies/copy.hpp"
#include "remote/remote_agent.hpp"
#include "remote/remote_reward.hpp"

namespace offload {
namespace {

std::unique_ptr<AnyAgent> made(const PluggedIn& plugin, const Parameters& parameters,
                               const offload_environment& environment, const HostWorld& world) {
  if (!plugin.apart()) return std::make_unique<AgentInstance>(plugin.library, parameters, environment, world);
  const RemoteSettings settings{
      .rows = kSlotsMax, .one_processor = true, .nursery = plugin.nursery.get(), .world = world};
  return std::make_unique<RemoteAgent>(plugin.library, parameters, environment, settings);
}

}  // namespace

bool PluggedIn::apart() const { return isolated || python_agent(library.native()); }

PlacedAgent::PlacedAgent(const PluggedIn& plugin, const Parameters& parameters,
                         const offload_environment& environment, const HostWorld& world)
    : agent_(made(plugin, parameters, environment, world)) {}

PlacedReward::PlacedReward(const PluggedIn& plugin, const Parameters& parameters,
                           const offload_environment& environment, const RewardPlace& place) {
  if (place.isolated || plugin.apart()) {
    const RemoteSettings settings{
        .python = place.python, .memory_mb = place.memory_mb, .nursery = plugin.nursery.get()};
    auto remote = std::make_unique<RemoteReward>(plugin.library, parameters, environment, settings);
    held_ = remote->held();
    reward_ = std::move(remote);
  } else {
    reward_ = std::make_unique<RewardInstance>(plugin.library, parameters, environment);
  }
}

PluginInfo describe_placed(const std::filesystem::path& library, const offload_environment& environment) {
  const RemoteSettings settings;
  RemoteProcess process(library, environment, settings, {});
  if (!python_agent(library.native())) return process.described(library, environment, true);
  process.create(library, {}, environment, settings, "");
  return process.info();
}

PluginInfo identify_placed(const std::filesystem::path& library) {
  const SampleEnvironment environment;
  return RemoteProcess(library, environment.raw(), {}, {}).described(library, environment.raw(), false);
}

std::string ending_like_it(const std::function<std::string()>& body) {
  try {
    return body();
  } catch (const AgentEnded& end) {
    end_like(end.status());
  }
}

}  // namespace offload
