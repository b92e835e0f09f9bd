// `offload-bench report`: results folders to figures on disk and on the terminal.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "report/formats/formats.hpp"
#include "report/report.hpp"
#include "results/store.hpp"

namespace offload::cli {
namespace {

struct ReportOptions {
  std::vector<std::string> folders;
  std::string format = "table";
};

std::string text_of(const Report& report, const std::string& format) {
  if (format == "csv") return leaderboard_csv(report);
  if (format == "json") return report_json(report);
  if (format == "md") return report_markdown(report);
  return terminal_table(report, wants_color(), kTableWidth);
}

int report(const ReportOptions& options) {
  const std::vector<std::filesystem::path> folders(options.folders.begin(), options.folders.end());
  const Report report = report_of(folders);
  Store(folders.front()).clean();  // after reports that were ended while they wrote
  write_report(folders.front(), report);
  fmt::print("{}", text_of(report, options.format));
  return report.clean() ? 0 : 1;
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ReportOptions>();
  CLI::App* verb =
      app.add_subcommand("report", "Report what the trials of one or more results folders found");
  verb->add_option("DIR", options->folders, "Results folders of `run`; several of one suite are merged")
      ->required();
  verb->add_option("--format", options->format, "What to print: table, csv, json or md")
      ->check(CLI::IsMember({"table", "csv", "json", "md"}))
      ->capture_default_str();
  verb->footer(
      "Writes report.json, report.md, report.html, leaderboard.csv, trials.csv and timing.csv into the\n"
      "first folder.\n"
      "Exit status 1 when a trial failed or a result file had to be left out.\n"
      "Example: offload-bench report results/quickstart --format md");
  verb->callback([options, &action] { action = [options] { return report(*options); }; });
}

}  // namespace offload::cli
