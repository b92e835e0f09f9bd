// `offload-bench power`: what differences a suite can find, before it is run.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "cli/range.hpp"
#include "cli/suite_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/statistics/simulated_tests.hpp"
#include "core/statistics/tests.hpp"
#include "report/boards/claims.hpp"
#include "report/comparison/comparison_side.hpp"
#include "suite/experiment.hpp"

namespace offload::cli {
namespace {

constexpr int kSimulations = 2000;
constexpr std::uint64_t kPowerSeed = 0x706f776572;
// Medians over pairs of the learners of main-synthetic's kind, of mean rewards over cells: 66 fresh synthetic
// sets of 200 episodes (benchmarks/calibration/real.sh).
constexpr TestSpread kMeasured = {.061, .064, .164};

struct PowerOptions {
  std::string suite, from;
  SuiteOptions changes;
  double difference = .1, power = .8;
  bool json = false;
};

// The tests of a suite as power_of takes them.
struct SuiteTests {
  std::string name;
  TestPlan plan;
  ClaimRule rule;
  std::size_t rows = 0;
  bool more_episodes = false;  // the source can be asked for
};

bool share_episodes(const Split& a, const Split& b) {
  const std::set<std::uint32_t> tests(a.test.begin(), a.test.end());
  return std::ranges::any_of(b.test, [&](std::uint32_t e) { return tests.contains(e); });
}

SuiteTests tests_of(const PowerOptions& options) {
  Suite suite = suite_of(options.suite, options.changes);
  std::vector<EpisodeTable> sets = open_data(suite, cache_folder({}));
  const Experiment experiment = make_experiment(std::move(suite), std::move(sets));
  const auto trainings = static_cast<std::size_t>(experiment.trainings);
  SuiteTests tests{experiment.suite.name, {}, {}, experiment.suite.rows.size(), false};
  std::size_t all = 0;
  for (const Split& split : experiment.splits) all += split.test.size();
  tests.plan.tests = std::max<std::size_t>(1, all / experiment.splits.size());
  tests.plan.episodes = experiment.environment().data().episodes();
  tests.plan.runs = experiment.splits.size() / trainings;
  tests.plan.trainings = trainings;
  const std::string& source = experiment.suite.data.source;
  tests.more_episodes = source.starts_with("synthetic:") || source.starts_with("scenario:");
  if (!experiment.suite.data.seeds.empty()) {
    tests.plan.splitting = Splitting::fresh;
    tests.rule = {Claim::fresh_data, true, false};
  } else if (tests.plan.runs == 1) {
    tests.plan = {trainings, tests.plan.tests, tests.plan.tests, Splitting::same, 1};
    tests.rule.one_training_set = true;
  } else if (!share_episodes(experiment.splits[0], experiment.splits[trainings])) {
    tests.plan.splitting = Splitting::folds;
  }
  if (tests.plan.runs == 1) tests.rule.claim = Claim::policies;
  return tests;
}

// Medians over the pairs of rows that differ, of what the report's evidence says of its headline's view.
TestSpread spread_of(const ComparisonSide& side) {
  std::vector<std::vector<double>> rows;
  for (const std::string& row : side.rows) {
    if (auto series = side.series(reward_measure(side.headline), row)) rows.push_back(std::move(*series));
  }
  std::vector<double> run, episode, test;
  for (const PairOf& pair : all_pairs(rows.size())) {
    std::vector<double> difference = rows[pair.a];
    for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= rows[pair.b][i];
    const CrossedMoments moments = crossed_moments(side.design, difference);
    if (moments.runs < 2 || !(moments.method_variance > 0)) continue;
    run.push_back(std::sqrt(std::max(0.0, moments.run)));
    episode.push_back(std::sqrt(std::max(0.0, moments.episode)));
    test.push_back(std::sqrt(std::max(0.0, moments.residual)));
  }
  if (run.empty()) {
    fail(ErrorKind::data,
         "{}: no two rows that differ and finished two runs; give results of at least two such rows",
         printable(side.name));
  }
  return {quantile(run, .5), quantile(episode, .5), quantile(test, .5)};
}

// Of the suite with other numbers of runs; up to 200.
std::vector<std::size_t> run_counts(const SuiteTests& tests) {
  std::set<std::size_t> counts = {3, 5, 10, 20, 50, tests.plan.runs};
  if (tests.plan.splitting == Splitting::folds) {
    const std::size_t round = tests.plan.episodes / tests.plan.tests;
    counts = {round, 2 * round, 4 * round, 10 * round, tests.plan.runs};
  }
  counts.erase(1);
  return {counts.begin(), counts.end()};
}

std::size_t pairs_of(const SuiteTests& tests) {
  return std::max<std::size_t>(1, tests.rows * (tests.rows - 1) / 2);
}

// Of the suite with another number of runs, and `factor` times the episodes; simulated once each.
class Powers {
 public:
  Powers(const SuiteTests& tests, const TestSpread& spread, double power)
      : tests_(tests), spread_(spread), power_(power) {}

