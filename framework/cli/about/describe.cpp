// `offload-bench describe PLUGIN`: what a plugin does, its parameters and what it can do.
#include <fmt/core.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "plugin/isolated.hpp"
#include "plugin/sample_environment.hpp"
#include "plugin/search.hpp"
#include "remote/placed.hpp"
#include "report/text/text.hpp"

namespace offload::cli {
namespace {

struct DescribeOptions {
  std::string plugin;
  std::vector<std::string> folders;
  bool json = false;
};

void print_text(const PluginInfo& info) {
  const int width = table_width();
  const std::string head =
      fmt::format("{} {} {}: {}", to_string(info.kind), info.id, info.version, info.summary);
  fmt::print("{}\n", text::wrapped(head, width - 2, "  "));
  put("  path          {}\n  sha256        {}\n", printable(info.path.string(), 400), info.sha256);
  std::vector<std::string> capabilities = info.capabilities;
  const bool agent = info.kind == PluginKind::agent;
  if (agent && std::ranges::count(capabilities, "trained") == 0) {
    capabilities.insert(capabilities.begin(), "not trained");
  }
  if (!capabilities.empty()) put("  capabilities  {}\n", fmt::join(capabilities, ", "));
  if (agent) fmt::print("  slots         {}\n", info.training_slots);
  fmt::print("{}\n", info.parameters.empty() ? "No parameters." : "Parameters:");
  for (const ParameterInfo& parameter : info.parameters) {
    const std::string range = range_text(parameter);
    const std::string value =
        fmt::format("{} = {}  ({}{}{})", printable(parameter.key), to_text(parameter.fallback),
                    parameter.type, range.empty() ? "" : ", ", printable(range));
    fmt::print("  {}\n      {}\n", text::wrapped(value, width - 6, "    "),
               text::wrapped(printable(parameter.help, 1000), width - 6, "      "));
  }
}

int describe(const DescribeOptions& options) {
  const auto library = PluginSearch({options.folders.begin(), options.folders.end()}).find(options.plugin);
  const std::string text = run_isolated(library.string(), [&] {
    const SampleEnvironment environment;
    return ending_like_it([&] { return to_json(describe_placed(library, environment.raw())); });
  });
  const PluginInfo info = plugin_info_from_json(text);
  if (options.json) {
    fmt::print("{}\n", text);
  } else {
    print_text(info);
  }
  return 0;
}

}  // namespace

void add_describe(CLI::App& app, Action& action) {
  const auto options = std::make_shared<DescribeOptions>();
  CLI::App* verb = app.add_subcommand("describe", "Show a plugin's parameters and what it can do");
  verb->add_option("PLUGIN", options->plugin, "Its id, the path of its .so, or FILE.py:NAME")->required();
  verb->add_option("--plugin-dir", options->folders, "A folder to search first; may be repeated")
      ->allow_extra_args(false);
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer("Example: offload-bench describe epsilon-greedy");
  verb->callback([options, &action] { action = [options] { return describe(*options); }; });
}

}  // namespace offload::cli
