#include "trial/training_world.hpp"

#include "core/logs/simulated_world.hpp"

namespace offload {

const Scenario& TrainingWorld::scenario() {
  const Scenario& home = experiment_.scenario_of(split_);
  if (home.world() == nullptr) return home;
  if (!simulated_) {
    simulated_ = simulated_world(home, experiment_.suite.scenario,
                                 fitted_on_log(row_.training.model, home, split_.train));
  }
  return *simulated_;
}

StepOutcomes TrainingWorld::outcomes() {
  const Scenario& trained_in = scenario();
  if (trained_in.world() != nullptr) return *trained_in.world();
  if (!memo_) {
    model_ = make_response_model(row_.training.model, trained_in, split_.train, experiment_.truth);
    memo_.emplace(*model_, trained_in.actions().size(), trained_in.tasks(), trained_in.turns_max());
  }
  return *memo_;
}

}  // namespace offload
