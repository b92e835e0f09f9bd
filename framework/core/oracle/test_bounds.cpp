// The hindsight oracle and masked random on every test episode.
#include <offload/random.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "core/oracle/episode_games.hpp"
#include "core/oracle/exact_policies.hpp"
#include "core/oracle/upper_bound.hpp"
#include "core/workers.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kTestPurpose = 0x74657374;  // "test"
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double mean_of_numbers(std::span<const double> values) {
  double sum = 0, count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    count += 1;
  }
  return count > 0 ? sum / count : kNone;
}

void summarize(TestBounds& result) {
  if (result.exact) result.hindsight_upper = result.hindsight;
  result.hindsight_mean = mean_of_numbers(result.hindsight);
  result.hindsight_upper_mean = mean_of_numbers(result.hindsight_upper);
  double sum = 0, variance = 0;
  for (const Estimate& estimate : result.masked_random) {
    sum += estimate.value;
    variance += estimate.standard_error * estimate.standard_error;
  }
  const auto n = static_cast<double>(result.masked_random.size());
  result.masked_random_mean = {sum / n, std::sqrt(variance) / n};
}

// The test episodes under a lens.
struct Tests {
  const Scenario& scenario;
  const Lens& lens;
  std::span<const std::uint32_t> test;
  std::span<const BudgetCell> cells;

  int length(std::size_t i) const { return scenario.data().length(test[i]); }
};

// Those of one length: how many states an episode has in a cell is a matter of its length.
struct Length {
  std::vector<std::size_t> episodes;
  bool forgets = false;
  std::size_t together = 1;           // so many are solved at once
  std::vector<std::uint8_t> relaxes;  // [cells] where not exact, whether the relaxed game fits
};

// Adds to `nodes` [cells] what the episodes have; more than the limit where there are more.
std::map<int, Length> plan_lengths(const Tests& tests, std::int64_t most, std::vector<std::int64_t>& nodes) {
  std::map<int, Length> lengths;
  for (std::size_t i = 0; i < tests.test.size(); ++i) lengths[tests.length(i)].episodes.push_back(i);
  for (auto& [turns, length] : lengths) {
    const std::size_t first = length.episodes[0];
    EpisodeGame game(tests.scenario, tests.test[first], tests.lens.of(first));
    const auto count = static_cast<std::int64_t>(length.episodes.size());
    for (std::size_t cell = 0; cell < tests.cells.size(); ++cell) {
      const Amounts& limit = tests.cells[cell].limit;
      if (nodes[cell] > most) continue;
      const std::int64_t each = game.nodes(limit, (most - nodes[cell]) / count);
      nodes[cell] = saturating_add(nodes[cell], saturating_multiply(count, each));
    }
    length.forgets = game.forgets();
    length.together = game.together();
  }
  return lengths;
}

// Episodes that one thread solves together.
std::vector<std::span<const std::size_t>> list_blocks(const std::map<int, Length>& lengths,
                                                      std::size_t workers) {
  std::vector<std::span<const std::size_t>> blocks;
  for (const auto& [turns, length] : lengths) {
    const std::size_t count = length.episodes.size();
    const std::size_t most = length.forgets ? std::min(length.together, (count + workers - 1) / workers) : 1;
    for (std::size_t begin = 0; begin < count; begin += most) {
      blocks.push_back(std::span(length.episodes).subspan(begin, std::min(most, count - begin)));
    }
  }
  return blocks;
}

// Of the cells that are exact, what a thread made.
struct Tally {
  std::vector<std::int64_t> made;  // [cells] nodes
  // [cells] where pasts are too many after all, as they may be where the first episode of a length met few
  // tasks.
  std::vector<std::uint8_t> lost;
};

// What the block's episodes come to in the cells that are exact.
void solve_block(const Tests& tests, std::span<const std::size_t> block,
                 const std::vector<std::uint8_t>& exact, RewardModel& reward,
                 std::vector<TestBounds>& results, Tally& tally) {
  std::deque<EpisodeGame> games;
  for (const std::size_t i : block) games.emplace_back(tests.scenario, tests.test[i], tests.lens.of(i));
  if (!games[0].forgets()) {
    std::vector<Value> values;
    games[0].solve(tests.cells, exact, reward, values);
    for (std::size_t cell = 0; cell < tests.cells.size(); ++cell) {
      results[cell].hindsight[block[0]] = values[cell].best;
      results[cell].masked_random[block[0]].value = values[cell].random;
    }
    return;
  }
  std::vector<double> random, best;
  for (std::size_t cell = 0; cell < tests.cells.size(); ++cell) {
    const Amounts& limit = tests.cells[cell].limit;
    if (exact[cell] == 0) continue;
    const auto masked = solve_together(games, limit, Openness::mask, reward, random);
    const auto within = solve_together(games, limit, Openness::budget, reward, best);
    if (!masked || !within) {
      tally.lost[cell] = 1;
      continue;
    }
    tally.made[cell] = saturating_add(tally.made[cell], saturating_add(*masked, *within));
    for (std::size_t k = 0; k < block.size(); ++k) {
      results[cell].hindsight[block[k]] = best[k];
      results[cell].masked_random[block[k]].value = random[k];
    }
  }
}

