#include "core/induction/merged_states.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <tuple>

namespace offload {
namespace {

// Both amounts as one number, ordered as they are.
__extension__ using Key = unsigned __int128;
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
  std::size_t at = 0, end = 0;
  Key consumed = 0, head = kPast;
};

const MergedStates::Group* MergedStates::Layer::find(std::uint32_t signature) const {
  const auto found = std::lower_bound(groups.begin(), groups.end(), signature,
                                      [](const Group& g, std::uint32_t s) { return g.signature < s; });
  return found != groups.end() && found->signature == signature ? &*found : nullptr;
}

MergedStates::MergedStates(const Scenario& scenario, const Game& game, Signatures& signatures,
                           const Amounts& limit, Openness openness, std::int64_t nodes)
    : scenario_(&scenario),
      game_(&game),
      limit_(limit),
      actions_of_kind_(static_cast<std::size_t>(scenario.actions().kinds())) {
  for (int a = 0; a < scenario.actions().size(); ++a) {
    ++actions_of_kind_[static_cast<std::size_t>(scenario.actions().kind(a))];
  }
  layers_.push_back({{{Signatures::kRoot, 0, 1}}, {Amounts{}}, {}});
  ways_ = {game.turns[0].tasks};
  for (int turn = 0; open(turn, openness, nodes); ++turn) {
    complete_ = turn + 1 == game.length();
    if (complete_ || !follow(turn, signatures, nodes)) break;
  }
}

std::int64_t MergedStates::histories() const {
  return std::accumulate(histories_.begin(), histories_.end(), std::int64_t{0}, saturating_add);
}

std::int64_t MergedStates::nodes_of(std::uint32_t kinds) const {
  std::int64_t actions = 0;
  for (std::size_t k = 0; k < actions_of_kind_.size(); ++k) actions += (kinds >> k & 1) * actions_of_kind_[k];
  return std::max<std::int64_t>(1, (actions + kActionsPerNode - 1) / kActionsPerNode);
}

// Fills in what is open; false where there are too many nodes.
bool MergedStates::open(int turn, Openness openness, std::int64_t limit) {
  Layer& layer = layers_.back();
  const std::int64_t tasks = game_->turns[static_cast<std::size_t>(turn)].tasks;
  std::int64_t histories = 0, nodes = 1;
  std::uint32_t known = ~0U;
  layer.open.resize(layer.spent.size());
  for (std::size_t s = 0; s < layer.spent.size(); ++s) {
    const std::uint32_t kinds =
        open_kinds(*scenario_, game_->length(), turn, layer.spent[s], limit_, openness);
    layer.open[s] = static_cast<std::uint16_t>(kinds);
    // Neighbours are mostly alike.
    if (kinds != known) nodes = nodes_of(known = kinds);
    nodes_ = saturating_add(nodes_, nodes * tasks);
    histories = saturating_add(histories, saturating_multiply(ways_[s], nodes));
  }
  histories_.push_back(histories);
  return nodes_ <= limit;
}

// Makes the layer of the next turn; false where there are too many signatures or states.
bool MergedStates::follow(int turn, Signatures& signatures, std::int64_t limit) {
  const Game::Turn& now = game_->turns[static_cast<std::size_t>(turn)];
  const Layer& layer = layers_.back();
  std::vector<Source> sources;
  for (std::size_t g = 0; g < layer.groups.size(); ++g) {
    std::uint32_t open = 0;
    for (std::size_t s = layer.groups[g].begin; s < layer.groups[g].end; ++s) open |= layer.open[s];
    for (int task = now.first_task; task < now.first_task + now.tasks; ++task) {
      for (int a = 0; a < scenario_->actions().size(); ++a) {
        const int kind = scenario_->actions().kind(a);
        if ((open >> kind & 1) == 0) continue;
        const std::uint32_t next = signatures.next(layer.groups[g].signature, task, a);
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
  next_ways_.clear();
  const std::int64_t tasks = game_->turns[static_cast<std::size_t>(turn) + 1].tasks;
  for (std::size_t from = 0, to; from < kept; from = to) {
    for (to = from; to < kept && sources[to].signature == sources[from].signature;) ++to;
    merge(std::span(sources).subspan(from, to - from), next);
    if (saturating_multiply(static_cast<std::int64_t>(next.spent.size()), tasks) > limit) return false;
  }
  for (std::int64_t& ways : next_ways_) ways = saturating_multiply(ways, tasks);
  // A way counts the tasks of its turn, of which a source follows one.
  for (std::int64_t& ways : next_ways_) ways = ways >= kCountless ? ways : ways / now.tasks;
  ways_.swap(next_ways_);
  layers_.push_back(std::move(next));
  return true;
}

// Adds the group that sources of one signature make: a merge of ascending lists.
void MergedStates::merge(std::span<Source> sources, Layer& next) {
  const Layer& layer = layers_.back();
  const auto advance = [&](Source& source) {
    while (source.at < source.end && (layer.open[source.at] >> source.kind & 1) == 0) ++source.at;
    source.head = source.at == source.end ? kPast : key_of(layer.spent[source.at]) + source.consumed;
  };
  for (Source& source : sources) {
    source.at = layer.groups[source.group].begin;
    source.end = layer.groups[source.group].end;
    source.consumed = key_of(scenario_->consumption().of_kind(source.kind));
    advance(source);
  }
  const std::size_t begin = next.spent.size();
  for (;;) {
    Key least = kPast;
    for (const Source& source : sources) least = source.head < least ? source.head : least;
    if (least == kPast) break;
    std::int64_t ways = 0;
    for (Source& source : sources) {
      if (source.head != least) continue;
      ways = saturating_add(ways, saturating_multiply(ways_[source.at], source.count));
      ++source.at;
      advance(source);
    }
    next.spent.push_back(amounts_of(least));
    next_ways_.push_back(ways);
  }
  if (next.spent.size() > begin) next.groups.push_back({sources[0].signature, begin, next.spent.size()});
}

}  // namespace offload
