// `offload-bench show DIR`: the leaderboard of a results folder again, without writing anything.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "cli/terminal.hpp"
#include "cli/usage/shell_lines.hpp"
#include "cli/verbs.hpp"
#include "report/report.hpp"
#include "report/terminal/terminal_table.hpp"
#include "slurm/parts.hpp"

namespace offload::cli {
namespace {

struct ShowOptions {
  std::string path;
  bool all = false;
};

int show(const ShowOptions& options) {
  // Of a report.json by itself there is no more to show.
  const std::string folder = std::filesystem::is_directory(options.path) ? options.path : "";
  // Of a suite that runs in parts: how far they are. Before the merge there is no report.
  if (const auto parts = folder.empty() ? std::nullopt : parts_status(folder);
      parts &&
      !(parts->complete() && std::filesystem::exists(std::filesystem::path(folder) / "report.json"))) {
    put("{}\n", status_sentence(*parts));
    if (!std::filesystem::exists(std::filesystem::path(folder) / "report.json")) return 1;
  }
  const TerminalLook look{wants_color(), table_width(), kScreenLines,
                          folder.empty() ? "" : command_for_all(folder)};
  fmt::print("{}", options.all ? terminal_long(report_of(folders_of_report(options.path)), look)
                               : terminal_screen(shown_at(options.path), look));
  return 0;
}

}  // namespace

void add_show(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ShowOptions>();
  CLI::App* verb = app.add_subcommand("show", "Print a results folder's leaderboard again; write nothing");
  verb->add_option("DIR", options->path, "Results folder with a report, or a report.json")->required();
  verb->add_flag("--long", options->all,
                 "Cells, exact policies, other views and every warning, from the report's results");
  verb->footer(
      "Reads report.json as `run` or `report` left it; at most 40 lines without --long. Of a suite\n"
      "that runs in parts (`offload-bench slurm`) it says which are missing.\n"
      "Example: offload-bench show results/quickstart");
  verb->callback([options, &action] { action = [options] { return show(*options); }; });
}

}  // namespace offload::cli
