// Small data sets made in memory for tests.
#pragma once

#include <offload/random.hpp>

#include <numeric>
#include <string>
#include <vector>

#include "core/environment/action_space.hpp"
#include "core/environment/episode.hpp"

namespace offload::testing {

struct SmallTurn {
  int task, action;
  double score;
};

// Association of view m at turn t: .1 * (m + 1) + .01 * t.
inline EpisodeTable small_table(const std::vector<std::vector<SmallTurn>>& episodes, int modalities = 3,
                                int tasks = 4) {
  EpisodeStorage storage;
  storage.modalities = modalities;
  for (int c = 0; c < tasks; ++c) storage.tasks.push_back("task " + std::to_string(c));
  for (std::size_t e = 0; e < episodes.size(); ++e) {
    storage.id.push_back(static_cast<std::int64_t>(100 + e));
    for (std::size_t t = 0; t < episodes[e].size(); ++t) {
      storage.task.push_back(static_cast<std::uint8_t>(episodes[e][t].task));
      storage.action.push_back(static_cast<std::uint16_t>(episodes[e][t].action));
      storage.score.push_back(episodes[e][t].score);
      storage.raw_score.push_back(episodes[e][t].score);
      for (int m = 0; m < modalities; ++m) {
        storage.association.push_back(.1 * (m + 1) + .01 * static_cast<double>(t));
      }
    }
    storage.first_turn.push_back(storage.task.size());
  }
  return make_table(std::move(storage), "small", "small");
}

// Episodes of 1 to 5 turns with tasks, actions and scores drawn by this seed.
inline EpisodeTable random_table(std::size_t episodes, std::uint64_t seed, int modalities = 3,
                                 int tasks = 4) {
  Random random(seed);
  const ActionSpace actions(modalities);
  std::vector<std::vector<SmallTurn>> list(episodes);
  for (auto& episode : list) {
    episode.resize(1 + random.below(5));
    for (SmallTurn& turn : episode) {
      turn = {static_cast<int>(random.below(static_cast<std::uint64_t>(tasks))),
              static_cast<int>(random.below(static_cast<std::uint64_t>(actions.size()))),
              random.uniform() * 2};
    }
  }
  return small_table(list, modalities, tasks);
}

inline std::vector<std::uint32_t> all_episodes(const EpisodeTable& data) {
  std::vector<std::uint32_t> list(data.episodes());
  std::iota(list.begin(), list.end(), 0U);
  return list;
}

}  // namespace offload::testing
