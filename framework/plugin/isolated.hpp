// Runs foreign code in a child process, so that a plugin that crashes, hangs, exits or prints cannot harm the
// command: it becomes one sentence. The caller must be single-threaded.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "process/contained_process.hpp"

namespace offload {

struct IsolationLimits {
  double timeout_s = 10;                            // then the child and all that it started is killed
  std::size_t result_bytes = std::size_t{1} << 24;  // longer results are refused
  std::size_t output_bytes = 2000;                  // kept of what the child prints, the last ones
  std::int64_t memory_mb = 0;                       // beyond what this process holds; 0: no limit
  std::string memory_fix = {};                      // how to raise that limit, in words
};

// A child that runs `body`, which returns a string. Several may run at once.
class IsolatedCall {
 public:
  IsolatedCall(std::string subject, const std::function<std::string()>& body,
               const IsolationLimits& limits = {});

  const std::string& subject() const { return subject_; }
  // Adds what to wait for; returns the seconds left.
  double add_to(std::vector<pollfd>& waits) const;
  // Takes in what came, without waiting, and enforces the limits; whether the child has ended.
  bool finished();
  // Once finished. The body's string. An exception of the body is thrown here again: an Error with its kind
  // and text, any other as Error(plugin). A child that ended in another way (signal, exit, limit) throws
  // Error(plugin, "<subject>: <what happened>; its last output: ...").
  std::string result() const;
  // What result() threw, with the subject.
  std::string sentence_of(const Error& error) const;
  // The last that the child printed.
  const std::string& output() const { return process_.output(); }
  // Once finished: whether the child ended as if all were well, but said nothing.
  bool silent() const { return ended_well() && frame_.empty(); }

 private:
  double left_s() const;
  bool ended_well() const { return !timed_out_ && !too_long_ && end_ && end_->exit_code == 0; }
  std::string what_happened() const;

  std::string subject_;
  IsolationLimits limits_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  ContainedProcess process_;
  std::string frame_;
  std::optional<ProcessEnd> end_;
  bool timed_out_ = false, too_long_ = false;
};

void wait_for(IsolatedCall& call);

// Runs `body` in a child, waits for it and returns its string; throws as IsolatedCall::result.
std::string run_isolated(const std::string& subject, const std::function<std::string()>& body,
                         const IsolationLimits& limits = {});

}  // namespace offload
