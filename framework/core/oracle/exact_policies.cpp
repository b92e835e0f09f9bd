#include "core/oracle/exact_policies.hpp"

#include <offload/random.hpp>

#include <algorithm>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/oracle/upper_bound.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kCausalPurpose = 0x63617573616c;  // "causal"

}  // namespace

// A cell whose states are merged.
struct CausalOracle::Merged {
  std::shared_ptr<Signatures> signatures;
  MergedStates states;
  MergedInduction induction;

  Merged(std::shared_ptr<Signatures> shared, MergedStates merged)
      : signatures(std::move(shared)),
        states(std::move(merged)),
        induction(states, MergedInduction::Purpose::policy) {}
};

CausalOracle::CausalOracle(const Scenario& scenario, const ResponseModel& planning, const CausalModel& model,
                           std::span<const BudgetCell> cells, std::span<RewardModel* const> rewards,
                           const OracleLimits& limits)
    : scenario_(&scenario),
      game_(causal_game(model)),
      futures_(make_futures(planning, scenario)),
      cells_(cells.size()),
      states_(cells.size()),
      lane_(cells.size()),
      merged_(cells.size()) {
  std::vector<const BudgetStates*> lanes;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool forgets = planning.forgets(game_.length());
    if (forgets && merge(i, cells[i].limit, planning, rewards, limits.nodes)) continue;
    Relaxation relaxation(scenario, game_, planning, cells[i].limit, Openness::mask,
                          std::max(limits.nodes, kRelaxedNodes));
    if (!forgets) cells_[i].nodes = relaxation.histories();
    if (!forgets && cells_[i].nodes <= limits.nodes) {
      cells_[i].exact = true;
      states_[i] =
          std::make_unique<BudgetStates>(scenario, game_, cells[i].limit, Openness::mask, game_.length());
      states_[i]->prepare();
      lane_[i] = lanes.size();
      lanes.push_back(states_[i].get());
    } else {
      bound(i, cells[i].limit, relaxation, planning, rewards, limits);
    }
  }
  if (lanes.empty()) return;
  induction_ =
      std::make_unique<Induction>(game_, *futures_, lanes, scenario.actions().size(), game_.length(), true);
  induction_->run(rewards);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (states_[i] != nullptr) set_exact(i, induction_->value(lane_[i]));
  }
}

CausalOracle::~CausalOracle() = default;

void CausalOracle::set_exact(std::size_t i, const Value& value) {
  cells_[i].exact = true;
  cells_[i].lower = cells_[i].upper = value.best;
  cells_[i].masked_random.value = value.random;
}

// False where the merged states are too many.
bool CausalOracle::merge(std::size_t i, const Amounts& limit, const ResponseModel& planning,
                         std::span<RewardModel* const> rewards, std::int64_t nodes) {
  // Cells share signatures unless another one has filled them.
  if (signatures_ == nullptr || signatures_->full()) {
    signatures_ = std::make_shared<Signatures>(planning, scenario_->tasks(), scenario_->actions().size());
  }
  MergedStates states(*scenario_, game_, *signatures_, limit, Openness::mask, nodes);
  cells_[i].nodes = states.nodes();
  if (states.forgetful()) {
    cells_[i].inexact_reason = fmt::format("the response model tells more than {} apart, too many to keep",
                                           counted(signatures_->size(), "past"));
  }
  if (!states.complete()) return false;
  merged_[i] = std::make_unique<Merged>(signatures_, std::move(states));
  merged_[i]->induction.run(rewards);
  set_exact(i, merged_[i]->induction.value());
  return true;
}

void CausalOracle::bound(std::size_t i, const Amounts& limit, Relaxation& relaxation,
                         const ResponseModel& planning, std::span<RewardModel* const> rewards,
                         const OracleLimits& limits) {
  CausalCell& cell = cells_[i];
  if (cell.inexact_reason.empty()) {
    const char* more = planning.forgets(game_.length()) ? "more than " : "";
    cell.inexact_reason =
        cell.nodes < kCountless
            ? fmt::format("{}{} exceed oracle_nodes = {}", more, counted(cell.nodes, "state"), limits.nodes)
            : fmt::format("the states of {} are more than can be counted and exceed oracle_nodes = {}",
                          counted(game_.length(), "turn"), limits.nodes);
  }
  const std::uint64_t seed = stream(limits.seed, kCausalPurpose);
  const auto play = [&](PlayoutPolicy policy, std::uint64_t stream) {
    return offload::play(*scenario_, game_, limit, Openness::mask, planning, *rewards[0], policy, kPlayouts,
                         stream);
  };
  const Estimate lower = play(PlayoutPolicy::greedy, seed);
  cell.lower = lower.value;
  cell.lower_standard_error = lower.standard_error;
  cell.upper = relaxation.upper_bound(*futures_, rewards, limits.nodes);
  cell.masked_random = play(PlayoutPolicy::random, stream(seed, 1));
}

Decision CausalOracle::decide(std::size_t cell, std::span<const std::uint8_t> task,
                              std::span<const std::uint16_t> action) const {
  if (!cells_[cell].exact) {
    fail(ErrorKind::run, "the causal oracle has no policy: {}", cells_[cell].inexact_reason);
  }
  if (merged_[cell] != nullptr) return merged_[cell]->induction.decide(task, action);
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

Regret split_regret(double unlimited_hindsight, double hindsight, double causal, double policy) {
  return {unlimited_hindsight - hindsight, hindsight - causal, causal - policy};
}

}  // namespace offload
