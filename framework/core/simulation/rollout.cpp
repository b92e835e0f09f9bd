#include "core/simulation/rollout.hpp"

#include <algorithm>
#include <iterator>

#include "core/error.hpp"

namespace offload {

std::vector<TurnOutcome> score_decisions(const Scenario& scenario, const ResponseModel& responses,
                                         RewardModel& reward, std::size_t episode,
                                         std::span<const std::uint16_t> actions, const Amounts& limit,
                                         bool raw_association) {
  return score_decisions(scenario, ModelOutcomes(responses, scenario.consumption()), reward, episode, actions,
                         limit, raw_association);
}

std::vector<TurnOutcome> score_decisions(const Scenario& scenario, const Outcomes& known, RewardModel& reward,
                                         std::size_t episode, std::span<const std::uint16_t> actions,
                                         const Amounts& limit, bool raw_association) {
  const std::size_t turns = actions.size();
  const Consumption& scale = scenario.reward_scale();
  const auto amounts_per_turn = turns * kResources;
  std::vector<TurnOutcome> outcomes(turns);
  std::vector<std::int32_t> action(turns);
  std::vector<double> quality(turns), raw(turns), rewarded(turns), rewards(turns);
  std::vector<double> consumed(amounts_per_turn), relative(amounts_per_turn), limits(amounts_per_turn),
      total(amounts_per_turn);
  Amounts spent{}, reported{};
  for (std::size_t t = 0; t < turns; ++t) {
    const int a = actions[t];
    if (a >= scenario.actions().size()) {
      fail(ErrorKind::data, "action {} at turn {} is outside 0..{}", a, t, scenario.actions().size() - 1);
    }
    action[t] = a;
    const std::size_t turn = scenario.data().turn(episode, static_cast<int>(t));
    const Outcome outcome = known.of(turn, scenario.history(episode, static_cast<int>(t), actions), a);
    quality[t] = outcome.quality;
    const Association value = association(scenario.data().associations(turn), scenario.actions().images(a));
    raw[t] = value.raw;
    rewarded[t] = raw_association ? value.raw : value.normalized;
    const bool counted =
        !scenario.compat().totals_within_window || static_cast<int>(t) <= scenario.layout().window();
    for (std::size_t k = 0; k < kResources; ++k) {
      spent[k] += outcome.amounts[k];
      if (counted) reported[k] = spent[k];
      const std::size_t to = t * kResources + k;
      consumed[to] = from_amount(outcome.amounts[k], static_cast<int>(k));
      relative[to] = scale.relative_of(outcome.amounts[k], k);
      limits[to] = from_amount(limit[k], static_cast<int>(k));
      total[to] = from_amount(spent[k], static_cast<int>(k));
    }
    outcomes[t] = {a, quality[t], value.raw, value.normalized, 0, reported};
  }
  const offload_outcomes batch = {sizeof(offload_outcomes),
                                  static_cast<std::int32_t>(turns),
                                  kResources,
                                  action.data(),
                                  quality.data(),
                                  raw.data(),
                                  rewarded.data(),
                                  consumed.data(),
                                  relative.data(),
                                  limits.data(),
                                  total.data()};
  reward.score(batch, rewards.data());
  for (std::size_t t = 0; t < turns; ++t) outcomes[t].reward = rewards[t];
  return outcomes;
}

Lens::Lens(const std::string& lens, const std::string& model, const Scenario& scenario,
           std::span<const std::uint32_t> train, std::span<const std::uint32_t> test, const Truth& truth)
    : world_(scenario.world()) {
  if (world_ != nullptr) {
    if (lens == kTableLens && model == kExactModel) return;
    fail(ErrorKind::config, "lens {} / {}: {} has known outcomes, which are looked up: lens {} / {}",
         printable(lens), printable(model), scenario.data().source, kTableLens, kExactModel);
  }
  if (lens == "simulator") {
    const bool on_test = scenario.compat().evaluation_model_on_test;
    add(make_response_model(model, scenario, on_test ? test : train, truth), scenario);
    return;
  }
  if (lens != "held_out") {
    fail(ErrorKind::config, "unknown lens '{}'; known: simulator, held_out", printable(lens));
  }
  for (const std::uint32_t scored : test) {
    std::vector<std::uint32_t> others;
    std::ranges::copy_if(test, std::back_inserter(others),
                         [&](std::uint32_t e) { return !are_copies(scenario.data(), scored, e); });
    if (others.empty()) {
      fail(ErrorKind::config,
           "lens held_out needs at least two test episodes that are no copies of each other");
    }
    add(make_response_model(model, scenario, others, truth), scenario);
  }
}

void Lens::add(std::unique_ptr<ResponseModel> model, const Scenario& scenario) {
  models_.push_back(std::move(model));
  outcomes_.emplace_back(*models_.back(), scenario.consumption());
}

}  // namespace offload
