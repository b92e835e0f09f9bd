#include "plugin/environment.hpp"

namespace offload {

offload_environment plugin_environment(const Scenario& scenario, std::uint64_t seed,
                                       std::int64_t training_steps) {
  const ObservationLayout& layout = scenario.layout();
  return {sizeof(offload_environment),
          scenario.actions().size(),
          scenario.actions().modalities(),
          scenario.tasks(),
          layout.window(),
          layout.frame(),
          scenario.turns_max(),
          layout.size(),
          kResources,
          kEvaluationSlots,
          scenario.actions().images().data(),
          scenario.consumption().values().data(),
          seed,
          training_steps};
}

}  // namespace offload
