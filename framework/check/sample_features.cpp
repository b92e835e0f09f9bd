#include "check/sample_features.hpp"

#include <offload/random.hpp>

namespace offload {

HostWorld sample_world(const offload_environment& environment) {
  HostWorld world = host_world(environment);
  world.features = {"length", "digits", "share of code"};
  return world;
}

const float* SampleFeatures::features(const offload_view& view) const {
  if (features_ == 0) return nullptr;
  std::vector<float>& values = values_[&view];
  values.clear();
  for (std::int32_t i = 0; i < view.n; ++i) {
    Random random(stream(view.rng[i], features_));
    for (std::size_t f = 0; f < features_; ++f) values.push_back(static_cast<float>(random.uniform()));
  }
  return values.data();
}

}  // namespace offload
