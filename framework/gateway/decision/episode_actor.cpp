#include "gateway/decision/episode_actor.hpp"

#include <algorithm>
#include <numeric>

#include "core/simulation/turn_encoder.hpp"
#include "files/sha256.hpp"
#include "plugin/environment.hpp"

namespace offload {

namespace {

// Of the one view at hand.
class TurnFeatures : public ViewFeatures {
 public:
  explicit TurnFeatures(const std::vector<float>& features) : features_(features) {}
  const float* features(const offload_view&) const override {
    return features_.empty() ? nullptr : features_.data();
  }

 private:
  const std::vector<float>& features_;
};

}  // namespace

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
    : scenario_(scenario),
      agent_(agent),
      features_(static_cast<std::size_t>(agent.query_features())),
      first_slot_(first_slot),
      owners_(kEvaluationSlots) {}

std::vector<int> EpisodeActor::act(const std::vector<const ServedEpisode*>& episodes) {
  std::vector<int> actions(episodes.size());
  std::vector<std::size_t> left(episodes.size());
  std::iota(left.begin(), left.end(), std::size_t{0});
  // Two of one slot go one after the other.
  while (!left.empty()) {
    std::vector<Walk> walks;
    std::vector<std::size_t> later;
    std::vector<bool> taken(owners_.size());
    for (const std::size_t place : left) {
      const ServedEpisode& episode = *episodes[place];
      const auto slot = static_cast<std::size_t>(episode.session % owners_.size());
      if (taken[slot]) {
        later.push_back(place);
        continue;
      }
      taken[slot] = true;
      const std::size_t last = episode.turns.size() - 1;
      Owner& owner = owners_[slot];
      const std::size_t next = owner.session == episode.session && owner.turns <= last ? owner.turns : 0;
      walks.push_back({&episode, place, slot, next});
      owner = {};  // empty should the agent fail halfway
    }
    walk(walks);
    for (const Walk& walk : walks) {
      actions[walk.place] = walk.action;
      owners_[walk.slot] = {walk.episode->session, walk.next};
    }
    left.swap(later);
  }
  return actions;
}

// All of them step by step, those together that have steps left.
void EpisodeActor::walk(std::vector<Walk>& walks) {
  std::vector<std::int32_t> chosen;
  for (;;) {
    rows_ = {};
    std::vector<Walk*> stepping;
    for (Walk& one : walks) {
      if (one.next == one.episode->turns.size()) continue;
      add(one);
      stepping.push_back(&one);
    }
    if (stepping.empty()) return;
    const offload_view view = {sizeof(offload_view), static_cast<std::int32_t>(stepping.size()),
                               rows_.slot.data(),    rows_.first.data(),
                               rows_.rng.data(),     rows_.observation.data(),
                               rows_.mask.data(),    rows_.limit.data(),
                               rows_.spent.data()};
    chosen.assign(stepping.size(), 0);
    const TurnFeatures features(rows_.features);
    agent_.act(view, OFFLOAD_EVALUATE, chosen.data(), &features);
    for (std::size_t i = 0; i < stepping.size(); ++i) {
      stepping[i]->action = chosen[i];
      ++stepping[i]->next;
    }
  }
}

void EpisodeActor::add(const Walk& walk) {
  const SeenTurn seen = see_turn(scenario_, *walk.episode, walk.next);
  const PastTurn& past = walk.episode->turns[walk.next];
  rows_.slot.push_back(first_slot_ + static_cast<int>(walk.slot));
  rows_.first.push_back(walk.next == 0);
  rows_.rng.push_back(seen.rng);
  rows_.observation.insert(rows_.observation.end(), seen.observation.begin(), seen.observation.end());
  for (std::size_t a = 0; a < seen.mask.size(); ++a)
    rows_.mask.push_back(a < past.mask.size() ? static_cast<std::uint8_t>(past.mask[a] == '1')
                                              : seen.mask[a]);
  rows_.features.insert(rows_.features.end(), past.features.begin(), past.features.end());
  rows_.features.resize(rows_.slot.size() * features_);
  for (int k = 0; k < kResources; ++k) {
    rows_.limit.push_back(from_amount(past.limit[static_cast<std::size_t>(k)], k));
    rows_.spent.push_back(from_amount(past.spent[static_cast<std::size_t>(k)], k));
  }
}

}  // namespace offload
