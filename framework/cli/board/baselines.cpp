// `offload-bench leaderboard baselines`: the frozen table of an official task, made or held against a second
// run.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/board/board_options.hpp"
#include "cli/terminal.hpp"
#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/plain_file.hpp"
#include "leaderboard/baselines.hpp"

namespace offload::cli {
namespace {

constexpr std::size_t kTableMost = std::size_t{16} << 20;

int baselines(const BoardOptions& options) {
  if (options.makes) {
    write_atomically(options.out, baselines_table(options.file));
    put("{}: the table of {}\n", options.out, options.file);
    return 0;
  }
  const BaselinesCheck check =
      check_baselines(read_bounded(options.out, kTableMost), printable(options.out), options.file);
  for (const Disagreement& d : check.wrong) {
    put("{}{}: {} in the table, {} here\n", printable(d.file), printable(d.place), printable(d.stored),
        printable(d.recomputed));
  }
  put("{}: {} to the bit, {} within their intervals, {} that do not agree\n", options.out,
      counted(check.same_bits.size(), "row"), check.within.size(), counted(check.wrong.size(), "figure"));
  return check.wrong.empty() ? 0 : 1;
}

}  // namespace

void add_baselines(CLI::App& leaderboard, Action& action) {
  const auto options = std::make_shared<BoardOptions>();
  CLI::App* verb =
      leaderboard.add_subcommand("baselines", "Hold results against an official task's frozen table");
  verb->add_option("DIR", options->file, "Results folder of the task")->required();
  verb->add_option("--table", options->out, "The table (benchmarks/baselines)")->required();
  verb->add_flag("--make", options->makes, "Write the table of these results instead");
  verb->footer(
      "Rows whose bits are the same on every machine have to agree to the bit, others within their "
      "intervals.\n"
      "Exit status 1 where one does not.\n"
      "Example: offload-bench leaderboard baselines results/synth-true-v2 --table\n"
      "         benchmarks/baselines/synth-true-v2.json");
  verb->callback([options, &action] { action = [options] { return baselines(*options); }; });
}

}  // namespace offload::cli
