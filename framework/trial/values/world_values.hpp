// What a reward makes of a world's table: the value of every cell, for rewards of a turn that depend on
// nothing before it; and mixes of constant arms at a row's spend.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/simulation/rollout.hpp"
#include "results/trial_result.hpp"

namespace offload {

// The table turns of these episodes, in order.
std::vector<std::uint32_t> turns_of(const EpisodeTable& data, std::span<const std::uint32_t> episodes);

// [table turns][arms]: the reward of taking the arm at that turn (after itself at earlier ones), 0 at cells
// that are unknown or not of these episodes. Throws Error(plugin) as the reward does.
std::vector<double> world_rewards(const Scenario& scenario, RewardModel& reward,
                                  std::span<const std::uint32_t> episodes, const Amounts& limit);

// The mix of constant arms that is best on the training turns and takes there, per turn on average, no more
// than the row took on the tests (totals of `result`); where none does, the single arm that takes at most a
// tenth more, else empty. `training` are world_rewards.
std::optional<StaticMix> world_mix(const Scenario& scenario, std::span<const double> training,
                                   std::span<const std::uint32_t> train, const CellResult& result);
// Its expected rewards on the tests [episodes], drawn anew at every turn whatever the mask, among known arms.
std::vector<double> expected_mix_rewards(const Scenario& scenario, std::span<const double> values,
                                         std::span<const std::uint32_t> tests,
                                         std::span<const double> probability);
// Share of the tests over a budget in seeded rollouts of it.
double mix_violations(const Scenario& scenario, std::span<const std::uint32_t> tests, const Amounts& limit,
                      std::span<const double> probability, std::uint64_t seed);

}  // namespace offload
