// `offload-bench submit`: a results folder as a bundle for a leaderboard.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <set>

#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "core/counted.hpp"
#include "core/error.hpp"
#include "leaderboard/bundle/bundle.hpp"

namespace offload::cli {
namespace {

struct SubmitOptions {
  std::string folder, out;
  std::vector<std::string> sources, plugin_folders;
  BundleSettings settings;
};

// Plugins that the suite names by their files lie in the results: where, below them.
std::set<std::string> plugins_in_results(const BundleManifest& manifest) {
  constexpr std::string_view kResults = "results/", kInputs = "results/inputs/";
  std::set<std::string> places;
  for (const auto& [path, unused] : manifest.files) {
    if (!path.starts_with(kInputs) || !(path.ends_with(".py") || path.ends_with(".so"))) continue;
    const std::size_t end = path.find('/', kInputs.size());
    places.insert(path.substr(kResults.size(), end == std::string::npos ? end : end - kResults.size()));
  }
  return places;
}

void tell_what_goes_along(const BundleManifest& manifest) {
  const auto names = [](const std::vector<std::string>& ids) {
    return printable(fmt::format("{}", fmt::join(ids, ", ")), 400);
  };
  if (!manifest.sources.empty())
    put("the source of {} goes along: a board builds and runs it\n", names(manifest.sources));
  if (!manifest.plugins.empty())
    put("the library of {} goes along: a board runs it\n", names(manifest.plugins));
  const std::set<std::string> places = plugins_in_results(manifest);
  if (!places.empty()) {
    put("plugins in {} of the results go along, and a board runs them{}\n",
        printable(fmt::format("{}", fmt::join(places, ", ")), 400),
        manifest.sources.empty() && manifest.plugins.empty()
            ? "; rows of other plugins run as it has these installed, or their decisions are replayed"
            : "");
  } else if (manifest.sources.empty() && manifest.plugins.empty()) {
    put("no source and no library goes along: a board runs what it has installed, or replays the "
        "decisions\n");
  }
}

int submit(SubmitOptions options) {
  options.settings.sources.assign(options.sources.begin(), options.sources.end());
  const std::filesystem::path out =
      options.out.empty() ? std::filesystem::path(options.folder).lexically_normal().string() + ".tar.zst"
                          : options.out;
  const PluginSearch search({options.plugin_folders.begin(), options.plugin_folders.end()});
  const BundleManifest manifest = pack_bundle(options.folder, options.settings, search, out);
  put("{}: {} of task {}, by {}\n", out.string(), counted(manifest.files.size(), "file"), manifest.task,
      manifest.entrant);
  tell_what_goes_along(manifest);
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
                   "A C++ plugin's project (as `plugin new` makes it), called as its plugin; one in Python "
                   "needs none; repeatable")
      ->allow_extra_args(false);
  verb->add_option("--note", options->settings.note, "Words to appear with the entry");
  verb->add_option("--plugin-dir", options->plugin_folders, "Folder of plugins, searched first; repeatable")
      ->allow_extra_args(false);
  verb->footer(
      "A plugin in Python, or a library that the suite names by its file, goes along by itself: it lies in\n"
      "DIR/inputs.\nExample: offload-bench submit results/synth-true-v2 --as \"A. Person\" --source "
      "my-agent");
  verb->callback([options, &action] { action = [options] { return submit(*options); }; });
}

}  // namespace offload::cli
