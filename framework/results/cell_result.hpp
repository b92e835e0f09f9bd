// What a trial leaves of one budget cell: every decision on the test episodes and what follows from them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/logs/verdicts.hpp"
#include "core/oracle/policy_walk.hpp"
#include "results/cell_margin.hpp"

namespace offload {

// Per test episode, means over its turns, under one lens and response model.
struct EpisodeScores {
  std::string lens;                                         // "simulator", "held_out"
  std::string model;                                        // of response_models()
  std::vector<double> reward, quality, association;         // [episodes]
  std::vector<double> mix_reward = {};                      // [episodes] of the static mix; empty without one
  std::vector<double> task_reward = {}, task_quality = {};  // [tasks] sums over the turns of a task
};

// The best policy that ignores what it sees and takes no more than the row (statistics.md, "Static mix").
struct StaticMix {
  std::vector<double> probability;  // [actions]
  double violation_rate = 0;        // of its rollouts
};

enum class EpisodeFlag : std::uint8_t {
  none = 0,
  infeasible = 1,  // no choice of actions fits the budgets from the first turn
  departed = 2,    // the agent's choices made the budgets unreachable later
};

struct CellResult {
  std::string cell;                                     // name of the budget cell
  std::vector<std::vector<std::uint16_t>> decisions;    // [episodes][turns]
  std::vector<double> latency_s, cost_usd;              // [episodes] totals
  std::vector<EpisodeFlag> flag;                        // [episodes]
  std::int64_t masked_actions = 0;                      // decisions that the mask excluded
  std::vector<std::vector<std::int64_t>> task_actions;  // [tasks][actions] decisions at turns of a task
  std::vector<EpisodeScores> scores;                    // one per lens and model of the suite
  std::optional<PolicyValue> value;  // exact, under the causal model; empty where it cannot be had
  // Test episodes in which the policy of that value decides otherwise than was decided; empty without a
  // value.
  std::optional<std::int64_t> contradictions;
  std::optional<StaticMix> mix;           // of a row that learns; its rewards are in the scores
  std::optional<CellMargin> margin = {};  // where the suite asks for one and the cell limits anything
  std::optional<LogVerdict> log = {};     // where the suite simulates a log
};

nlohmann::json written(const CellResult& cell);
// Of so many episodes, each cell once, all with as many turns. Throws Error(data) naming the place.
std::vector<CellResult> read_cells(const CheckedJson& value, std::size_t episodes);

}  // namespace offload
