// The host's side of what a plugin can ask of its world: actions by name, and the features of its views'
// queries.
#pragma once

#include <offload/abi.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/simulation/scenario.hpp"
#include "core/simulation/view_features.hpp"

namespace offload {

struct HostWorld {
  int arms = 0;
  std::vector<std::string> names, providers;  // [A]
  std::vector<std::int32_t> placements, arm;  // [A]
  std::vector<std::string> features;          // [F] names
};

HostWorld host_world(const Scenario& scenario);
// As logged data have it; where the number of actions is not one of theirs, each is an arm.
HostWorld host_world(const offload_environment& environment);

// The tables of a world as extensions. Not movable: plugins hold addresses.
class HostExtensions {
 public:
  HostExtensions() = default;
  HostExtensions(const HostExtensions&) = delete;
  HostExtensions& operator=(const HostExtensions&) = delete;

  // Before `create` asks.
  void offer(HostWorld world);
  int features() const { return query_.features; }
  // Whose views the calls to come are about; null: of no one's.
  void look_at(const ViewFeatures* views) { views_ = views; }
  // nullptr for a name that is none of theirs.
  const void* find(const char* name) const;

 private:
  static const float* read(void* context, const offload_view* view);

  HostWorld world_;
  std::vector<const char*> names_, providers_, feature_names_;
  offload_actions actions_ = {};
  offload_query query_ = {};
  const ViewFeatures* views_ = nullptr;
};

}  // namespace offload
