#include "learning/encoding.hpp"

#include <algorithm>

namespace offload::learning {

Encoder::Encoder(const Environment& environment, std::string kind, int frames)
    : kind_(std::move(kind)),
      width_(environment.observation()),
      older_(frames == 0 ? 0 : std::max(0, environment.window() - frames) * environment.frame()),
      frames_(frames == 0 ? environment.window() : std::min(frames, environment.window())),
      frame_(environment.frame()),
      modalities_(environment.modalities()),
      tasks_(environment.tasks()),
      inputs_(environment.observation() - older_) {
  if (kind_ == "one-hot") inputs_ += frames_ * (3 + modalities_ + 1 + tasks_ - frame_);
}

void Encoder::encode(std::span<const float> observation, float* to) const {
  const float* from = observation.data() + older_;
  const float* end = observation.data() + observation.size();
  if (kind_ == "one-hot") {
    for (int z = 0; z < frames_; ++z, from += frame_) {
      const int width = 3 + modalities_ + 1 + tasks_;
      std::fill_n(to, width, 0.0f);
      const int llm = static_cast<int>(from[0]) + 1;
      if (llm >= 0 && llm < 3) to[llm] = 1;
      for (int m = 0; m < modalities_; ++m) to[3 + m] = std::max(0.0f, from[1 + m]);
      const int task = static_cast<int>(from[frame_ - 1]) + 1;
      if (task >= 0 && task <= tasks_) to[3 + modalities_ + task] = 1;
      to += width;
    }
  }
  std::copy(from, end, to);
}

const float* Encoder::encode_all(const float* observations, int rows, float* to) const {
  if (whole()) return observations;
  const auto width = static_cast<std::size_t>(width_);
  const auto inputs = static_cast<std::size_t>(inputs_);
  for (std::size_t i = 0; i < static_cast<std::size_t>(rows); ++i) {
    encode({observations + i * width, width}, to + i * inputs);
  }
  return to;
}

}  // namespace offload::learning
