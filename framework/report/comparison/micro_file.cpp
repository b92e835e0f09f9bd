#include "report/comparison/micro_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"

namespace offload {
namespace {

constexpr std::size_t kFileMax = std::size_t{256} << 20;

// The tool writes a counter that has no value as a bare word, which is no JSON; null in its place.
std::string without_bare_words(const std::string& text) {
  static constexpr std::array<std::string_view, 8> kWords = {"-Infinity", "Infinity", "-infinity", "infinity",
                                                             "-NaN",      "NaN",      "-nan",      "nan"};
  std::string out;
  out.reserve(text.size());
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!quoted) {
      const std::string_view rest = std::string_view(text).substr(i, 9);
      const auto* word =
          std::ranges::find_if(kWords, [&](std::string_view bare) { return rest.starts_with(bare); });
      if (word != kWords.end()) {
        out += "null";
        i += word->size() - 1;
        continue;
      }
    }
    if (text[i] == '"') quoted = !quoted;
    out += text[i];
    if (quoted && text[i] == '\\' && i + 1 < text.size()) out += text[++i];
  }
  return out;
}

bool is_set(const CheckedJson& entry, const char* key) { return entry.has(key) && entry.at(key).boolean(); }

std::string text_or(const CheckedJson& entry, const char* key, const std::string& fallback) {
  return entry.has(key) ? entry.at(key).text(kTextMax) : fallback;
}

double nanoseconds_of(const std::string& unit, const CheckedJson& entry) {
  static const std::map<std::string, double> kUnits = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
  const auto found = kUnits.find(unit);
  if (found == kUnits.end()) entry.at("time_unit").refuse("\"ns\", \"us\", \"ms\" or \"s\"");
  return found->second;
}

// Files without run_type tell an aggregate by its name alone: the benchmark's, and one of these.
class OldSummaries {
 public:
  explicit OldSummaries(const CheckedJson& list, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) names_.insert(list.at(i).at("name").text(kTextMax));
  }
  bool has(const std::string& name) const {
    for (const char* of_times : {"_mean", "_median", "_stddev", "_cv"}) {
      const auto base = before(name, of_times);
      // Without the benchmark itself, as with --benchmark_report_aggregates_only, they come together.
      if (base && (names_.contains(*base) ||
                   (names_.contains(*base + "_mean") && names_.contains(*base + "_median") &&
                    names_.contains(*base + "_stddev")))) {
        return true;
      }
    }
    return false;
  }

 private:
  static std::optional<std::string> before(const std::string& name, const std::string& end) {
    if (!name.ends_with(end)) return std::nullopt;
    return name.substr(0, name.size() - end.size());
  }

  std::set<std::string> names_;
};

// Puts repetitions to their benchmarks. Several may have one name: newer versions number family and instance,
// older ones the repetitions, which then begin again.
class Instances {
 public:
  explicit Instances(std::vector<MicroBenchmark>& benchmarks) : benchmarks_(benchmarks) {}

  MicroBenchmark& of(const CheckedJson& entry) {
    const std::string name = text_or(entry, "run_name", entry.at("name").text(kTextMax));
    std::vector<Known>& known = by_name_[name];
    const Numbers numbers = {number(entry, "family_index"), number(entry, "per_family_instance_index")};
    const std::int64_t repetition = number(entry, "repetition_index");
    const auto last = std::ranges::find(known.rbegin(), known.rend(), numbers, &Known::numbers);
    if (last != known.rend() && (repetition < 0 || !last->repetitions.contains(repetition))) {
      last->repetitions.insert(repetition);
      return benchmarks_[last->at];
    }
    known.push_back({benchmarks_.size(), numbers, {repetition}});
    benchmarks_.push_back({known.size() == 1 ? name : fmt::format("{} ({})", name, known.size())});
    return benchmarks_.back();
  }

 private:
  using Numbers = std::pair<std::int64_t, std::int64_t>;
  struct Known {
    std::size_t at;
    Numbers numbers;
    std::set<std::int64_t> repetitions;
  };
  static std::int64_t number(const CheckedJson& entry, const char* key) {
    return entry.has(key) ? entry.at(key).integer(0) : -1;
  }

  std::vector<MicroBenchmark>& benchmarks_;
  std::map<std::string, std::vector<Known>> by_name_;
};

void add_run(const CheckedJson& entry, MicroBenchmark& benchmark) {
  ++benchmark.repetitions;
  const auto say = [&](const char* key) {
    if (benchmark.message.empty()) benchmark.message = text_or(entry, key, "");
  };
  if (is_set(entry, "error_occurred")) {
    ++benchmark.failed;
    return say("error_message");
  }
  if (is_set(entry, "skipped")) {
    ++benchmark.skipped;
    return say("skip_message");
  }
  const double unit = nanoseconds_of(text_or(entry, "time_unit", "ns"), entry);
  const double time = entry.has("real_time") ? entry.at("real_time").number_or_nan() * unit : NAN;
  if (time < 0) entry.at("real_time").refuse("a time of 0 or more");
  if (time > 0) {
    benchmark.times_ns.push_back(time);
  } else {
    ++benchmark.timeless;
  }
}

void read_facts(const CheckedJson& context, MicroFile& result) {
  for (const char* name : {"num_cpus", "mhz_per_cpu", "library_build_type", "cpu_scaling_enabled"}) {
    if (context.has(name)) result.facts[name] = context.at(name).value().dump();
  }
}

}  // namespace

std::string not_a_micro_file(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return "does not exist";
  if (!std::filesystem::is_regular_file(file)) return "is no file";
  const std::string text = read_bounded(file, kFileMax);
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    return "is empty: the run that was to write it did not get there";
  const auto document = nlohmann::json::parse(without_bare_words(text), nullptr, false);
  if (document.is_discarded()) return "is cut off, or no JSON";
  return document.is_object() && document.contains("benchmarks") ? "" : "is JSON without a list 'benchmarks'";
}

MicroFile read_micro_file(const std::filesystem::path& file) {
  const std::string name = file.string();
  const nlohmann::json document = parse_checked(without_bare_words(read_bounded(file, kFileMax)), name);
  const CheckedJson root(document, name), list = root.at("benchmarks");
  MicroFile result;
  if (root.has("context")) read_facts(root.at("context"), result);
  const std::size_t count = list.array_size(kListMax);
  const OldSummaries summaries(list, count);
  Instances instances(result.benchmarks);
  for (std::size_t i = 0; i < count; ++i) {
    const CheckedJson entry = list.at(i);
    const bool summary = entry.has("run_type")
                             ? entry.at("run_type").text(kTextMax) != "iteration"
                             : entry.has("big_o") || entry.has("rms") || entry.has("aggregate_name") ||
                                   summaries.has(entry.at("name").text(kTextMax));
    if (summary) {
      ++result.summaries;
    } else {
      add_run(entry, instances.of(entry));
    }
  }
  return result;
}

}  // namespace offload
