// `offload-bench verify`: whether every stored figure follows from the stored decisions.
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/jobs.hpp"
#include "cli/journal.hpp"
#include "cli/progress.hpp"
#include "cli/range.hpp"
#include "cli/signals.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "core/counted.hpp"
#include "core/error.hpp"
#include "report/report.hpp"
#include "report/text/text.hpp"
#include "report/verify_report.hpp"
#include "verify/foreign_files.hpp"
#include "verify/verify.hpp"

namespace offload::cli {
namespace {

struct Options {
  std::vector<std::string> folders, plugin_folders;
  VerifySettings settings;
  JournalOptions journal;
  bool json = false;
};

constexpr std::size_t kShown = 20;  // of what does not agree, per folder
constexpr int kColumns = 76;        // of a line of what is believed, behind its deepest indentation
constexpr int kBelieved = 6;        // exit status where nothing is wrong but not all was recomputed

class Line final : public VerifyObserver {
 public:
  explicit Line(std::string folder) : folder_(std::move(folder)) {}
  ~Line() override { clear(); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  const SignalState& begins() override { return catch_signals(); }
  void progress(const VerifyProgress& progress) override {
    if (isatty(STDERR_FILENO) == 0 || progress.done == shown_) return;
    clear();
    tell_as_is(fmt::format("{}: verified {} of {}", printable(folder_, 60), progress.done,
                           counted(progress.total, "job")));
    shown_ = progress.done;
  }
  void stopping(const VerifyProgress& progress) override {
    clear();
    tell_stopping(progress.running);
  }

 private:
  void clear() {
    if (shown_) tell_as_is("\r\x1b[2K");
    shown_.reset();
  }

  std::string folder_;
  std::optional<std::size_t> shown_;
};

struct Outcome {
  std::string folder;
  Verification verification;
  bool results = true;  // or a report alone
};

using Folders = std::vector<std::filesystem::path>;

// The results in the given folders, and those that reports there and in these are of, each once; what holds a
// report alone is none of them.
Folders results_of(const Folders& given) {
  Folders all;
  std::vector<std::string> known;
  const auto add = [&](const std::filesystem::path& one) {
    std::string real = std::filesystem::weakly_canonical(one).native();
    if (std::ranges::find(known, real) != known.end()) return;
    known.push_back(std::move(real));
    all.push_back(one);
  };
  for (const std::filesystem::path& folder : given) {
    if (std::filesystem::exists(folder / "suite.json")) add(folder);
    std::ranges::for_each(folders_of_report(folder, given).folders, add);
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    std::ranges::for_each(folders_of_report(std::filesystem::path(all[i]), given).folders, add);
  return all;
}

// Of the folders that it says it is of. An older version's, in the first of several, did not say so.
std::vector<Disagreement> compared_report(const std::filesystem::path& folder, const Folders& all,
                                          bool leads) {
  std::vector<Disagreement> wrong, joint;
  verify_report(folder, report_of(folders_of_report(folder, all)), wrong);
  if (wrong.empty() || !leads || all.size() == 1 || is_joined(folder)) return wrong;
  verify_report(folder, report_of(all), joint);
  return joint.size() < wrong.size() ? joint : wrong;
}

Outcome verify_report_alone(const std::filesystem::path& folder, const Folders& all) {
  Outcome outcome{folder.string(), {}, false};
  verify_report(folder, report_of(folders_of_report(folder, all)), outcome.verification.wrong);
  verify_joined(folder, folders_of_report(folder, all), outcome.verification);
  believe_files_beside_report(folder, outcome.verification);
  return outcome;
}

// Up to the folder at which a signal ended it.
std::vector<Outcome> verify_all(const Options& options) {
  const PluginSearch search({options.plugin_folders.begin(), options.plugin_folders.end()});
  const Folders given(options.folders.begin(), options.folders.end()), all = results_of(given);
  std::vector<Outcome> outcomes;
  for (const std::filesystem::path& folder : all) {
    Line line(folder.string());
    VerifySettings settings = options.settings;
    settings.leads = is_joined(folder) || folder == given.front();
    std::ranges::copy_if(all, std::back_inserter(settings.beside),
                         [&folder](const std::filesystem::path& other) { return other != folder; });
    const bool reported = settings.leads || std::filesystem::exists(folder / "report.json");
    const auto report = [&, leads = settings.leads] { return compared_report(folder, all, leads); };
    outcomes.push_back(
        {folder.string(),
         verify_results(folder, settings, search, reported ? VerifyReport(report) : VerifyReport(), line)});
    release_signals();
    if (signals_so_far().count > 0) return outcomes;
    if (is_joined(folder))
      verify_joined(folder, folders_of_report(folder, all), outcomes.back().verification);
  }
  for (const std::filesystem::path& folder : given) {
    if (is_joined(folder) && !std::filesystem::exists(folder / "suite.json"))
      outcomes.push_back(verify_report_alone(folder, all));
  }
  return outcomes;
}

std::string text_of(const Disagreement& d) {
  return fmt::format("{}{}{}: {} stored, {} recomputed", printable(d.file, 200), d.place.empty() ? "" : ": ",
                     printable(d.place, 200), d.stored, d.recomputed);
}

std::string sentence_of(const Verification& v) {
  if (!v.wrong.empty())
    return fmt::format("{} figure{} not agree", v.wrong.size(), v.wrong.size() == 1 ? " does" : "s do");
  if (!v.complete()) return "what was verified agrees";
  return v.believed.empty() ? "everything agrees" : "nothing is wrong, but not all was recomputed";
}

void print_text(const Outcome& outcome) {
  const Verification& v = outcome.verification;
  for (std::size_t i = 0; i < std::min(kShown, v.wrong.size()); ++i) put("{}\n", text_of(v.wrong[i]));
  if (v.wrong.size() > kShown) put("... {} more; --json names them\n", v.wrong.size() - kShown);
  if (outcome.results) {
    put("{}: {} replayed ({}), {} of them run again;\n", printable(outcome.folder, 200),
        counted(v.trials, "trial"), counted(v.episodes, "episode"), v.rerun);
    put("  exact policies of {} recomputed: {}\n", counted(v.references, "split"), sentence_of(v));
  } else {
    put("{}: the report's files recomputed: {}\n", printable(outcome.folder, 200), sentence_of(v));
  }
  for (const std::string& failure : v.failures) put("  not verified: {}\n", printable(failure, 1000));
  if (v.undone > 0) put("  not verified: {}, which a signal left out\n", counted(v.undone, "job"));
  for (const Believed& one : v.believed) {
    const std::string line =
        fmt::format("believed: {} of {}: {}", one.what, fmt::join(one.of, ", "), one.why);
    put("  {}\n", text::wrapped(line, kColumns, "    "));
  }
  if (outcome.results)
    put("  {}\n", text::wrapped(fmt::format("not checked: {}", kNotChecked), kColumns, "    "));
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
    nlohmann::ordered_json believed = nlohmann::ordered_json::array();
    for (const Believed& one : v.believed) {
      believed.push_back({{"what", one.what}, {"of", one.of}, {"why", one.why}});
    }
    list.push_back({{"folder", outcome.folder},
                    {"trials", v.trials},
                    {"run_again", v.rerun},
                    {"episodes", v.episodes},
                    {"references", v.references},
                    {"believed", believed},
                    {"not_checked", kNotChecked},
                    {"failures", v.failures},
                    {"undone", v.undone},
                    {"wrong", wrong}});
  }
  fmt::print("{}\n", list.dump(1, ' ', false, nlohmann::json::error_handler_t::replace));
}

int verify(Options options) {
  if (!options.journal.serve.empty()) {
    if (options.folders.size() != 1) fail(ErrorKind::config, "verify --serve takes one journal");
    options.journal.file = options.folders.front();
    options.journal.plugin_folders = options.plugin_folders;
    options.journal.json = options.json;
    return verify_journal(options.journal);
  }
  if (options.settings.jobs == 0) options.settings.jobs = default_jobs();
  const std::vector<Outcome> outcomes = verify_all(options);
  const SignalState& signals = signals_so_far();
  if (signals.count > 1) return 128 + signals.last;
  if (options.json) print_json(outcomes);
  bool clean = true, believing = false;
  for (const Outcome& outcome : outcomes) {
    if (!options.json) print_text(outcome);
    clean = clean && outcome.verification.complete() && outcome.verification.wrong.empty();
    believing = believing || !outcome.verification.believed.empty();
  }
  if (signals.count > 0) return 128 + signals.last;
  return !clean ? 1 : believing ? kBelieved : 0;
}

}  // namespace

void add_verify(CLI::App& app, Action& action) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("verify", "Recompute every figure of a results folder from its decisions");
  verb->add_option("DIR", options->folders,
                   "Results folders, or folders with the report of some. Or a journal")
      ->required();
  verb->add_option("--dataset", options->settings.dataset,
                   "Data set, where it is not the one suite.json names");
  verb->add_option("--plugin-dir", options->plugin_folders, "Folder of plugins, searched first; repeatable")
      ->allow_extra_args(false);
  verb->add_option("--jobs", options->settings.jobs, "Jobs at once [number of processors]")
      ->check(whole(1, 1024));
  verb->add_option("--memory-limit", options->settings.memory_mb,
                   "MB that a job may take [the suite's memory_limit_mb]")
      ->check(whole(1, 1000000));
  verb->add_flag("--train", options->settings.train, "Train what learned again, and compare that too");
  verb->add_flag("--run-plugins", options->settings.run_plugins,
                 "Also run plugins of the folder that are not installed");
  verb->add_option("--serve", options->journal.serve, "The serve.toml under which the journal was written");
  verb->add_option("--head", options->journal.head, "Of a journal: the head that its gateway showed");
  verb->add_option("--lines", options->journal.lines, "Of a journal: the lines that its gateway told of")
      ->needs("--head")
      ->check(any_seed());
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer(
      "Replays the decisions of every trial, runs rows that follow a rule again, recomputes the exact\n"
      "policies and compares the report's files with what comes out, several jobs at once; what is found\n"
      "does not depend on how many. A plugin in the folder runs only where an installed one (--plugin-dir)\n"
      "has its bytes. Exit status 0 when all was recomputed, 6 when nothing is wrong but something had to "
      "be\n"
      "believed (it is named), 1 when a figure does not agree or could not be verified. A first SIGINT\n"
      "(Ctrl-C) or SIGTERM lets the running jobs end, a second ends them within 2 s.\n"
      "With --serve: every decision of a gateway's journal is asked for again; a change or a cut is named.\n"
      "Example: offload-bench verify results/main-synthetic --train");
  verb->callback([options, &action] { action = [options] { return verify(*options); }; });
}

}  // namespace offload::cli
