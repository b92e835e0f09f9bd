// A reward as a trial uses it, wherever it runs: in this process (instance.hpp) or in one of its own. What it
// answers has been checked; every failure is Error(plugin) with the plugin's own words. One thread.
#pragma once

#include <map>
#include <string>

#include "core/simulation/reward_model.hpp"
#include "files/parameter.hpp"
#include "plugin/info.hpp"

namespace offload {

class AnyReward : public RewardModel {
 public:
  // Identity without parameters; see resolved().
  virtual const PluginInfo& info() const = 0;
  virtual const ResolvedParameters& resolved() const = 0;
  // Whether it has declared all that it does to be the same bits on every machine.
  virtual bool portable_bits() const = 0;
  // What its scores depend on beside parameters; empty for one in C++.
  virtual const std::map<std::string, std::string>& facts() const = 0;
  // Destroys what the plugin made. Nothing can be scored any more.
  virtual void end() = 0;
};

}  // namespace offload
