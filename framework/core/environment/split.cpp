#include "core/environment/split.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

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
          std::int64_t seed) {
  const auto at = [&order](std::size_t i) { return order.begin() + static_cast<std::ptrdiff_t>(i); };
  Split split{std::move(name), seed, {order.begin(), at(from)}, {at(from), at(to)}};
  split.train.insert(split.train.end(), at(to), order.end());
  std::sort(split.train.begin(), split.train.end());
  std::sort(split.test.begin(), split.test.end());
  if (split.train.empty() || split.test.empty()) {
    fail(ErrorKind::config, "split '{}' is empty: {} training and {} test episodes of {}", split.name,
         split.train.size(), split.test.size(), order.size());
  }
  return split;
}

}  // namespace

std::uint64_t Split::stream_of(std::uint64_t suite_seed) const {
  std::uint64_t state = stream(suite_seed, seed);
  for (const char c : name) state = stream(state, static_cast<unsigned char>(c));
  return state;
}

Split ratio_split(const EpisodeTable& data, double test_ratio, std::int64_t seed) {
  const auto tests =
      static_cast<std::size_t>(std::llround(test_ratio * static_cast<double>(data.episodes())));
  return cut(shuffled(data.episodes(), seed, 0), 0, tests, fmt::format("seed{}", seed), seed);
}

std::vector<Split> fold_splits(const EpisodeTable& data, int folds, int repeats, std::int64_t seed) {
  std::vector<Split> splits;
  const std::size_t n = data.episodes(), k = static_cast<std::size_t>(folds);
  for (int r = 0; r < repeats; ++r) {
    const auto order = shuffled(n, seed, static_cast<std::uint64_t>(r));
    for (std::size_t f = 0; f < k; ++f) {
      splits.push_back(cut(order, n * f / k, n * (f + 1) / k, fmt::format("r{}f{}", r, f),
                           seed + static_cast<std::int64_t>(splits.size())));
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
    fail(ErrorKind::config, "{}: split '{}' is empty: {} training and {} test episodes", place,
         printable(name), split.train.size(), split.test.size());
  }
  return split;
}

}  // namespace offload
