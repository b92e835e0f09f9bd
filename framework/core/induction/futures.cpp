#include "core/induction/futures.hpp"

#include "core/induction/knn_futures.hpp"

namespace offload {

void ModelFutures::scores(const History& history, int first_task, int tasks, const std::uint8_t* wanted,
                          double* out) const {
  const auto actions = static_cast<std::size_t>(actions_);
  const std::size_t turns = history.task.size();
  std::vector<std::uint8_t> task(history.task.begin(), history.task.end());
  std::vector<std::uint16_t> action(history.action.begin(), history.action.end());
  task.push_back(0);
  action.resize(turns);
  for (int c = first_task; c < first_task + tasks; ++c) {
    task.back() = static_cast<std::uint8_t>(c);
    for (std::size_t last = 0; last < (turns == 0 ? 1 : actions); ++last, out += actions) {
      if (turns > 0 && wanted != nullptr && wanted[last] == 0) continue;
      if (turns > 0) action.back() = static_cast<std::uint16_t>(last);
      model_->scores({task, action}, {out, actions});
    }
  }
}

std::unique_ptr<Futures> make_futures(const ResponseModel& model, const Scenario& scenario) {
  if (const auto* knn = dynamic_cast<const KnnModel*>(&model); knn != nullptr) {
    if (KnnFutures::fits(*knn, scenario)) return std::make_unique<KnnFutures>(*knn, scenario);
  }
  return std::make_unique<ModelFutures>(model, scenario.actions().size());
}

}  // namespace offload
