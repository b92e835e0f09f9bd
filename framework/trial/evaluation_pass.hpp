// One pass over the test episodes in one budget cell: gives them to the environment in order and takes down
// what was decided and what came of it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/simulation/batch_environment.hpp"
#include "results/trial_result.hpp"

namespace offload {

class EvaluationPass final : public EpisodeSource, public EpisodeSink {
 public:
  // `episodes` in order, indices into the data set; `seed` derives the agent's random bits.
  EvaluationPass(std::span<const std::uint32_t> episodes, const BudgetCell& cell, std::uint64_t seed);

  bool next(int slot, EpisodeStart& start) override;
  void finished(const FinishedEpisode& episode) override;

  // Decisions, totals and flags, without scores; complete once every slot ran out.
  const CellResult& result() const { return result_; }
  // Mean over episodes of the mean reward per turn, as the environment rewarded it.
  double mean_reward() const;

 private:
  std::span<const std::uint32_t> episodes_;
  Amounts limit_;
  std::uint64_t seed_;
  std::size_t next_ = 0;
  std::vector<std::size_t> position_;  // by slot: which of the episodes it runs
  std::vector<double> reward_;         // [episodes]
  CellResult result_;
};

}  // namespace offload
