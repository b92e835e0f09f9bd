// The actions of an environment with M views (environment.md 2): 0 answers on the device, 1 in the cloud from
// text alone, then the cloud with every non-empty subset of the views in (size, lexicographic) order.
#pragma once

#include <cstdint>
#include <vector>

namespace offload {

inline constexpr int kMaxModalities = 10;

class ActionSpace {
 public:
  // Throws Error(config) unless 0 <= modalities <= kMaxModalities.
  explicit ActionSpace(int modalities);

  int modalities() const { return modalities_; }
  int size() const { return static_cast<int>(images_.size()); }
  // Kinds tell apart what consumption depends on: 0 local, 1 + number of images in the cloud.
  int kinds() const { return modalities_ + 2; }
  int kind(int action) const { return kind_[action]; }
  bool cloud(int action) const { return action > 0; }
  // Bit m: view m is sent.
  std::uint32_t images(int action) const { return images_[action]; }
  const std::vector<std::uint32_t>& images() const { return images_; }
  // The cloud action that sends exactly these views.
  int cloud_action(std::uint32_t images) const { return action_of_images_[images]; }

 private:
  int modalities_;
  std::vector<std::uint32_t> images_;
  std::vector<int> kind_;
  std::vector<int> action_of_images_;
};

}  // namespace offload
