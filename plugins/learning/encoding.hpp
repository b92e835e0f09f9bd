// What the networks see of an observation: `raw`, the D numbers as they are, or `one-hot`, each frame as
// [none, arm 0, arm 1, ...] (logged data: local, cloud), the M image bits (0 where missing) and [missing,
// task 0, task 1, ...], then the rest of the observation as it is; of the frames only the newest ones where
// that is asked for. See environment.md 3 for the observation. Behind it stand the features of the query,
// where the row asks for them.
#pragma once

#include <offload/environment.hpp>
#include <offload/world.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace offload::learning {

// What a row of a view shows: its observation and, where asked for, the features of its query behind it.
class Sight {
 public:
  // Throws where features are asked for and the data have none.
  Sight(const Environment& environment, const ParameterReader& parameters, bool features);

  int features() const { return features_ ? features_->size() : 0; }
  // Of row i, in `room` where it is put together.
  std::span<const float> of(const View& view, int i, std::vector<float>& room) const;
  // Of the rows from `from` on, one behind the other, likewise.
  const float* of_all(const View& view, int from, int rows, std::vector<float>& room) const;

 private:
  std::size_t observation_;  // D
  std::optional<QueryFeatures> features_;
};

class Encoder {
 public:
  // kind: "raw" or "one-hot"; frames: how many of the newest frames are seen, 0 or more than the window: all;
  // features: numbers behind the observation.
  Encoder(const Environment& environment, std::string kind, int frames, int features = 0);

  const std::string& kind() const { return kind_; }
  int inputs() const { return inputs_; }
  int width() const { return width_; }  // of an observation and the features behind it
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
  int arms_;  // an action without views is one
  int tasks_;
  int inputs_;
};

}  // namespace offload::learning
