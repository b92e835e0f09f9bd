#include "trial/evaluation_pass.hpp"

#include <numeric>

namespace offload {

EvaluationPass::EvaluationPass(std::span<const std::uint32_t> episodes, const Amounts& limit,
                               int margin_percent, const PassOrder& order)
    : episodes_(episodes),
      limit_(limit),
      margin_percent_(margin_percent),
      order_(order),
      reward_(episodes.size()),
      decisions_(episodes.size()) {}

bool EvaluationPass::next(int slot, EpisodeStart& start) {
  if (next_ == episodes_.size()) return false;
  const auto at = static_cast<std::size_t>(slot);
  if (at >= test_.size()) test_.resize(at + 1);
  const std::size_t test = test_[at] = order_.test(next_++);
  start = {episodes_[test], limit_, order_.bits(test), margin_percent_};
  return true;
}

void EvaluationPass::finished(const FinishedEpisode& episode) {
  const std::size_t test = test_[static_cast<std::size_t>(episode.slot)];
  decisions_[test].assign(episode.actions.begin(), episode.actions.end());
  reward_[test] = std::accumulate(episode.reward.begin(), episode.reward.end(), 0.0) /
                  static_cast<double>(episode.reward.size());
}

double EvaluationPass::mean_reward() const {
  return std::accumulate(reward_.begin(), reward_.end(), 0.0) / static_cast<double>(reward_.size());
}

}  // namespace offload
