#include "report/comparison/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "core/error.hpp"
#include "core/statistics/tests.hpp"
#include "offload/random.hpp"
#include "report/comparison/comparison_side.hpp"
#include "report/figures/report.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kCompareSeed = 0xc0349a2e, kCompareBootstrap = 1, kCompareSignFlip = 2;
constexpr double kTwoSided95 = 1.959963984540054;
using Key = ComparisonSide::Key;
using Samples = ComparisonSide::Samples;
using Estimate = ComparisonSide::Estimate;

std::size_t in_common(const Samples& a, const Samples& b) {
  return static_cast<std::size_t>(
      std::count_if(a.begin(), a.end(), [&](const auto& entry) { return b.count(entry.first) > 0; }));
}

// Means over the runs that tested an episode.
Samples by_episode(const Samples& samples) {
  std::map<std::int64_t, std::pair<double, double>> sums;
  for (const auto& [test, value] : samples) {
    sums[test.second].first += value;
    ++sums[test.second].second;
  }
  Samples means;
  for (const auto& [id, sum] : sums) means[{"", id}] = sum.first / sum.second;
  return means;
}

class Comparer {
 public:
  Comparer(const ComparisonSide& a, const ComparisonSide& b, double threshold) : a_(a), b_(b) {
    result_.a = a.name;
    result_.b = b.name;
    result_.threshold = threshold;
  }

