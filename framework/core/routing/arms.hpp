// What a table of known outcomes says of arms that are played whatever the query, by task, or by who answers
// best: exact means over given turns. `turns` are indices into the table; every function is pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/environment/outcome_table.hpp"

namespace offload {

// One arm over the given turns, means over those of its known cells that tell the figure; NaN where none
// does.
struct ArmMeans {
  std::size_t known = 0, timed = 0, priced = 0;  // cells
  double quality = 0, latency_s = 0, cost_usd = 0;
};
std::vector<ArmMeans> arm_means(const OutcomeTable& table, std::span<const std::uint32_t> turns);

// The turns of which every arm's outcome is known.
std::vector<std::uint32_t> complete_turns(const OutcomeTable& table, std::span<const std::uint32_t> turns);

// The best arm of every query by its outcome: an upper bound that nobody reaches who does not know outcomes.
// Of equally good arms the cheapest (an unknown cost counts as the dearest), then the first.
struct QueryOracle {
  std::size_t queries = 0;                          // with at least one known arm
  std::size_t at_low = 0;                           // of which no known arm is above the scale's low end
  std::size_t at_high = 0;                          // of which every known arm reaches its high end
  std::size_t ties_at_best = 0;                     // of which two or more arms are best
  std::size_t all_equal = 0;                        // of which all known arms are equal
  std::vector<std::size_t> calls;                   // by arm
  double quality = 0, latency_s = 0, cost_usd = 0;  // means; NaN where an amount is unknown
};
QueryOracle query_oracle(const OutcomeTable& table, std::span<const std::uint32_t> turns);

// Of two arms on the turns that know both; an answer is right at the scale's high end.
struct PairCounts {
  std::size_t queries = 0, weak = 0, strong = 0, weak_only = 0, strong_only = 0, both = 0, neither = 0;
  std::size_t either() const { return queries - neither; }
};
PairCounts pair_counts(const OutcomeTable& table, std::span<const std::uint32_t> turns, std::size_t weak,
                       std::size_t strong);

// Means of `value` [table turns][arms] (quality, or a reward) per arm; NaN where an arm is never known.
std::vector<double> mean_values(const OutcomeTable& table, std::span<const double> value,
                                std::span<const std::uint32_t> turns);
// The largest; ties within 1e-12 to the lowest index. NaNs lose; 0 where all are NaN.
std::uint16_t best_arm(std::span<const double> mean);

// The best arm per task, by the means of `turns`; a task without turns gets the best arm of all. `task`
// [table turns], below `tasks`.
std::vector<std::uint16_t> best_per_task(const OutcomeTable& table, std::span<const double> value,
                                         std::span<const std::uint8_t> task, std::size_t tasks,
                                         std::span<const std::uint32_t> turns);

// A fold 0 .. folds - 1 for every turn given: groups are whole, drawn with the seed, dealt in turns.
std::vector<std::uint32_t> group_folds(std::span<const std::uint32_t> group, std::uint32_t folds,
                                       std::uint64_t seed);

// What best_per_task does on each of the turns given when its fold was kept from it: [turns] arms. Fewer
// folds where there are fewer prompt groups; with one group it is fitted on itself.
std::vector<std::uint16_t> cross_fitted_per_task(const OutcomeTable& table, std::span<const double> value,
                                                 std::span<const std::uint8_t> task, std::size_t tasks,
                                                 std::span<const std::uint32_t> turns, std::uint32_t folds,
                                                 std::uint64_t seed);

// How much of the query oracle is luck, where a cell's quality is the share of right ones of several draws:
// with one draw per cell the oracle picks lucky draws. Arms are drawn independently.
struct OracleLuck {
  double oracle_of_means = 0;  // what knowing every cell's mean is worth
  double one_draw = 0;         // what the oracle of a table of one draw per cell shows on average
};
// NaN where that is no number: one draw or an unstated number, or qualities that are no shares of them.
OracleLuck oracle_luck(const OutcomeTable& table, std::span<const std::uint32_t> turns);

}  // namespace offload
