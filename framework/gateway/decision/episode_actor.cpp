#include "gateway/decision/episode_actor.hpp"

#include <algorithm>

#include "core/simulation/turn_encoder.hpp"
#include "files/sha256.hpp"
#include "plugin/environment.hpp"

namespace offload {

std::string SeenTurn::hash() const {
  Sha256 sha;
  sha.update({reinterpret_cast<const char*>(observation.data()), observation.size() * sizeof(float)});
  sha.update({reinterpret_cast<const char*>(mask.data()), mask.size()});
  return sha.hex();
}

SeenTurn see_turn(const Scenario& scenario, const ServedEpisode& episode, std::size_t turn) {
  SeenTurn seen;
  seen.observation.resize(static_cast<std::size_t>(scenario.layout().size()));
  seen.mask.resize(static_cast<std::size_t>(scenario.actions().size()));
  std::vector<std::uint8_t> tasks;
  std::vector<std::uint16_t> actions;
  for (std::size_t t = 0; t <= turn; ++t) {
    tasks.push_back(static_cast<std::uint8_t>(episode.turns[t].task));
    if (t < turn) actions.push_back(static_cast<std::uint16_t>(episode.turns[t].action));
  }
  const PastTurn& now = episode.turns[turn];
  const TurnState state{std::min(static_cast<int>(turn), scenario.turns_max() - 1), false, now.spent,
                        now.limit, episode.rng_stream};
  const TurnRow row{seen.observation.data(), seen.mask.data(), &seen.rng};
  seen.allowed = encode_history(scenario.layout(), scenario.feasibility(), state, {tasks, actions}, row);
  return seen;
}

EpisodeActor::EpisodeActor(const Scenario& scenario, AnyAgent& agent, int first_slot)
    : scenario_(scenario), agent_(agent), first_slot_(first_slot), owners_(kEvaluationSlots) {}

int EpisodeActor::act(const ServedEpisode& episode) {
  const auto slot = static_cast<std::size_t>(episode.session % owners_.size());
  Owner& owner = owners_[slot];
  const std::size_t last = episode.turns.size() - 1;
  std::size_t next = owner.session == episode.session && owner.turns <= last ? owner.turns : 0;
  int action = 0;
  // Empty should the agent fail halfway.
  owner = {};
  for (; next <= last; ++next) action = show(episode, next, static_cast<int>(slot));
  owner = {episode.session, next};
  return action;
}

int EpisodeActor::show(const ServedEpisode& episode, std::size_t turn, int slot) {
  SeenTurn seen = see_turn(scenario_, episode, turn);
  const PastTurn& past = episode.turns[turn];
  std::transform(past.mask.begin(), past.mask.end(), seen.mask.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c == '1'); });
  const std::int32_t row = first_slot_ + slot;
  const std::uint8_t first = turn == 0;
  std::array<double, kResources> limit{}, spent{};
  for (int k = 0; k < kResources; ++k) {
    limit[static_cast<std::size_t>(k)] = from_amount(past.limit[static_cast<std::size_t>(k)], k);
    spent[static_cast<std::size_t>(k)] = from_amount(past.spent[static_cast<std::size_t>(k)], k);
  }
  const offload_view view = {
      sizeof(offload_view), 1,           &row, &first, &seen.rng, seen.observation.data(), seen.mask.data(),
      limit.data(),         spent.data()};
  std::int32_t action = 0;
  agent_.act(view, OFFLOAD_EVALUATE, &action);
  return action;
}

}  // namespace offload
