// Features of queries for turns that are made up: drawn by each row's random bits, so that they are the row's
// own in whatever batch it stands.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "plugin/host_world.hpp"

namespace offload {

// What the environment says, and some features.
HostWorld sample_world(const offload_environment& environment);

class SampleFeatures final : public ViewFeatures {
 public:
  explicit SampleFeatures(int features) : features_(static_cast<std::size_t>(features)) {}
  const float* features(const offload_view& view) const override;

 private:
  std::size_t features_;
  mutable std::map<const offload_view*, std::vector<float>> values_;  // of the views asked for
};

}  // namespace offload
