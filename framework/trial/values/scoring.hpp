// What follows from decisions: the figures of a trial that need no agent. A trial computes them once to store
// them, verification again to compare them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/oracle/simple_rows.hpp"
#include "core/simulation/rollout.hpp"
#include "results/trial_result.hpp"
#include "suite/experiment.hpp"
#include "trial/values/log_judge.hpp"

namespace offload {

// Of one split and its test episodes; the arguments outlive the object. What trials of the split have in
// common is computed once. One calling thread.
class Scoring {
 public:
  Scoring(const Experiment& experiment, const Split& split, std::span<const std::uint32_t> tests,
          RewardModel& reward);
  // In another scenario of the same data: a drift of the split's.
  Scoring(const Experiment& experiment, const Scenario& scenario, const Split& split,
          std::span<const std::uint32_t> tests, RewardModel& reward);

  // A cell without scores: decisions [tests][turns], totals, flags and actions outside the mask. Throws
  // Error(data) for decisions that do not fit the episodes, or whose outcome a world does not know. The mask
  // is of the limits as `margin` lowers them; none leaves them as they are.
  CellResult replayed(std::size_t cell, const std::vector<std::vector<std::uint16_t>>& decisions,
                      const std::optional<CellMargin>& margin = std::nullopt) const;
  // The static mix of what the cell decided; empty where none takes as little as the row. `planning` is the
  // suite's response model of the training episodes, the same in every call.
  std::optional<StaticMix> mix_of(std::size_t cell, const CellResult& result, const ResponseModel& planning);
  // The same in a world, of any row, on what was charged.
  std::optional<StaticMix> world_mix_of(std::size_t cell, const CellResult& result);
  // Adds to every cell of every trial the counts by task, the scores under each lens and model of the suite,
  // what those of its mix come to, and verdicts from a simulated log. Cells are in the experiment's order.
  void score(std::span<std::vector<CellResult>* const> trials);

 private:
  struct View {
    std::string name, model;
    Lens lens;
  };

  void score_cell(std::size_t cell, const std::vector<View>& views, CellResult& result);
  void add_mix_rewards(std::size_t cell, const Lens& lens, const std::optional<MixDraws>& draws,
                       const CellResult& result, EpisodeScores& scores);
  EpisodeScores scores_of(std::size_t cell, const CellResult& result, const Lens& lens);
  void count_tasks(CellResult& result) const;

  const Experiment& experiment_;
  const Scenario& scenario_;
  const Split& split_;
  std::span<const std::uint32_t> tests_;
  RewardModel& reward_;
  std::vector<std::vector<ConstantAction>> constants_;  // [cells][actions]; empty: not asked for yet
  // [cells] of a world, world_rewards of the training episodes and of the tests; likewise
  std::vector<std::vector<double>> training_values_, test_values_;
  std::optional<LogJudge> judge_;  // where the suite simulates a log
};

}  // namespace offload
