#include "core/oracle/episode_games.hpp"

#include <algorithm>
#include <limits>

#include "core/induction/induction.hpp"
#include "core/oracle/upper_bound.hpp"

namespace offload {
namespace {

constexpr double kNothingFits = std::numeric_limits<double>::quiet_NaN();
// Values that are kept of a turn of games that are solved together: 32 MB with those of the next turn.
constexpr std::size_t kValuesTogether = std::size_t{1} << 21;

}  // namespace

EpisodeGame::EpisodeGame(const Scenario& scenario, std::size_t episode, const ResponseModel& model)
    : scenario_(scenario),
      game_(episode_game(scenario, episode, scenario.compat().raw_evaluation_association)),
      model_(model),
      forgets_(model.forgets(game_.length())) {}

Signatures& EpisodeGame::signatures() {
  if (!signatures_) signatures_.emplace(model_, scenario_.tasks(), scenario_.actions().size());
  return *signatures_;
}

MergedStates EpisodeGame::merge(const Amounts& limit, Openness openness, std::int64_t most) {
  const bool fresh = signatures().size() == 1;
  MergedStates states(scenario_, game_, signatures(), limit, openness, most);
  if (fresh || !states.forgetful()) return states;
  // Other cells' pasts may have left no room.
  signatures_.reset();
  return {scenario_, game_, signatures(), limit, openness, most};
}

std::int64_t EpisodeGame::count(const Amounts& limit, Openness openness, std::int64_t most) {
  if (!forgets_) return Relaxation(scenario_, game_, model_, limit, openness, kRelaxedNodes).histories();
  const bool masked = openness == Openness::mask;
  if (masked && open_ && open_->serves(limit, most)) return open_->nodes;
  const MergedStates states = merge(limit, openness, most);
  const std::int64_t nodes = states.complete() ? states.nodes() : saturating_add(most, 1);
  if (masked && !states.restricted()) open_ = {limit, most, nodes};
  if (!states.complete()) return nodes;
  for (int t = 0; t < game_.length(); ++t) widest_ = std::max(widest_, states.layer(t).spent.size());
  return nodes;
}

std::int64_t EpisodeGame::nodes(const Amounts& limit, std::int64_t most) {
  const std::int64_t masked = count(limit, Openness::mask, most);
  if (!playable(limit) || masked > most) return masked;
  return saturating_add(masked, count(limit, Openness::budget, most - masked));
}

bool EpisodeGame::relaxes(const Amounts& limit, std::int64_t nodes) {
  if (relaxed_open_ && relaxed_open_->serves(limit, nodes)) return relaxed_open_->nodes <= nodes;
  const Relaxation relaxation(scenario_, game_, model_, limit, Openness::budget, nodes);
  const bool complete = relaxation.states().complete();
  if (!relaxation.states().restricted())
    relaxed_open_ = {limit, nodes, complete ? nodes : saturating_add(nodes, 1)};
  return complete;
}

std::size_t EpisodeGame::together() const {
  const auto answers = static_cast<std::size_t>(scenario_.tasks() * scenario_.actions().size());
  const std::size_t pasts = signatures_ ? signatures_->size() : 1;
  return std::max<std::size_t>(
      1, std::min(kValuesTogether / widest_, Signatures::kMostNumbers / (pasts * answers)));
}

void EpisodeGame::solve(std::span<const BudgetCell> cells, const std::vector<std::uint8_t>& exact,
                        RewardModel& reward, std::vector<Value>& values) const {
  values.assign(cells.size(), {kNothingFits, kNothingFits});
  std::vector<BudgetStates> states;
  states.reserve(2 * cells.size());
  std::vector<double*> best, random;
  double ignored = 0;
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    if (exact[cell] == 0) continue;
    for (const Openness openness : {Openness::mask, Openness::budget}) {
      const bool masked = openness == Openness::mask;
      if (!masked && !playable(cells[cell].limit)) continue;
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

std::pair<double, double> EpisodeGame::bound(const Amounts& limit, RewardModel& reward,
                                             std::int64_t nodes) const {
  if (!playable(limit)) return {kNothingFits, kNothingFits};
  RewardModel* const one[] = {&reward};
  Relaxation relaxation(scenario_, game_, model_, limit, Openness::budget, nodes);
  const ModelFutures futures(model_, scenario_.actions().size());
  // One sequence of tasks: the greedy policy's value is exact.
  const double lower =
      play(scenario_, game_, limit, Openness::budget, model_, reward, PlayoutPolicy::greedy, 1, 0).value;
  return {lower, relaxation.upper_bound(futures, one, 0)};
}

Estimate EpisodeGame::play_randomly(const Amounts& limit, RewardModel& reward, int playouts,
                                    std::uint64_t seed) const {
  return play(scenario_, game_, limit, Openness::mask, model_, reward, PlayoutPolicy::random, playouts, seed);
}

std::optional<std::int64_t> solve_together(std::deque<EpisodeGame>& games, const Amounts& limit,
                                           Openness openness, RewardModel& reward,
                                           std::vector<double>& values) {
  using Purpose = MergedInduction::Purpose;
  const bool random = openness == Openness::mask;
  values.assign(games.size(), kNothingFits);
  if (!random && !games[0].playable(limit)) return 0;
  std::int64_t made = 0;
  std::vector<std::uint8_t> solved(games.size());
  for (std::size_t i = 0; i < games.size(); ++i) {
    if (solved[i] != 0) continue;
    const MergedStates states = games[i].merge(limit, openness, kCountless);
    if (!states.complete()) return {};
    made = saturating_add(made, states.nodes());
    std::vector<std::size_t> served;
    std::vector<MergedInduction::Lane> lanes;
    for (std::size_t j = i; j < games.size(); ++j) {
      if (solved[j] != 0 || !states.serves(games[j].game_, games[j].signatures())) continue;
      solved[j] = 1;
      served.push_back(j);
      lanes.push_back({&games[j].game_, &games[j].signatures()});
    }
    MergedInduction induction(states, std::move(lanes), random ? Purpose::random : Purpose::best);
    RewardModel* const one[] = {&reward};
    induction.run(one);
    for (std::size_t lane = 0; lane < served.size(); ++lane) {
      const Value value = induction.value(lane);
      values[served[lane]] = random ? value.random : value.best;
    }
  }
  return made;
}

}  // namespace offload
