// Two report.json files, or two files of Google Benchmark, as the parts.
#include "fuzz/input.hpp"
#include "report/comparison/comparison.hpp"
#include "report/terminal/terminal_table.hpp"

using namespace offload;

void fuzz_one(std::string_view input) {
  const std::vector<std::string> parts = fuzz::parts(input);
  const fuzz::InputFile a(parts.front()), b(parts.back());
  fuzz::accepts([&] { terminal_screen(shown_at(a.path()), {}); });
  fuzz::accepts([&] {
    const Comparison comparison = is_benchmark_file(a.path()) ? compare_benchmarks(a.path(), b.path(), .05)
                                                              : compare_results(a.path(), b.path(), {});
    comparison_table(comparison, true, 80);
    comparison_csv(comparison);
    comparison_json(comparison);
    comparison_markdown(comparison);
  });
}
