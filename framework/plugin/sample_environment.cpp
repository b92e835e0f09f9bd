#include "plugin/sample_environment.hpp"

#include <bit>

#include "core/environment/action_space.hpp"

namespace offload {

SampleEnvironment::SampleEnvironment(int modalities, int tasks, int window, int turns_max) {
  const ActionSpace actions(modalities);
  images_ = actions.images();
  for (std::size_t action = 0; action < images_.size(); ++action) {
    const int sent = std::popcount(images_[action]);
    consumption_.push_back(action == 0 ? 0.01 : 4.0 + sent);
    consumption_.push_back(action == 0 ? 1e-8 : 0.0005 + 0.0045 * sent);
  }
  raw_.size = sizeof raw_;
  raw_.actions = static_cast<std::int32_t>(images_.size());
  raw_.modalities = modalities;
  raw_.tasks = tasks;
  raw_.window = window;
  raw_.frame = raw_.modalities + 2;
  raw_.turns_max = turns_max;
  raw_.budgets = 2;
  raw_.observation = raw_.window * raw_.frame + 1 + raw_.budgets;
  raw_.evaluation_slots = 64;
  raw_.images = images_.data();
  raw_.consumption = consumption_.data();
  raw_.seed = 1;
  raw_.training_steps = 1000;
}

}  // namespace offload
