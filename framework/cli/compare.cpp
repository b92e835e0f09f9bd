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

namespace offload::cli {
namespace {

struct CompareOptions {
  std::string a, b, format = "table";
  std::optional<double> threshold;
};

constexpr double kTimeThreshold = .05;  // machines are noisy, results are not

Comparison compared(const CompareOptions& options) {
  const bool a = is_benchmark_file(options.a), b = is_benchmark_file(options.b);
  if (a != b) {
    fail(ErrorKind::data, "{}: is of microbenchmarks, {} is not; compare two of a kind",
         printable(a ? options.a : options.b), printable(a ? options.b : options.a));
  }
  if (a) return compare_benchmarks(options.a, options.b, options.threshold.value_or(kTimeThreshold));
  return compare_results(options.a, options.b, options.threshold.value_or(0));
}

std::string text_of(const Comparison& comparison, const std::string& format) {
  if (format == "csv") return comparison_csv(comparison);
  if (format == "json") return comparison_json(comparison);
  if (format == "md") return comparison_markdown(comparison);
  return comparison_table(comparison, wants_color(), kTableWidth);
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
  verb->add_option("--format", options->format, "What to print: table, csv, json or md")
      ->check(CLI::IsMember({"table", "csv", "json", "md"}))
      ->capture_default_str();
  verb->footer(
      "Two results folders are paired by run and episode; report.json files are compared by their\n"
      "intervals. Exit status 1 when something is worse beyond the threshold, its whole 95 % interval and\n"
      "a test corrected after Holm agreeing, or when a row, cell or benchmark is missing on one side.\n"
      "Example: offload-bench compare results/before results/after --threshold 0.01\n"
      "Example: offload-bench compare before.json after.json   (of --benchmark_out, with repetitions)");
  verb->callback([options, &action] { action = [options] { return compare(*options); }; });
}

}  // namespace offload::cli
