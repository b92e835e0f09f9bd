#include "remote/placed_agent.hpp"

#include "plugin/answers.hpp"
#include "plugin/instance.hpp"
#include "plugin/library.hpp"
#include "plugin/python_source.hpp"
#include "remote/remote_agent.hpp"

namespace offload {
namespace {

std::unique_ptr<AnyAgent> made(const std::filesystem::path& library, const Parameters& parameters,
                               const offload_environment& environment, const HostWorld& world) {
  if (python_agent(library.native()))
    return std::make_unique<RemoteAgent>(library, parameters, environment, RemoteSettings{kSlotsMax});
  return std::make_unique<AgentInstance>(library, parameters, environment, world);
}

}  // namespace

PlacedAgent::PlacedAgent(const std::filesystem::path& library, const Parameters& parameters,
                         const offload_environment& environment, const HostWorld& world)
    : agent_(made(library, parameters, environment, world)) {}

PluginInfo describe_placed(const std::filesystem::path& library, const offload_environment& environment) {
  if (!python_agent(library.native())) return describe_plugin(library, environment);
  return PlacedAgent(library, {}, environment).info();
}

}  // namespace offload
