// An agent in a process of its own, spoken to over shared memory (layout.hpp). The process is not trusted:
// whatever it answers is copied before it is checked.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "plugin/any_agent.hpp"

namespace offload {

struct RemoteSettings {
  // The most rows of a step; more are refused.
  int rows = 64;
  // What the process is: a program with arguments (its path first) that speaks the transport, such as an
  // interpreter; empty: the one that loads plugins in C++. `readable`: what it may read beside the system's
  // libraries, the agent's own file and the libraries beside that; folders with all in them.
  std::vector<std::string> program = {};
  std::vector<std::filesystem::path> readable = {};
  // Of an agent in Python, which has that program: the interpreter (python_program.hpp); empty: the default.
  std::string python = {};
  // Beyond what the process holds when it begins; 0: no limit of its own. Where it is refused more, calls
  // throw std::bad_alloc or Error, and memory_was_refused() is true (process/memory_limit.hpp).
  std::int64_t memory_mb = 0;
  // How long one answer may take before a call throws Error(plugin); 0: as long as it likes. An agent that
  // was late is of no more use.
  std::chrono::milliseconds answer_limit{0};
};

// The agent's process ended instead of answering. Not an Error: how it ended is the reason, and whoever runs
// the trial ends likewise.
class AgentEnded : public std::runtime_error {
 public:
  AgentEnded(const std::string& owner, int status);
  int status() const { return status_; }  // as wait has it

 private:
  int status_;
};

// What was named is no agent: no library of this ABI, or a reward. What an agent itself says is an Error of
// the base class.
class NotAnAgent : public Error {
 public:
  using Error::Error;
};

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
  // The transport carries no features of queries.
  int query_features() const override { return 0; }

  void act(const offload_view& view, std::int32_t mode, std::int32_t* action,
           const ViewFeatures* features = nullptr) override;
  void observe(const offload_transition& step, const ViewFeatures* features = nullptr) override;
  std::int64_t update() override;
  Learned learn(const offload_transition& step, const offload_view* next, std::int32_t* action,
                const ViewFeatures* features = nullptr) override;

  bool has_checkpoint() const override;
  std::string save_checkpoint() override;
  void load_checkpoint(std::string_view bytes) override;

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

// The command, whose hidden verb `agent-child` serves: this program where it is the command, else the one
// beside it.
std::filesystem::path command_program();

}  // namespace offload
