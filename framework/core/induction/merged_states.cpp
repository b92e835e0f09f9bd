#include "core/induction/merged_states.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <tuple>

namespace offload {
namespace {

using Key = MergedStates::Key;
constexpr Key kPast = ~Key{0};
Key key_of(const Amounts& spent) {
  return Key{static_cast<std::uint64_t>(spent[0])} << 64 | static_cast<std::uint64_t>(spent[1]);
}
Amounts amounts_of(Key key) {
  return {static_cast<std::int64_t>(key >> 64), static_cast<std::int64_t>(static_cast<std::uint64_t>(key))};
}

}  // namespace

std::uint32_t open_kinds(const Scenario& scenario, int length, int turn, const Amounts& spent,
                         const Amounts& limit, Openness openness) {
  const Feasibility& feasibility = scenario.feasibility();
  // Games are of logged data, whose kinds are few.
  return static_cast<std::uint32_t>(openness == Openness::mask
                                        ? feasibility.kinds(turn, spent, limit)
                                        : feasibility.within(length - turn - 1, spent, limit));
}

// The states that a group comes to by actions of a kind.
struct MergedStates::Source {
  std::uint32_t signature;  // of what follows
  std::size_t group;
  int kind;
  std::int64_t count;  // of tasks and actions that do the same
  std::size_t at = 0;  // in lists_
};

const MergedStates::Group* MergedStates::Layer::find(std::uint32_t signature) const {
  const auto found = std::lower_bound(groups.begin(), groups.end(), signature,
                                      [](const Group& g, std::uint32_t s) { return g.signature < s; });
  return found != groups.end() && found->signature == signature ? &*found : nullptr;
}

std::uint32_t MergedStates::Layer::open_in(const Group& group) const {
  std::uint32_t kinds = 0;
  for (std::size_t s = group.begin; s < group.end; ++s) kinds |= open[s];
  return kinds;
}

MergedStates::MergedStates(const Scenario& scenario, const Game& game, Signatures& signatures,
                           const Amounts& limit, Openness openness, std::int64_t nodes, bool count_histories)
    : scenario_(&scenario),
      game_(&game),
      signatures_(&signatures),
      limit_(limit),
      counts_histories_(count_histories),
      actions_of_kind_(static_cast<std::size_t>(scenario.actions().kinds())) {
  for (int a = 0; a < scenario.actions().size(); ++a) {
    ++actions_of_kind_[static_cast<std::size_t>(scenario.actions().kind(a))];
  }
  layers_.push_back({{{Signatures::kRoot, 0, 1}}, {Amounts{}}, {}});
  if (counts_histories_) ways_ = {game.turns[0].tasks};
  for (int turn = 0; open(turn, openness, nodes); ++turn) {
    complete_ = turn + 1 == game.length();
    if (complete_ || !follow(turn, nodes)) break;
  }
  merged_ = {};
  lists_ = {};
  listed_ways_ = {};
}

// Signatures are asked for in the order in which follow() asks, so that alike games have them numbered alike.
bool MergedStates::serves(const Game& game, Signatures& signatures) const {
  if (game.length() != game_->length()) return false;
  for (std::size_t t = 0; t < game.turns.size(); ++t) {
    const Game::Turn &own = game_->turns[t], &other = game.turns[t];
    if (own.tasks != other.tasks) return false;
    if (t + 1 == game.turns.size()) break;
    for (const Group& group : layers_[t].groups) {
      const std::uint32_t open = layers_[t].open_in(group);
      for (int c = 0; c < own.tasks; ++c) {
        for (int a = 0; a < scenario_->actions().size(); ++a) {
          if ((open >> scenario_->actions().kind(a) & 1) == 0) continue;
          const std::uint32_t next = signatures.next(group.signature, other.first_task + c, a);
          if (next != signatures_->next(group.signature, own.first_task + c, a)) return false;
        }
      }
    }
  }
  return true;
}

std::int64_t MergedStates::histories() const {
  return std::accumulate(histories_.begin(), histories_.end(), std::int64_t{0}, saturating_add);
}

std::int64_t MergedStates::nodes_of(std::uint32_t kinds) const {
  std::int64_t actions = 0;
  for (std::size_t k = 0; k < actions_of_kind_.size(); ++k) actions += (kinds >> k & 1) * actions_of_kind_[k];
  return std::max<std::int64_t>(1, (actions + kActionsPerNode - 1) / kActionsPerNode);
}

// Whether everything is open to a state that has consumed the most of each resource, and so to all.
bool MergedStates::all_open(int turn, Openness openness) const {
  Amounts most{};
  for (const Amounts& spent : layers_.back().spent) {
    for (std::size_t k = 0; k < kResources; ++k) most[k] = std::max(most[k], spent[k]);
  }
  const Feasibility& feasibility = scenario_->feasibility();
  const int length = openness == Openness::mask ? feasibility.turns_max() : game_->length();
  return feasibility.within(length - turn - 1, most, limit_) ==
         ~KindSet{0} >> (64 - scenario_->actions().kinds());
}

// Fills in what is open; false where there are too many nodes.
bool MergedStates::open(int turn, Openness openness, std::int64_t limit) {
  Layer& layer = layers_.back();
  const std::int64_t tasks = game_->turns[static_cast<std::size_t>(turn)].tasks;
  std::int64_t histories = 0, nodes = 1;
  std::uint32_t known = ~0U;
  layer.open.resize(layer.spent.size());
  const bool all = all_open(turn, openness);
  restricted_ |= !all;
  for (std::size_t s = 0; s < layer.spent.size(); ++s) {
    const std::uint32_t kinds =
        all ? (1U << scenario_->actions().kinds()) - 1
            : open_kinds(*scenario_, game_->length(), turn, layer.spent[s], limit_, openness);
    layer.open[s] = static_cast<std::uint16_t>(kinds);
    // Neighbours are mostly alike.
    if (kinds != known) nodes = nodes_of(known = kinds);
    nodes_ = saturating_add(nodes_, nodes * tasks);
    if (counts_histories_) histories = saturating_add(histories, saturating_multiply(ways_[s], nodes));
  }
  histories_.push_back(histories);
  return nodes_ <= limit;
}

// Makes the layer of the next turn; false where there are too many signatures or states.
bool MergedStates::follow(int turn, std::int64_t limit) {
  const Game::Turn& now = game_->turns[static_cast<std::size_t>(turn)];
  const Layer& layer = layers_.back();
  std::vector<Source> sources;
  for (std::size_t g = 0; g < layer.groups.size(); ++g) {
    const std::uint32_t open = layer.open_in(layer.groups[g]);
    for (int task = now.first_task; task < now.first_task + now.tasks; ++task) {
      for (int a = 0; a < scenario_->actions().size(); ++a) {
        const int kind = scenario_->actions().kind(a);
        if ((open >> kind & 1) == 0) continue;
        const std::uint32_t next = signatures_->next(layer.groups[g].signature, task, a);
        if (next == Signatures::kNone) {
          forgetful_ = true;
          return false;
        }
        sources.push_back({next, g, kind, 1});
      }
    }
  }
  const auto key = [](const Source& s) { return std::tuple(s.signature, s.group, s.kind); };
  std::sort(sources.begin(), sources.end(),
            [&](const Source& a, const Source& b) { return key(a) < key(b); });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (kept > 0 && key(sources[kept - 1]) == key(sources[i])) {
      ++sources[kept - 1].count;
    } else {
      sources[kept++] = sources[i];
    }
  }
  Layer next;
  merged_.clear();
  next_ways_.clear();
  const std::int64_t tasks = game_->turns[static_cast<std::size_t>(turn) + 1].tasks;
  for (std::size_t from = 0, to; from < kept; from = to) {
    for (to = from; to < kept && sources[to].signature == sources[from].signature;) ++to;
    merge(std::span(sources).subspan(from, to - from), next);
    if (saturating_multiply(static_cast<std::int64_t>(merged_.size()), tasks) > limit) return false;
  }
  for (std::int64_t& ways : next_ways_) ways = saturating_multiply(ways, tasks);
  // A way counts the tasks of its turn, of which a source follows one.
  for (std::int64_t& ways : next_ways_) ways = ways >= kCountless ? ways : ways / now.tasks;
  ways_.swap(next_ways_);
  next.spent.assign(merged_.begin(), merged_.end());  // of just their size
  layers_.push_back(std::move(next));
  return true;
}

