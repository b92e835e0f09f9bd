#include <fmt/format.h>

#include <algorithm>

#include "report/comparison/comparison.hpp"

namespace offload {

std::size_t Comparison::count(Verdict verdict) const {
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const ComparisonLine& line) {
    return line.deciding && line.verdict == verdict;
  }));
}

std::size_t Comparison::deciding() const {
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(), [](const ComparisonLine& line) { return line.deciding; }));
}

bool Comparison::clean() const {
  return deciding() > 0 && missing.empty() && count(Verdict::none) == 0 && count(Verdict::regression) == 0;
}

const char* word(Verdict verdict) {
  switch (verdict) {
    case Verdict::better:
      return "better";
    case Verdict::tie:
      return "tie";
    case Verdict::worse:
      return "worse";
    case Verdict::regression:
      return "regression";
    case Verdict::unclear:
      return "too few repetitions";
    case Verdict::none:
      return "no verdict";
  }
  return "";
}

std::string overall(const Comparison& comparison) {
  const std::size_t all = comparison.deciding(), none = comparison.count(Verdict::none),
                    better = comparison.count(Verdict::better), worse = comparison.count(Verdict::worse),
                    regressions = comparison.count(Verdict::regression);
  if (all == none) return "Nothing could be compared.";
  std::string text = regressions > 0 ? "B is worse than A"
                     : worse > 0     ? "B is worse than A, within the threshold"
                     : better > 0    ? "B is better than A"
                                     : "No difference between A and B is more than chance";
  if (better > 0 && regressions + worse > 0) text += " in some lines and better in others";
  text += fmt::format(
      ": {} compared, {} better, {} worse, {} of them a confirmed regression beyond the "
      "threshold of {}",
      all, better, worse + regressions, regressions,
      comparison.benchmarks ? fmt::format("{:g}\u00a0%", 100 * comparison.threshold)
                            : fmt::format("{:g}", comparison.threshold));
  if (none > 0) text += fmt::format("; {} without a verdict", none);
  if (!comparison.missing.empty()) text += fmt::format("; {} missing on one side", comparison.missing.size());
  return text + ".";
}

}  // namespace offload
