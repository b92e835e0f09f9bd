// `offload-bench serve`: a trained policy in front of a local and a cloud model.
#include "gateway/serve.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/terminal.hpp"
#include "cli/verbs.hpp"

namespace offload::cli {
namespace {

struct ServeOptions {
  std::string file;
  std::vector<std::string> plugin_folders;
};

int serve_until_signal(const ServeOptions& options) {
  const ServeSettings settings = read_serve_settings(options.file);
  const PluginSearch search({options.plugin_folders.begin(), options.plugin_folders.end()});
  const int signal = serve(settings, search, [](const std::string& line) { tell("{}\n", line); });
  return 128 + signal;
}

}  // namespace

void add_serve(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ServeOptions>();
  CLI::App* verb = app.add_subcommand("serve", "Serve a trained policy as an OpenAI-compatible gateway");
  verb->add_option("FILE", options->file, "Settings (TOML)")->required();
  verb->add_option("--plugin-dir", options->plugin_folders, "Folder of plugins, searched first; repeatable")
      ->allow_extra_args(false);
  verb->footer(
      "Answers POST /v1/chat/completions, GET /v1/models, /health, /ready and /metrics. Every turn is "
      "decided\n"
      "by the row that the file names, within the session's budgets, and journalled; verify and replay read "
      "the\n"
      "journal. A first SIGINT (Ctrl-C) or SIGTERM lets turns that are under way end, a second ends at "
      "once;\n"
      "both close the journal and show its head. Exit status 130 or 143.\n"
      "Example: offload-bench serve benchmarks/gateway/serve.toml");
  verb->callback([options, &action] { action = [options] { return serve_until_signal(*options); }; });
}

}  // namespace offload::cli
