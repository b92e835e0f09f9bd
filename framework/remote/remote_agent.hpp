// An agent in a process of its own, spoken to over shared memory (layout.hpp). The process is not trusted:
// whatever it answers is copied before it is checked.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plugin/any_agent.hpp"
#include "remote/remote_process.hpp"

namespace offload {

class RemoteAgent final : public AnyAgent {
 public:
  // As for AgentInstance, in a fresh process; `library` may be an agent in Python, "FILE.py:NAME". The arrays
  // that `environment` points at are copied. Throws AgentEnded, here and in all calls; NotAnAgent.
  RemoteAgent(const std::filesystem::path& library, const Parameters& parameters,
              const offload_environment& environment, const RemoteSettings& settings);
  ~RemoteAgent() override;  // ends the process, whatever the agent does

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

  // Another answer_limit from now on.
  void limit_answers(std::chrono::milliseconds limit);

  // Waits for the end of its process as well.
  void end() override;

  // What holds its process (process/sandbox.hpp).
  std::uint64_t held() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace offload
