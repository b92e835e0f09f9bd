// `offload-bench leaderboard`: a board of many people's entries.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <memory>

#include "cli/board/board_options.hpp"
#include "cli/jobs.hpp"
#include "cli/progress.hpp"
#include "cli/range.hpp"
#include "cli/signals.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/plain_file.hpp"
#include "leaderboard/add.hpp"
#include "leaderboard/secret.hpp"
#include "leaderboard/site/site.hpp"

namespace offload::cli {
namespace {

class Quiet final : public VerifyObserver {
 public:
  const SignalState& begins() override { return catch_signals(); }
  void progress(const VerifyProgress& /*progress*/) override {}
  void stopping(const VerifyProgress& progress) override { tell_stopping(progress.running); }
};

// Of today where nobody says another; it is told.
std::string day_of(const std::string& asked) {
  if (!asked.empty()) return asked;
  const auto now = std::chrono::time_point_cast<std::chrono::days>(std::chrono::system_clock::now());
  const std::chrono::year_month_day day{now};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

// Packed data sets of a board are its own: hidden episodes must not lie in a user's cache.
void keep_cache(const std::string& board) {
  const auto cache = std::filesystem::absolute(board) / "hidden" / "cache";
  make_folder(cache);
  setenv("OFFLOAD_BENCH_CACHE", cache.c_str(), 1);
}

int at_once(const BoardOptions& options) { return options.jobs > 0 ? options.jobs : default_jobs(); }

int make_task(const BoardOptions& options) {
  Board board(options.board);
  keep_cache(options.board);
  const PluginSearch search({options.plugin_folders.begin(), options.plugin_folders.end()});
  ProgressLine progress;
  const BoardTask task = make_board_task(
      board, {options.file, options.dataset, day_of(options.date), options.hidden, options.per_entrant},
      {search, at_once(options), progress, catch_signals()});
  put("task {} is on the board since {}\n", task.name, task.added);
  return 0;
}

int add(const BoardOptions& options) {
  Board board(options.board);
  keep_cache(options.board);
  const PluginSearch search({options.plugin_folders.begin(), options.plugin_folders.end()});
  AddSettings settings;
  settings.entrant = options.entrant;
  settings.date = day_of(options.date);
  settings.build.sdk = options.sdk.empty() ? installed_sdk() : std::filesystem::path(options.sdk);
  settings.build.limit_s = static_cast<double>(options.build_limit_s);
  settings.build.memory_mb = options.build_memory_mb;
  ProgressLine progress;
  Quiet verifying;
  const Added added = add_bundle(board, options.file, settings,
                                 {search, at_once(options), progress, catch_signals()}, verifying);
  put("entry {}{}: {} on {}, by {}: {}\n  {}\n", added.entry.id, added.before ? ", added before" : "",
      printable(added.entry.date), printable(added.entry.task), printable(added.entry.entrant),
      to_string(added.entry.mark), printable(added.entry.why, 1000));
  if (added.entry.withdrawn)
    put("  It stays withdrawn, since {}: {}\n", printable(added.entry.withdrawn->date),
        printable(added.entry.withdrawn->reason, 1000));
  return added.entry.mark == Mark::not_reproduced ? 1 : 0;
}

int build(const BoardOptions& options) {
  Board board(options.board);
  const BuiltSite site = build_site(board, options.out, options.date);
  put("{}: {}, {} as of {}\n", options.out, counted(site.tasks, "task"), counted(site.entries, "entry"),
      site.date);
  return 0;
}

int withdraw(const BoardOptions& options) {
  Board board(options.board);
  const std::string date = day_of(options.date);
  check_date(date);
  board.withdraw(options.entry, options.reason, date);
  put("entry {} is withdrawn since {}\n", options.entry, date);
  return 0;
}

int list(const BoardOptions& options) {
  Board board(options.board);
  // Columns for programs, sentences where there is a width to keep to.
  for (const Entry& entry : board.entries()) {
    const std::string mark =
        std::string(to_string(entry.mark)) + (entry.withdrawn ? "; withdrawn " + entry.withdrawn->date : "");
    if (known_width() > 0)
      put("{:>5}  {}  {} by {}: {}\n", entry.id, entry.date, printable(entry.task), printable(entry.entrant),
          mark);
    else
      fmt::print("{:>5}  {}  {:<24}  {:<24}  {}\n", entry.id, entry.date, printable(entry.task),
                 printable(entry.entrant), mark);
  }
  return 0;
}

int secret(const BoardOptions& options) {
  const HiddenSecret made = new_secret(options.episodes);
  if (std::filesystem::exists(options.out))
    fail(ErrorKind::config, "{}: is there already; a secret that is lost cannot be opened",
         printable(options.out));
  write_atomically(options.out, to_json(made));
  std::filesystem::permissions(options.out,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  put("{}: keep it until it is opened. In the task's suite:\n", options.out);
  // To be pasted: TOML 1.0 allows no line break within braces.
  fmt::print("[data]\nhidden = {{commitment = \"{}\"}}\n", made.commitment());
  return 0;
}

int draw(const BoardOptions& options) {
  const HiddenSecret known = secret_from_json(read_bounded(options.file, 4096), printable(options.file));
  write_hidden_data(known, options.out);
  put("{}: {} of commitment {}\n", options.out, counted(known.episodes, "episode"), known.commitment());
  return 0;
}

int open(const BoardOptions& options) {
  Board board(options.board);
  const std::string date = day_of(options.date);
  check_date(date);
  const BoardTask task = board.task(options.task);
  const HiddenSecret known = secret_from_json(read_bounded(options.file, 4096), printable(options.file));
  if (known.commitment() != task.commitment)
    fail(ErrorKind::config, "{}: is the secret of {}, and task '{}' commits to {}", printable(options.file),
         known.commitment(), task.name, task.commitment);
  board.open_hidden(task.name, fmt::format("secret {}, {}", known.secret, counted(known.episodes, "episode")),
                    date);
  put("task {} is open since {}\n", task.name, date);
  return 0;
}

int init(const BoardOptions& options) {
  Board::make(options.board);
  put("{}: a board; `offload-bench leaderboard task` gives it tasks\n", options.board);
  return 0;
}

// A verb below `leaderboard`.
CLI::App* part(CLI::App& verb, const std::shared_ptr<BoardOptions>& options, Action& action, const char* name,
               const char* help, int (*run)(const BoardOptions&)) {
  CLI::App* one = verb.add_subcommand(name, help);
  one->callback([options, &action, run] { action = [options, run] { return run(*options); }; });
  return one;
}

void add_board(CLI::App* verb, BoardOptions& options) {
  verb->add_option("BOARD", options.board, "The board's folder")->required();
}

void add_date(CLI::App* verb, BoardOptions& options, const char* help = "The day to note down [today, UTC]") {
  verb->add_option("--date", options.date, help);
}

void add_running(CLI::App* verb, BoardOptions& options) {
  verb->add_option("--jobs", options.jobs, "Jobs at once [number of processors]")->check(whole(1, 1024));
  verb->add_option("--plugin-dir", options.plugin_folders, "Folder of plugins, searched first; repeatable")
      ->allow_extra_args(false);
}

void add_entry_verbs(CLI::App& verb, const std::shared_ptr<BoardOptions>& options, Action& action) {
  CLI::App* adding = part(verb, options, action, "add", "Check a bundle, run it again, and enter it", add);
  add_board(adding, *options);
  adding->add_option("BUNDLE", options->file, "What `submit` packed")->required();
  adding->add_option("--entrant", options->entrant, "Who submitted it [as the bundle says]");
  adding->add_option("--sdk", options->sdk, "Where the SDK is installed [beside this program]");
  adding->add_option("--build-limit", options->build_limit_s, "Seconds that a build may take")
      ->capture_default_str()
      ->check(whole(1, 86400));
  adding->add_option("--build-memory", options->build_memory_mb, "MB that a process of a build may take")
      ->capture_default_str()
      ->check(whole(1, 1000000));
  add_date(adding, *options);
  add_running(adding, *options);
  adding->footer(
      "Nothing of a bundle runs but isolated, and nothing is marked where this machine holds not all of "
      "that.\n"
      "Exit status 1 where the entry was not reproduced.\n"
      "Example: offload-bench leaderboard add board mine.tar.zst");
  CLI::App* taking =
      part(verb, options, action, "withdraw", "Take an entry off the boards, with a reason", withdraw);
  add_board(taking, *options);
  taking->add_option("ENTRY", options->entry, "Its number")->required();
  taking->add_option("--reason", options->reason, "Why, for all to read")->required();
  add_date(taking, *options);
  CLI::App* listing = part(verb, options, action, "list", "List the entries", list);
  add_board(listing, *options);
  CLI::App* building = part(verb, options, action, "build", "Write the board as a static site", build);
  add_board(building, *options);
  building->add_option("--out", options->out, "The site's folder")->required();
  add_date(building, *options, "The day to show [of the newest entry]");
  building->footer("Example: offload-bench leaderboard build board --out site");
}

void add_hidden_verbs(CLI::App& verb, const std::shared_ptr<BoardOptions>& options, Action& action) {
  CLI::App* making = part(verb, options, action, "secret", "Make the secret of hidden episodes", secret);
  making->add_option("--out", options->out, "Its file, for nobody else to see")->required();
  making->add_option("--episodes", options->episodes, "Episodes")->capture_default_str();
  CLI::App* drawing = part(verb, options, action, "draw", "The data set of a secret", draw);
  drawing->add_option("SECRET", options->file, "Its file")->required();
  drawing->add_option("--out", options->out, "The data set's file")->required();
  CLI::App* opening =
      part(verb, options, action, "open", "Publish a task's secret, once another task has taken over", open);
  add_board(opening, *options);
  opening->add_option("TASK", options->task, "The task")->required();
  opening->add_option("SECRET", options->file, "The secret's file")->required();
  add_date(opening, *options);
}

}  // namespace

void add_leaderboard(CLI::App& app, Action& action) {
  const auto options = std::make_shared<BoardOptions>();
  CLI::App* verb = app.add_subcommand("leaderboard", "Keep a leaderboard of many people's entries");
  verb->require_subcommand(1);
  verb->footer(
      "Example: offload-bench leaderboard init board\n"
      "         offload-bench leaderboard task board benchmarks/suites/tasks/synth-true-v2.toml");
  CLI::App* making = part(*verb, options, action, "init", "Make an empty board", init);
  add_board(making, *options);
  CLI::App* tasking = part(*verb, options, action, "task", "Give the board a task", make_task);
  add_board(tasking, *options);
  tasking->add_option("SUITE", options->file, "The suite that is frozen, but for its rows")->required();
  tasking->add_option("--dataset", options->dataset, "Data set in place of the suite's");
  tasking->add_option("--hidden", options->hidden, "The secret, or the file, of its hidden episodes");
  tasking
      ->add_option("--per-entrant", options->per_entrant,
                   "Entries that one entrant may have [any number; 10 with --hidden]")
      ->check(whole(0, 1000000));
  add_date(tasking, *options);
  add_running(tasking, *options);
  add_entry_verbs(*verb, options, action);
  add_hidden_verbs(*verb, options, action);
  add_baselines(*verb, action);
}

}  // namespace offload::cli
