// Policies without a plugin that reports set beside learned rows: the best constant action, and a row's
// static mix played inside the mask (statistics.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/oracle/playout.hpp"
#include "core/simulation/rollout.hpp"

namespace offload {

// One action at every turn of the training episodes, in one budget cell.
struct ConstantAction {
  double reward = 0;      // mean over turns, then over the training episodes, under `planning`
  bool complies = false;  // no training episode exceeds a budget
};
// Scores of constant actions that are known at a time: 32 MB and an episode's.
inline constexpr std::size_t kScoresKept = std::size_t{1} << 22;
// By cell and action. Rewards use the normalised association, as training does.
std::vector<std::vector<ConstantAction>> constant_actions(const Scenario& scenario,
                                                          const ResponseModel& planning, RewardModel& reward,
                                                          std::span<const std::uint32_t> train,
                                                          std::span<const BudgetCell> cells,
                                                          std::size_t scores_kept = kScoresKept);
// The one of largest reward among those that comply; where none does, the one of least largest max-normalised
// consumption. Ties, within 1e-12, to the lowest index.
int best_constant(const std::vector<ConstantAction>& constants, const Consumption& consumption);

inline constexpr int kMixRollouts = 200;
// Seeded rollouts of a mix on the test episodes: what it does there is a matter of no lens.
struct MixDraws {
  int rollouts = 0;
  std::vector<std::vector<std::uint16_t>> actions;  // [episodes][rollout][turn]
  double violation_rate = 0;                        // episodes over a budget
};
// Draws every turn from `probability` [actions] restricted to the mask and renormalised; where that leaves
// nothing, uniformly among the allowed.
MixDraws draw_mix(const Scenario& scenario, std::span<const std::uint32_t> test, const Amounts& limit,
                  std::span<const double> probability, int rollouts, std::uint64_t seed);

struct MixRun {
  std::vector<Estimate> reward;  // [episodes] mean over rollouts, and its standard error
  double mean_reward = 0;
};
// The rollouts scored under a lens.
MixRun score_mix(const Scenario& scenario, const Lens& lens, RewardModel& reward,
                 std::span<const std::uint32_t> test, const Amounts& limit, const MixDraws& draws);

}  // namespace offload
