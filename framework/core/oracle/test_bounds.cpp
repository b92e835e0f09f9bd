// The hindsight oracle and masked random on every test episode.
#include <offload/random.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

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

// One test episode under one response model; in a cell it is played twice, under the mask and within the
// budgets.
class EpisodeGame {
 public:
  EpisodeGame(const Scenario& scenario, std::size_t episode, const ResponseModel& model)
      : scenario_(scenario),
        game_(episode_game(scenario, episode, scenario.compat().raw_evaluation_association)),
        model_(model),
        forgets_(model.forgets(game_.length())) {}
  EpisodeGame(const EpisodeGame&) = delete;
  EpisodeGame& operator=(const EpisodeGame&) = delete;

  // Nodes of a cell; any number above `most` where there are more.
  std::int64_t nodes(const Amounts& limit, std::int64_t most);
  // Whether the relaxed game of a cell has at most so many states.
  bool relaxes(const Amounts& limit, std::int64_t nodes) const {
    return Relaxation(scenario_, game_, model_, limit, Openness::budget, nodes).states().complete();
  }
  // Of the cells that are exact: the best value within the budgets (NaN where nothing fits) and the random
  // row's.
  void solve(std::span<const BudgetCell> cells, const std::vector<std::uint8_t>& exact, RewardModel& reward,
             std::vector<Value>& values);
  // Of a cell past the limit: the greedy sequence and what no sequence exceeds; NaN where nothing fits.
  // `nodes` limit the relaxed game.
  std::pair<double, double> bound(const Amounts& limit, RewardModel& reward, std::int64_t nodes);
  Estimate play_randomly(const Amounts& limit, RewardModel& reward, int playouts, std::uint64_t seed) const {
    return play(scenario_, game_, limit, Openness::mask, model_, reward, PlayoutPolicy::random, playouts,
                seed);
  }

 private:
  bool playable(const Amounts& limit) const {
    return open_kinds(scenario_, game_.length(), 0, {}, limit, Openness::budget) != 0;
  }
  Signatures& signatures();
  std::int64_t count(const Amounts& limit, Openness openness, std::int64_t most);
  Value solve_merged(const Amounts& limit, Openness openness, RewardModel& reward);

  const Scenario& scenario_;
  Game game_;
  const ResponseModel& model_;
  bool forgets_;
  std::optional<Signatures> signatures_;  // of all cells, until one fills them
};

Signatures& EpisodeGame::signatures() {
  if (!signatures_ || signatures_->full()) {
    signatures_.emplace(model_, scenario_.tasks(), scenario_.actions().size());
  }
  return *signatures_;
}

std::int64_t EpisodeGame::count(const Amounts& limit, Openness openness, std::int64_t most) {
  if (!forgets_) return Relaxation(scenario_, game_, model_, limit, openness, kRelaxedNodes).histories();
  const MergedStates states(scenario_, game_, signatures(), limit, openness, most);
  return states.complete() ? states.nodes() : saturating_add(most, 1);
}

std::int64_t EpisodeGame::nodes(const Amounts& limit, std::int64_t most) {
  const std::int64_t masked = count(limit, Openness::mask, most);
  if (!playable(limit) || masked > most) return masked;
  return saturating_add(masked, count(limit, Openness::budget, most - masked));
}

Value EpisodeGame::solve_merged(const Amounts& limit, Openness openness, RewardModel& reward) {
  Signatures& signatures = this->signatures();
  const MergedStates states(scenario_, game_, signatures, limit, openness, kCountless);
  MergedInduction induction(states, signatures, MergedInduction::Purpose::value);
  RewardModel* const one[] = {&reward};
  induction.run(one);
  return induction.value();
}

void EpisodeGame::solve(std::span<const BudgetCell> cells, const std::vector<std::uint8_t>& exact,
                        RewardModel& reward, std::vector<Value>& values) {
  values.assign(cells.size(), {kNone, kNone});
  std::vector<BudgetStates> states;
  states.reserve(2 * cells.size());
  std::vector<double*> best, random;
  double ignored = 0;
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    if (exact[cell] == 0) continue;
    for (const Openness openness : {Openness::mask, Openness::budget}) {
      const bool masked = openness == Openness::mask;
      if (!masked && !playable(cells[cell].limit)) continue;
      if (forgets_) {
        const Value value = solve_merged(cells[cell].limit, openness, reward);
        (masked ? values[cell].random : values[cell].best) = masked ? value.random : value.best;
        continue;
      }
      states.emplace_back(scenario_, game_, cells[cell].limit, openness, game_.length());
      states.back().prepare();
      best.push_back(masked ? &ignored : &values[cell].best);
      random.push_back(masked ? &values[cell].random : &ignored);
    }
  }
  if (states.empty()) return;
  std::vector<const BudgetStates*> lanes;
  for (const BudgetStates& lane : states) lanes.push_back(&lane);
  const std::unique_ptr<Futures> futures = make_futures(model_, scenario_);
  Induction induction(game_, *futures, lanes, scenario_.actions().size(), game_.length(), false);
  RewardModel* const one[] = {&reward};
  induction.run(one);
  for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
    *best[lane] = induction.value(lane).best;
    *random[lane] = induction.value(lane).random;
  }
}

