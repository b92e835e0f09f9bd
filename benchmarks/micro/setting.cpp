#include "setting.hpp"

#include "data/dataset.hpp"

namespace offload::micro {

Setting::Setting()
    : scenario(build_dataset("synthetic:100", 0, {}), {}),
      split(ratio_split(scenario.data(), .2, 0)),
      model(make_response_model("knn", scenario, split.train, {})) {}

const Setting& setting() {
  static const Setting instance;
  return instance;
}

bool EndlessSource::next(int slot, EpisodeStart& start) {
  const auto& train = setting().split.train;
  const std::uint64_t seed = stream(slot, drawn_++);
  start = {train[seed % train.size()], limit_, seed};
  return true;
}

}  // namespace offload::micro
