// The process of a plugin and how it is asked (layout.hpp), whatever the plugin is. It is not trusted: what
// it answers is copied before it is checked.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "plugin/host_world.hpp"
#include "process/fresh_process.hpp"
#include "process/one_processor.hpp"
#include "remote/channel.hpp"
#include "remote/creation.hpp"

namespace offload {

struct RemoteSettings {
  // The most rows of a step; more are refused.
  int rows = 64;
  // What the process is: a program with arguments (its path first) that speaks the transport, such as an
  // interpreter; empty: the one that loads plugins in C++. `readable`: what it may read beside the system's
  // libraries, the agent's own file and the libraries beside that; folders with all in them.
  std::vector<std::string> program = {};
  std::vector<std::filesystem::path> readable = {};
  // Of a plugin in Python, which has that program: the interpreter (python_program.hpp); empty: the default.
  std::string python = {};
  // Beyond what the process holds when it begins; 0: no limit of its own. Where it is refused more, calls
  // throw std::bad_alloc or Error, and memory_was_refused() is true (process/memory_limit.hpp).
  std::int64_t memory_mb = 0;
  // How long one answer may take before a call throws Error(plugin); 0: as long as it likes. A plugin that
  // was late is of no more use.
  std::chrono::milliseconds answer_limit{0};
  // Whether this thread and the process are to share a processor (process/one_processor.hpp): for two that do
  // little else than to take turns.
  bool one_processor = false;
  // Where the process is born: for one who begins many of one plugin; null: it is a new program.
  Nursery* nursery = nullptr;
  // What it can ask of its world; none: what the environment alone says.
  std::optional<HostWorld> world = {};
};

// The process ended instead of answering. Not an Error: how it ended is the reason, and whoever runs the
// trial ends likewise.
class AgentEnded : public std::runtime_error {
 public:
  AgentEnded(const std::string& owner, int status);
  int status() const { return status_; }  // as wait has it

 private:
  int status_;
};

// What was named is no agent, or no reward: no library of this ABI, or of the other kind. What a plugin
// itself says is an Error of the base class.
class NotAnAgent : public Error {
 public:
  using Error::Error;
};

class RemoteProcess {
 public:
  // Starts it and waits until it is shut in. `sizes` without actions, observation, budgets and features,
  // which are those of the environment and its world. Throws Error(io, config), AgentEnded. `kept`: apart
  // where copies are made of this process meanwhile.
  RemoteProcess(const std::filesystem::path& library, const offload_environment& environment,
                const RemoteSettings& settings, TransportSizes sizes,
                FreshProcess::Kept kept = FreshProcess::Kept::as_child);

  // Makes the plugin. Throws what went wrong as call does, and NotAnAgent. From now on failures name it.
  const CreatedAgent& create(const std::filesystem::path& library, const Parameters& parameters,
                             const offload_environment& environment, const RemoteSettings& settings,
                             const std::string& kind);
  // What a library in C++ says of itself: with an instance, what it asks for as well. Throws likewise.
  PluginInfo described(const std::filesystem::path& library, const offload_environment& environment,
                       bool instance);
  const CreatedAgent& created() const { return created_; }
  const PluginInfo& info() const { return info_; }

  // One round trip, in pieces where a message needs them; what it answered as a message. Throws what it
  // answered as a failure: Error, NotAnAgent or std::bad_alloc; and AgentEnded. A copy of this process made
  // by fork may ask as well, while the one that started it waits for the copy.
  std::string call(Operation operation, std::string_view message = {});
  // Throws Error(plugin) in its name.
  [[noreturn]] void broken(const char* fact) const;
  // Destroys what the plugin made and waits for the end of the process.
  void end();

  // Numbers of the memory that both share, which the other end may change at any moment, read once.
  template <typename Value>
  static Value copied(const Value& shared) {
    return *static_cast<const volatile Value*>(&shared);
  }
  TransportHeader& header() const { return channel_.header(); }
  const TransportHeader& layout() const { return layout_; }
  template <typename Value>
  Value* at(std::uint64_t offset) const {
    return channel_.at<Value>(offset);
  }
  // Copies `rows` rows of `width` numbers to where the child finds them.
  template <typename Value>
  void put(std::uint64_t place, const Value* values, std::int32_t rows, std::int32_t width = 1) const {
    const std::size_t count = static_cast<std::size_t>(rows) * static_cast<std::size_t>(width);
    if (count > 0) std::copy_n(values, count, at<Value>(place));
  }

  const std::string& owner() const { return owner_; }
  void limit_answers(std::chrono::milliseconds limit) { answer_limit_ = limit; }
  std::uint64_t held() const { return held_; }  // process/sandbox.hpp

 private:
  RemoteProcess(const std::filesystem::path& library, const RemoteSettings& settings,
                const TransportSizes& sizes, FreshProcess::Kept kept);
  Status exchange(Operation operation, std::string_view message, std::string* answer = nullptr);
  void wait_for(std::uint32_t last, std::uint32_t asked);
  void look_after();
  [[noreturn]] void throw_of_memory(const std::string& sentence);

  Channel channel_;
  const TransportHeader layout_;
  std::string owner_;
  std::chrono::milliseconds answer_limit_;
  FreshProcess process_;
  std::optional<OneProcessor> one_processor_;
  bool sharing_ = false;  // in the turn at hand
  int turns_ = 0;         // since it was last looked after
  Patience patience_;
  CreatedAgent created_;
  PluginInfo info_;
  std::uint64_t held_ = 0;
  std::int64_t shared_most_kb_ = 0;  // 0: no limit
};

// The command, whose hidden verb `agent-child` serves: this program where it is the command, else the one
// beside it, or that use_command named (process/installation.hpp).
std::filesystem::path command_program();

}  // namespace offload
