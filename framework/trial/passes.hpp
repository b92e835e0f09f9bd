// What an agent is asked for once it is trained, pass by pass, in the process that calls: its decisions on
// the test episodes in a cell, its exact value there, how long a decision takes. And an answer as bytes,
// since the agent that gives it is a copy in a process of its own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/oracle/policy_walk.hpp"
#include "core/simulation/batch_environment.hpp"
#include "plugin/instance.hpp"
#include "trial/pass_order.hpp"
#include "trial/values/drifts.hpp"

namespace offload {

struct PassAnswer {
  // [tests][turns], of a calibration [calibration sessions][turns], in the data's order: what was decided; of
  // a walk that found a value, what the walked policy does in them.
  std::vector<std::vector<std::uint16_t>> decisions;
  double mean_reward = 0;            // of a cell
  std::optional<PolicyValue> value;  // of a walk
  std::array<double, 3> act_us{};    // of timing: quantiles .5, .95, .99 of one decision
};

std::string to_bytes(const PassAnswer& answer);
// Throws Error(plugin) for what to_bytes did not write.
PassAnswer pass_answer_from(std::string_view bytes);

// Of one split. The arguments outlive the object; one calling thread.
class Passes {
 public:
  // `planning`: null in a world, which has no walks.
  Passes(const Experiment& experiment, const Split& split, std::span<const std::uint32_t> tests,
         const ResponseModel* planning, const StepOutcomes& outcomes, RewardModel& reward,
         const Drifts& drifts);

  // Draws what tells the pass apart, so that a copy made to run it need not; else `run` does.
  void prepare(const Pass& pass);
  // The agent evaluates in slots from `first_slot` on. Throws Error(plugin) with its words.
  PassAnswer run(const Pass& pass, AnyAgent& agent, int first_slot);

 private:
  std::span<const std::uint32_t> episodes_of(const Pass& pass) const;
  void decide(const Pass& pass, AnyAgent& agent, int first_slot, PassAnswer& answer);
  void walk(const Pass& pass, AnyAgent& agent, int first_slot, PassAnswer& answer);
  void time(const Pass& pass, AnyAgent& agent, int first_slot, PassAnswer& answer);

  const Experiment& experiment_;
  const Scenario& scenario_;
  const Split& split_;
  std::span<const std::uint32_t> tests_;
  const ResponseModel* planning_;
  StepOutcomes outcomes_;
  RewardModel& reward_;
  const Drifts& drifts_;
  CausalModel causal_model_;  // of logged data
  Pass prepared_;
  std::optional<PassOrder> order_;  // of `prepared_`
};

}  // namespace offload
