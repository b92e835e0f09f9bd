#include "learning/encoding.hpp"

#include <algorithm>
#include <stdexcept>

namespace offload::learning {

Sight::Sight(const Environment& environment, const ParameterReader& parameters, bool features)
    : observation_(static_cast<std::size_t>(environment.observation())) {
  if (!features) return;
  features_.emplace(parameters);
  if (features_->size() == 0) throw std::invalid_argument("features: the data have none; leave it out");
}

std::span<const float> Sight::of(const View& view, int i, std::vector<float>& room) const {
  if (!features_) return view.observation(i);
  of_all(view, i, 1, room);
  return room;
}

const float* Sight::of_all(const View& view, int from, int rows, std::vector<float>& room) const {
  if (!features_) return view.observation(from).data();
  const std::size_t width = observation_ + static_cast<std::size_t>(features());
  room.assign(static_cast<std::size_t>(rows) * width, 0);
  auto out = room.begin();
  for (int i = from; i < from + rows; ++i, out += static_cast<std::ptrdiff_t>(width)) {
    std::ranges::copy(features_->of(view, i), std::ranges::copy(view.observation(i), out).out);
  }
  return room.data();
}

Encoder::Encoder(const Environment& environment, std::string kind, int frames, int features)
    : kind_(std::move(kind)),
      width_(environment.observation() + features),
      older_(frames == 0 ? 0 : std::max(0, environment.window() - frames) * environment.frame()),
      frames_(frames == 0 ? environment.window() : std::min(frames, environment.window())),
      frame_(environment.frame()),
      modalities_(environment.modalities()),
      arms_(environment.modalities() == 0 ? environment.actions() : 2),
      tasks_(environment.tasks()),
      inputs_(width_ - older_) {
  if (kind_ == "one-hot") inputs_ += frames_ * (1 + arms_ + modalities_ + 1 + tasks_ - frame_);
}

void Encoder::encode(std::span<const float> observation, float* to) const {
  const float* from = observation.data() + older_;
  const float* end = observation.data() + observation.size();
  if (kind_ == "one-hot") {
    for (int z = 0; z < frames_; ++z, from += frame_) {
      const int views = 1 + arms_, width = views + modalities_ + 1 + tasks_;
      std::fill_n(to, width, 0.0f);
      const int arm = static_cast<int>(from[0]) + 1;
      if (arm >= 0 && arm <= arms_) to[arm] = 1;
      for (int m = 0; m < modalities_; ++m) to[views + m] = std::max(0.0f, from[1 + m]);
      const int task = static_cast<int>(from[frame_ - 1]) + 1;
      if (task >= 0 && task <= tasks_) to[views + modalities_ + task] = 1;
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
