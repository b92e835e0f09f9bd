#include "leaderboard/add.hpp"

#include <nlohmann/json.hpp>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/machine.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"
#include "leaderboard/bundle/bundle.hpp"
#include "report/report.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

std::string text_of(const Disagreement& d) {
  return fmt::format("{}{}: {} there, {} here", printable(d.file), printable(d.place, 300),
                     printable(d.stored), printable(d.recomputed));
}

class Admission {
 public:
  Admission(Board& board, const AddSettings& settings, const BoardRuns& runs, VerifyObserver& verifying)
      : board_(board), settings_(settings), runs_(runs), verifying_(verifying), work_(board.folder()) {}

  Added admit(const fs::path& bundle) {
    try {
      return admitted(bundle);
    } catch (const Error& error) {
      throw Error(error.kind(), of_bundle(bundle, error.what()));
    }
  }

 private:
  Added admitted(const fs::path& bundle) {
    take_over(bundle);
    if (const auto known = board_.find(entry_.bundle)) return {entry_numbered(*known), true};
    manifest_ = unpack_bundle(copy_, work_.path() / "in");
    task_ = board_.task(manifest_.task);
    entry_.task = task_.name;
    entry_.entrant = settings_.entrant.empty() ? manifest_.entrant : settings_.entrant;
    check_entrant(entry_.entrant);
    board_.check_limit(task_, entry_.entrant);
    entry_.note = manifest_.note;
    read_results();
    entry_.version = report_.plan.version;
    Judgement judgement = verified();
    if (judgement.mark != Mark::not_reproduced) judgement = run_rows(judgement);
    entry_.mark = judgement.mark;
    entry_.why = without_work_folder(judgement.why);
    tell_provenance();
    entry_.id = board_.add(entry_, copy_);
    return {entry_, false};
  }

  // What is judged is a copy that nobody else writes to.
  void take_over(const fs::path& bundle) {
    const std::string bytes = read_bounded(bundle, ArchiveLimits{}.packed_bytes);
    copy_ = work_.path() / bundle.filename();
    write_atomically(copy_, bytes);
    entry_.bundle = sha256_of(bytes);
    entry_.date = settings_.date;
    check_date(entry_.date);
  }

  using Names = std::vector<std::pair<std::string, std::string>>;  // behind the work folder; what is said

  std::string renamed(std::string text, const Names& names) const {
    for (const fs::path& path :
         {fs::weakly_canonical(work_.path()), fs::absolute(work_.path()), work_.path()}) {
      for (const auto& [behind, said] : names) {
        const std::string name = path.native() + behind;
        for (std::size_t at = text.find(name); at != std::string::npos;
             at = text.find(name, at + said.size()))
          text.replace(at, name.size(), said);
      }
    }
    return text;
  }

  // What is published names files as they lie in the bundle, not where the board unpacked it.
  std::string without_work_folder(const std::string& why) const {
    return renamed(why, {{"/in/", ""}, {"/", ""}, {"", ""}});
  }

  // What the keeper reads names the file as it was given, where an archive's own errors name it without its
  // folder.
  std::string of_bundle(const fs::path& bundle, const std::string& why) const {
    const std::string file = printable(bundle.native()), name = printable(bundle.filename().native());
    std::string text = renamed(
        why, {{"/" + bundle.filename().native(), file}, {"/in/", file + ": "}, {"/in", file}, {"", file}});
    if (text.starts_with(name + ": ")) text.replace(0, name.size(), file);
    return text;
  }

  Entry entry_numbered(std::int64_t id) {
    for (Entry& entry : board_.entries()) {
      if (entry.id == id) return std::move(entry);
    }
    fail(ErrorKind::io, "entry {} is gone", id);
  }

  void read_results() {
    results_ = work_.path() / "in" / "results";
    report_ = report_of(std::vector<fs::path>{results_});
    if (report_.plan.trials.size() > settings_.bounds.trials)
      fail(ErrorKind::data, "the bundle has {}; at most {} are taken",
           counted(report_.plan.trials.size(), "trial"), settings_.bounds.trials);
    if (report_.plan.trials.empty() || report_.finished() != report_.plan.trials.size() || !report_.clean())
      fail(ErrorKind::data, "the bundle's results are not whole: {} of {} finished", report_.finished(),
           counted(report_.plan.trials.size(), "trial"));
    check_plugins(manifest_, report_.plan);
    const auto differences = plan_differences(kept_plan(board_, task_, false), report_.plan);
    if (!differences.empty())
      fail(ErrorKind::data, "not run as the task is frozen: {}", text_of(differences.front()));
  }

