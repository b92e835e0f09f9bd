// `offload-bench report`: results folders to figures on disk and on the terminal.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/terminal.hpp"
#include "cli/usage/shell_lines.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "files/plain_file.hpp"
#include "report/formats/formats.hpp"
#include "report/formats/pairs.hpp"
#include "report/report.hpp"
#include "report/terminal/terminal_table.hpp"
#include "results/store.hpp"

namespace offload::cli {
namespace {

struct ReportOptions {
  std::vector<std::string> folders;
  std::string format = "table";
  std::vector<std::string> pairs, names;
  std::string out;
  bool all = false;
};

RowPair pair_of(const std::string& text) {
  const std::size_t comma = text.find(',');
  if (comma == 0 || comma == std::string::npos || comma + 1 == text.size()) {
    fail(ErrorKind::config, "--pairs {}: name two rows, as a,b", printable(text));
  }
  return {text.substr(0, comma), text.substr(comma + 1)};
}

std::string text_of(const Report& report, const ReportOptions& options) {
  if (options.format == "csv") return leaderboard_csv(report);
  if (options.format == "json") return report_json(report);
  if (options.format == "md") return report_markdown(report);
  const TerminalLook look{wants_color(), table_width(), kScreenLines,
                          command_for_all(options.out.empty() ? options.folders.front() : options.out)};
  return options.all ? terminal_long(report, look) : terminal_screen(shown_of(report), look);
}

int report(const ReportOptions& options) {
  // A report alone is made anew where it lies.
  ReportFolders of = folders_meant({options.folders.begin(), options.folders.end()});
  for (const std::string& name : options.names) of.names.push_back(row_name_of(name));
  if (!options.names.empty() && options.out.empty() && options.pairs.empty())
    fail(ErrorKind::config, "--rename: give the report of other names a folder of its own, by --out");
  if (!options.out.empty() && options.pairs.empty()) require_report_folder(options.out);
  const Report report = report_of(of);
  if (!options.pairs.empty()) {
    std::vector<RowPair> pairs;
    for (const std::string& pair : options.pairs) pairs.push_back(pair_of(pair));
    fmt::print("{}", pairs_text(report, pairs, options.format, wants_color(), table_width()));
    return report.clean() ? 0 : 1;
  }
  const std::filesystem::path out = options.out.empty() ? options.folders.front() : options.out;
  make_folder(out);
  Store(out).clean();  // after reports that were ended while they wrote
  write_report(out, report, of);
  fmt::print("{}", text_of(report, options));
  return report.clean() ? 0 : 1;
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ReportOptions>();
  CLI::App* verb =
      app.add_subcommand("report", "Report what the trials of one or more results folders found");
  verb->add_option("DIR", options->folders, "Results folders of `run`; several of one setting are joined")
      ->required();
  verb->add_option("--rename", options->names,
                   "DIR:ROW=NAME: what to call a row of a folder, or nothing to leave it out; repeatable")
      ->allow_extra_args(false);
  verb->add_option("--out", options->out, "Folder to write into [the first DIR]");
  verb->add_option("--pairs", options->pairs,
                   "A,B: only print how rows A and B differ, under every view and claim; repeatable")
      ->allow_extra_args(false);
  verb->add_option("--format", options->format, "What to print: table, csv, json or md")
      ->check(CLI::IsMember({"table", "csv", "json", "md"}))
      ->capture_default_str();
  verb->add_flag("--long", options->all, "Print cells, exact policies, other views and every warning, too");
  verb->footer(
      "Writes report.json, report.md, report.html, leaderboard.csv, trials.csv, timing.csv and, where there\n"
      "are such figures, margins.csv, drifts.csv and simulated_log.csv into the first folder (not with\n"
      "--pairs). Where the report is not of that folder alone, joined.json says of which; show, verify,\n"
      "export and compare find the results by it.\n"
      "Exit status 1 when a trial failed or a result file had to be left out; one that the suite no longer\n"
      "plans, as after a plugin was changed, is named and may be deleted.\n"
      "Example: offload-bench report results/quickstart --format md\n"
      "Example: offload-bench report results/main-synthetic --pairs rc-ppo,ppo\n"
      "Example: offload-bench report results/main-synthetic theirs --rename theirs:ppo=ppo-theirs --out "
      "both");
  verb->callback([options, &action] { action = [options] { return report(*options); }; });
}

}  // namespace offload::cli
