// What a checkpoint was trained on: every training of its whole ancestry, by the data set's hash and the ids
// of the episodes, so that nobody is tested unnoticed on what was learned from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "suite/experiment.hpp"

namespace offload {

struct TrainingStage {
  std::string data_sha256;
  std::vector<std::int64_t> episodes;  // ids, ascending, each once
  std::uint64_t suite_seed = 0;
  std::string split;
  std::int64_t seed = 0, steps = 0;

  bool operator==(const TrainingStage&) const = default;
};

struct Lineage {
  bool known = true;                  // false: an ancestor's file did not say
  std::vector<TrainingStage> stages;  // the first training first

  bool operator==(const Lineage&) const = default;
};

// One training of `steps` more; nothing is added for none.
Lineage trained_on(Lineage before, const Experiment& experiment, const Split& split, std::int64_t steps);

// JSON round trip on one line. Reading checks types and ranges and throws Error(data) that names the place.
std::string to_json(const Lineage& lineage);
Lineage lineage_from_json(const std::string& text, const std::string& file_name);

}  // namespace offload