  const Power& with(std::size_t runs, std::size_t factor) {
    const auto [at, is_new] = known_.try_emplace({runs, factor});
    if (is_new) {
      TestPlan plan = tests_.plan;
      plan.runs = runs;
      plan.tests *= factor;
      plan.episodes *= factor;
      at->second = power_of(plan, spread_, tests_.rule, pairs_of(tests_), power_, kSimulations, kPowerSeed);
    }
    return at->second;
  }

 private:
  const SuiteTests& tests_;
  const TestSpread& spread_;
  double power_;
  std::map<std::pair<std::size_t, std::size_t>, Power> known_;
};

// The least number of runs that finds the difference; empty past 200.
std::optional<std::size_t> runs_needed(const SuiteTests& tests, Powers& powers, double difference,
                                       double Power::*figure) {
  const std::size_t step =
      tests.plan.splitting == Splitting::folds ? tests.plan.episodes / tests.plan.tests : 1;
  for (const std::size_t runs : {2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200}) {
    if (runs % step != 0) continue;
    if (powers.with(runs, 1).*figure <= difference) return runs;
  }
  return std::nullopt;
}

// What rows differ by from test to test, and where that is from.
struct KnownSpread {
  TestSpread of = kMeasured;
  std::string from = "learners on synthetic data; --from names results of yours";
};

KnownSpread known_spread(const std::string& from) {
  if (from.empty()) return {};
  const ComparisonSide side = comparison_side(from);
  const std::string view = side.views.size() > 1 ? ", " + printable(side.headline, 60) : "";
  return {spread_of(side), "medians of " + printable(from, 60) + view};
}

struct PowerLine {
  std::size_t runs, factor;
  Power power;
};

void print_text(const SuiteTests& tests, const KnownSpread& known, const std::vector<PowerLine>& lines,
                Powers& powers, const PowerOptions& options) {
  const TestSpread& spread = known.of;
  put("{}: {} of {}, {}{}; claim {}\n", printable(tests.name), counted(tests.plan.runs, "run"),
      counted(tests.plan.tests, "test"), counted(tests.plan.episodes, "episode"),
      tests.plan.splitting == Splitting::fresh ? ", every run its own" : "", claim_name(tests.rule));
  put("Differences of two rows vary by {:.3f} from run to run, {:.3f} from episode to episode, "
      "{:.3f} beyond that (standard deviations; {})\n\n",
      spread.run, spread.episode, spread.test, known.from);
  put("{:>7}{:>10}{:>9}   least difference that is found in {:.0f} %\n", "runs", "episodes", "95 %",
      100 * options.power);
  put("{:>7}{:>10}{:>9}   {:>14}{:>22}\n", "", "", "+-", "by one test",
      "first of " + counted(pairs_of(tests), "pair"));
  for (const PowerLine& line : lines) {
    const bool suite = line.runs == tests.plan.runs && line.factor == 1;
    put("{:>7}{:>10}{:>9}   {:>14}{:>22}{}\n", line.runs, line.factor * tests.plan.episodes,
        text::fixed(line.power.half_width, 3), text::fixed(line.power.one_pair, 3),
        text::fixed(line.power.family, 3), suite ? "   <- the suite" : "");
  }
  const auto needed = [&](double Power::*figure) {
    const auto runs = runs_needed(tests, powers, options.difference, figure);
    return runs ? counted(*runs, "run") : std::string("more than 200 runs");
  };
  put("\nTo find {:g} in {:.0f} %: {} by one test, {} among {}\n", options.difference, 100 * options.power,
      needed(&Power::one_pair), needed(&Power::family), counted(pairs_of(tests), "pair"));
}

void print_json(const SuiteTests& tests, const TestSpread& spread, const std::vector<PowerLine>& lines,
                Powers& powers, const PowerOptions& options) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const PowerLine& line : lines) {
    list.push_back({{"runs", line.runs},
                    {"episodes", line.factor * tests.plan.episodes},
                    {"half_width", line.power.half_width},
                    {"one_pair", line.power.one_pair},
                    {"family", line.power.family}});
  }
  const auto needed = [&](double Power::*figure) {
    const auto runs = runs_needed(tests, powers, options.difference, figure);
    return runs ? Json(*runs) : Json();
  };
  fmt::print(
      "{}\n",
      Json({{"suite", tests.name},
            {"claim", claim_name(tests.rule)},
            {"runs", tests.plan.runs},
            {"tests", tests.plan.tests},
            {"pairs", pairs_of(tests)},
            {"spread", {{"run", spread.run}, {"episode", spread.episode}, {"test", spread.test}}},
            {"power", options.power},
            {"lines", list},
            {"difference", options.difference},
            {"runs_needed", {{"one_pair", needed(&Power::one_pair)}, {"family", needed(&Power::family)}}}})
          .dump(1));
}