std::pair<double, double> EpisodeGame::bound(const Amounts& limit, RewardModel& reward, std::int64_t nodes) {
  if (!playable(limit)) return {kNone, kNone};
  RewardModel* const one[] = {&reward};
  Relaxation relaxation(scenario_, game_, model_, limit, Openness::budget, nodes);
  const ModelFutures futures(model_, scenario_.actions().size());
  // One sequence of tasks: the greedy policy's value is exact.
  const double lower =
      play(scenario_, game_, limit, Openness::budget, model_, reward, PlayoutPolicy::greedy, 1, 0).value;
  return {lower, relaxation.upper_bound(futures, one, 0)};
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

// A cell over all episodes. How many states an episode has is a matter of its length.
struct CellPlan {
  std::int64_t nodes = 0;       // more than the limit where there are more
  std::map<int, bool> relaxes;  // [length] whether the relaxed game fits
};

std::vector<CellPlan> plan_cells(const Scenario& scenario, const Lens& lens,
                                 std::span<const std::uint32_t> test, std::span<const BudgetCell> cells,
                                 std::int64_t most, std::int64_t most_relaxed) {
  std::vector<CellPlan> plans(cells.size());
  std::map<int, std::vector<std::size_t>> of_length;  // episodes
  for (std::size_t i = 0; i < test.size(); ++i) of_length[scenario.data().length(test[i])].push_back(i);
  for (const auto& [length, episodes] : of_length) {
    EpisodeGame game(scenario, test[episodes[0]], lens.of(episodes[0]));
    const auto count = static_cast<std::int64_t>(episodes.size());
    for (std::size_t cell = 0; cell < cells.size(); ++cell) {
      CellPlan& plan = plans[cell];
      plan.relaxes[length] = game.relaxes(cells[cell].limit, most_relaxed);
      if (plan.nodes > most) continue;
      const std::int64_t nodes = game.nodes(cells[cell].limit, (most - plan.nodes) / count);
      plan.nodes = saturating_add(plan.nodes, saturating_multiply(count, nodes));
    }
  }
  return plans;
}

}  // namespace

std::vector<TestBounds> bound_test_episodes(const Scenario& scenario, const Lens& lens,
                                            std::span<const std::uint32_t> test,
                                            std::span<const BudgetCell> cells,
                                            std::span<RewardModel* const> rewards,
                                            const OracleLimits& limits) {
  std::vector<TestBounds> results(cells.size());
  std::vector<std::uint8_t> exact;
  const std::int64_t relaxed = std::max(limits.nodes, kRelaxedNodes) / static_cast<std::int64_t>(test.size());
  std::vector<CellPlan> plans = plan_cells(scenario, lens, test, cells, limits.nodes, relaxed);
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    TestBounds& result = results[cell];
    result.nodes = plans[cell].nodes;
    result.exact = result.nodes <= limits.nodes;
    exact.push_back(result.exact);
    result.hindsight.assign(test.size(), kNone);
    result.hindsight_upper.assign(test.size(), kNone);
    result.masked_random.resize(test.size());
  }
  const int all = affordable_playouts(lens.of(0), scenario.turns_max(), kPlayouts);
  const int playouts = std::max(2, (all + static_cast<int>(test.size()) - 1) / static_cast<int>(test.size()));
  parallel_for(test.size(), rewards.size(), [&](std::size_t i, std::size_t worker) {
    EpisodeGame game(scenario, test[i], lens.of(i));
    std::vector<Value> values;
    game.solve(cells, exact, *rewards[worker], values);
    for (std::size_t cell = 0; cell < cells.size(); ++cell) {
      TestBounds& result = results[cell];
      if (result.exact) {
        result.hindsight[i] = values[cell].best;
        result.masked_random[i].value = values[cell].random;
        continue;
      }
      std::tie(result.hindsight[i], result.hindsight_upper[i]) =
          game.bound(cells[cell].limit, *rewards[worker],
                     plans[cell].relaxes.at(scenario.data().length(test[i])) ? relaxed : 0);
      result.masked_random[i] = game.play_randomly(cells[cell].limit, *rewards[worker], playouts,
                                                   stream(limits.seed, kTestPurpose, i));
    }
  });
  for (TestBounds& result : results) summarize(result);
  return results;
}

}  // namespace offload
