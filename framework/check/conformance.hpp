// The conformance suite of `offload-bench check`: what every plugin promises by abi.h, tried out one check at
// a time, each in a child process with a time limit. All checks of a plugin in Python, which has processes of
// its own anyway, are tried in one such child first; those that did not pass there, or printed something, by
// themselves.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "remote/placed.hpp"

namespace offload {

enum class CheckOutcome { passed, failed, not_applicable };

struct CheckResult {
  std::string name;
  CheckOutcome outcome = CheckOutcome::passed;
  std::string reason;       // when failed: one sentence
  std::string output = {};  // what the plugin printed, bounded
};

// Runs every check that fits the plugin's kind and tells `report` of each as it ends. The first one is
// whether it loads at all; when that fails, it is the only one. An isolated plugin is seen from outside
// alone: its process is not copied, and its clocks are not moved.
std::vector<CheckResult> check_plugin(const PluggedIn& plugin, double timeout_s,
                                      const std::function<void(const CheckResult&)>& report);

}  // namespace offload
