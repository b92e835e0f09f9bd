#include <algorithm>
#include <cmath>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/statistics/rank_sum.hpp"
#include "core/statistics/tests.hpp"
#include "report/comparison/comparison.hpp"
#include "report/comparison/micro_file.hpp"
#include "report/figures/report.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

std::vector<double> logarithms(std::vector<double> values) {
  for (double& value : values) value = std::log(value);
  return values;
}

double middle_of(std::vector<double> values) { return quantile(values, .5); }

ComparisonLine compare(const std::string& name, const std::vector<double>& a, const std::vector<double>& b) {
  const RankSum test = rank_sum(logarithms(a), logarithms(b));
  ComparisonLine line;
  line.measure = "real time";
  line.row = name;
  line.a = middle_of(a);
  line.b = middle_of(b);
  line.difference = std::expm1(test.shift);
  line.interval = {std::expm1(test.interval.low), std::expm1(test.interval.high)};
  line.p = test.p;
  line.basis = fmt::format("{} and {}, P(B slower) {:.2f}", a.size(), counted(b.size(), "repetition"),
                           test.u / static_cast<double>(a.size() * b.size()));
  return line;
}

// The fewest repetitions a side with which one of `tests` benchmarks can be confirmed.
std::size_t repetitions_needed(std::size_t tests) {
  std::size_t n = 2;
  while (least_p(n, n) * static_cast<double>(tests) > kAlpha) ++n;
  return n;
}

void judge(Comparison& comparison, const std::vector<double>& least) {
  std::vector<double> p;
  for (const ComparisonLine& line : comparison.lines) p.push_back(line.p);
  const std::vector<double> adjusted = holm(p);
  const double tests = static_cast<double>(p.size());
  for (std::size_t i = 0; i < p.size(); ++i) {
    ComparisonLine& line = comparison.lines[i];
    line.p_holm = adjusted[i];
    if (line.p_holm <= kAlpha && line.difference != 0) {
      line.verdict = line.difference < 0                        ? Verdict::better
                     : line.interval.low > comparison.threshold ? Verdict::regression
                                                                : Verdict::worse;
    } else if (least[i] * tests > kAlpha) {
      line.verdict = Verdict::unclear;
    }
  }
  if (comparison.count(Verdict::unclear) > 0) {
    comparison.notes.push_back(
        fmt::format("Too few repetitions to confirm anything about {} of {}: {} a side are needed "
                    "(--benchmark_repetitions={}).",
                    comparison.count(Verdict::unclear), counted(p.size(), "benchmark"),
                    repetitions_needed(p.size()), repetitions_needed(p.size())));
  }
}

void note_summaries(const MicroFile& file, const std::string& name, Comparison& comparison) {
  if (file.summaries == 0 || !file.benchmarks.empty()) return;
  comparison.notes.push_back(
      fmt::format("{} holds aggregates alone, which cannot be tested; write the repetitions as well, without "
                  "--benchmark_report_aggregates_only.",
                  printable(name)));
}

// What became of the repetitions without a time: "failed (no card)", "was skipped"; empty: all have one.
std::string losses_of(const MicroBenchmark& benchmark) {
  const std::size_t lost = benchmark.repetitions - benchmark.times_ns.size();
  if (lost == 0) return {};
  std::string text = benchmark.failed > 0 ? "failed" : benchmark.skipped > 0 ? "was skipped" : "took no time";
  if (!benchmark.times_ns.empty())
    text += fmt::format(" in {} of {}", lost, counted(benchmark.repetitions, "repetition"));
  return benchmark.message.empty() ? text : fmt::format("{}: {}", text, printable(benchmark.message, 200));
}

// What is lost in B alone makes the comparison unclean; what A lacks too, or alone, is only said.
void note_losses(const MicroBenchmark& before, const MicroBenchmark& after, Comparison& comparison) {
  const std::string in_a = losses_of(before), in_b = losses_of(after);
  const std::string name = printable(before.name, 80);
  if (!in_b.empty() && in_a.empty()) {
    comparison.missing.push_back({"benchmark", before.name, comparison.b, in_b});
  } else if (!in_b.empty() && in_a == in_b) {
    comparison.notes.push_back(fmt::format("Benchmark '{}' {}, in both.", name, in_a));
  } else if (!in_a.empty()) {
    comparison.notes.push_back(fmt::format("Benchmark '{}' {}, in A.", name, in_a));
    if (!in_b.empty()) comparison.notes.push_back(fmt::format("Benchmark '{}' {}, in B.", name, in_b));
  }
}

}  // namespace

bool is_benchmark_file(const std::filesystem::path& file) { return not_a_micro_file(file).empty(); }

Comparison compare_benchmarks(const std::filesystem::path& a, const std::filesystem::path& b,
                              double threshold) {
  const MicroFile left = read_micro_file(a), right = read_micro_file(b);
  Comparison comparison;
  comparison.a = a.string();
  comparison.b = b.string();
  comparison.benchmarks = true;
  comparison.threshold = threshold;
  if (left.facts != right.facts) {
    comparison.notes.push_back("The files were made on machines, or with builds, that differ.");
  }
  note_summaries(left, comparison.a, comparison);
  note_summaries(right, comparison.b, comparison);
  std::vector<double> least;
  for (const MicroBenchmark& before : left.benchmarks) {
    const auto after = std::ranges::find(right.benchmarks, before.name, &MicroBenchmark::name);
    if (after == right.benchmarks.end()) {
      comparison.missing.push_back({"benchmark", before.name, comparison.b});
      continue;
    }
    note_losses(before, *after, comparison);
    if (before.times_ns.empty() || after->times_ns.empty()) continue;
    comparison.lines.push_back(compare(before.name, before.times_ns, after->times_ns));
    least.push_back(least_p(before.times_ns.size(), after->times_ns.size()));
  }
  for (const MicroBenchmark& after : right.benchmarks) {
    if (std::ranges::count(left.benchmarks, after.name, &MicroBenchmark::name) == 0)
      comparison.missing.push_back({"benchmark", after.name, comparison.a});
  }
  judge(comparison, least);
  return comparison;
}

}  // namespace offload
