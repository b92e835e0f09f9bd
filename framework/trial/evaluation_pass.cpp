#include "trial/evaluation_pass.hpp"

#include <offload/random.hpp>

#include <numeric>

namespace offload {
namespace {

constexpr std::uint64_t kEvaluationPurpose = 0x6576616c;  // "eval"

}  // namespace

EvaluationPass::EvaluationPass(std::span<const std::uint32_t> episodes, const BudgetCell& cell,
                               std::uint64_t seed)
    : episodes_(episodes), limit_(cell.limit), seed_(seed), reward_(episodes.size()) {
  result_.cell = cell.name;
  result_.decisions.resize(episodes.size());
  result_.latency_s.resize(episodes.size());
  result_.cost_usd.resize(episodes.size());
  result_.flag.resize(episodes.size());
}

bool EvaluationPass::next(int slot, EpisodeStart& start) {
  if (next_ == episodes_.size()) return false;
  const auto at = static_cast<std::size_t>(slot);
  if (at >= position_.size()) position_.resize(at + 1);
  position_[at] = next_;
  start = {episodes_[next_], limit_, stream(seed_, kEvaluationPurpose, next_)};
  ++next_;
  return true;
}

void EvaluationPass::finished(const FinishedEpisode& episode) {
  const std::size_t i = position_[static_cast<std::size_t>(episode.slot)];
  result_.decisions[i].assign(episode.actions.begin(), episode.actions.end());
  result_.latency_s[i] = from_amount(episode.spent[0], 0);
  result_.cost_usd[i] = from_amount(episode.spent[1], 1);
  result_.flag[i] = episode.infeasible ? EpisodeFlag::infeasible
                    : episode.departed ? EpisodeFlag::departed
                                       : EpisodeFlag::none;
  result_.masked_actions += episode.masked_actions;
  reward_[i] = std::accumulate(episode.reward.begin(), episode.reward.end(), 0.0) /
               static_cast<double>(episode.reward.size());
}

double EvaluationPass::mean_reward() const {
  return std::accumulate(reward_.begin(), reward_.end(), 0.0) / static_cast<double>(reward_.size());
}

}  // namespace offload
