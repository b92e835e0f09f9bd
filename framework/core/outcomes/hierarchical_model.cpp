#include "core/outcomes/hierarchical_model.hpp"

#include <algorithm>
#include <bit>

#include "core/error.hpp"

namespace offload {
namespace {

std::uint32_t views_sent(const ActionSpace& actions, std::span<const std::uint16_t> past) {
  std::uint32_t views = 0;
  for (const std::uint16_t action : past) views |= actions.images(action);
  return views;
}

void count_episode(const EpisodeTable& data, std::uint32_t episode, const ActionSpace& actions,
                   const HierarchicalSettings& settings, TurnCounts& counts) {
  std::uint32_t views = 0;
  for (int t = 0; t < data.length(episode); ++t) {
    const std::size_t turn = data.turn(episode, t);
    const int action = data.action[turn];
    const std::size_t i = counts.at(data.task[turn], static_cast<std::size_t>(actions.kind(action)),
                                    static_cast<std::size_t>(settings.history ? std::popcount(views) : 0));
    counts.turns[i] += 1;
    counts.zeros[i] += settings.zeros && data.score[turn] == 0;
    counts.score[i] += data.score[turn];
    views |= actions.images(action);
  }
}

// Every fifth episode in a fold, all turns of an episode in one, however often it is named.
std::vector<TurnCounts> count_folds(const EpisodeTable& data, std::span<const std::uint32_t> episodes,
                                    const ActionSpace& actions, const HierarchicalSettings& settings) {
  std::vector<std::uint32_t> ordered(episodes.begin(), episodes.end());
  std::ranges::sort(ordered);
  std::vector<TurnCounts> folds(HierarchicalSettings::kFolds,
                                TurnCounts(data.tasks.size(), static_cast<std::size_t>(actions.kinds()),
                                           static_cast<std::size_t>(actions.modalities()) + 1));
  std::size_t different = 0;
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    if (i > 0 && ordered[i] != ordered[i - 1]) ++different;
    count_episode(data, ordered[i], actions, settings, folds[different % folds.size()]);
  }
  folds.erase(folds.begin() + static_cast<std::ptrdiff_t>(std::min(folds.size(), different + 1)),
              folds.end());
  return folds;
}

}  // namespace

HierarchicalModel::HierarchicalModel(const EpisodeTable& data, std::span<const std::uint32_t> episodes,
                                     const ActionSpace& actions, const HierarchicalSettings& settings)
    : actions_(&actions), levels_(static_cast<std::size_t>(actions.modalities()) + 1) {
  if (episodes.empty()) fail(ErrorKind::config, "the hierarchical model needs at least one training episode");
  const std::vector<TurnCounts> folds = count_folds(data, episodes, actions, settings);
  strengths_ = settings.strengths ? *settings.strengths : choose_strengths(folds, settings.odds);
  TurnCounts all = folds.front();
  for (std::size_t f = 1; f < folds.size(); ++f) all.add(folds[f]);
  mean_ = positive_means(all, strengths_);
  const std::vector<double> zero = zero_shares(all, strengths_.zeros);
  for (std::size_t i = 0; i < mean_.size(); ++i) mean_[i] *= 1 - zero[i / levels_];
}

const double* HierarchicalModel::means_of(int task, int action) const {
  const auto cell = static_cast<std::size_t>(task * actions_->kinds() + actions_->kind(action));
  return mean_.data() + cell * levels_;
}

double HierarchicalModel::score(const History& history, int action) const {
  return means_of(history.task.back(), action)[std::popcount(views_sent(*actions_, history.action))];
}

void HierarchicalModel::scores(const History& history, std::span<double> out) const {
  const int views = std::popcount(views_sent(*actions_, history.action));
  for (std::size_t a = 0; a < out.size(); ++a) {
    out[a] = means_of(history.task.back(), static_cast<int>(a))[views];
  }
}

double HierarchicalModel::highest(int task, int action, int turns) const {
  const double* means = means_of(task, action);
  return *std::max_element(means, means + (turns > 1 ? levels_ : 1));
}

void HierarchicalModel::forget(Past& past) const {
  const std::uint32_t views = views_sent(*actions_, past.action);
  past = {};
  if (views == 0) return;
  past.task.push_back(0);
  past.action.push_back(static_cast<std::uint16_t>(actions_->cloud_action(views)));
}

}  // namespace offload
