// The causal value by plain recursion over every history, against which inductions are tested.
#pragma once

#include <array>
#include <cmath>
#include <vector>

#include "unit/core/small_world.hpp"

namespace offload::testing {

inline double reward_of(SmallWorld& f, const Amounts& limit, const History& history, int action,
                        const Amounts& spent, double association_raw, double association) {
  const double quality = f.planning->score(history, action);
  std::array<double, 2> consumed, relative, limits, total;
  for (std::size_t k = 0; k < 2; ++k) {
    const std::size_t at = static_cast<std::size_t>(action) * 2 + k;
    consumed[k] = f.scenario.consumption().values()[at];
    relative[k] = f.scenario.consumption().relative()[at];
    limits[k] = from_amount(limit[k], static_cast<int>(k));
    total[k] = from_amount(spent[k] + f.scenario.consumption().of_action(action)[k], static_cast<int>(k));
  }
  double reward;
  f.reward.score({sizeof(offload_outcomes), 1, 2, &action, &quality, &association_raw, &association,
                  consumed.data(), relative.data(), limits.data(), total.data()},
                 &reward);
  return reward;
}

// Value from here on by plain recursion: of the best policy, or of the random row's, inside the mask.
inline double plain_causal(SmallWorld& f, const Amounts& limit, bool best, std::vector<std::uint8_t>& task,
                           std::vector<std::uint16_t>& action, const Amounts& spent) {
  const int turn = static_cast<int>(action.size()), actions = f.scenario.actions().size();
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(actions));
  f.scenario.feasibility().mask(turn, spent, limit, mask.data());
  double highest = -1e300, sum = 0, shares = 0;
  for (int a = 0; a < actions; ++a) {
    if (mask[static_cast<std::size_t>(a)] == 0) continue;
    const std::size_t cell = task.back() * static_cast<std::size_t>(actions) + static_cast<std::size_t>(a);
    double value = f.model.weight(turn) * reward_of(f, limit, {task, action}, a, spent,
                                                    f.model.association_raw[cell], f.model.association[cell]);
    if (turn + 1 < f.scenario.turns_max()) {
      Amounts next = spent;
      for (std::size_t k = 0; k < 2; ++k) next[k] += f.scenario.consumption().of_action(a)[k];
      const std::size_t row = task.back() * static_cast<std::size_t>(f.model.tasks);
      action.push_back(static_cast<std::uint16_t>(a));
      for (int c = 0; c < f.model.tasks; ++c) {
        task.push_back(static_cast<std::uint8_t>(c));
        value += f.model.goes_on(turn) * f.model.transition[row + static_cast<std::size_t>(c)] *
                 plain_causal(f, limit, best, task, action, next);
        task.pop_back();
      }
      action.pop_back();
    }
    const double share = a == 0 ? .5 : .5 / (actions - 1);
    highest = std::max(highest, value);
    sum += share * value;
    shares += share;
  }
  return best ? highest : sum / shares;
}

inline double plain_causal(SmallWorld& f, const Amounts& limit, bool best) {
  double value = 0;
  for (int c = 0; c < f.model.tasks; ++c) {
    std::vector<std::uint8_t> task = {static_cast<std::uint8_t>(c)};
    std::vector<std::uint16_t> action;
    value += f.model.first[static_cast<std::size_t>(c)] * plain_causal(f, limit, best, task, action, {});
  }
  return value;
}

}  // namespace offload::testing
