// `offload-bench replay`: given actions through the environment, compared with reference values.
#include "verify/replay.hpp"
#include "core/counted.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/journal.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "data/dataset.hpp"
#include "plugin/isolated.hpp"
#include "plugin/search.hpp"

namespace offload::cli {
namespace {

struct ReplayOptions {
  std::string file, dataset, serve;
  ReplaySettings settings;
  std::vector<std::string> plugin_folders;
  bool json = false;
};

std::string dataset_of(const ReplayOptions& options, const ReplayFile& file) {
  if (!options.dataset.empty()) return options.dataset;
  const auto beside = std::filesystem::path(options.file).parent_path() / file.dataset;
  if (!file.dataset.empty() && std::filesystem::exists(beside)) return beside.string();
  fail(ErrorKind::config, "{}: needs its data set{}; give --dataset FILE", file.name,
       file.dataset.empty() ? "" : " " + printable(file.dataset));
}

void print_comparison(const nlohmann::json& comparison, std::size_t steps) {
  put("{} replayed, {} compared, {}\n", counted(steps, "step"),
      comparison["steps_compared"].get<std::int64_t>(),
      counted(comparison["mismatches"].get<std::int64_t>(), "mismatch"));
  for (const auto& [what, difference] : comparison["largest_difference"].items()) {
    put("  {:<24} largest difference {:.3g}\n", what, difference.get<double>());
  }
  for (const auto& mismatch : comparison["first_mismatches"]) {
    put("  mismatch at {}\n", mismatch.get<std::string>());
  }
}

int run(const ReplayOptions& options) {
  if (!options.serve.empty())
    return replay_journal({options.file, options.serve, {}, 0, options.plugin_folders, options.json});
  const ReplayFile file = read_replay(options.file);
  const EpisodeTable data = build_dataset(dataset_of(options, file), 0, {});
  const auto reward =
      PluginSearch({options.plugin_folders.begin(), options.plugin_folders.end()}).find("tmo-weighted");
  IsolationLimits limits;
  limits.timeout_s = 600;
  limits.result_bytes = std::size_t{1} << 30;
  const std::string text = run_isolated(
      options.file, [&] { return to_json(file, replay(file, data, options.settings, reward)); }, limits);
  const auto json = nlohmann::json::parse(text);
  if (options.json) {
    fmt::print("{}\n", text);
  } else {
    print_comparison(json["comparison"], json["steps"].size() + json["training"].size());
  }
  return json["comparison"]["mismatches"] == 0 ? 0 : 1;
}

}  // namespace

void add_replay(CLI::App& app, Action& action) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* verb =
      app.add_subcommand("replay", "Replays action sequences and compares with reference values");
  verb->add_option("file", options->file, "Replay file (JSON), or a gateway's journal")->required();
  verb->add_option("--dataset", options->dataset, "Data set [the one the file names, beside it]");
  verb->add_option("--compat", options->settings.compat, "Quirks of the reference to turn on")
      ->check(CLI::IsMember({"none", "tmo-journal", "tmo-conference"}))
      ->capture_default_str();
  verb->add_option("--model", options->settings.model, "Response model")
      ->check(CLI::IsMember({"knn", "table", "hierarchical"}))
      ->capture_default_str();
  verb->add_option("--lens", options->settings.lens, "What the evaluation model is fitted on")
      ->check(CLI::IsMember({"simulator", "held_out"}))
      ->capture_default_str();
  verb->add_option("--plugin-dir", options->plugin_folders, "Folder of plugins, searched first; repeatable");
  verb->add_option(
      "--serve", options->serve,
      "The serve.toml under which the journal was written: its sessions as row \"live\" under the\n"
      "suite's lenses");
  verb->add_flag("--json", options->json, "Print every step as JSON");
  verb->footer(
      "Exit status 1 when a step differs from the file's reference values.\n"
      "Example: offload-bench replay m4a1_journal_tx2_wired.json --dataset M4A1.json --compat tmo-journal");
  verb->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace offload::cli
