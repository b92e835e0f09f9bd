// The sweeps of a suite: the candidates that each row is tuned among.
#include <fmt/format.h>

#include <offload/random.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/suggestion.hpp"
#include "plugin/info.hpp"
#include "suite/suite_tables.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kSweepPurpose = 0x7377656570;  // "sweep"
constexpr std::size_t kCandidatesMost = 1000;
constexpr int kDrawsMost = 1000;  // for one candidate that is none of those before

// What one parameter may be: some values, or a range.
struct Dimension {
  enum class Kind { values, uniform, log_uniform, integer };
  std::string key, place;
  Kind kind = Kind::values;
  std::vector<Parameter> values;
  double low = 0, high = 0;
};

Dimension read_range(TomlTable& parameters, const std::string& key) {
  Dimension dimension{key, parameters.place(key), {}, {}, 0, 0};
  TomlTable table = parameters.table(key);
  constexpr std::pair<const char*, Dimension::Kind> kKinds[] = {{"uniform", Dimension::Kind::uniform},
                                                                {"log_uniform", Dimension::Kind::log_uniform},
                                                                {"integer", Dimension::Kind::integer}};
  for (const auto& [name, kind] : kKinds) {
    if (!table.has(name)) continue;
    const bool logarithmic = kind == Dimension::Kind::log_uniform, whole = kind == Dimension::Kind::integer;
    const std::vector<double> ends = table.numbers(name, -1e15, 1e15);
    if (ends.size() != 2 || !(ends[0] < ends[1]) || (logarithmic && ends[0] <= 0) ||
        (whole && (ends[0] != std::floor(ends[0]) || ends[1] != std::floor(ends[1])))) {
      table.refuse(name, fmt::format("{}: expected [low, high], low below high{}", name,
                                     logarithmic ? " and above 0"
                                     : whole     ? ", both whole"
                                                 : ""));
    }
    dimension.kind = kind;
    dimension.low = ends[0];
    dimension.high = ends[1];
  }
  table.may_have({"uniform", "log_uniform", "integer"});
  table.finish();
  if (dimension.kind == Dimension::Kind::values)
    parameters.refuse(key, fmt::format("{}: expected a list of values, or one of {{uniform = [low, high]}}, "
                                       "{{log_uniform = [low, high]}}, {{integer = [low, high]}}",
                                       key));
  return dimension;
}

std::vector<Dimension> read_dimensions(TomlTable& sweep) {
  TomlTable parameters = sweep.table("parameters");
  std::vector<Dimension> dimensions;
  for (const std::string& key : parameters.keys()) {
    if (parameters.is_table(key))
      dimensions.push_back(read_range(parameters, key));
    else
      dimensions.push_back({key, parameters.place(key), {}, parameters.alternatives(key), 0, 0});
  }
  if (dimensions.empty())
    sweep.refuse("parameters", "[[sweep]] needs parameters, such as {learning_rate = [3e-4, 1e-3]}");
  return dimensions;
}

// As short as it can be read, so that a name tells all of a value.
Parameter rounded(double value, const std::string& place) {
  const std::string text = fmt::format("{:.3g}", value);
  std::from_chars(text.data(), text.data() + text.size(), value);
  return {value, place, text};
}

Parameter drawn(const Dimension& dimension, Random& random) {
  const double width = dimension.high - dimension.low;
  switch (dimension.kind) {
    case Dimension::Kind::uniform:
      return rounded(dimension.low + random.uniform() * width, dimension.place);
    case Dimension::Kind::log_uniform:
      return rounded(dimension.low * std::exp(random.uniform() * std::log(dimension.high / dimension.low)),
                     dimension.place);
    case Dimension::Kind::integer: {
      const auto value = static_cast<std::int64_t>(dimension.low) +
                         static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(width) + 1));
      return {value, dimension.place, std::to_string(value)};
    }
    case Dimension::Kind::values:
      break;
  }
  return dimension.values[random.below(dimension.values.size())];
}

std::string text_of(const Parameter& parameter) {
  return parameter.text.empty() ? to_text(parameter.value) : parameter.text;
}

Candidate named(const std::string& row, Parameters parameters) {
  std::string name;
  for (const auto& [key, parameter] : parameters)
    name += fmt::format("{}{}={}", name.empty() ? "/" : ",", key, text_of(parameter));
  return {row + name, std::move(parameters)};
}

