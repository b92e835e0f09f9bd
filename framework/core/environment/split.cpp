#include "core/environment/split.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "core/counted.hpp"
#include "core/error.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kSplitPurpose = 0x73706c6974;  // "split"

std::vector<std::uint32_t> shuffled(std::size_t n, std::int64_t seed, std::uint64_t repeat) {
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  Random random(stream(static_cast<std::uint64_t>(seed), kSplitPurpose, repeat));
  for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

Split cut(const std::vector<std::uint32_t>& order, std::size_t from, std::size_t to, std::string name,
          std::int64_t seed, const std::string& fix) {
  const auto at = [&order](std::size_t i) { return order.begin() + static_cast<std::ptrdiff_t>(i); };
  Split split{std::move(name), seed, {order.begin(), at(from)}, {at(from), at(to)}};
  split.train.insert(split.train.end(), at(to), order.end());
  std::sort(split.train.begin(), split.train.end());
  std::sort(split.test.begin(), split.test.end());
  if (split.train.empty() || split.test.empty()) {
    fail(ErrorKind::config, "split '{}' is empty: {} training and {} of {}; {}", split.name,
         split.train.size(), counted(split.test.size(), "test episode"), order.size(), fix);
  }
  return split;
}

// Episodes in an order drawn with the seed, those of a group next to each other: where a cut may be made, and
// all places that come to the next one are moved to it.
struct Order {
  std::vector<std::uint32_t> episodes;
  std::vector<std::size_t> cut;  // [episodes + 1]
};

Order drawn_order(const EpisodeTable& data, std::int64_t seed, std::uint64_t repeat) {
  const std::vector<std::uint32_t> group = groups_of(data);
  std::vector<std::vector<std::uint32_t>> members(group.size());
  for (std::uint32_t e = 0; e < group.size(); ++e) members[group[e]].push_back(e);
  std::erase_if(members, [](const auto& list) { return list.empty(); });
  Order order{{}, {0}};
  for (const std::uint32_t i : shuffled(members.size(), seed, repeat)) {
    order.episodes.insert(order.episodes.end(), members[i].begin(), members[i].end());
    order.cut.resize(order.episodes.size() + 1, order.episodes.size());
  }
  return order;
}

}  // namespace

std::vector<std::uint32_t> groups_of(const EpisodeTable& data) {
  std::vector<std::uint32_t> parent(data.episodes());
  std::iota(parent.begin(), parent.end(), 0U);
  if (!data.outcomes || data.outcomes->prompt_group.empty()) return parent;
  const auto root = [&parent](std::uint32_t e) {
    while (parent[e] != e) e = parent[e] = parent[parent[e]];
    return e;
  };
  std::unordered_map<std::uint32_t, std::uint32_t> first;  // episode by prompt group
  for (std::uint32_t e = 0; e < data.episodes(); ++e) {
    for (std::size_t turn = data.first_turn[e]; turn < data.first_turn[e + 1]; ++turn) {
      const auto [found, fresh] = first.emplace(data.outcomes->prompt_group[turn], e);
      if (fresh) continue;
      const std::uint32_t a = root(found->second), b = root(e);
      parent[std::max(a, b)] = std::min(a, b);
    }
  }
  for (std::uint32_t e = 0; e < parent.size(); ++e) parent[e] = root(e);
  return parent;
}

bool prompts_are_shared(const EpisodeTable& data) {
  const std::vector<std::uint32_t> group = groups_of(data);
  for (std::uint32_t e = 0; e < group.size(); ++e) {
    if (group[e] != e) return true;
  }
  return false;
}

void hold_out(const EpisodeTable& data, double share, std::uint64_t drawn, Split& split) {
  const std::vector<std::uint32_t> group = groups_of(data);
  std::vector<std::uint32_t> groups;
  for (const std::uint32_t e : split.train) groups.push_back(group[e]);
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  const auto held = static_cast<std::size_t>(std::llround(share * static_cast<double>(groups.size())));
  if (held == 0 || held == groups.size()) {
    fail(ErrorKind::config,
         "split '{}': a share of {} of the training side's {} leaves none {}; give another "
         "share",
         printable(split.name), share, counted(groups.size(), "prompt group"),
         held == 0 ? "to calibrate on" : "to train on");
  }
  Random random(drawn);
  for (std::size_t i = groups.size(); i > 1; --i) std::swap(groups[i - 1], groups[random.below(i)]);
  const std::unordered_set<std::uint32_t> chosen(groups.begin(),
                                                 groups.begin() + static_cast<std::ptrdiff_t>(held));
  for (const std::uint32_t e : split.train) {
    if (chosen.contains(group[e])) split.calibration.push_back(e);
  }
  std::erase_if(split.train, [&](std::uint32_t e) { return chosen.contains(group[e]); });
}

std::uint64_t Split::stream_of(std::uint64_t suite_seed) const {
  std::uint64_t state = stream(suite_seed, seed);
  for (const char c : name) state = stream(state, static_cast<unsigned char>(c));
  return state;
}

