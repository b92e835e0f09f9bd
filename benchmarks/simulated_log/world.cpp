#include "world.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "core/error.hpp"
#include "core/routing/arms.hpp"
#include "offload/random.hpp"

namespace offload::simulated_log {

World make_world(const std::string& name, const EpisodeTable& data) {
  if (data.outcomes == nullptr)
    fail(ErrorKind::data, "{}: no table of known outcomes; give one (offload-bench datasets import)", name);
  const OutcomeTable& table = *data.outcomes;
  if (table.text_begin.empty())
    fail(ErrorKind::data, "{}: the queries have no texts, so nothing can be routed by them", name);
  World world{name, table.arms.size(), data.tasks.size(), {}, {}, {}, {}, {}, {}};
  std::vector<std::uint32_t> turns(table.turns());
  std::iota(turns.begin(), turns.end(), 0U);
  std::vector<std::size_t> length;
  for (const std::uint32_t turn : complete_turns(table, turns)) {
    for (std::size_t a = 0; a < world.arms; ++a) world.quality.push_back(table.quality[table.cell(turn, a)]);
    const std::uint8_t task = data.task[turn];
    world.task.push_back(task);
    world.group.push_back(table.prompt_group.empty() ? turn : table.prompt_group[turn]);
    const auto begin = static_cast<std::size_t>(table.text_begin[turn]);
    const auto end = static_cast<std::size_t>(table.text_begin[turn + 1]);
    const std::string_view text = std::string_view(table.text).substr(begin, end - begin);
    world.text.push_back(features_of(text, -1));
    world.both.push_back(features_of(text, task));
    length.push_back(text.size());
  }
  std::vector<std::size_t> sorted = length;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2),
                   sorted.end());
  for (const std::size_t l : length) world.is_long.push_back(l > sorted[sorted.size() / 2] ? 1 : 0);
  return world;
}

namespace {

struct Extremes {
  std::size_t worst = 0, best = 0;
};

Extremes constant_extremes(const World& world) {
  std::vector<double> sum(world.arms, 0.0);
  for (std::size_t q = 0; q < world.queries(); ++q) {
    for (std::size_t a = 0; a < world.arms; ++a) sum[a] += world.outcome(q, a);
  }
  const auto [worst, best] = std::minmax_element(sum.begin(), sum.end());
  return {static_cast<std::size_t>(worst - sum.begin()), static_cast<std::size_t>(best - sum.begin())};
}

}  // namespace

Log draw_log(const World& world, const LoggingPolicy& policy, std::uint64_t seed) {
  enum Purpose : std::uint64_t { halves, arms };
  Log log;
  const std::vector<std::uint32_t> half = group_folds(world.group, 2, stream(seed, halves));
  const Extremes extremes = constant_extremes(world);
  const auto others = static_cast<double>(world.arms - 1);
  const double uniform = 1 / static_cast<double>(world.arms);
  const double other = std::min(uniform, std::max(policy.least, policy.rest / others));
  Random random(stream(seed, arms));
  for (std::uint32_t q = 0; q < world.queries(); ++q) {
    (half[q] == 0 ? log.train : log.test).push_back(q);
    std::size_t arm = world.is_long[q] != 0 ? extremes.best : extremes.worst;
    const double preferred = 1 - other * others;
    double propensity = preferred;
    if (random.uniform() >= preferred) {
      const std::size_t step = 1 + random.below(world.arms - 1);
      arm = (arm + step) % world.arms;
      propensity = other;
    }
    log.of_query.push_back({static_cast<std::uint32_t>(arm), propensity, world.outcome(q, arm)});
  }
  return log;
}

}  // namespace offload::simulated_log
