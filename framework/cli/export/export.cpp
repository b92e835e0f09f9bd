// `offload-bench export`: tables and figures of results folders, for papers and other programs.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "export/figures.hpp"
#include "export/tables.hpp"
#include "files/atomic_file.hpp"
#include "report/report.hpp"
#include "report/trials/spool.hpp"

namespace offload::cli {
namespace {

struct ExportOptions {
  std::vector<std::string> folders, rows;
  std::string figure, format, view, out;
  bool decisions = false, curves = false, leaderboard = false;
};

// What --format says, else the ending of --out.
std::string format_of(const ExportOptions& options) {
  if (!options.format.empty()) return options.format;
  const std::string ending = std::filesystem::path(options.out).extension().string();
  if (ending == ".tex") return "latex";
  return ending.empty() ? ending : ending.substr(1);
}

TableFormat table_format(const ExportOptions& options) {
  const std::string name = format_of(options);
  if (options.format.empty() && name != "jsonl" && name != "latex") return TableFormat::csv;
  if (name == "csv") return TableFormat::csv;
  if (name == "jsonl") return TableFormat::jsonl;
  if (name == "latex") return TableFormat::latex;
  fail(ErrorKind::config, "--format {}: tables come as csv, jsonl or latex", printable(name));
}

ChartFormat chart_format(const ExportOptions& options) {
  const std::string name = format_of(options);
  if (name.empty() || name == "svg") return ChartFormat::svg;
  if (name == "pdf") return ChartFormat::pdf;
  if (options.format.empty())
    fail(ErrorKind::config, "--out {}: figures come as svg or pdf; end it so, or name the --format",
         printable(options.out, 400));
  fail(ErrorKind::config, "--format {}: figures come as svg or pdf", printable(name));
}

void write_table(const ExportOptions& options, const Report& report, const ReportFolders& of,
                 const TableWriter::Sink& sink) {
  const TableFormat format = table_format(options);
  const auto view = options.view.empty() ? std::nullopt : std::optional(view_named(report, options.view));
  if (options.decisions) write_decisions(report, of, format, sink);
  if (options.curves) write_curves(report, format, sink);
  if (options.leaderboard) write_leaderboard(report, view, format, sink);
}

std::string figure(const ExportOptions& options, const Report& report) {
  const ChartFormat format = chart_format(options);
  if (options.figure == "curves") return drawn(curves_chart(report, options.rows), format);
  const std::size_t view = options.view.empty() ? headline_view(report) : view_named(report, options.view);
  return drawn(budget_chart(report, view, options.rows), format);
}

int export_results(const ExportOptions& options) {
  const int wanted = options.decisions + options.curves + options.leaderboard + !options.figure.empty();
  if (wanted != 1) {
    fail(ErrorKind::config,
         "export: name one thing to export: --leaderboard, --curves, --decisions, or --figure budget|curves");
  }
  if (!options.rows.empty() && options.figure.empty())
    fail(ErrorKind::config,
         "--row: of figures alone; tables have all rows, and their first column says which");
  if (!options.view.empty() && (options.curves || options.decisions || options.figure == "curves"))
    fail(ErrorKind::config,
         "--view: of --leaderboard and --figure budget alone; curves are recorded under one view, the "
         "simulator "
         "with the suite's response_model");
  const ReportFolders of = options.folders.size() == 1
                               ? folders_of_report(options.folders.front())
                               : folders_meant({options.folders.begin(), options.folders.end()});
  const Report report = report_of(of);
  if (!options.figure.empty()) {
    const std::string drawing = figure(options, report);
    if (options.out.empty())
      std::fwrite(drawing.data(), 1, drawing.size(), stdout);
    else
      write_atomically(options.out, drawing);
    return 0;
  }
  if (options.out.empty()) {
    write_table(options, report, of,
                [](std::string_view piece) { std::fwrite(piece.data(), 1, piece.size(), stdout); });
    return 0;
  }
  // Made out of sight: whoever is stopped meanwhile leaves nothing in the user's folder.
  constexpr std::uint64_t kPart = std::uint64_t{1} << 20;
  Spool table;
  write_table(options, report, of, [&table](std::string_view piece) { table.append(piece); });
  AtomicFile file(options.out);
  std::string part;
  for (std::uint64_t at = 0; at < table.size(); at += part.size()) {
    table.read(at, std::min(kPart, table.size() - at), part);
    file.write(part);
  }
  file.commit();
  return 0;
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ExportOptions>();
  CLI::App* verb =
      app.add_subcommand("export", "Tables and figures of results, for papers and other programs");
  verb->add_option("DIR", options->folders, "Results folders of `run`; several of one suite are merged")
      ->required();
  verb->add_flag("--leaderboard", options->leaderboard,
                 "How rows stand; as LaTeX, the ranked ones of one view");
  verb->add_flag("--curves", options->curves, "Every point of every learning curve");
  verb->add_flag("--decisions", options->decisions, "Every decision of every finished trial");
  verb->add_option("--figure", options->figure, "budget: reward by cell; curves: reward by training step")
      ->check(CLI::IsMember({"budget", "curves"}));
  verb->add_option("--format", options->format,
                   "csv, jsonl or latex; of figures svg or pdf [as --out ends, else csv, svg]");
  verb->add_option(
      "--view", options->view,
      "LENS / MODEL, of LaTeX and --figure budget [the headline's]; of CSV and JSON lines [all]");
  verb->add_option("--row", options->rows, "Of figures: this row; repeatable [the first 12]")
      ->allow_extra_args(false);
  verb->add_option("--out", options->out, "File to write [standard output]");
  verb->footer(
      "The same results give the same bytes, figures as well where the fonts are the same.\n"
      "Example: offload-bench export results/main-synthetic --leaderboard --format latex\n"
      "Example: offload-bench export results/main-synthetic --figure curves --format pdf --out curves.pdf");
  verb->callback([options, &action] { action = [options] { return export_results(*options); }; });
}

}  // namespace offload::cli