  Comparison run() {
    note_differences();
    const auto measures = common(a_.measures, b_.measures, "measure");
    const auto cells = common(a_.cells, b_.cells, "cell");
    const auto rows = common(a_.rows, b_.rows, "row");
    for (const std::string& measure : measures) {
      const std::size_t first = result_.lines.size();
      flips_ = std::max<std::int64_t>(10'000, 40 * static_cast<std::int64_t>(cells.size() * rows.size()));
      for (const std::string& cell : cells) {
        for (const std::string& row : rows) add_line({measure, cell, row});
      }
      judge(first, measure != kViolations);
    }
    return std::move(result_);
  }

 private:
  void note_differences() {
    if (a_.data_sha256 != b_.data_sha256) {
      result_.notes.push_back("The data sets differ: nothing is paired, and a difference may be the data's.");
    }
    if (a_.version != b_.version) {
      result_.notes.push_back("Versions differ: " + text::shown(a_.version, 40) + " and " +
                              text::shown(b_.version, 40) + ".");
    }
    for (const ComparisonSide* side : {&a_, &b_}) {
      if (side->left_out == 0) continue;
      result_.notes.push_back(fmt::format("{} result files of {} were left out; `report` names them.",
                                          side->left_out, text::shown(side->name, 120)));
    }
    for (const auto& [cell, budget] : a_.budgets) {
      const auto other = b_.budgets.find(cell);
      if (other == b_.budgets.end() || other->second == budget) continue;
      result_.notes.push_back("Cell " + text::shown(cell, 60) + " has other budgets: " + budget + " and " +
                              other->second + ".");
    }
  }

  // In A's order; what only one side has is missing.
  std::vector<std::string> common(const std::vector<std::string>& a, const std::vector<std::string>& b,
                                  const char* what) {
    const std::set<std::string> in_a(a.begin(), a.end()), in_b(b.begin(), b.end());
    std::vector<std::string> both;
    for (const std::string& name : a) {
      if (in_b.count(name))
        both.push_back(name);
      else
        result_.missing.push_back({what, name, b_.name});
    }
    for (const std::string& name : b) {
      if (!in_a.count(name)) result_.missing.push_back({what, name, a_.name});
    }
    return both;
  }

  void add_line(const Key& key) {
    const auto a = a_.estimates.find(key), b = b_.estimates.find(key);
    if (a == a_.estimates.end() || b == b_.estimates.end()) return;
    ComparisonLine line;
    std::tie(line.measure, line.cell, line.row) = key;
    if (!pair(key, line)) by_intervals(a->second, b->second, line);
    result_.lines.push_back(std::move(line));
  }

  // False without tests in common. Where the two have other splits, the means of an episode are paired.
  bool pair(const Key& key, ComparisonLine& line) const {
    const auto a = a_.samples.find(key), b = b_.samples.find(key);
    if (a == a_.samples.end() || b == b_.samples.end() || a_.data_sha256 != b_.data_sha256) return false;
    if (2 * in_common(a->second, b->second) >= std::min(a->second.size(), b->second.size())) {
      return pair(a->second, b->second, "tests", line);
    }
    return pair(by_episode(a->second), by_episode(b->second), "means", line);
  }

  bool pair(const Samples& a, const Samples& b, const char* what, ComparisonLine& line) const {
    Panel differences{1, {}, {}};
    std::map<std::int64_t, std::pair<double, double>> episodes;  // sum, tests
    double sum_a = 0, sum_b = 0;
    for (const auto& [test, value] : a) {
      const auto other = b.find(test);
      if (other == b.end()) continue;
      differences.episode.push_back(test.second);
      differences.value.push_back(other->second - value);
      episodes[test.second].first += differences.value.back();
      ++episodes[test.second].second;
      sum_a += value;
      sum_b += other->second;
    }
    const double tests = static_cast<double>(differences.observations());
    if (tests < 2) return false;
    line.a = sum_a / tests;
    line.b = sum_b / tests;
    line.difference = panel_means(differences)[0];
    line.basis = fmt::format("paired, {} {} of {} episodes", tests, what, episodes.size());
    set_interval(differences, line);
    if (line.difference == 0) return true;
    PairedValues values{2, episodes.size(), {}};
    for (const auto& [id, sum] : episodes)
      values.value.insert(values.value.end(), {sum.first / sum.second, 0.0});
    line.p = sign_flip_tests(values, flips_, stream(kCompareSeed, kCompareSignFlip))[0].p;
    return true;
  }

  static void set_interval(const Panel& differences, ComparisonLine& line) {
    const auto constant = [&](double value) { return value == differences.value[0]; };
    line.interval = {line.difference, line.difference};
    if (std::all_of(differences.value.begin(), differences.value.end(), constant)) return;
    line.interval = percentile_interval(
        bootstrap_means(differences, kBootstrapRepetitions, stream(kCompareSeed, kCompareBootstrap)));
  }

  // Two independent estimates: the squares of the distances to the ends add up (Newcombe).
  static void by_intervals(const Estimate& a, const Estimate& b, ComparisonLine& line) {
    line.basis = "intervals";
    line.a = a.value;
    line.b = b.value;
    line.difference = b.value - a.value;
    line.interval = {line.difference - std::hypot(b.value - b.interval.low, a.interval.high - a.value),
                     line.difference + std::hypot(b.interval.high - b.value, a.value - a.interval.low)};
    const double towards_zero =
        line.difference > 0 ? line.difference - line.interval.low : line.interval.high - line.difference;
    if (line.difference == 0 || std::isnan(line.difference)) return;
    line.p = std::erfc(std::abs(line.difference) / (towards_zero / kTwoSided95) / std::sqrt(2.0));
  }

  void judge(std::size_t first, bool more_is_better) {
    std::vector<double> p;
    for (std::size_t i = first; i < result_.lines.size(); ++i) p.push_back(result_.lines[i].p);
    const std::vector<double> adjusted = holm(p);
    for (std::size_t i = first; i < result_.lines.size(); ++i) {
      ComparisonLine& line = result_.lines[i];
      line.p_holm = adjusted[i - first];
      if (line.p_holm > kAlpha || line.difference == 0) continue;
      const bool gained = (line.difference > 0) == more_is_better;
      const bool beyond =
          more_is_better ? line.interval.high < -result_.threshold : line.interval.low > result_.threshold;
      line.verdict = gained ? Verdict::better : beyond ? Verdict::regression : Verdict::worse;
    }
  }

  const ComparisonSide &a_, &b_;
  std::int64_t flips_ = 0;
  Comparison result_;
};

}  // namespace

std::size_t Comparison::count(Verdict verdict) const {
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [verdict](const ComparisonLine& line) { return line.verdict == verdict; }));
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
  }
  return "";
}

Comparison compare_results(const std::filesystem::path& a, const std::filesystem::path& b, double threshold) {
  return Comparer(comparison_side(a), comparison_side(b), threshold).run();
}

}  // namespace offload
