// An agent and a reward as a trial uses them, wherever they run: in this process (instance.hpp) or in one of
// their own. What they answer has been checked; every failure is Error(plugin) with the plugin's own words.
// One thread.
#pragma once

#include <offload/abi.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/simulation/reward_model.hpp"
#include "core/simulation/view_features.hpp"
#include "files/parameter.hpp"
#include "plugin/info.hpp"

namespace offload {

class AnyAgent {
 public:
  AnyAgent() = default;
  virtual ~AnyAgent() = default;
  AnyAgent(const AnyAgent&) = delete;
  AnyAgent& operator=(const AnyAgent&) = delete;

  // Identity without parameters; see resolved().
  virtual const PluginInfo& info() const = 0;
  virtual const ResolvedParameters& resolved() const = 0;
  virtual int training_slots() const = 0;  // >= 1
  virtual bool trained() const = 0;        // has observe
  virtual int query_features() const = 0;  // that its host offers; 0: none

  // Writes action[0 .. view.n), each in 0 .. A-1. Mode is OFFLOAD_EXPLORE or OFFLOAD_EVALUATE. `features`: of
  // the view, here and below; null: none can be asked for.
  virtual void act(const offload_view& view, std::int32_t mode, std::int32_t* action,
                   const ViewFeatures* features = nullptr) = 0;
  // Only for a trained agent.
  virtual void observe(const offload_transition& step, const ViewFeatures* features = nullptr) = 0;
  // The gradient steps done; 0 for an agent that has no update.
  virtual std::int64_t update() = 0;

  struct Learned {
    std::int64_t gradient_steps = 0;
    double update_s = 0;  // that they took
  };
  // observe, update and, unless `next` is null, act in OFFLOAD_EXPLORE: for an agent in another process one
  // round trip instead of three.
  virtual Learned learn(const offload_transition& step, const offload_view* next, std::int32_t* action,
                        const ViewFeatures* features = nullptr) = 0;

  virtual bool has_checkpoint() const = 0;
  virtual std::string save_checkpoint() = 0;
  virtual void load_checkpoint(std::string_view bytes) = 0;

  // Likewise, what it decides by in OFFLOAD_EVALUATE alone, by the policy extension.
  virtual bool has_policy() const = 0;
  virtual std::string save_policy() = 0;
  virtual void load_policy(std::string_view bytes) = 0;

  // Names of the scalars extension; empty without it.
  virtual const std::vector<std::string>& scalar_names() const = 0;
  // Latest values in the order of the names; NaN where there is none yet.
  virtual void read_scalars(std::span<double> values) = 0;
  // What its results depend on, by the facts extension; empty without it.
  virtual const std::map<std::string, std::string>& facts() const = 0;
  // Whether it has declared all that it does to be the same bits on every machine.
  virtual bool portable_bits() const = 0;

  // Destroys what the plugin made. Nothing can be asked of it any more.
  virtual void end() = 0;
};

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