// The last dimension varies fastest.
std::vector<Candidate> grid_of(const std::string& row, const std::vector<Dimension>& dimensions) {
  std::vector<Parameters> grid(1);
  for (const Dimension& dimension : dimensions) {
    if (dimension.kind != Dimension::Kind::values)
      fail(ErrorKind::config, "{}: {} is a range; say how many candidates to draw: trials = N",
           dimension.place, dimension.key);
    std::vector<Parameters> longer;
    for (const Parameters& some : grid) {
      for (const Parameter& value : dimension.values) {
        longer.push_back(some);
        longer.back()[dimension.key] = value;
      }
    }
    grid = std::move(longer);
    if (grid.size() > kCandidatesMost)
      fail(ErrorKind::config, "{}: a grid of more than {} candidates; draw some of them: trials = N",
           dimension.place, kCandidatesMost);
  }
  std::vector<Candidate> candidates;
  for (Parameters& parameters : grid) candidates.push_back(named(row, std::move(parameters)));
  return candidates;
}

// The same for every row whose sweep has the same ranges and seed.
std::vector<Candidate> draws_of(const std::string& row, const std::vector<Dimension>& dimensions,
                                std::int64_t trials, std::uint64_t seed, const std::string& place) {
  std::vector<Candidate> candidates;
  Random random(stream(seed, kSweepPurpose));
  for (int draws = 0; candidates.size() < static_cast<std::size_t>(trials); ++draws) {
    if (draws == kDrawsMost)
      fail(ErrorKind::config,
           "{}: trials: there are hardly {} ({} were found); ask for fewer, or leave "
           "trials out for the whole grid",
           place, counted(trials, "different candidate"), candidates.size());
    Parameters parameters;
    for (const Dimension& dimension : dimensions) parameters[dimension.key] = drawn(dimension, random);
    Candidate candidate = named(row, std::move(parameters));
    if (std::ranges::count(candidates, candidate.name, &Candidate::name) > 0) continue;
    candidates.push_back(std::move(candidate));
    draws = 0;
  }
  return candidates;
}

void require_apart(const std::vector<Candidate>& candidates, const std::string& place) {
  std::set<std::string> names;
  for (const Candidate& candidate : candidates) {
    if (names.insert(candidate.name).second) continue;
    fail(ErrorKind::config, "{}: candidate '{}' is there twice", place, printable(candidate.name));
  }
}

void read_sweep(TomlTable& table, Suite& suite) {
  const std::string name = table.required_text("row");
  const auto row = std::ranges::find(suite.rows, name, &RowSettings::name);
  if (row == suite.rows.end()) {
    std::vector<std::string> known;
    for (const RowSettings& other : suite.rows) known.push_back(other.name);
    table.refuse("row", fmt::format("row: no row '{}'; known: {}{}", printable(name),
                                    printable(fmt::format("{}", fmt::join(known, ", ")), 400),
                                    suggestion(name, known)));
  }
  if (!row->candidates.empty())
    table.refuse("row", fmt::format("row: '{}' has a sweep at {}", printable(name), row->sweep_place));
  if (row->training.steps == 0)
    table.refuse("row", fmt::format("row: '{}' is trained for 0 steps, which tells no candidates apart",
                                    printable(name)));
  row->sweep_place = table.place();
  const std::vector<Dimension> dimensions = read_dimensions(table);
  const bool draws = table.has("trials");
  const std::int64_t trials = table.integer("trials", 0, 1, static_cast<std::int64_t>(kCandidatesMost));
  const auto seed =
      static_cast<std::uint64_t>(table.integer("seed", 0, 0, std::numeric_limits<std::int64_t>::max()));
  if (!draws && table.has("seed"))
    table.refuse("seed", "seed: a grid draws nothing; give trials, or leave seed out");
  row->candidates =
      draws ? draws_of(name, dimensions, trials, seed, table.place("trials")) : grid_of(name, dimensions);
  require_apart(row->candidates, row->sweep_place);
  table.finish();
}

}  // namespace

void read_sweeps(TomlTable& root, Suite& suite) {
  TomlTable table = root.table("tuning");
  TuningSettings& tuning = suite.tuning;
  suite.tuning_place = table.place();
  tuning.validation = table.number("validation", tuning.validation, .01, .99);
  tuning.measure = table.choice("measure", tuning.measure, {"reward", "reward within budgets"});
  tuning.unequal = table.boolean("unequal", tuning.unequal);
  table.finish();
  for (TomlTable& sweep : root.tables("sweep")) read_sweep(sweep, suite);
}

RowSettings with_candidate(const RowSettings& row, const Candidate& candidate) {
  RowSettings tried = row;
  for (const auto& [key, parameter] : candidate.parameters) tried.agent.parameters[key] = parameter;
  tried.candidates.clear();
  tried.training.curve_every = 0;
  tried.training.checkpoints = false;
  return tried;
}

double wall_limit_s(const Suite& suite, const RowSettings& row) {
  const auto there = std::ranges::count(suite.evaluation.drifts, true, &DriftSettings::trained);
  return row.training.wall_limit_s *
         static_cast<double>(1 + row.candidates.size() + static_cast<std::size_t>(there));
}

}  // namespace offload