  // Whether the stored figures follow from the stored decisions.
  Judgement verified() {
    VerifySettings settings;
    settings.dataset = task_.dataset;
    settings.jobs = runs_.jobs;
    const Verification found = verify_results(results_, settings, runs_.search, {}, verifying_);
    if (runs_.signals.count > 0 || found.undone > 0)
      fail(ErrorKind::run, "verification was stopped by a signal; nothing was added");
    if (!found.wrong.empty()) return {Mark::not_reproduced, "verify: " + text_of(found.wrong.front())};
    if (!found.failures.empty())
      return {Mark::not_reproduced, "verify: " + printable(found.failures.front(), 300)};
    if (found.trials != report_.plan.trials.size())
      return {Mark::decisions_only,
              fmt::format("verify replayed {} of {} here, as the reward has other bytes", found.trials,
                          counted(report_.plan.trials.size(), "trial"))};
    replayed_ = true;
    return {Mark::decisions_only, "its figures follow from its decisions; the plugin was not run"};
  }

  // Builds and runs again; what goes wrong in that is the entry's.
  Judgement run_rows(const Judgement& replayed) {
    try {
      const Suite theirs = read_suite(results_ / "suite.toml", task_.dataset);
      const RunnableRows rows =
          runnable_rows(theirs.rows, report_, results_, libraries(), runs_.search, settings_.bounds);
      if (!rows.missing.empty()) {
        if (!replayed_) return {Mark::not_reproduced, replayed.why + "; " + rows.missing};
        keep_stored();
        return {Mark::decisions_only, replayed.why + ": " + rows.missing};
      }
      const fs::path again = work_.path() / "again";
      run(rows, false, again);
      const Judgement judgement = judge(results_, report_, again, report_of(std::vector<fs::path>{again}));
      if (!is_ranked(judgement.mark)) return judgement;
      entry_.results = board_.keep_results(again);
      if (!task_.commitment.empty()) run_hidden(rows);
      return judgement;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::plugin && error.kind() != ErrorKind::config) throw;
      entry_.results.clear();
      return {Mark::not_reproduced, printable(error.what(), 1000)};
    }
  }

  LibrariesById libraries() {
    LibrariesById found;
    for (const std::string& id : manifest_.plugins)
      found[id] = work_.path() / "in" / "plugins" / (id + ".so");
    for (const std::string& id : manifest_.sources)
      found[id] = build_source(work_.path() / "in" / "source" / id, id, work_.path() / ("built-" + id),
                               settings_.build);
    return found;
  }

  void run(const RunnableRows& rows, bool hidden, const fs::path& folder) {
    const Plan plan = plan_of_task(board_, task_, hidden, rows.rows, runs_.search, work_.path());
    make_folder(folder);
    run_again(plan, folder, runs_);
  }

  // Whatever a plugin says while it sees hidden episodes stays on this machine, also why it could not be run
  // there.
  void run_hidden(const RunnableRows& rows) {
    const fs::path folder = work_.path() / "hidden";
    try {
      run(rows, true, folder);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::plugin && error.kind() != ErrorKind::config) throw;
      return;
    }
    entry_.hidden_results = board_.keep_results(folder);
  }

  // The trials that the plan names, and nothing else that a stranger put there.
  void keep_stored() {
    const fs::path kept = work_.path() / "stored";
    make_folder(kept / "trials");
    Store(kept).write_plan(report_.plan);
    for (const PlannedTrial& trial : report_.plan.trials) {
      const std::string name = "trials/" + trial.key + ".json";
      write_atomically(kept / name, read_bounded(results_ / name, ArchiveLimits{}.bytes));
    }
    entry_.results = board_.keep_results(kept);
  }

  void tell_provenance() {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const RowFigures& row : report_.rows) {
      rows.push_back({{"row", row.row.name},
                      {"plugin", row.row.plugin},
                      {"version", row.plugin_version},
                      {"sha256", row.plugin_sha256},
                      {"isolation", row.row.isolation}});
    }
    const nlohmann::ordered_json document = {{"submitted_from", manifest_.machine},
                                             {"checked_on", machine_facts()},
                                             {"sources", manifest_.sources},
                                             {"libraries", manifest_.plugins},
                                             {"rows", rows}};
    entry_.provenance = document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }

  Board& board_;
  const AddSettings& settings_;
  const BoardRuns& runs_;
  VerifyObserver& verifying_;
  WorkFolder work_;
  fs::path copy_, results_;
  BundleManifest manifest_;
  BoardTask task_;
  Report report_;
  Entry entry_;
  bool replayed_ = false;
};

}  // namespace

Added add_bundle(Board& board, const fs::path& bundle, const AddSettings& settings, const BoardRuns& runs,
                 VerifyObserver& verifying) {
  return Admission(board, settings, runs, verifying).admit(bundle);
}

}  // namespace offload
