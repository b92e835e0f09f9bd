#include "core/environment/episode.hpp"

#include <algorithm>
#include <utility>

namespace offload {

int EpisodeTable::longest() const {
  int longest = 0;
  for (std::size_t e = 0; e < episodes(); ++e) longest = std::max(longest, length(e));
  return longest;
}

bool are_copies(const EpisodeTable& table, std::size_t a, std::size_t b) {
  if (a == b) return true;
  if (table.length(a) != table.length(b)) return false;
  const std::size_t first = table.turn(a, 0), other = table.turn(b, 0);
  const auto turns = static_cast<std::size_t>(table.length(a)),
             views = static_cast<std::size_t>(table.modalities);
  const auto same = [&](auto values, std::size_t width) {
    // A file may have neither times nor costs.
    return values.empty() || std::ranges::equal(values.subspan(first * width, turns * width),
                                                values.subspan(other * width, turns * width));
  };
  return same(table.task, 1) && same(table.action, 1) && same(table.raw_score, 1) && same(table.score, 1) &&
         same(table.latency_s, 1) && same(table.cost_usd, 1) && same(table.association, views);
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