// Lists, ascending, what the source's open states have consumed after its action, from `at` on and with an
// end behind it; returns where the next list begins.
std::size_t MergedStates::list(Source& source, std::size_t at) {
  const Layer& layer = layers_.back();
  const Group& group = layer.groups[source.group];
  const Key consumed = key_of(scenario_->consumption().of_kind(source.kind));
  const std::size_t most = at + group.end - group.begin + 1;
  if (lists_.size() < most) lists_.resize(most);
  if (counts_histories_ && listed_ways_.size() < most) listed_ways_.resize(most);
  source.at = at;
  for (std::size_t s = group.begin; s < group.end; ++s) {
    lists_[at] = key_of(layer.spent[s]) + consumed;
    if (counts_histories_) listed_ways_[at] = saturating_multiply(ways_[s], source.count);
    at += layer.open[s] >> source.kind & 1;
  }
  lists_[at] = kPast;
  return at + 1;
}

// Adds the group that sources of one signature make: ascending lists are merged, without branches.
void MergedStates::merge(std::span<Source> sources, Layer& next) {
  std::size_t at = 0;
  for (Source& source : sources) at = list(source, at);
  const std::size_t begin = merged_.size();
  for (;;) {
    Key least = kPast;
    for (const Source& source : sources) least = std::min(least, lists_[source.at]);
    if (least == kPast) break;
    merged_.push_back(amounts_of(least));
    if (counts_histories_) {
      std::int64_t ways = 0;
      for (const Source& source : sources) {
        if (lists_[source.at] == least) ways = saturating_add(ways, listed_ways_[source.at]);
      }
      next_ways_.push_back(ways);
    }
    for (Source& source : sources) source.at += lists_[source.at] == least;
  }
  if (merged_.size() > begin) next.groups.push_back({sources[0].signature, begin, merged_.size()});
}

}  // namespace offload
