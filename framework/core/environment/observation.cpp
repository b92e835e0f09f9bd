#include "core/environment/observation.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace offload {

ObservationLayout::ObservationLayout(const ActionSpace& actions, const Consumption& consumption, int window,
                                     int turns_max, ObservationKind kind)
    : actions_(&actions),
      window_(window),
      turns_max_(turns_max),
      frame_(actions.modalities() + 2),
      size_(window * frame_ + (kind == ObservationKind::offload   ? 1 + kResources
                               : kind == ObservationKind::journal ? kResources
                                                                  : 0)),
      last_arm_(static_cast<int>(actions.arms().size()) - 1),
      kind_(kind) {
  if (window < 1 || window > 64) {
    fail(ErrorKind::config, "[environment] window: expected 1 to 64 frames, found {}", window);
  }
  for (std::size_t k = 0; k < kResources; ++k) {
    scale_[k] = static_cast<double>(consumption.largest()[k]) * turns_max;
  }
}

void ObservationLayout::write_tail(int turn, const Amounts& spent, const Amounts& limit, float* out) const {
  if (kind_ == ObservationKind::conference) return;
  if (kind_ == ObservationKind::offload) {
    *out++ = static_cast<float>(turn) / static_cast<float>(turns_max_);
  }
  for (std::size_t k = 0; k < kResources; ++k) {
    const bool unlimited = limit[k] == kUnlimited;
    const auto left = static_cast<double>(unlimited ? 0 : limit[k] - spent[k]);
    if (kind_ == ObservationKind::journal) {
      // The reference has no unlimited budget; the most an episode can take stands in for it.
      out[k] =
          static_cast<float>((unlimited ? scale_[k] - static_cast<double>(spent[k]) : left) / kUnitsPer[k]);
    } else {
      out[k] =
          unlimited || scale_[k] == 0 ? 1.0F : static_cast<float>(std::clamp(left / scale_[k], -1.0, 1.0));
    }
  }
}

}  // namespace offload
