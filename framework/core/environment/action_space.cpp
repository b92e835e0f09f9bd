#include "core/environment/action_space.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <set>

#include "core/counted.hpp"
#include "core/error.hpp"

namespace offload {
namespace {

// The images of a set as an ascending list, to compare sets of one size lexicographically.
std::vector<int> members(std::uint32_t images) {
  std::vector<int> list;
  for (int m = 0; images >> m; ++m) {
    if (images >> m & 1U) list.push_back(m);
  }
  return list;
}

}  // namespace

ActionSpace::ActionSpace(int modalities)
    : modalities_(modalities),
      kinds_(modalities + 2),
      arms_({{"local", "", Placement::device}, {"cloud", "", Placement::cloud}}) {
  if (modalities < 0 || modalities > kMaxModalities) {
    fail(ErrorKind::config, "{} per turn are not supported; the limit is {}", counted(modalities, "view"),
         kMaxModalities);
  }
  std::vector<std::uint32_t> subsets(std::size_t{1} << modalities);
  std::iota(subsets.begin(), subsets.end(), 0U);
  std::sort(subsets.begin(), subsets.end(), [](std::uint32_t a, std::uint32_t b) {
    const int size_a = std::popcount(a), size_b = std::popcount(b);
    return size_a != size_b ? size_a < size_b : members(a) < members(b);
  });
  images_.push_back(0);
  kind_.push_back(0);
  arm_.push_back(0);
  action_of_images_.resize(subsets.size());
  for (const std::uint32_t images : subsets) {
    action_of_images_[images] = static_cast<int>(images_.size());
    images_.push_back(images);
    kind_.push_back(1 + std::popcount(images));
    arm_.push_back(1);
  }
}

ActionSpace::ActionSpace(std::vector<Arm> arms)
    : modalities_(0), kinds_(static_cast<int>(arms.size())), arms_(std::move(arms)) {
  if (arms_.empty() || arms_.size() > kMostArms) {
    fail(ErrorKind::config, "{} are not supported; a world has 1 to {}", counted(arms_.size(), "arm"),
         kMostArms);
  }
  std::set<std::string> names;
  for (const Arm& arm : arms_) {
    if (arm.name.empty() || !names.insert(arm.name).second) {
      fail(ErrorKind::config, "an arm named '{}' {}; arms are told apart by name", printable(arm.name),
           arm.name.empty() ? "has no name" : "is there twice");
    }
    kind_.push_back(static_cast<int>(arm_.size()));
    arm_.push_back(static_cast<int>(arm_.size()));
    images_.push_back(arm.views);
  }
}

std::string ActionSpace::name(int action) const {
  const auto a = static_cast<std::size_t>(action);
  std::string name = arms_[static_cast<std::size_t>(arm_[a])].name;
  for (const int view : members(images_[a])) name += fmt::format("+{}", view);
  return name;
}

}  // namespace offload
