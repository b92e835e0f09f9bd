// A small scenario with its causal model, test lens and a reward that looks at everything.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "core/oracle/exact_policies.hpp"
#include "unit/core/random_episodes.hpp"

namespace offload::testing {

// A reward that looks at everything it may: totals and limits too.
class CuriousReward final : public RewardModel {
 public:
  void score(const offload_outcomes& o, double* reward) override {
    for (std::size_t i = 0; i < static_cast<std::size_t>(o.n); ++i) {
      const double used = std::isinf(o.limit[2 * i]) ? 0 : o.total[2 * i] / o.limit[2 * i];
      reward[i] = o.quality[i] + o.association[i] / 3 + o.association_raw[i] / 7 - .2 * used * used -
                  o.consumed[2 * i + 1] * 10 + .01 * o.action[i];
    }
  }
};

struct SmallWorld {
  explicit SmallWorld(std::uint64_t seed, int modalities = 2, int tasks = 2, int turns = 3, int window = 5,
                      const std::string& response_model = "knn", const Truth& truth = {})
      : scenario(random_episodes(modalities, tasks, turns, 24, seed), {window, 0, {}, {}}) {
    for (std::uint32_t e = 0; e < 24; ++e) (e < 16 ? train : test).push_back(e);
    planning = make_response_model(response_model, scenario, train, truth);
    lens = std::make_unique<Lens>("simulator", response_model, scenario, train, test, truth);
    model = fit_causal_model(scenario, train);
    const int turns_max = scenario.turns_max();
    cells = {{"none", {kUnlimited, kUnlimited}},
             {"mid", relative_budget(scenario.consumption(), turns_max, .6, .5)},
             {"tight", relative_budget(scenario.consumption(), turns_max, .5, .4)},
             {"latency", {cells_latency(turns_max), kUnlimited}}};
  }
  std::int64_t cells_latency(int turns) const {
    return relative_budget(scenario.consumption(), turns, .5, 1)[0];
  }
  CausalOracle oracle(OracleLimits limits = {}) {
    return {scenario, *planning, model, cells, rewards, limits};
  }

  Scenario scenario;
  std::vector<std::uint32_t> train, test;
  std::unique_ptr<ResponseModel> planning;
  std::unique_ptr<Lens> lens;
  CausalModel model;
  std::vector<BudgetCell> cells;
  CuriousReward reward;
  std::array<RewardModel*, 1> rewards = {&reward};
};

inline double mean_reward(const std::vector<TurnOutcome>& outcomes) {
  double sum = 0;
  for (const TurnOutcome& outcome : outcomes) sum += outcome.reward;
  return sum / static_cast<double>(outcomes.size());
}

}  // namespace offload::testing
