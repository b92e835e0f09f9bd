#include <algorithm>
#include <bit>

#include "core/error.hpp"
#include "core/outcomes/response_model.hpp"

namespace offload {
namespace {

// Weight, in observations, of the coarser mean that a finer one is shrunk towards.
constexpr double kShrinkage = 8;

struct Sum {
  double score = 0, count = 0;
  void add(double value) {
    score += value;
    count += 1;
  }
  double shrunk(double towards) const { return (score + kShrinkage * towards) / (count + kShrinkage); }
};

}  // namespace

TableModel::TableModel(const EpisodeTable& data, std::span<const std::uint32_t> episodes,
                       const ActionSpace& actions)
    : actions_(&actions) {
  if (episodes.empty()) fail(ErrorKind::config, "the table model needs at least one training episode");
  const auto kinds = static_cast<std::size_t>(actions.kinds());
  std::vector<Sum> cell(data.tasks.size() * kinds), of_kind(kinds);
  Sum all;
  for (const std::uint32_t e : episodes) {
    for (int t = 0; t < data.length(e); ++t) {
      const std::size_t turn = data.turn(e, t);
      const auto kind = static_cast<std::size_t>(actions.kind(data.action[turn]));
      cell[data.task[turn] * kinds + kind].add(data.score[turn]);
      of_kind[kind].add(data.score[turn]);
      all.add(data.score[turn]);
    }
  }
  for (std::size_t i = 0; i < cell.size(); ++i) {
    mean_.push_back(cell[i].shrunk(of_kind[i % kinds].shrunk(all.score / all.count)));
  }
}

double TableModel::score(const History& history, int action) const {
  return mean_[history.task.back() * static_cast<std::size_t>(actions_->kinds()) +
               static_cast<std::size_t>(actions_->kind(action))];
}

double TableModel::highest(int task, int action, int) const {
  const auto last = static_cast<std::uint8_t>(task);
  return score({{&last, 1}, {}}, action);
}

double TrueMeanModel::score(const History& history, int action) const {
  std::uint32_t earlier = 0;
  int sent = std::popcount(actions_->images(action));
  for (const std::uint16_t previous : history.action) {
    earlier |= actions_->images(previous);
    sent += std::popcount(actions_->images(previous));
  }
  if (const auto* scenario = std::get_if<ScenarioTruth>(&truth_)) {
    return scenario->mean(actions_->cloud(action), sent);
  }
  return std::get<SyntheticTruth>(truth_).mean(history.task.back(), actions_->kind(action),
                                               std::popcount(earlier), actions_->cloud(action));
}

void TrueMeanModel::forget(Past& past) const {
  std::uint32_t images = 0;
  int sent = 0;
  for (const std::uint16_t action : past.action) {
    images |= actions_->images(action);
    sent += std::popcount(actions_->images(action));
  }
  past = {};
  // The fewest turns that send the same.
  const auto send = [&](std::uint32_t views) {
    past.task.push_back(0);
    past.action.push_back(static_cast<std::uint16_t>(actions_->cloud_action(views)));
  };
  if (std::holds_alternative<SyntheticTruth>(truth_)) {
    if (images != 0) send(images);
    return;
  }
  const int views = actions_->modalities();
  for (; sent > views; sent -= views) send((1U << views) - 1);
  if (sent > 0) send((1U << sent) - 1);
}

double TrueMeanModel::highest(int task, int action, int turns) const {
  const bool cloud = actions_->cloud(action);
  const int views = actions_->modalities(), sent = std::popcount(actions_->images(action));
  if (const auto* scenario = std::get_if<ScenarioTruth>(&truth_)) {
    return std::max(scenario->mean(cloud, sent), scenario->mean(cloud, sent + (turns - 1) * views));
  }
  const auto& truth = std::get<SyntheticTruth>(truth_);
  return std::max(truth.mean(task, actions_->kind(action), 0, cloud),
                  truth.mean(task, actions_->kind(action), views, cloud));
}

}  // namespace offload
