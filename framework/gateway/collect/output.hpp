// What a collection becomes: a data set of the form of datasets/README.md, a neutral table of the outcomes
// that are known, and a card that says where both come from.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gateway/collect/episode.hpp"

namespace offload {

struct CollectFiles {
  std::filesystem::path dataset, table, card;  // empty: not written
  std::vector<std::string> left_out;           // why, a sentence each
};

// Writes NAME.json, NAME.csv with its meta file, and NAME.card.md into the plan's folder, each whole or not
// at all, of the episodes that are whole, and reads the first two back as `datasets describe` does. A data
// set cannot hold views without association; a table holds at most 64 arms. Throws Error(io), Error(data).
CollectFiles write_collection(const CollectPlan& plan, const Dialogues& dialogues,
                              const std::vector<CollectedEpisode>& episodes, const CallTotals& totals);

}  // namespace offload
