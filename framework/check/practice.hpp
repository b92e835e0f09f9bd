// A trial in small, for checks of what an agent does in one: synthetic episodes, training on them with
// budgets drawn anew, evaluation of others in the budget cells of the shipped suites. All that the agent is
// given (sizes, steps, slots, first turns, bits, limits, masks) is as in a trial of its own.
#pragma once

#include <memory>
#include <vector>

#include "check/random_turns.hpp"
#include "core/outcomes/response_memo.hpp"
#include "core/simulation/batch_environment.hpp"
#include "plugin/environment.hpp"

namespace offload {

class Practice {
 public:
  // `steps` of training, as many as the agent is told.
  explicit Practice(std::int64_t steps);

  const offload_environment& environment() const { return environment_; }
  // All of the steps; nothing for an agent that does not learn.
  void train(AnyAgent& agent);
  static std::size_t cells();
  // One pass over the test episodes in a cell with so many slots: what was decided, in the data's order.
  // Order and bits depend on `pass`.
  Actions evaluate(AnyAgent& agent, std::size_t cell, std::uint64_t pass, int slots = kEvaluationSlots);

 private:
  // Quality, and what was sent, less what it took.
  class Reward final : public RewardModel {
   public:
    void score(const offload_outcomes& outcomes, double* reward) override;
  };

  std::int64_t steps_;
  Scenario scenario_;
  std::vector<std::uint32_t> train_, test_;
  std::unique_ptr<ResponseModel> responses_;
  ResponseMemo memo_;
  Reward reward_;
  offload_environment environment_;
};

}  // namespace offload
