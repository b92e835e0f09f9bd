// The exact value of a policy under the causal model, by walking every task sequence through the same view
// that agents get. No mask is applied: what the policy does outside it is reported beside the value, which
// the causal oracle bounds only where that is nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/induction/game.hpp"
#include "core/simulation/reward_model.hpp"

namespace offload {

class Policy {
 public:
  virtual ~Policy() = default;
  // Writes action [view.n]. Rows are episodes in slots of their own; `first` marks their first turn.
  virtual void act(const offload_view& view, std::int32_t* action) = 0;
};

struct PolicyValue {
  double value = 0;                  // expected score under the model
  double violation_probability = 0;  // of an episode
  double masked_actions = 0;         // expected number per episode that the mask excludes
};

// Task sequences that a walk covers at most.
inline constexpr std::int64_t kWalkSequences = 65536;

// What a walked policy does in given episodes of the scenario's data, each on its own history.
struct WalkedEpisodes {
  std::span<const std::uint32_t> episodes;          // indices into the data set
  std::vector<std::vector<std::uint16_t>> actions;  // [episodes][turns] filled in with the value
};

// Slots are first_slot .. first_slot + slots - 1; every task sequence of turns_max turns is played as an
// episode of its own, `slots` at a time, twice in different orders and with different random bits, which
// `seed` draws. Empty when the policy is not
// deterministic: two episodes with the same tasks so far then differ in an action. Throws Error(config)
// beyond kWalkSequences, Error(plugin) for an action that does not exist.
std::optional<PolicyValue> walk_policy(const Scenario& scenario, const ResponseModel& planning,
                                       const CausalModel& model, RewardModel& reward, Policy& policy,
                                       const Amounts& limit, int slots, int first_slot,
                                       std::uint64_t seed = 0, WalkedEpisodes* walked = nullptr);

}  // namespace offload
