// Runs foreign code in a child process, so that a plugin that crashes, hangs, exits or prints cannot harm the
// command: it becomes one sentence. The caller must be single-threaded.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace offload {

struct IsolationLimits {
  double timeout_s = 10;                            // then the child and all that it started is killed
  std::size_t result_bytes = std::size_t{1} << 24;  // longer results are refused
  std::size_t output_bytes = 2000;                  // kept of what the child prints, the last ones
};

// Forks, runs `body` in the child and returns its string. An exception of `body` is thrown here again: an
// Error with its kind and text, any other as Error(plugin). A child that ends in another way (signal, exit,
// time limit) throws Error(plugin, "<subject>: <what happened>; its last output: ...").
std::string run_isolated(const std::string& subject, const std::function<std::string()>& body,
                         const IsolationLimits& limits = {});

}  // namespace offload
