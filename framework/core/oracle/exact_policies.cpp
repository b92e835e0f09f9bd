#include "core/oracle/exact_policies.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "core/workers.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kCausalPurpose = 0x63617573616c;  // "causal"
constexpr std::uint64_t kTestPurpose = 0x74657374;        // "test"
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Bounds where the game has more states than may be expanded.
struct Bounds {
  Estimate lower;
  double upper;
};
Bounds bound_game(const Game& game, const Futures& futures, BudgetStates& states, const ResponseModel& model,
                  std::span<RewardModel* const> rewards, std::int64_t nodes, std::uint64_t seed) {
  const int turns = states.affordable_turns(nodes);
  states.prepare(turns);
  states.relax(turns, model, *rewards[0]);
  Bounds bounds{play(states, model, *rewards[0], PlayoutPolicy::greedy, kPlayouts, seed), 0};
  if (turns == 0) {
    const std::vector<double>& root = states.state(0, 0).bound;
    for (std::size_t c = 0; c < game.first.size(); ++c) bounds.upper += game.first[c] * root[c];
    return bounds;
  }
  Induction induction(game, futures, {&states}, states.scenario().actions().size(), turns, false);
  induction.run(rewards);
  bounds.upper = induction.value(0).best;
  return bounds;
}

double mean_of_numbers(std::span<const double> values) {
  double sum = 0, count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    count += 1;
  }
  return count > 0 ? sum / count : kNone;
}

// One test episode in every cell: the states under the mask and within the budgets.
struct EpisodeGames {
  Game game;
  std::vector<BudgetStates> masked, budgeted;  // [cells]

  EpisodeGames(const Scenario& scenario, std::size_t episode, std::span<const BudgetCell> cells)
      : game(episode_game(scenario, episode, scenario.compat().raw_evaluation_association)) {
    for (const BudgetCell& cell : cells) {
      masked.emplace_back(scenario, game, cell.limit, Openness::mask);
      budgeted.emplace_back(scenario, game, cell.limit, Openness::budget);
    }
  }
  EpisodeGames(const EpisodeGames&) = delete;
  EpisodeGames& operator=(const EpisodeGames&) = delete;

  std::int64_t nodes(std::size_t cell) const {
    const std::int64_t within = budgeted[cell].playable() ? budgeted[cell].total_nodes() : 0;
    return saturating_add(masked[cell].total_nodes(), within);
  }
};

// The exact cells of one episode; the results' vectors are sized.
void solve_episode(EpisodeGames& games, const ResponseModel& model, RewardModel& reward, std::size_t episode,
                   std::vector<TestBounds>& results) {
  const Scenario& scenario = games.masked[0].scenario();
  std::vector<const BudgetStates*> lanes;
  std::vector<double*> best, random;
  double ignored = 0;
  for (std::size_t cell = 0; cell < results.size(); ++cell) {
    if (!results[cell].exact) continue;
    for (BudgetStates* states : {&games.masked[cell], &games.budgeted[cell]}) {
      const bool masked = states == &games.masked[cell];
      if (!states->playable()) continue;
      states->prepare(games.game.length());
      lanes.push_back(states);
      best.push_back(masked ? &ignored : &results[cell].hindsight[episode]);
      random.push_back(masked ? &results[cell].masked_random[episode].value : &ignored);
    }
  }
  if (lanes.empty()) return;
  const std::unique_ptr<Futures> futures = make_futures(model, scenario);
  Induction induction(games.game, *futures, lanes, scenario.actions().size(), games.game.length(), false);
  RewardModel* const one[] = {&reward};
  induction.run(one);
  for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
    *best[lane] = induction.value(lane).best;
    *random[lane] = induction.value(lane).random;
  }
}

// A cell of one episode that is past the limit.
void bound_episode(EpisodeGames& games, const ResponseModel& model, RewardModel& reward, std::size_t cell,
                   std::size_t episode, int playouts, std::uint64_t seed, TestBounds& result) {
  RewardModel* const one[] = {&reward};
  result.masked_random[episode] = play(games.masked[cell], model, reward, PlayoutPolicy::random, playouts,
                                       stream(seed, kTestPurpose, episode));
  if (!games.budgeted[cell].playable()) return;
  const ModelFutures futures(model, games.masked[cell].scenario().actions().size());
  const Bounds bounds = bound_game(games.game, futures, games.budgeted[cell], model, one, 0, seed);
  result.hindsight[episode] = bounds.lower.value;
  result.hindsight_upper[episode] = bounds.upper;
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

}  // namespace

CausalOracle::CausalOracle(const Scenario& scenario, const ResponseModel& planning, const CausalModel& model,
                           std::span<const BudgetCell> cells, std::span<RewardModel* const> rewards,
                           const OracleLimits& limits)
    : scenario_(&scenario),
      game_(causal_game(model)),
      futures_(make_futures(planning, scenario)),
      cells_(cells.size()),
      lane_(cells.size()) {
  states_.reserve(cells.size());
  std::vector<const BudgetStates*> lanes;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    states_.emplace_back(scenario, game_, cells[i].limit, Openness::mask);
    classify(i, limits.nodes);
    if (!cells_[i].exact) continue;
    states_[i].prepare(game_.length());
    lane_[i] = lanes.size();
    lanes.push_back(&states_[i]);
  }
  if (!lanes.empty()) {
    induction_ =
        std::make_unique<Induction>(game_, *futures_, lanes, scenario.actions().size(), game_.length(), true);
    induction_->run(rewards);
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells_[i].exact) {
      const Value& value = induction_->value(lane_[i]);
      cells_[i].lower = cells_[i].upper = value.best;
      cells_[i].masked_random.value = value.random;
    } else {
      bound(i, planning, rewards, limits);
    }
  }
}

