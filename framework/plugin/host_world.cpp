#include "plugin/host_world.hpp"

#include <fmt/format.h>

#include <string_view>

namespace offload {
namespace {

static_assert(static_cast<int>(Placement::unstated) == OFFLOAD_PLACEMENT_UNSTATED &&
              static_cast<int>(Placement::device) == OFFLOAD_PLACEMENT_DEVICE &&
              static_cast<int>(Placement::cloud) == OFFLOAD_PLACEMENT_CLOUD);

HostWorld world_of(const ActionSpace& actions) {
  HostWorld world;
  world.arms = static_cast<int>(actions.arms().size());
  for (int a = 0; a < actions.size(); ++a) {
    const Arm& arm = actions.arms()[static_cast<std::size_t>(actions.arm(a))];
    world.names.push_back(actions.name(a));
    world.providers.push_back(arm.provider);
    world.placements.push_back(static_cast<std::int32_t>(arm.placement));
    world.arm.push_back(actions.arm(a));
  }
  return world;
}

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> list;
  for (const std::string& text : texts) list.push_back(text.c_str());
  return list;
}

}  // namespace

HostWorld host_world(const Scenario& scenario) {
  HostWorld world = world_of(scenario.actions());
  if (scenario.world() != nullptr) world.features = scenario.world()->table().feature_names;
  return world;
}

HostWorld host_world(const offload_environment& environment) {
  if (environment.modalities >= 0 && environment.modalities <= kMaxModalities) {
    const ActionSpace logged(environment.modalities);
    if (logged.size() == environment.actions) return world_of(logged);
  }
  HostWorld world;
  world.arms = environment.actions;
  for (std::int32_t a = 0; a < environment.actions; ++a) {
    world.names.push_back(fmt::format("arm {}", a));
    world.providers.emplace_back();
    world.placements.push_back(OFFLOAD_PLACEMENT_UNSTATED);
    world.arm.push_back(a);
  }
  return world;
}

void HostExtensions::offer(HostWorld world) {
  world_ = std::move(world);
  names_ = pointers(world_.names);
  providers_ = pointers(world_.providers);
  feature_names_ = pointers(world_.features);
  actions_ = {sizeof(offload_actions),
              static_cast<std::int32_t>(names_.size()),
              world_.arms,
              names_.data(),
              providers_.data(),
              world_.placements.data(),
              world_.arm.data()};
  query_ = {sizeof(offload_query), static_cast<std::int32_t>(feature_names_.size()), feature_names_.data(),
            this, read};
}

const void* HostExtensions::find(const char* name) const {
  const std::string_view wanted = name;
  if (wanted == OFFLOAD_HOST_EXTENSION_ACTIONS) return &actions_;
  if (wanted == OFFLOAD_HOST_EXTENSION_QUERY) return &query_;
  return nullptr;
}

const float* HostExtensions::read(void* context, const offload_view* view) {
  const auto& self = *static_cast<const HostExtensions*>(context);
  return self.views_ != nullptr && view != nullptr && self.query_.features > 0 ? self.views_->features(*view)
                                                                               : nullptr;
}

}  // namespace offload
