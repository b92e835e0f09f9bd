#include "core/environment/episode.hpp"

#include <algorithm>
#include <utility>

namespace offload {

int EpisodeTable::longest() const {
  int longest = 0;
  for (std::size_t e = 0; e < episodes(); ++e) longest = std::max(longest, length(e));
  return longest;
}

EpisodeTable make_table(EpisodeStorage storage, std::string source, std::string sha256) {
  auto owned = std::make_shared<EpisodeStorage>(std::move(storage));
  EpisodeTable table;
  table.modalities = owned->modalities;
  table.tasks = owned->tasks;
  table.id = owned->id;
  table.first_turn = owned->first_turn;
  table.task = owned->task;
  table.action = owned->action;
  table.score = owned->score;
  table.raw_score = owned->raw_score;
  table.latency_s = owned->latency_s;
  table.cost_usd = owned->cost_usd;
  table.association = owned->association;
  table.source = std::move(source);
  table.sha256 = std::move(sha256);
  table.owner = std::move(owned);
  return table;
}

EpisodeTable with_ids_from(EpisodeTable table, std::int64_t offset) {
  struct Owner {
    std::shared_ptr<const void> values;
    std::vector<std::int64_t> id;
  };
  const auto owner = std::make_shared<Owner>(Owner{std::move(table.owner), {}});
  owner->id.reserve(table.episodes());
  for (const std::int64_t id : table.id) owner->id.push_back(id + offset);
  table.id = owner->id;
  table.owner = owner;
  return table;
}

}  // namespace offload
