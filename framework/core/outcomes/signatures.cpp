#include "core/outcomes/signatures.hpp"

#include <algorithm>
#include <utility>

namespace offload {

Signatures::Signatures(const ResponseModel& model, int tasks, int actions)
    : model_(&model),
      tasks_(static_cast<std::size_t>(tasks)),
      actions_(static_cast<std::size_t>(actions)),
      most_(std::min(kMost, kMostNumbers / (tasks_ * actions_))) {
  number({});
}

std::uint32_t Signatures::number(Past past) {
  model_->forget(past);
  std::string key(past.task.begin(), past.task.end());
  for (const std::uint16_t action : past.action) {
    key.push_back(static_cast<char>(action & 0xff));
    key.push_back(static_cast<char>(action >> 8));
  }
  const auto found = known_.find(key);
  if (found != known_.end()) return found->second;
  if (full()) return kNone;
  const auto fresh = static_cast<std::uint32_t>(past_.size());
  known_.emplace(std::move(key), fresh);
  past_.push_back(std::move(past));
  next_.resize(next_.size() + tasks_ * actions_, kNone);
  scores_.resize(scores_.size() + tasks_);
  return fresh;
}

std::uint32_t Signatures::next(std::uint32_t signature, int task, int action) {
  const std::size_t at = place(signature, task) * actions_ + static_cast<std::size_t>(action);
  if (next_[at] == kNone) {
    Past past = past_[signature];
    past.task.push_back(static_cast<std::uint8_t>(task));
    past.action.push_back(static_cast<std::uint16_t>(action));
    const std::uint32_t number = this->number(std::move(past));
    next_[at] = number;
  }
  return next_[at];
}

const double* Signatures::scores(std::uint32_t signature, int task) {
  std::vector<double>& scores = scores_[place(signature, task)];
  if (scores.empty()) {
    Past history = past_[signature];
    history.task.push_back(static_cast<std::uint8_t>(task));
    scores.resize(actions_);
    model_->scores({history.task, history.action}, scores);
  }
  return scores.data();
}

}  // namespace offload