void CausalOracle::classify(std::size_t i, std::int64_t nodes) {
  CausalCell& cell = cells_[i];
  cell.nodes = states_[i].total_nodes();
  const int turns = scenario_->turns_max(), window = scenario_->layout().window();
  if (turns > window) {
    cell.inexact_reason = fmt::format("episodes of up to {} turns exceed the window of {}", turns, window);
  } else if (cell.nodes > nodes) {
    cell.inexact_reason = fmt::format("{} states exceed oracle_nodes = {}", cell.nodes, nodes);
  } else {
    cell.exact = true;
  }
}

void CausalOracle::bound(std::size_t cell, const ResponseModel& planning,
                         std::span<RewardModel* const> rewards, const OracleLimits& limits) {
  const std::uint64_t seed = stream(limits.seed, kCausalPurpose);
  // Above the window a policy knows less than this induction does, so its bound holds there too.
  const Bounds bounds = bound_game(game_, *futures_, states_[cell], planning, rewards, limits.nodes, seed);
  cells_[cell].lower = bounds.lower.value;
  cells_[cell].lower_standard_error = bounds.lower.standard_error;
  cells_[cell].upper = bounds.upper;
  cells_[cell].masked_random =
      play(states_[cell], planning, *rewards[0], PlayoutPolicy::random, kPlayouts, stream(seed, 1));
}

Decision CausalOracle::decide(std::size_t cell, std::span<const std::uint8_t> task,
                              std::span<const std::uint16_t> action) const {
  if (!cells_[cell].exact) {
    fail(ErrorKind::run, "the causal oracle has no policy: {}", cells_[cell].inexact_reason);
  }
  return induction_->decide(lane_[cell], task, action);
}

TestRun run_causal_policy(const Scenario& scenario, const CausalOracle& oracle, std::size_t cell,
                          const Amounts& limit, const Lens& lens, RewardModel& reward,
                          std::span<const std::uint32_t> test) {
  TestRun run;
  const EpisodeTable& data = scenario.data();
  for (std::size_t i = 0; i < test.size(); ++i) {
    std::vector<std::uint16_t> actions;
    for (int t = 0; t < data.length(test[i]); ++t) {
      const auto seen = data.task.subspan(data.turn(test[i], 0), static_cast<std::size_t>(t) + 1);
      const Decision decision = oracle.decide(cell, seen, actions);
      actions.push_back(static_cast<std::uint16_t>(decision.action));
      run.tied_states += decision.tied;
    }
    const std::vector<TurnOutcome> outcomes = score_decisions(
        scenario, lens.of(i), reward, test[i], actions, limit, scenario.compat().raw_evaluation_association);
    double sum = 0;
    for (const TurnOutcome& outcome : outcomes) sum += outcome.reward;
    run.decisions.push_back(std::move(actions));
    run.reward.push_back(sum / static_cast<double>(outcomes.size()));
    run.total.push_back(outcomes.back().total);
    const auto n = static_cast<double>(test.size());
    run.mean_reward += run.reward.back() / n;
    run.mean_latency_s += from_amount(run.total.back()[0], 0) / n;
    run.mean_cost_usd += from_amount(run.total.back()[1], 1) / n;
    run.violations += run.total.back()[0] > limit[0] || run.total.back()[1] > limit[1];
  }
  return run;
}

std::vector<TestBounds> bound_test_episodes(const Scenario& scenario, const Lens& lens,
                                            std::span<const std::uint32_t> test,
                                            std::span<const BudgetCell> cells,
                                            std::span<RewardModel* const> rewards,
                                            const OracleLimits& limits) {
  std::vector<TestBounds> results(cells.size());
  std::vector<std::vector<std::int64_t>> nodes(test.size());
  parallel_for(test.size(), rewards.size(), [&](std::size_t i, std::size_t) {
    const EpisodeGames games(scenario, test[i], cells);
    for (std::size_t cell = 0; cell < cells.size(); ++cell) nodes[i].push_back(games.nodes(cell));
  });
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    TestBounds& result = results[cell];
    for (std::size_t i = 0; i < test.size(); ++i) {
      result.nodes = saturating_add(result.nodes, nodes[i][cell]);
    }
    result.exact = result.nodes <= limits.nodes;
    result.hindsight.assign(test.size(), kNone);
    result.hindsight_upper.assign(test.size(), kNone);
    result.masked_random.resize(test.size());
  }
  const int playouts =
      std::max(2, (kPlayouts + static_cast<int>(test.size()) - 1) / static_cast<int>(test.size()));
  parallel_for(test.size(), rewards.size(), [&](std::size_t i, std::size_t worker) {
    EpisodeGames games(scenario, test[i], cells);
    solve_episode(games, lens.of(i), *rewards[worker], i, results);
    for (std::size_t cell = 0; cell < cells.size(); ++cell) {
      if (results[cell].exact) continue;
      bound_episode(games, lens.of(i), *rewards[worker], cell, i, playouts, limits.seed, results[cell]);
    }
  });
  for (TestBounds& result : results) summarize(result);
  return results;
}

Regret split_regret(double unlimited_hindsight, double hindsight, double causal, double policy) {
  return {unlimited_hindsight - hindsight, hindsight - causal, causal - policy};
}

}  // namespace offload
