// The parameters that all learning agents share, with stable-baselines3's names where it has them.
#pragma once

#include <offload/agent.hpp>

#include <cstdint>
#include <memory>
#include <string>

#include "learning/compute.hpp"

namespace offload::learning {

struct Settings {
  std::string encoding;
  int frames = 0;
  bool features = false;
  int hidden = 0;  // units of each of the two hidden layers
  std::string compute;
  std::string kernel;
  double learning_rate = 0;
  bool linear_schedule = false;
  double gamma = 0;
  double max_grad_norm = 0;
  int slots = 1;
};

struct SettingDefaults {
  double learning_rate;
  double max_grad_norm;
};

Settings read_settings(ParameterReader& parameters, const SettingDefaults& defaults);
std::unique_ptr<Compute> make_compute(const Settings& settings);

// The learning rate after `steps` of `training_steps` environment steps.
double scheduled_rate(const Settings& settings, std::int64_t steps, std::int64_t training_steps);

// Ends the trial where learning has diverged: place (agent, update, step), fact, fix.
void require_finite(const char* agent, double loss, double gradient_norm, std::int64_t update,
                    std::int64_t steps);

}  // namespace offload::learning
