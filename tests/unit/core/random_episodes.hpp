// Small data sets drawn from a seed, for tests that need many different ones.
#pragma once

#include <offload/random.hpp>

#include <string>
#include <utility>

#include "core/environment/action_space.hpp"
#include "core/environment/episode.hpp"

namespace offload {

// Episodes of 1 to `turns_max` turns (the first one of turns_max) with random tasks, actions, scores and
// associations.
inline EpisodeTable random_episodes(int modalities, int tasks, int turns_max, int episodes,
                                    std::uint64_t seed) {
  Random random(seed);
  const ActionSpace actions(modalities);
  EpisodeStorage storage;
  storage.modalities = modalities;
  for (int c = 0; c < tasks; ++c) storage.tasks.push_back("task " + std::to_string(c));
  for (int e = 0; e < episodes; ++e) {
    const auto any = static_cast<int>(random.below(static_cast<std::uint64_t>(turns_max))) + 1;
    storage.id.push_back(e);
    for (int t = 0; t < (e == 0 ? turns_max : any); ++t) {
      storage.task.push_back(static_cast<std::uint8_t>(random.below(static_cast<std::uint64_t>(tasks))));
      storage.action.push_back(
          static_cast<std::uint16_t>(random.below(static_cast<std::uint64_t>(actions.size()))));
      storage.score.push_back(random.gamma(2) / 2);
      storage.raw_score.push_back(storage.score.back());
      for (int m = 0; m < modalities; ++m) storage.association.push_back(.1 + .2 * random.uniform());
    }
    storage.first_turn.push_back(storage.task.size());
  }
  return make_table(std::move(storage), "random episodes", "none");
}

}  // namespace offload
