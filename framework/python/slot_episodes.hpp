// Training episodes for slots that go at their own pace. A training run asks for episodes in the order in
// which its slots end theirs, and what is drawn depends on that order; here each slot gets the very episodes
// it would get in a training run of as many slots and the same seed, whenever it asks: so environments that
// wait a step after every episode show the same as those that do not.
#pragma once

#include <cstdint>
#include <deque>
#include <queue>
#include <vector>

#include "trial/training_source.hpp"

namespace offload {

class SlotEpisodes final : public EpisodeSource {
 public:
  // Slots are 0 .. slots - 1. `scenario` outlives the object.
  SlotEpisodes(const Scenario& scenario, TrainingSource source, int slots);
  bool next(int slot, EpisodeStart& start) override;

 private:
  // When a slot of a training run begins its next episode: after this many steps.
  struct Due {
    std::uint64_t step;
    int slot;
    bool operator>(const Due& other) const {
      return step != other.step ? step > other.step : slot > other.slot;
    }
  };

  const Scenario& scenario_;
  TrainingSource source_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::vector<std::deque<EpisodeStart>> waiting_;  // [slots] drawn, not asked for yet
};

}  // namespace offload