void solve_exact(const Tests& tests, const std::map<int, Length>& lengths,
                 std::span<RewardModel* const> rewards, const OracleLimits& limits,
                 std::vector<TestBounds>& results) {
  std::vector<std::uint8_t> exact;
  for (const TestBounds& result : results) exact.push_back(result.exact);
  if (std::find(exact.begin(), exact.end(), 1) == exact.end()) return;
  const std::vector<std::span<const std::size_t>> blocks = list_blocks(lengths, rewards.size());
  std::vector<Tally> tallies(
      rewards.size(), {std::vector<std::int64_t>(exact.size()), std::vector<std::uint8_t>(exact.size())});
  parallel_for(blocks.size(), rewards.size(), [&](std::size_t i, std::size_t worker) {
    solve_block(tests, blocks[i], exact, *rewards[worker], results, tallies[worker]);
  });
  for (std::size_t cell = 0; cell < exact.size(); ++cell) {
    TestBounds& result = results[cell];
    for (const Tally& tally : tallies) {
      result.made = saturating_add(result.made, tally.made[cell]);
      if (tally.lost[cell] != 0) result.exact = false;
    }
    if (exact[cell] == 0 || result.exact) continue;
    result.nodes = saturating_add(limits.nodes, 1);
    result.made = 0;
  }
}

void plan_relaxed(const Tests& tests, const std::vector<TestBounds>& results, std::int64_t most,
                  std::map<int, Length>& lengths) {
  for (auto& [turns, length] : lengths) {
    const std::size_t first = length.episodes[0];
    EpisodeGame game(tests.scenario, tests.test[first], tests.lens.of(first));
    for (std::size_t cell = 0; cell < results.size(); ++cell) {
      length.relaxes.push_back(!results[cell].exact && game.relaxes(tests.cells[cell].limit, most));
    }
  }
}

}  // namespace

std::vector<TestBounds> bound_test_episodes(const Scenario& scenario, const Lens& lens,
                                            std::span<const std::uint32_t> test,
                                            std::span<const BudgetCell> cells,
                                            std::span<RewardModel* const> rewards,
                                            const OracleLimits& limits) {
  const Tests tests{scenario, lens, test, cells};
  const std::int64_t relaxed = std::max(limits.nodes, kRelaxedNodes) / static_cast<std::int64_t>(test.size());
  std::vector<std::int64_t> nodes(cells.size());
  std::map<int, Length> lengths = plan_lengths(tests, limits.nodes, nodes);
  std::vector<TestBounds> results(cells.size());
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    TestBounds& result = results[cell];
    result.nodes = nodes[cell];
    result.exact = result.nodes <= limits.nodes;
    result.hindsight.assign(test.size(), kNone);
    result.hindsight_upper.assign(test.size(), kNone);
    result.masked_random.resize(test.size());
  }
  solve_exact(tests, lengths, rewards, limits, results);
  plan_relaxed(tests, results, relaxed, lengths);
  const int all = affordable_playouts(lens.of(0), scenario.turns_max(), kPlayouts);
  const int playouts = std::max(2, (all + static_cast<int>(test.size()) - 1) / static_cast<int>(test.size()));
  parallel_for(test.size(), rewards.size(), [&](std::size_t i, std::size_t worker) {
    const EpisodeGame game(scenario, test[i], lens.of(i));
    for (std::size_t cell = 0; cell < cells.size(); ++cell) {
      TestBounds& result = results[cell];
      if (result.exact) continue;
      const Amounts& limit = cells[cell].limit;
      std::tie(result.hindsight[i], result.hindsight_upper[i]) =
          game.bound(limit, *rewards[worker], lengths.at(tests.length(i)).relaxes[cell] != 0 ? relaxed : 0);
      result.masked_random[i] =
          game.play_randomly(limit, *rewards[worker], playouts, stream(limits.seed, kTestPurpose, i));
    }
  });
  for (TestBounds& result : results) summarize(result);
  return results;
}

}  // namespace offload
