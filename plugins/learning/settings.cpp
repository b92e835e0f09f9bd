#include "learning/settings.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace offload::learning {

Settings read_settings(ParameterReader& parameters, const SettingDefaults& defaults) {
  Settings settings;
  settings.learning_rate =
      parameters.number("learning_rate", defaults.learning_rate, {0, 10}, "step size of the optimiser");
  settings.linear_schedule =
      parameters.text("learning_rate_schedule", "constant", "constant|linear",
                      "constant, or falling in a line to 0 at the end of training") == "linear";
  settings.gamma = parameters.number("gamma", 0.99, {0, 1}, "discount per turn");
  settings.max_grad_norm = parameters.number("max_grad_norm", defaults.max_grad_norm, {1e-9, 1e9},
                                             "the gradient is scaled down to this Euclidean norm");
  settings.slots =
      static_cast<int>(parameters.integer("slots", 1, {1, 4096}, "training episodes in parallel"));
  settings.encoding = parameters.text("encoding", "raw", "raw|one-hot",
                                      "how the networks see the frames: the numbers as given, or indicators");
  settings.frames = static_cast<int>(
      parameters.integer("frames", 0, {0, 64}, "newest frames that the networks see; 0: the whole window"));
  settings.features =
      parameters.boolean("features", false, "the networks also see what is known of the query beforehand");
  settings.hidden = static_cast<int>(parameters.integer(
      "hidden", 64, {16, 1024}, "units of each of the two hidden layers, a multiple of 16"));
  if (settings.hidden % 16 != 0) {
    throw std::runtime_error("hidden = " + std::to_string(settings.hidden) +
                             " is no multiple of 16, as the kernels need; try " +
                             std::to_string((settings.hidden + 15) / 16 * 16));
  }
  settings.compute = parameters.text("compute", "fused", "fused|autograd",
                                     "hand-written kernels, or plain LibTorch doing the same arithmetic");
  settings.kernel = parameters.text("kernel", "auto", "auto|baseline|avx2|avx512",
                                    "instruction set of the fused kernels; auto: the widest of the machine");
  return settings;
}

std::unique_ptr<Compute> make_compute(const Settings& settings) {
  return settings.compute == "fused" ? make_fused(settings.kernel) : make_autograd();
}

double scheduled_rate(const Settings& settings, std::int64_t steps, std::int64_t training_steps) {
  if (!settings.linear_schedule || training_steps <= 0) return settings.learning_rate;
  const double done = static_cast<double>(steps) / static_cast<double>(training_steps);
  return settings.learning_rate * std::max(0.0, 1 - done);
}

void require_finite(const char* agent, double loss, double gradient_norm, std::int64_t update,
                    std::int64_t steps) {
  if (std::isfinite(loss) && std::isfinite(gradient_norm)) return;
  throw std::runtime_error(std::string(agent) + ": update " + std::to_string(update) + " at step " +
                           std::to_string(steps) + ": the loss is " + std::to_string(loss) +
                           " and the gradient's norm " + std::to_string(gradient_norm) +
                           "; lower learning_rate, or look for rewards that are not finite");
}

}  // namespace offload::learning
