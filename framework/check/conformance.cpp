#include "check/conformance.hpp"

#include <chrono>
#include <thread>

#include "check/checks.hpp"
#include "core/error.hpp"
#include "plugin/isolated.hpp"
#include "remote/placed.hpp"

namespace offload {
namespace {

// What is drawn from the clock is mostly drawn from its seconds.
void wait_for_the_next_second() {
  using std::chrono::floor, std::chrono::seconds, std::chrono::system_clock;
  const auto now = system_clock::now();
  std::this_thread::sleep_for(floor<seconds>(now) + seconds(1) - now);
}

std::string run_check(const PluginCheck& check, const PluggedIn& plugin, const IsolationLimits& limits) {
  const std::string subject = plugin.library.filename().string();
  const std::string value = run_isolated(
      subject, [&] { return ending_like_it([&] { return check.body(plugin); }); }, limits);
  if (!check.trace) return value;
  const auto trace = [&] { return ending_like_it([&] { return check.trace(plugin); }); };
  const std::string first = run_isolated(subject, trace, limits);
  wait_for_the_next_second();
  require(run_isolated(subject, trace, limits) == first,
          "the same in another process gives something else; use what the host hands over, no clock and no "
          "random numbers of its own");
  return value;
}

}  // namespace

std::vector<CheckResult> check_plugin(const PluggedIn& plugin, double timeout_s,
                                      const std::function<void(const CheckResult&)>& report) {
  IsolationLimits limits;
  limits.timeout_s = timeout_s;
  std::vector<CheckResult> results;
  const auto run = [&](const PluginCheck& check) {
    CheckResult result{check.name, CheckOutcome::passed, {}, {}};
    limits.printed = &result.output;
    std::string value;
    try {
      value = run_check(check, plugin, limits);
      if (value == kNotApplicable) result.outcome = CheckOutcome::not_applicable;
    } catch (const Error& error) {
      result.outcome = CheckOutcome::failed;
      result.reason = error.what();
    }
    report(result);
    results.push_back(result);
    return value;
  };
  const std::string description = run({"loads and describes itself", [](const PluggedIn& it) {
                                         const SampleEnvironment environment;
                                         return to_json(describe_placed(it.library, environment.raw()));
                                       }});
  if (results.front().outcome != CheckOutcome::passed) return results;
  const bool agent = plugin_info_from_json(description).kind == PluginKind::agent;
  for (const PluginCheck& check : agent ? agent_checks() : reward_checks()) {
    run(check);
    // The others create it again and again.
    if (std::string_view(check.name) == kCreatedInTime && results.back().outcome == CheckOutcome::failed)
      break;
  }
  return results;
}

}  // namespace offload
