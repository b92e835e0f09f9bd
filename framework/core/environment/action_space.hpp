// The actions of an environment: named arms, who answers, each with a subset of views. Logged data with M
// views (environment.md 2) have the arms `local` and `cloud`: action 0 answers on the device, 1 in the cloud
// from text alone, then the cloud with every non-empty subset of the views in (size, lexicographic) order. A
// world with known outcomes has an action for each of its arms.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/environment/outcome_table.hpp"

namespace offload {

inline constexpr int kMaxModalities = 10;

class ActionSpace {
 public:
  // Of logged data. Throws Error(config) unless 0 <= modalities <= kMaxModalities.
  explicit ActionSpace(int modalities);
  // Of a world; its actions have no views that an agent could choose. Throws Error(config) for no arm, more
  // than kMostArms, and a name that is empty or another's, too.
  explicit ActionSpace(std::vector<Arm> arms);

  int modalities() const { return modalities_; }
  int size() const { return static_cast<int>(images_.size()); }
  // Kinds tell apart what consumption depends on: 0 local, 1 + number of images in the cloud; in a world
  // every arm is a kind.
  int kinds() const { return kinds_; }
  int kind(int action) const { return kind_[action]; }
  bool cloud(int action) const { return action > 0; }
  // Bit m: view m is sent.
  std::uint32_t images(int action) const { return images_[action]; }
  const std::vector<std::uint32_t>& images() const { return images_; }
  // The cloud action that sends exactly these views; of logged data.
  int cloud_action(std::uint32_t images) const { return action_of_images_[images]; }

  const std::vector<Arm>& arms() const { return arms_; }
  // Index into arms().
  int arm(int action) const { return arm_[action]; }
  // As reports show it: the arm's name, and behind a + each view that goes along: "cloud+0+2".
  std::string name(int action) const;

 private:
  int modalities_, kinds_;
  std::vector<Arm> arms_;
  std::vector<int> arm_;  // [actions]
  std::vector<std::uint32_t> images_;
  std::vector<int> kind_;
  std::vector<int> action_of_images_;
};

}  // namespace offload
