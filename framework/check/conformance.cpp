#include "check/conformance.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "check/checks.hpp"
#include "core/error.hpp"
#include "plugin/isolated.hpp"
#include "remote/placed.hpp"

namespace offload {
namespace {

constexpr char kPassed = 'p', kDoesNotApply = 'n', kAgain = '?';

// What is drawn from the clock is mostly drawn from its seconds.
void wait_for_the_next_second() {
  using std::chrono::floor, std::chrono::seconds, std::chrono::system_clock;
  const auto now = system_clock::now();
  std::this_thread::sleep_for(floor<seconds>(now) + seconds(1) - now);
}

// What `apart` makes of each of its parts, which are to begin in processes of their own. The second trace is
// of a process that no nursery began: all of one nursery have everything at the same addresses.
template <typename Apart>
std::string value_of(const PluginCheck& check, const PluggedIn& plugin, const Apart& apart) {
  const std::string value = apart([&] { return check.body(plugin); });
  if (!check.trace) return value;
  const std::string first = apart([&] { return check.trace(plugin); });
  wait_for_the_next_second();
  PluggedIn started = plugin;
  started.nursery = nullptr;
  require(apart([&] { return check.trace(started); }) == first,
          "the same in another process gives something else; use what the host hands over, no clock and no "
          "random numbers of its own");
  return value;
}

std::string run_check(const PluginCheck& check, const PluggedIn& plugin, const IsolationLimits& limits) {
  return value_of(check, plugin, [&](const std::function<std::string()>& part) {
    return run_isolated(
        plugin.library.filename().string(), [&] { return ending_like_it(part); }, limits);
  });
}

// What each check says of a plugin in Python whose processes one process begins, out of one nursery; kAgain
// of what goes wrong or prints something, which is to be heard of when it is tried by itself.
std::string tried_together(const std::vector<PluginCheck>& checks, const PluggedIn& plugin, double limit_s) {
  using Clock = std::chrono::steady_clock;
  const auto enough = Clock::now() + std::chrono::duration<double>(limit_s / 2);
  const int printed = memfd_create("offload-printed", MFD_CLOEXEC);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) dup2(printed, stream);
  std::string letters;
  // Who prints or fails everywhere is not tried twice everywhere.
  for (const PluginCheck& check : checks) {
    if (Clock::now() > enough || std::ranges::count(letters, kAgain) == 2) break;
    const off_t before = lseek(printed, 0, SEEK_CUR);
    char letter = kAgain;
    try {
      const std::string value = value_of(check, plugin, [](const auto& part) { return part(); });
      letter = value == kNotApplicable ? kDoesNotApply : kPassed;
    } catch (const std::exception&) {
    }
    letters += lseek(printed, 0, SEEK_CUR) == before ? letter : kAgain;
    if (letter == kAgain && check.name == std::string_view(kCreatedInTime)) break;
  }
  return letters;
}

class Conformance {
 public:
  Conformance(const PluggedIn& plugin, double timeout_s,
              const std::function<void(const CheckResult&)>& report)
      : plugin_(plugin), report_(report) {
    limits_.timeout_s = timeout_s;
    if (python_agent(plugin.library.native())) plugin_.nursery = std::make_shared<Nursery>();
  }

  std::string run(const PluginCheck& check) {
    CheckResult result{check.name, CheckOutcome::passed, {}, {}};
    limits_.printed = &result.output;
    std::string value;
    try {
      value = run_check(check, plugin_, limits_);
      if (value == kNotApplicable) result.outcome = CheckOutcome::not_applicable;
    } catch (const Error& error) {
      result.outcome = CheckOutcome::failed;
      result.reason = error.what();
    }
    note(std::move(result));
    return value;
  }

  void run_all(const std::vector<PluginCheck>& checks) {
    std::string letters = plugin_.nursery ? together(checks) : "";
    letters.resize(checks.size(), kAgain);
    for (std::size_t i = 0; i < checks.size(); ++i) {
      if (letters[i] != kAgain) {
        const bool passed = letters[i] == kPassed;
        note({checks[i].name, passed ? CheckOutcome::passed : CheckOutcome::not_applicable, {}, {}});
        continue;
      }
      run(checks[i]);
      // The others create it again and again.
      if (std::string_view(checks[i].name) == kCreatedInTime &&
          results_.back().outcome == CheckOutcome::failed)
        break;
    }
  }

  const std::vector<CheckResult>& results() const { return results_; }

 private:
  std::string together(const std::vector<PluginCheck>& checks) const {
    IsolationLimits limits = limits_;
    limits.printed = nullptr;
    const auto body = [&] { return tried_together(checks, plugin_, limits.timeout_s); };
    try {
      return run_isolated(
          plugin_.library.filename().string(), [&] { return ending_like_it(body); }, limits);
    } catch (const Error&) {
      return "";
    }
  }
  void note(CheckResult result) {
    report_(result);
    results_.push_back(std::move(result));
  }

  PluggedIn plugin_;
  const std::function<void(const CheckResult&)>& report_;
  IsolationLimits limits_;
  std::vector<CheckResult> results_;
};

}  // namespace

std::vector<CheckResult> check_plugin(const PluggedIn& plugin, double timeout_s,
                                      const std::function<void(const CheckResult&)>& report) {
  Conformance conformance(plugin, timeout_s, report);
  const std::string description =
      conformance.run({"loads and describes itself", [](const PluggedIn& it) {
                         const SampleEnvironment environment;
                         return to_json(describe_placed(it.library, environment.raw()));
                       }});
  if (conformance.results().front().outcome == CheckOutcome::passed) {
    const bool agent = plugin_info_from_json(description).kind == PluginKind::agent;
    conformance.run_all(agent ? agent_checks() : reward_checks());
  }
  return conformance.results();
}

}  // namespace offload