int power(const PowerOptions& options) {
  const SuiteTests tests = tests_of(options);
  const KnownSpread known = known_spread(options.from);
  const TestSpread& spread = known.of;
  Powers powers(tests, spread, options.power);
  std::vector<PowerLine> lines;
  for (const std::size_t runs : run_counts(tests)) lines.push_back({runs, 1, powers.with(runs, 1)});
  for (const std::size_t factor : {2U, 5U}) {
    if (!tests.more_episodes) break;
    lines.push_back({tests.plan.runs, factor, powers.with(tests.plan.runs, factor)});
  }
  options.json ? print_json(tests, spread, lines, powers, options)
               : print_text(tests, known, lines, powers, options);
  return 0;
}

}  // namespace

void add_power(CLI::App& app, Action& action) {
  const auto options = std::make_shared<PowerOptions>();
  CLI::App* verb = app.add_subcommand("power", "Say what differences a suite can find, before it is run");
  verb->add_option("SUITE", options->suite, "Suite file")->required();
  add_suite_options(*verb, options->changes);
  verb->add_option("--from", options->from,
                   "Results folder or report.json to take from how much rows differ by chance");
  verb->add_option("--difference", options->difference, "Of mean rewards over cells, that is to be found")
      ->check(within(1e-6, 1e6))
      ->capture_default_str();
  verb->add_option("--power", options->power, "How often it is to be found")
      ->check(within(.05, .999))
      ->capture_default_str();
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer(
      "Simulates results with the suite's runs and tests, and measures them as a report does: which\n"
      "differences of two rows a test finds, and which among all pairs after Holm's correction. Runs\n"
      "nothing of the suite.\n"
      "Example: offload-bench power benchmarks/suites/main-synthetic.toml --difference 0.05\n"
      "Example: offload-bench power my.toml --from results/pilot");
  verb->callback([options, &action] { action = [options] { return power(*options); }; });
}

}  // namespace offload::cli
