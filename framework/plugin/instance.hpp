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

#include "files/parameter.hpp"
#include "plugin/any_agent.hpp"
#include "plugin/host_world.hpp"
#include "plugin/info.hpp"

namespace offload {

// An agent in this process.
class AgentInstance final : public AnyAgent {
 public:
  // `parameters` as the suite gives them; wrong ones throw Error(config) with their place. The arrays that
  // `environment` points at must outlive the instance. `world`: what it can ask of it.
  AgentInstance(const std::filesystem::path& library, Parameters parameters,
                const offload_environment& environment, HostWorld world);
  // The same with what the environment alone says.
  AgentInstance(const std::filesystem::path& library, Parameters parameters,
                const offload_environment& environment)
      : AgentInstance(library, std::move(parameters), environment, host_world(environment)) {}
  ~AgentInstance() override;

  const PluginInfo& info() const override;
  const ResolvedParameters& resolved() const override;
  int training_slots() const override;
  bool trained() const override;

  int query_features() const override;

  void act(const offload_view& view, std::int32_t mode, std::int32_t* action,
           const ViewFeatures* features = nullptr) override;
  void observe(const offload_transition& step, const ViewFeatures* features = nullptr) override;
  std::int64_t update() override;
  Learned learn(const offload_transition& step, const offload_view* next, std::int32_t* action,
                const ViewFeatures* features = nullptr) override;

  bool has_checkpoint() const override;
  std::string save_checkpoint() override;
  void load_checkpoint(std::string_view bytes) override;
  bool has_policy() const override;
  std::string save_policy() override;
  void load_policy(std::string_view bytes) override;

  const std::vector<std::string>& scalar_names() const override;
  void read_scalars(std::span<double> values) override;
  const std::map<std::string, std::string>& facts() const override;
  bool portable_bits() const override;
  void end() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A reward in this process.
class RewardInstance final : public AnyReward {
 public:
  // As for AgentInstance.
  RewardInstance(const std::filesystem::path& library, Parameters parameters,
                 const offload_environment& environment);
  ~RewardInstance() override;

  const PluginInfo& info() const override;
  const ResolvedParameters& resolved() const override;
  bool portable_bits() const override;
  const std::map<std::string, std::string>& facts() const override;
  void score(const offload_outcomes& outcomes, double* reward) override;
  void end() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace offload
