#include "core/oracle/upper_bound.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/induction/induction.hpp"
#include "core/induction/merged_induction.hpp"
#include "core/oracle/price_bound.hpp"

namespace offload {

Relaxation::Relaxation(const Scenario& scenario, const Game& game, const ResponseModel& model,
                       const Amounts& limit, Openness openness, std::int64_t nodes)
    : scenario_(&scenario),
      game_(&game),
      model_(&model),
      openness_(openness),
      relaxed_(model, game.length()),
      signatures_(relaxed_, scenario.tasks(), scenario.actions().size()),
      states_(scenario, game, signatures_, limit, openness, nodes,
              !model.forgets(2) || !model.forgets(game.length())) {}

// The most turns whose nodes together do not exceed the limit. Of a model that forgets at once none: turns
// that are known add next to nothing to what a task and an action score.
int Relaxation::affordable_turns(std::int64_t nodes) const {
  if (model_->forgets(2)) return 0;
  std::int64_t sum = 0;
  int turn = 0;
  for (; turn < game_->length(); ++turn) {
    sum = saturating_add(sum, states_.histories(turn));
    if (sum > nodes) break;
  }
  return 2 * turn < game_->length() ? 0 : turn;
}

double Relaxation::upper_bound(const Futures& futures, std::span<RewardModel* const> rewards,
                               std::int64_t nodes) {
  const Amounts& limit = states_.limit();
  const bool kept = openness_ == Openness::budget || scenario_->feasibility().any(limit);
  if (!states_.complete()) return price_bound(*scenario_, *game_, *model_, *rewards[0], limit, kept);
  const int turns = affordable_turns(nodes);
  MergedInduction relaxed(states_, MergedInduction::Purpose::bound);
  if (turns == game_->length()) fail(ErrorKind::run, "a game within its limit was to be bounded");
  relaxed.run(rewards, turns);
  double upper = 0;
  if (turns == 0) {
    upper = relaxed.value().best;
  } else {
    BudgetStates expanded(*scenario_, *game_, limit, openness_, turns);
    expanded.prepare();
    expanded.bound(states_, relaxed);
    Induction induction(*game_, futures, {&expanded}, scenario_->actions().size(), turns, false);
    induction.run(rewards);
    upper = induction.value(0).best;
  }
  // Prices know what a model remembers, which the relaxed game does not.
  if (!model_->forgets(2)) return upper;
  return std::min(upper, price_bound(*scenario_, *game_, *model_, *rewards[0], limit, kept));
}

}  // namespace offload
