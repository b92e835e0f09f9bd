#include "report/report.hpp"
#include "report/formats/formats.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <set>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/plain_file.hpp"
#include "report/boards/boards.hpp"
#include "report/boards/bounds.hpp"
#include "report/boards/claimed_figures.hpp"
#include "report/boards/claims.hpp"
#include "report/boards/drifts.hpp"
#include "report/boards/evidence.hpp"
#include "report/boards/flags.hpp"
#include "report/boards/headline.hpp"
#include "report/boards/log_verdicts.hpp"
#include "report/boards/reference_figures.hpp"
#include "report/figures/figures.hpp"
#include "report/figures/joined.hpp"
#include "report/figures/matched.hpp"
#include "report/figures/references.hpp"
#include "report/figures/world.hpp"
#include "report/formats/events.hpp"
#include "report/formats/html.hpp"
#include "report/isolation.hpp"
#include "report/lineage.hpp"
#include "report/notes.hpp"

namespace offload {
namespace {

std::vector<double> positions_of(const ReportPlan& plan) {
  std::vector<double> positions;
  for (const ReportCell& cell : plan.cells) {
    positions.push_back(budget_position({cell.latency_s, cell.cost_usd}, plan.consumption, plan.turns_max));
  }
  return positions;
}

std::vector<std::string> warnings_of(const Report& report) {
  std::vector<std::string> warnings;
  const std::size_t runs = report.plan.splits.size();
  if (runs < kFewRuns) {
    warnings.push_back(fmt::format(
        "Only {} per row: with fewer than {} the intervals understate what another run would change.",
        counted(runs, "run"), kFewRuns));
  }
  const auto unranked = std::count_if(report.rows.begin(), report.rows.end(), [](const RowFigures& row) {
    return row.status != RowStatus::complete;
  });
  if (unranked > 0) {
    warnings.push_back(fmt::format("{} of {} {} runs and {} not ranked.", unranked,
                                   counted(report.rows.size(), "row"), unranked == 1 ? "lacks" : "lack",
                                   unranked == 1 ? "is" : "are"));
  }
  if (!report.boards.empty() && !report.boards[0].by_score && !report.boards[0].entries.empty()) {
    warnings.push_back(fmt::format(
        "S is null, as {}: rows rank by mean reward over cells within their tier.{}",
        report.plan.world                   ? "no policy that sees queries has a causal oracle"
        : report.boards[0].unscored.empty() ? "no oracle bounds were computed"
                                            : "every cell is left out of it",
        report.bounds.cells.empty() ? "" : " In its place stands the share of the gap to hindsight."));
  }
  for (std::string& warning : world_warnings(report.plan)) warnings.push_back(std::move(warning));
  if (!report.left_out.empty()) {
    warnings.push_back(fmt::format("{} {} left out of every figure; each is named with its reason.",
                                   counted(report.left_out.size(), "result file"),
                                   report.left_out.size() == 1 ? "was" : "were"));
  }
  return warnings;
}

// What the user had called otherwise or left out is no fact of the results.
std::string naming_warning(const ReportFolders& of) {
  if (of.names.empty()) return {};
  const std::vector<std::string> folders = names_of(of);
  std::vector<std::string> said;
  for (const RowName& name : of.names) {
    const auto at = std::ranges::find_if(of.folders, [&](const std::filesystem::path& folder) {
      return folder.lexically_normal() == name.folder.lexically_normal();
    });
    const std::string& folder = folders[static_cast<std::size_t>(at - of.folders.begin())];
    said.push_back(name.name.empty() ? fmt::format("row {} of {} is left out", name.row, folder)
                                     : fmt::format("row {} of {} is called {}", name.row, folder, name.name));
  }
  return fmt::format("As --rename asked: {}.", fmt::join(said, ", "));
}

void write_parts(const std::filesystem::path& path, const std::function<void(const TextSink&)>& write) {
  AtomicFile file(path);
  write([&file](std::string_view part) { file.write(part); });
  file.commit();
}

// Those of rows and splits that are gone go.
void write_events(const std::filesystem::path& folder, const Report& report) {
  std::set<std::filesystem::path> written;
  for (std::size_t i = 0; i < report.plan.trials.size(); ++i) {
    if (!report.has_curve(i)) continue;
    const TrialLine line = report.line(i);
    const auto file = event_path(folder, line.planned.row, line.planned.split);
    written.insert(file);
    make_folder(file.parent_path());
    write_atomically(file, event_file(line.curve));
  }
  remove_event_files(folder, written);
}

Report report_of_results(ReportPlan planned, MatchedTrials trials,
                         const std::vector<ReferenceResult>& results,
                         const std::vector<OracleBounds>& bounds) {
  Report report;
  report.plan = std::move(planned);
  report.matched = std::make_shared<const MatchedTrials>(std::move(trials));
  const ReportPlan& plan = report.plan;
  const MatchedTrials& matched = *report.matched;
  const MatchedReferences references = match_references(plan, results, matched);
  std::vector<OracleBounds> all_bounds = bounds_of(plan, references);
  all_bounds.insert(all_bounds.end(), bounds.begin(), bounds.end());
  report.views = matched.views;
  report.position = positions_of(plan);
  report.left_out = references.left_out;
  report.left_out.insert(report.left_out.end(), matched.left_out.begin(), matched.left_out.end());
  for (std::size_t row = 0; row < plan.rows.size(); ++row)
    report.rows.push_back(row_figures(plan, matched, row));
  for (RowFigures& row : report.rows) row.notes = notes_of(plan, row);
  const TestSeries tests(plan, matched);
  report.claim = tests.rule();
  set_consumption_intervals(tests, report.rows);
  for (std::size_t view = 0; view < matched.views.size(); ++view) {
    report.boards.push_back(
        make_leaderboard(plan, matched, tests, view, all_bounds, report.position, report.rows));
  }
  report.references = reference_figures(plan, matched, tests, references, report.rows, all_bounds);
  explain_unscored(report);
  report.bounds = bound_figures(plan, matched, references);
  report.drifts = drift_figures(plan, matched, tests);
  report.log = log_figures(plan, matched);
  report.comparisons = compare_views(report.boards);
  report.verdict = verdict_of(report.boards, report.comparisons);
  report.same_decisions = same_decisions(matched, report.rows);
  report.flags = flags_of(plan, matched, tests, references, report);
  for (const Flag& flag : report.flags) report.warnings.push_back(flag.sentence);
  for (std::string& warning : warnings_of(report)) report.warnings.push_back(std::move(warning));
  if (std::string warning = tuning_warning(plan); !warning.empty())
    report.warnings.push_back(std::move(warning));
  for (std::string& warning : lineage_warnings(plan)) report.warnings.push_back(std::move(warning));
  for (std::string& warning : isolation_warnings(report)) report.warnings.push_back(std::move(warning));
  report.warnings.insert(report.warnings.end(), references.warnings.begin(), references.warnings.end());
  report.headline = headline_of(report);
  report.evidence = evidence_of(plan, matched, tests, report.headline.board);
  return report;
}

// Whether a file says of itself that it is of results or of a report; the format stands behind few members.
bool is_ours(const std::filesystem::path& file) {
  std::string head(std::size_t{1} << 20, '\0');
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return false;
  std::ifstream in(file, std::ios::binary);
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  const auto formats = {"\"offload-suite/", "\"offload-report/", "\"offload-joined/"};
  return std::ranges::any_of(formats, [&](const char* format) { return head.find(format) != head.npos; });
}

}  // namespace

Report make_report(const ReportPlan& plan, const StoreContents& contents,
                   const std::vector<OracleBounds>& bounds) {
  TrialMatcher trials(plan);
  for (const TrialResult& trial : contents.trials) trials.add(trial);
  return report_of_results(plan, trials.take(contents.left_out), contents.references, bounds);
}

Report report_of(ReportPlan plan, const std::vector<std::filesystem::path>& folders) {
  return report_of(std::move(plan),
                   [&folders](const ResultVisitor& visitor) { return visit_results(folders, visitor); });
}

Report report_of(ReportPlan plan, const ResultSource& source) {
  MatchedResults results = match_results(plan, source);
  return report_of_results(std::move(plan), std::move(results.trials), results.references, {});
}

Report report_of(const ReportFolders& of) {
  JoinedPlan joined = joined_plan(of.folders, of.names);
  std::vector<std::size_t> trials_of;
  const auto passes_over = [&keys = joined.keys.passed_over](std::size_t folder, const std::string& key) {
    return keys[folder].contains(key);
  };
  const std::vector<std::string> names = names_of(of);
  MatchedResults results = match_results(
      joined.plan,
      [&](const ResultVisitor& visitor) {
        return visit_results(of.folders, {visitor.trial, visitor.reference, &trials_of, passes_over, names});
      },
      joined.keys.stored_row);
  Report report =
      report_of_results(std::move(joined.plan), std::move(results.trials), results.references, {});
  if (names.size() > 1) report.joined = joined_folders(names, trials_of);
  if (std::string warning = naming_warning(of); !warning.empty())
    report.warnings.push_back(std::move(warning));
  return report;
}

void require_report_folder(const std::filesystem::path& folder, const std::vector<std::string>& also) {
  std::error_code error;
  if (std::filesystem::exists(folder / ".lock", error)) return;  // of a run
  std::vector<std::string> names = {"suite.json", "report.json", "joined.json"};
  if (std::ranges::any_of(names, [&](const std::string& name) { return is_ours(folder / name); })) return;
  names.insert(names.end(), {"report.md", "report.html", "leaderboard.csv", "trials.csv", "timing.csv",
                             "margins.csv", "drifts.csv", "simulated_log.csv"});
  names.insert(names.end(), also.begin(), also.end());
  require_unused_names(folder, names);
}

void write_report(const std::filesystem::path& folder, const Report& report, const ReportFolders& of) {
  write_parts(folder / "report.json", [&](const TextSink& sink) { write_report_json(report, sink); });
  write_atomically(folder / "report.md", report_markdown(report));
  for (const CsvFile& file : csv_files(report)) {
    if (file.present)
      write_parts(folder / file.name, file.written);
    else
      std::filesystem::remove(folder / file.name);
  }
  write_events(folder, report);
  std::ifstream json(folder / "report.json");
  write_parts(folder / "report.html",
              [&](const TextSink& sink) { write_report_html(page_template(), json, sink); });
  write_joined(folder, of.folders.empty() ? ReportFolders{{folder}, {}} : of);
}

}  // namespace offload
