// Small worlds with known outcomes made in memory for tests.
#pragma once

#include <offload/random.hpp>

#include <memory>
#include <string>
#include <vector>

#include "core/environment/episode.hpp"

namespace offload::testing {

struct KnownWorld {
  // `episodes` of `turns` queries, `arms` arms; outcomes drawn with `seed`. Arm 0 is a device.
  KnownWorld(std::size_t episodes, std::size_t turns, std::size_t arms, std::uint64_t seed)
      : table(std::make_shared<OutcomeTable>()) {
    for (std::size_t a = 0; a < arms; ++a) {
      table->arms.push_back({"arm" + std::to_string(a), a == 0 ? "" : "someone",
                             a == 0 ? Placement::device : Placement::cloud});
    }
    storage.tasks = {"chat", "code"};
    Random random(seed);
    for (std::size_t e = 0; e < episodes; ++e) {
      storage.id.push_back(static_cast<std::int64_t>(e));
      for (std::size_t t = 0; t < turns; ++t) {
        storage.task.push_back(static_cast<std::uint8_t>(random.below(2)));
        table->known.push_back((std::uint64_t{1} << arms) - 1);
        table->prompt_group.push_back(static_cast<std::uint32_t>(table->prompt_group.size()));
        for (std::size_t a = 0; a < arms; ++a) {
          table->quality.push_back(random.uniform());
          table->latency_ns.push_back(static_cast<std::int64_t>((1 + a) * random.below(1'000'000'000)));
          table->cost_pusd.push_back(static_cast<std::int64_t>(a * random.below(1'000'000'000)));
        }
      }
      storage.first_turn.push_back(storage.task.size());
    }
  }
  EpisodeTable data() const {
    EpisodeTable made = make_table(storage, "known", "known");
    made.outcomes = table;
    return made;
  }

  EpisodeStorage storage;
  std::shared_ptr<OutcomeTable> table;
};

}  // namespace offload::testing
