#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>

#include "core/error.hpp"
#include "core/statistics/rank_sum.hpp"
#include "core/statistics/tests.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "report/comparison/comparison.hpp"
#include "report/figures/report.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

constexpr std::size_t kFileMax = std::size_t{256} << 20;

struct Benchmarks {
  std::vector<std::string> names;                    // in the order of the file
  std::map<std::string, std::vector<double>> times;  // ns, one per repetition
  std::map<std::string, std::string> facts;          // of the machine
};

double nanoseconds(const CheckedJson& unit) {
  static const std::map<std::string, double> kUnits = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
  const auto found = kUnits.find(unit.text(kTextMax));
  if (found == kUnits.end()) unit.refuse("\"ns\", \"us\", \"ms\" or \"s\"");
  return found->second;
}

void read_facts(const CheckedJson& context, Benchmarks& result) {
  for (const char* name : {"num_cpus", "mhz_per_cpu", "library_build_type", "cpu_scaling_enabled"}) {
    if (context.has(name)) result.facts[name] = context.at(name).value().dump();
  }
}

Benchmarks read_benchmarks(const std::filesystem::path& file) {
  const std::string name = file.string();
  const nlohmann::json document = parse_checked(read_bounded(file, kFileMax), name);
  const CheckedJson root(document, name), list = root.at("benchmarks");
  Benchmarks result;
  if (root.has("context")) read_facts(root.at("context"), result);
  const std::size_t count = list.array_size(kListMax);
  for (std::size_t i = 0; i < count; ++i) {
    const CheckedJson entry = list.at(i);
    if (entry.has("run_type") && entry.at("run_type").text(kTextMax) != "iteration") continue;
    if (entry.has("error_occurred") && entry.at("error_occurred").boolean()) continue;
    const std::string run = entry.at(entry.has("run_name") ? "run_name" : "name").text(kTextMax);
    const double time = entry.at("real_time").number(0) * nanoseconds(entry.at("time_unit"));
    if (!(time > 0)) entry.at("real_time").refuse("a time above 0");
    auto& times = result.times[run];
    if (times.empty()) result.names.push_back(run);
    times.push_back(time);
  }
  return result;
}

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
  line.basis = fmt::format("{} and {} repetitions, P(B slower) {:.2f}", a.size(), b.size(),
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
        fmt::format("Too few repetitions to confirm anything about {} of {} benchmarks: {} a side are needed "
                    "(--benchmark_repetitions={}).",
                    comparison.count(Verdict::unclear), p.size(), repetitions_needed(p.size()),
                    repetitions_needed(p.size())));
  }
}

}  // namespace

bool is_benchmark_file(const std::filesystem::path& file) {
  if (!std::filesystem::is_regular_file(file)) return false;
  const auto document = nlohmann::json::parse(read_bounded(file, kFileMax), nullptr, false);
  return document.is_object() && document.contains("benchmarks");
}

Comparison compare_benchmarks(const std::filesystem::path& a, const std::filesystem::path& b,
                              double threshold) {
  const Benchmarks left = read_benchmarks(a), right = read_benchmarks(b);
  Comparison comparison;
  comparison.a = a.string();
  comparison.b = b.string();
  comparison.benchmarks = true;
  comparison.threshold = threshold;
  if (left.facts != right.facts) {
    comparison.notes.push_back("The files were made on machines, or with builds, that differ.");
  }
  std::vector<double> least;
  for (const std::string& name : left.names) {
    const auto found = right.times.find(name);
    if (found == right.times.end()) {
      comparison.missing.push_back({"benchmark", name, comparison.b});
      continue;
    }
    comparison.lines.push_back(compare(name, left.times.at(name), found->second));
    least.push_back(least_p(left.times.at(name).size(), found->second.size()));
  }
  for (const std::string& name : right.names) {
    if (!left.times.count(name)) comparison.missing.push_back({"benchmark", name, comparison.a});
  }
  judge(comparison, least);
  return comparison;
}

}  // namespace offload
