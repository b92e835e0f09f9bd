// A reward in a process of its own, spoken to over shared memory (layout.hpp). What it answers is copied
// before it is checked.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "plugin/any_agent.hpp"
#include "remote/remote_process.hpp"

namespace offload {

class RemoteReward final : public AnyReward {
 public:
  // As for RewardInstance, in a fresh process; `library` may be a reward in Python, "FILE.py:NAME". Of the
  // settings, `rows` says nothing: more outcomes than a message holds are scored in several. Throws
  // AgentEnded, here and in all calls; NotAnAgent.
  RemoteReward(const std::filesystem::path& library, const Parameters& parameters,
               const offload_environment& environment, const RemoteSettings& settings = {});

  const PluginInfo& info() const override { return process_.info(); }
  const ResolvedParameters& resolved() const override { return process_.created().parameters; }
  bool portable_bits() const override { return process_.created().portable_bits; }
  const std::map<std::string, std::string>& facts() const override { return process_.created().facts; }
  // A copy of this process made by fork may ask as well, while the one that made this waits for the copy.
  void score(const offload_outcomes& outcomes, double* reward) override;
  // Waits for the end of its process as well.
  void end() override { process_.end(); }

  // What holds its process (process/sandbox.hpp).
  std::uint64_t held() const { return process_.held(); }

 private:
  void score_some(const offload_outcomes& outcomes, std::int32_t from, std::int32_t n, double* reward);

  RemoteProcess process_;
};

}  // namespace offload
