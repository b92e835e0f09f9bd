// What the networks see of an observation: `raw`, the D numbers as they are, or `one-hot`, each frame as
// [none, local, cloud], the M image bits (0 where missing) and [missing, task 0, task 1, ...], then the rest
// of the observation as it is; of the frames only the newest ones where that is asked for. See environment.md
// 3 for the observation.
#pragma once

#include <offload/environment.hpp>

#include <span>
#include <string>

namespace offload::learning {

class Encoder {
 public:
  // kind: "raw" or "one-hot"; frames: how many of the newest frames are seen, 0 or more than the window: all.
  Encoder(const Environment& environment, std::string kind, int frames);

  const std::string& kind() const { return kind_; }
  int inputs() const { return inputs_; }
  int width() const { return width_; }  // of an observation
  // The networks see observations as they are.
  bool whole() const { return kind_ == "raw" && older_ == 0; }
  // observation [D] -> to [inputs].
  void encode(std::span<const float> observation, float* to) const;
  // observations [rows][D] -> [rows][inputs]: in `to`, or the observations themselves where nothing changes.
  const float* encode_all(const float* observations, int rows, float* to) const;

 private:
  std::string kind_;
  int width_;
  int older_;  // numbers of an observation that stand before the frames seen
  int frames_;
  int frame_;
  int modalities_;
  int tasks_;
  int inputs_;
};

}  // namespace offload::learning
