// An agent or a reward where its kind runs: a library's in this process, unless it is asked for isolated, one
// in Python in a process of its own. PlacedAgent is for what tries agents out; trials choose by their rows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "plugin/any_agent.hpp"
#include "plugin/host_world.hpp"
#include "process/nursery.hpp"
#include "process/sandbox.hpp"

namespace offload {

// A plugin's file and whether a library, too, runs in a process of its own.
struct PluggedIn {
  PluggedIn(std::filesystem::path file, bool isolates = false)  // NOLINT(google-explicit-constructor)
      : library(std::move(file)), isolated(isolates) {}
  // Whether it runs in a process of its own, whatever it is.
  bool apart() const;

  std::filesystem::path library;
  bool isolated;
  // Where its processes are born, of one in Python; null: each is started by itself.
  std::shared_ptr<Nursery> nursery = {};
};

class PlacedAgent final : public AnyAgent {
 public:
  // As for AgentInstance and, apart, RemoteAgent with the default interpreter.
  PlacedAgent(const PluggedIn& plugin, const Parameters& parameters, const offload_environment& environment)
      : PlacedAgent(plugin, parameters, environment, host_world(environment)) {}
  PlacedAgent(const PluggedIn& plugin, const Parameters& parameters, const offload_environment& environment,
              const HostWorld& world);

  const PluginInfo& info() const override { return agent_->info(); }
  const ResolvedParameters& resolved() const override { return agent_->resolved(); }
  int training_slots() const override { return agent_->training_slots(); }
  bool trained() const override { return agent_->trained(); }
  int query_features() const override { return agent_->query_features(); }
  void act(const offload_view& view, std::int32_t mode, std::int32_t* action,
           const ViewFeatures* features = nullptr) override {
    agent_->act(view, mode, action, features);
  }
  void observe(const offload_transition& step, const ViewFeatures* features = nullptr) override {
    agent_->observe(step, features);
  }
  std::int64_t update() override { return agent_->update(); }
  Learned learn(const offload_transition& step, const offload_view* next, std::int32_t* action,
                const ViewFeatures* features = nullptr) override {
    return agent_->learn(step, next, action, features);
  }
  bool has_checkpoint() const override { return agent_->has_checkpoint(); }
  std::string save_checkpoint() override { return agent_->save_checkpoint(); }
  void load_checkpoint(std::string_view bytes) override { agent_->load_checkpoint(bytes); }
  bool has_policy() const override { return agent_->has_policy(); }
  std::string save_policy() override { return agent_->save_policy(); }
  void load_policy(std::string_view bytes) override { agent_->load_policy(bytes); }
  const std::vector<std::string>& scalar_names() const override { return agent_->scalar_names(); }
  void read_scalars(std::span<double> values) override { agent_->read_scalars(values); }
  const std::map<std::string, std::string>& facts() const override { return agent_->facts(); }
  bool portable_bits() const override { return agent_->portable_bits(); }
  void end() override { agent_->end(); }

 private:
  std::unique_ptr<AnyAgent> agent_;
};

// Where a reward runs.
struct RewardPlace {
  bool isolated = false;       // in a process of its own, where one in Python always is
  std::string python = {};     // of one in Python: the interpreter; empty: the default
  std::int64_t memory_mb = 0;  // RemoteSettings::memory_mb, of one in a process of its own
};

class PlacedReward final : public AnyReward {
 public:
  // As for RewardInstance or, where it is isolated, by one or the other, or "FILE.py:NAME", RemoteReward.
  PlacedReward(const PluggedIn& plugin, const Parameters& parameters, const offload_environment& environment,
               const RewardPlace& place = {});

  const PluginInfo& info() const override { return reward_->info(); }
  const ResolvedParameters& resolved() const override { return reward_->resolved(); }
  bool portable_bits() const override { return reward_->portable_bits(); }
  const std::map<std::string, std::string>& facts() const override { return reward_->facts(); }
  void score(const offload_outcomes& outcomes, double* reward) override { reward_->score(outcomes, reward); }
  void end() override { reward_->end(); }
  // What holds its process (process/sandbox.hpp); all of it for one in this process, which nothing is to
  // hold.
  std::uint64_t held() const { return held_; }

 private:
  std::unique_ptr<AnyReward> reward_;
  std::uint64_t held_ = kHeldAll;
};

// describe_plugin, of plugins in Python as well, in a process of its own whatever it is. Throws what creating
// one there throws.
PluginInfo describe_placed(const std::filesystem::path& library, const offload_environment& environment);
// identify_plugin likewise, of a library.
PluginInfo identify_placed(const std::filesystem::path& library);

// What `body` returns; where the process of a plugin ends instead of answering, this one ends in the same
// way. For contained processes (plugin/isolated.hpp), whose end is then the plugin's.
std::string ending_like_it(const std::function<std::string()>& body);

}  // namespace offload