Split ratio_split(const EpisodeTable& data, double test_ratio, std::int64_t seed) {
  const auto tests =
      static_cast<std::size_t>(std::llround(test_ratio * static_cast<double>(data.episodes())));
  const Order order = drawn_order(data, seed, 0);
  return cut(order.episodes, 0, order.cut[std::min(tests, data.episodes())], fmt::format("seed{}", seed),
             seed, "test_ratio: leave an episode or more on either side");
}

std::vector<Split> fold_splits(const EpisodeTable& data, int folds, int repeats, std::int64_t seed) {
  std::vector<Split> splits;
  const std::size_t n = data.episodes(), k = static_cast<std::size_t>(folds);
  const std::vector<std::uint32_t> group = groups_of(data);
  const std::string fewer =
      fmt::format("name fewer folds, at most {}", std::set(group.begin(), group.end()).size());
  for (int r = 0; r < repeats; ++r) {
    const Order order = drawn_order(data, seed, static_cast<std::uint64_t>(r));
    for (std::size_t f = 0; f < k; ++f) {
      splits.push_back(cut(order.episodes, order.cut[n * f / k], order.cut[n * (f + 1) / k],
                           fmt::format("r{}f{}", r, f), seed + static_cast<std::int64_t>(splits.size()),
                           fewer));
    }
  }
  return splits;
}

Split id_split(const EpisodeTable& data, const std::string& name, std::span<const std::int64_t> train_ids,
               std::span<const std::int64_t> test_ids, const std::string& place) {
  std::unordered_map<std::int64_t, std::uint32_t> index;
  for (std::size_t e = 0; e < data.episodes(); ++e) index.emplace(data.id[e], static_cast<std::uint32_t>(e));
  enum : std::uint8_t { unused, test, train };
  std::vector<std::uint8_t> use(data.episodes(), unused);
  const auto mark = [&](std::span<const std::int64_t> ids, std::uint8_t as) {
    for (const std::int64_t id : ids) {
      const auto found = index.find(id);
      if (found == index.end()) {
        fail(ErrorKind::config, "{}: split '{}' names episode {}, which {} does not have", place,
             printable(name), id, data.source);
      }
      if (use[found->second] != unused) {
        fail(ErrorKind::config, "{}: split '{}' names episode {} twice{}", place, printable(name), id,
             use[found->second] == as ? "" : ", for training and for test");
      }
      use[found->second] = as;
    }
  };
  mark(test_ids, test);
  mark(train_ids, train);
  Split split{name, 0, {}, {}};
  for (std::uint32_t e = 0; e < use.size(); ++e) {
    if (use[e] == test) split.test.push_back(e);
    if (use[e] == train || (use[e] == unused && train_ids.empty())) split.train.push_back(e);
  }
  if (split.train.empty() || split.test.empty()) {
    fail(ErrorKind::config, "{}: split '{}' is empty: {} training and {}", place, printable(name),
         split.train.size(), counted(split.test.size(), "test episode"));
  }
  return split;
}

Split stated_split(const EpisodeTable& data) {
  if (!data.outcomes || data.outcomes->part.empty()) {
    fail(ErrorKind::config, "{} states no split of its own; name test_ratio, folds or ids", data.source);
  }
  Split split{"file", 0, {}, {}};
  for (std::uint32_t e = 0; e < data.episodes(); ++e) {
    const std::uint8_t part = data.outcomes->part[data.turn(e, 0)];
    const auto parts =
        std::span(data.outcomes->part).subspan(data.turn(e, 0), static_cast<std::size_t>(data.length(e)));
    if (part == 0 || std::ranges::count(parts, part) != data.length(e)) {
      fail(ErrorKind::config, "{}: episode {} is {}; the file's split needs every episode on one side",
           data.source, data.id[e], part == 0 ? "on no side" : "on both sides");
    }
    (part == 1 ? split.train : split.test).push_back(e);
  }
  if (split.train.empty() || split.test.empty()) {
    fail(ErrorKind::config, "split 'file' is empty: {} training and {}", split.train.size(),
         counted(split.test.size(), "test episode"));
  }
  require_groups_apart(data, split);
  return split;
}

void require_groups_apart(const EpisodeTable& data, const Split& split) {
  if (!data.outcomes || data.outcomes->prompt_group.empty()) return;
  const auto groups = [&data](std::uint32_t e) {
    return std::span(data.outcomes->prompt_group)
        .subspan(data.turn(e, 0), static_cast<std::size_t>(data.length(e)));
  };
  std::unordered_set<std::uint32_t> trained;
  for (const std::uint32_t e : split.train) trained.insert(groups(e).begin(), groups(e).end());
  for (const std::uint32_t e : split.test) {
    if (std::ranges::none_of(groups(e), [&](std::uint32_t group) { return trained.contains(group); }))
      continue;
    fail(ErrorKind::config,
         "split '{}' tests episode {}, which shares a prompt with training episodes; put them on one side",
         printable(split.name), data.id[e]);
  }
}

}  // namespace offload
