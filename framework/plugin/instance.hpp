// Agents and rewards as the host uses them: objects over the C ABI that check what a plugin returns and turn
// every failure into Error(plugin) with the plugin's own words. Making one loads the library and so runs
// foreign code: workers do it, the command only inside run_isolated.
#pragma once

#include <offload/abi.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/simulation/reward_model.hpp"
#include "files/parameter.hpp"
#include "plugin/host_world.hpp"
#include "plugin/info.hpp"

namespace offload {

// An agent for one trial. One thread.
class AgentInstance {
 public:
  // `parameters` as the suite gives them; wrong ones throw Error(config) with their place. The arrays that
  // `environment` points at must outlive the instance. `world`: what it can ask of it.
  AgentInstance(const std::filesystem::path& library, Parameters parameters,
                const offload_environment& environment, HostWorld world);
  // The same with what the environment alone says.
  AgentInstance(const std::filesystem::path& library, Parameters parameters,
                const offload_environment& environment)
      : AgentInstance(library, std::move(parameters), environment, host_world(environment)) {}
  ~AgentInstance();
  AgentInstance(AgentInstance&&) noexcept;
  AgentInstance& operator=(AgentInstance&&) noexcept;

  // Identity without parameters; see resolved().
  const PluginInfo& info() const;
  const ResolvedParameters& resolved() const;
  int training_slots() const;  // >= 1
  bool trained() const;        // has observe

  // Features of a query that the world has.
  int query_features() const;

  // Writes action[0 .. view.n), each in 0 .. A-1. Mode is OFFLOAD_EXPLORE or OFFLOAD_EVALUATE. `features`: of
  // the view; null: none can be asked for.
  void act(const offload_view& view, std::int32_t mode, std::int32_t* action,
           const ViewFeatures* features = nullptr);
  // Only for a trained agent.
  void observe(const offload_transition& step, const ViewFeatures* features = nullptr);
  // The gradient steps done; 0 for an agent that has no update.
  std::int64_t update();

  bool has_checkpoint() const;
  std::string save_checkpoint();
  void load_checkpoint(std::string_view bytes);

  // Names of the scalars extension; empty without it.
  const std::vector<std::string>& scalar_names() const;
  // Latest values in the order of the names; NaN where there is none yet.
  void read_scalars(std::span<double> values);
  // What its results depend on, by the facts extension; empty without it.
  const std::map<std::string, std::string>& facts() const;
  // Whether it has declared all that it does to be the same bits on every machine.
  bool portable_bits() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A reward plugin behind core's interface.
class RewardInstance : public RewardModel {
 public:
  // As for AgentInstance.
  RewardInstance(const std::filesystem::path& library, Parameters parameters,
                 const offload_environment& environment);
  ~RewardInstance() override;

  const PluginInfo& info() const;
  const ResolvedParameters& resolved() const;
  bool portable_bits() const;
  void score(const offload_outcomes& outcomes, double* reward) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace offload
