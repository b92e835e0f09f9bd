// `offload-bench verify`: whether every stored figure follows from the stored decisions.
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "report/report.hpp"
#include "report/verify_report.hpp"
#include "verify/verify.hpp"

namespace offload::cli {
namespace {

struct Options {
  std::vector<std::string> folders, plugin_folders;
  VerifySettings settings;
  bool json = false;
};

constexpr std::size_t kShown = 20;  // of what does not agree, per folder

void show_progress(const std::string& folder, std::size_t done, std::size_t of) {
  if (isatty(STDERR_FILENO) == 0) return;
  tell("\r\x1b[2K");
  if (done < of) tell("{}: verifying split {} of {}", printable(folder, 60), done + 1, of);
}

struct Outcome {
  std::string folder;
  Verification verification;
};

std::vector<Outcome> verify_all(const Options& options) {
  const PluginSearch search({options.plugin_folders.begin(), options.plugin_folders.end()});
  std::vector<Outcome> outcomes;
  for (const std::string& folder : options.folders) {
    const auto progress = [&](std::size_t done, std::size_t of) { show_progress(folder, done, of); };
    outcomes.push_back({folder, verify_results(folder, options.settings, search, progress)});
  }
  const std::vector<std::filesystem::path> folders(options.folders.begin(), options.folders.end());
  verify_report(folders.front(), report_of(folders), outcomes.front().verification.wrong);
  return outcomes;
}

std::string text_of(const Disagreement& d) {
  return fmt::format("{}{}{}: {} stored, {} recomputed", printable(d.file, 200), d.place.empty() ? "" : ": ",
                     printable(d.place, 200), d.stored, d.recomputed);
}

void print_text(const Outcome& outcome) {
  const Verification& v = outcome.verification;
  for (std::size_t i = 0; i < std::min(kShown, v.wrong.size()); ++i) fmt::print("{}\n", text_of(v.wrong[i]));
  if (v.wrong.size() > kShown) fmt::print("... {} more; --json names them\n", v.wrong.size() - kShown);
  fmt::print(
      "{}: {} trials replayed ({} episodes), {} of them run again; exact policies of {} splits recomputed: ",
      printable(outcome.folder, 200), v.trials, v.episodes, v.rerun, v.references);
  if (v.wrong.empty())
    fmt::print("everything agrees\n");
  else
    fmt::print("{} figure{} not agree\n", v.wrong.size(), v.wrong.size() == 1 ? " does" : "s do");
  for (const std::string& note : v.notes) fmt::print("  note: {}\n", note);
}

void print_json(const std::vector<Outcome>& outcomes) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Outcome& outcome : outcomes) {
    const Verification& v = outcome.verification;
    nlohmann::ordered_json wrong = nlohmann::ordered_json::array();
    for (const Disagreement& d : v.wrong) {
      wrong.push_back(
          {{"file", d.file}, {"place", d.place}, {"stored", d.stored}, {"recomputed", d.recomputed}});
    }
    list.push_back({{"folder", outcome.folder},
                    {"trials", v.trials},
                    {"run_again", v.rerun},
                    {"episodes", v.episodes},
                    {"references", v.references},
                    {"notes", v.notes},
                    {"wrong", wrong}});
  }
  fmt::print("{}\n", list.dump(1, ' ', false, nlohmann::json::error_handler_t::replace));
}

int verify(const Options& options) {
  const std::vector<Outcome> outcomes = verify_all(options);
  if (options.json) print_json(outcomes);
  bool clean = true;
  for (const Outcome& outcome : outcomes) {
    if (!options.json) print_text(outcome);
    clean = clean && outcome.verification.wrong.empty();
  }
  return clean ? 0 : 1;
}

}  // namespace

void add_verify(CLI::App& app, Action& action) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("verify", "Recompute every figure of a results folder from its decisions");
  verb->add_option("DIR", options->folders, "Results folders; the report of several is in the first")
      ->required();
  verb->add_option("--dataset", options->settings.dataset,
                   "Data set, where it is not the one suite.json names");
  verb->add_option("--plugin-dir", options->plugin_folders, "Folder of plugins, searched first; repeatable")
      ->allow_extra_args(false);
  verb->add_flag("--train", options->settings.train, "Train what learned again, and compare that too");
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer(
      "Replays the decisions of every trial, runs rows that follow a rule again, recomputes the exact\n"
      "policies and compares the report's files with what comes out. Exit status 1 when a\n"
      "figure does not agree.\n"
      "Example: offload-bench verify results/main-synthetic");
  verb->callback([options, &action] { action = [options] { return verify(*options); }; });
}

}  // namespace offload::cli
