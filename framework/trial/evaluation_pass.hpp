// One pass over the test episodes in one budget cell: gives them to the environment in the pass's order and
// takes down, in the data's order, what was decided.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/simulation/batch_environment.hpp"
#include "trial/pass_order.hpp"

namespace offload {

class EvaluationPass final : public EpisodeSource, public EpisodeSink {
 public:
  // `episodes` are indices into the data set; they and `order` outlive the object. Agents and masks see
  // `limit` lowered by the margin.
  EvaluationPass(std::span<const std::uint32_t> episodes, const Amounts& limit, int margin_percent,
                 const PassOrder& order);

  bool next(int slot, EpisodeStart& start) override;
  void finished(const FinishedEpisode& episode) override;

  // [episodes][turns]; complete once every slot ran out.
  std::vector<std::vector<std::uint16_t>>& decisions() { return decisions_; }
  // Mean over episodes of the mean reward per turn, as the environment rewarded it.
  double mean_reward() const;

 private:
  std::span<const std::uint32_t> episodes_;
  Amounts limit_;
  int margin_percent_;
  const PassOrder& order_;
  std::size_t next_ = 0;
  std::vector<std::size_t> test_;  // by slot: which of the episodes it runs
  std::vector<double> reward_;     // [episodes]
  std::vector<std::vector<std::uint16_t>> decisions_;
};

}  // namespace offload
