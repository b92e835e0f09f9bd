// `offload-bench submit`: a results folder as a bundle for a leaderboard.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/verbs.hpp"
#include "leaderboard/bundle/bundle.hpp"

namespace offload::cli {
namespace {

struct SubmitOptions {
  std::string folder, out;
  std::vector<std::string> sources, plugin_folders;
  BundleSettings settings;
};

int submit(SubmitOptions options) {
  options.settings.sources.assign(options.sources.begin(), options.sources.end());
  const std::filesystem::path out =
      options.out.empty() ? std::filesystem::path(options.folder).lexically_normal().string() + ".tar.zst"
                          : options.out;
  const PluginSearch search({options.plugin_folders.begin(), options.plugin_folders.end()});
  const BundleManifest manifest = pack_bundle(options.folder, options.settings, search, out);
  fmt::print("{}: {} files of task {}, by {}\n", out.string(), manifest.files.size(), manifest.task,
             manifest.entrant);
  if (manifest.sources.empty() && manifest.plugins.empty())
    fmt::print(
        "no source and no library goes along: a board runs what it has installed, or replays the "
        "decisions\n");
  return 0;
}

}  // namespace

void add_submit(CLI::App& app, Action& action) {
  const auto options = std::make_shared<SubmitOptions>();
  CLI::App* verb = app.add_subcommand("submit", "Pack a results folder for a leaderboard");
  verb->add_option("DIR", options->folder, "Results folder of `run`, with all its trials")->required();
  verb->add_option("--as", options->settings.entrant, "Who submits it")->required();
  verb->add_option("--out", options->out, "The bundle [DIR.tar.zst]");
  verb->add_option("--source", options->sources,
                   "A plugin's project (as `plugin new` makes it), called as its plugin; repeatable")
      ->allow_extra_args(false);
  verb->add_option("--note", options->settings.note, "Words to appear with the entry");
  verb->add_option("--plugin-dir", options->plugin_folders, "Folder of plugins, searched first; repeatable")
      ->allow_extra_args(false);
  verb->footer("Example: offload-bench submit results/synth-true-v2 --as \"A. Person\" --source my-agent");
  verb->callback([options, &action] { action = [options] { return submit(*options); }; });
}

}  // namespace offload::cli
