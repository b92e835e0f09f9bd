// Which actions of a plan are of which kind: 0 local, 1 + number of images in the cloud.
#pragma once

#include <optional>

#include "core/environment/action_space.hpp"

namespace offload {

// 1 + 2^M actions have kinds; any other number of them has none.
inline std::optional<ActionSpace> action_space(std::size_t actions) {
  for (int modalities = 0; modalities <= kMaxModalities; ++modalities) {
    if (actions == 1 + (std::size_t{1} << modalities)) return ActionSpace(modalities);
  }
  return std::nullopt;
}

}  // namespace offload
