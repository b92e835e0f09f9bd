// `offload-bench check PLUGIN`: tries out what a plugin promises by the ABI.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "check/conformance.hpp"
#include "cli/range.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "plugin/search.hpp"

namespace offload::cli {
namespace {

struct CheckOptions {
  std::string plugin;
  std::vector<std::string> folders;
  double timeout_s = 60;
  bool show_output = false;
  std::string isolation = "none";
};

void print(const CheckResult& result, bool show_output) {
  const char* const words[] = {"ok", "FAILED", "not applicable"};
  put("{:<32} {}\n", result.name, words[static_cast<int>(result.outcome)]);
  if (!result.reason.empty()) put("    {}\n", result.reason);
  if (show_output && !result.output.empty()) {
    put("    it printed:\n");
    std::istringstream lines(result.output);
    for (std::string line; std::getline(lines, line);) fmt::print("      {}\n", printable(line, 400));
  }
  std::fflush(stdout);
}

int check(const CheckOptions& options) {
  const auto library = PluginSearch({options.folders.begin(), options.folders.end()}).find(options.plugin);
  const auto results = check_plugin({library, options.isolation == "process"}, options.timeout_s,
                                    [&](const CheckResult& result) { print(result, options.show_output); });
  const bool failed = std::ranges::count(results, CheckOutcome::failed, &CheckResult::outcome) > 0;
  return failed ? Error(ErrorKind::plugin, "").exit_status() : 0;
}

}  // namespace

void add_check(CLI::App& app, Action& action) {
  const auto options = std::make_shared<CheckOptions>();
  CLI::App* verb = app.add_subcommand("check", "Try out whether a plugin keeps the contract of abi.h");
  verb->add_option("PLUGIN", options->plugin, "Its id, the path of its .so, or FILE.py:NAME")->required();
  verb->add_option("--plugin-dir", options->folders, "A folder to search first; may be repeated")
      ->allow_extra_args(false);
  verb->add_option("--timeout", options->timeout_s, "Seconds for one check")->check(within(.1, 86400));
  verb->add_option("--isolation", options->isolation, "process: it runs in the sandbox of isolated rows")
      ->check(CLI::IsMember({"none", "process"}));
  verb->add_flag("--show-output", options->show_output, "Print what the plugin prints in every check");
  verb->footer("Exit status 4 when a check fails.\nExample: offload-bench check build/my-agent.so");
  verb->callback([options, &action] { action = [options] { return check(*options); }; });
}

}  // namespace offload::cli
