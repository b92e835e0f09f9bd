// `offload-bench compare`: what changed between two sets of results, or between two runs of the
// microbenchmarks.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "cli/range.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "report/comparison/comparison.hpp"
#include "report/comparison/micro_file.hpp"

namespace offload::cli {
namespace {

struct CompareOptions {
  std::string a, b, format = "table", view;
  std::vector<std::string> rows;
  std::optional<double> threshold;
};

constexpr double kTimeThreshold = .05;  // machines are noisy, results are not

RowRename rename_of(const std::string& text) {
  const std::size_t sign = text.find('=');
  if (sign == 0 || sign == std::string::npos || sign + 1 == text.size()) {
    fail(ErrorKind::config, "--row {}: name a row of A and one of B, as old=new", printable(text));
  }
  return {text.substr(0, sign), text.substr(sign + 1)};
}

Comparison compared(const CompareOptions& options) {
  const bool a = is_benchmark_file(options.a), b = is_benchmark_file(options.b);
  if (a != b) {
    const std::string& other = a ? options.b : options.a;
    const std::string why = not_a_micro_file(other);
    fail(why == "does not exist" ? ErrorKind::io : ErrorKind::data,
         "{} {}; {} is of microbenchmarks: compare two of a kind", printable(other), why,
         printable(a ? options.a : options.b));
  }
  if (a) return compare_benchmarks(options.a, options.b, options.threshold.value_or(kTimeThreshold));
  ComparisonSettings settings{options.threshold.value_or(0), options.view, {}};
  for (const std::string& row : options.rows) settings.rows.push_back(rename_of(row));
  return compare_results(options.a, options.b, settings);
}

std::string text_of(const Comparison& comparison, const std::string& format) {
  if (format == "csv") return comparison_csv(comparison);
  if (format == "json") return comparison_json(comparison);
  if (format == "md") return comparison_markdown(comparison);
  return comparison_table(comparison, wants_color(), table_width());
}

int compare(const CompareOptions& options) {
  const Comparison comparison = compared(options);
  fmt::print("{}", text_of(comparison, options.format));
  return comparison.clean() ? 0 : 1;
}

}  // namespace

void add_compare(CLI::App& app, Action& action) {
  const auto options = std::make_shared<CompareOptions>();
  CLI::App* verb = app.add_subcommand("compare", "Compare two sets of results, or two microbenchmark files");
  verb->add_option("A", options->a, "Results folder, report.json, or Google Benchmark JSON: before")
      ->required();
  verb->add_option("B", options->b, "The same: after")->required();
  verb->add_option("--threshold", options->threshold,
                   "How much worse B may be: reward or violation rate, 0 by default; times as a share, .05")
      ->check(within(0, 1e6));
  verb->add_option("--row", options->rows, "OLD=NEW: compare row OLD of A with row NEW of B; repeatable")
      ->allow_extra_args(false);
  verb->add_option("--view", options->view,
                   "Whose rewards decide, as 'simulator / knn' [the headline's of A]");
  verb->add_option("--format", options->format, "What to print: table, csv, json or md")
      ->check(CLI::IsMember({"table", "csv", "json", "md"}))
      ->capture_default_str();
  verb->footer(
      "Results folders and their report.json files give the same verdict: rows' mean rewards over cells, "
      "and\n"
      "how often they broke a budget, paired by run and episode where both have the same splits. Exit "
      "status\n"
      "1 when something is worse beyond the threshold, its whole 95 % interval and a test corrected after\n"
      "Holm agreeing; when a row lost runs; when a row, cell or benchmark is missing on one side or has no\n"
      "verdict; or when nothing could be compared.\n"
      "Example: offload-bench compare results/before results/after --threshold 0.01\n"
      "Example: offload-bench compare before.json after.json   (of --benchmark_out, with repetitions)");
  verb->callback([options, &action] { action = [options] { return compare(*options); }; });
}

}  // namespace offload::cli
