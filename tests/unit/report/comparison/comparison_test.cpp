// Comparisons of two sets of results whose differences are known, and of microbenchmarks.
#include "report/comparison/comparison.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "report/report.hpp"
#include "unit/report/example.hpp"

namespace offload {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr int kEpisodes = 12;

// Twelve episodes in each of two runs; every episode takes one text turn.
TrialResult trial_of(const ReportPlan& plan, const PlannedTrial& planned) {
  TrialResult trial = example::trial(plan, planned.row, planned.split);
  trial.episode_ids.clear();
  std::vector<std::vector<std::uint16_t>> decisions;
  std::vector<double> reward;
  for (int e = 0; e < kEpisodes; ++e) {
    trial.episode_ids.push_back(e);
    decisions.push_back({1});
    reward.push_back(1 + .125 * e);
  }
  trial.cells = {example::cell(plan, "open", decisions, reward),
                 example::cell(plan, "tight", decisions, reward)};
  return trial;
}

using Change = std::function<void(ReportPlan&, StoreContents&)>;

void write_results(const std::filesystem::path& folder, const Change& change = {}) {
  ReportPlan plan = example::plan();
  StoreContents contents;
  for (const PlannedTrial& planned : plan.trials) contents.trials.push_back(trial_of(plan, planned));
  if (change) change(plan, contents);
  const Store store(folder);
  store.write_suite(to_json(plan));
  for (const TrialResult& trial : contents.trials) store.write_trial(trial);
  write_report(folder, make_report(plan, contents));
}

// Adds `amount` to every reward of row bold in the tight cell.
Change shifted(double amount) {
  return [amount](ReportPlan&, StoreContents& contents) {
    for (TrialResult& trial : contents.trials) {
      if (trial.row != "bold") continue;
      for (double& reward : trial.cells[1].scores[0].reward) reward += amount;
    }
  };
}

ComparisonLine line_of(const Comparison& comparison, const std::string& measure, const std::string& cell,
                       const std::string& row) {
  for (const ComparisonLine& line : comparison.lines) {
    if (line.measure == measure && line.cell == cell && line.row == row) return line;
  }
  throw std::runtime_error("no such line");
}

constexpr const char* kReward = "reward: simulator / knn";

TEST(Compare, FindsNothingBetweenTwins) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path());
  const Comparison comparison = compare_results(a.path(), b.path(), 0);
  EXPECT_TRUE(comparison.clean());
  EXPECT_EQ(comparison.lines.size(), 8U);  // 2 measures x 2 cells x 2 rows
  EXPECT_EQ(comparison.count(Verdict::tie), 8U);
  EXPECT_THAT(comparison.notes, ElementsAre());
}

// All 12 episodes differ by the same amount: 2 of 4096 sign patterns are as extreme.
TEST(Compare, PairsByRunAndEpisode) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), shifted(-.25));
  const Comparison comparison = compare_results(a.path(), b.path(), 0);
  EXPECT_FALSE(comparison.clean());
  EXPECT_EQ(comparison.count(Verdict::regression), 1U);
  const ComparisonLine line = line_of(comparison, kReward, "tight", "bold");
  EXPECT_EQ(line.verdict, Verdict::regression);
  EXPECT_DOUBLE_EQ(line.a, 1.6875);
  EXPECT_DOUBLE_EQ(line.b, 1.4375);
  EXPECT_DOUBLE_EQ(line.difference, -.25);
  EXPECT_DOUBLE_EQ(line.interval.low, -.25);
  EXPECT_DOUBLE_EQ(line.interval.high, -.25);
  EXPECT_NEAR(line.p, 2.0 / 4096, 5e-4);
  EXPECT_DOUBLE_EQ(line.p_holm, 4 * line.p);
  EXPECT_EQ(line.basis, "paired, 24 tests of 12 episodes");
  EXPECT_EQ(line_of(comparison, kReward, "open", "bold").verdict, Verdict::tie);
}

// The same episodes, but each side splits them in its own way.
TEST(Compare, PairsMeansOfEpisodesAcrossOtherSplits) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), [](ReportPlan& plan, StoreContents& contents) {
    plan.splits = {"x0", "x1"};
    for (PlannedTrial& planned : plan.trials) planned.split[0] = 'x';
    for (TrialResult& trial : contents.trials) trial.split[0] = 'x';
    shifted(-.25)(plan, contents);
  });
  const Comparison comparison = compare_results(a.path(), b.path(), 0);
  const ComparisonLine line = line_of(comparison, kReward, "tight", "bold");
  EXPECT_EQ(line.basis, "paired, 12 means of 12 episodes");
  EXPECT_DOUBLE_EQ(line.difference, -.25);
  EXPECT_EQ(line.verdict, Verdict::regression);
}

TEST(Compare, ThresholdForgivesAndGainsAreNoRegression) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), shifted(-.25));
  const Comparison forgiven = compare_results(a.path(), b.path(), .3);
  EXPECT_TRUE(forgiven.clean());
  EXPECT_EQ(line_of(forgiven, kReward, "tight", "bold").verdict, Verdict::worse);
  const Comparison gain = compare_results(b.path(), a.path(), 0);
  EXPECT_TRUE(gain.clean());
  EXPECT_EQ(line_of(gain, kReward, "tight", "bold").verdict, Verdict::better);
}

TEST(Compare, MoreViolationsAreARegressionWhateverTheReward) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), [](ReportPlan& plan, StoreContents& contents) {
    for (TrialResult& trial : contents.trials) {
      if (trial.row != "careful") continue;
      const auto reward = trial.cells[1].scores[0].reward;
      const std::vector<std::vector<std::uint16_t>> over(kEpisodes, {2, 2});
      trial.cells = {example::cell(plan, "open", over, reward), example::cell(plan, "tight", over, reward)};
    }
  });
  const Comparison comparison = compare_results(a.path(), b.path(), 0);
  const ComparisonLine line = line_of(comparison, "joint violation rate", "tight", "careful");
  EXPECT_EQ(line.verdict, Verdict::regression);
  EXPECT_DOUBLE_EQ(line.difference, 1);
  EXPECT_EQ(comparison.count(Verdict::regression), 1U);
}

TEST(Compare, NamesWhatIsMissingOnEitherSide) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), [](ReportPlan& plan, StoreContents& contents) {
    plan.rows[1].name = "bolder";
    for (PlannedTrial& planned : plan.trials) {
      if (planned.row == "careful") planned.row = "bolder";
    }
    for (TrialResult& trial : contents.trials) {
      if (trial.row == "careful") trial.row = "bolder";
    }
  });
  const Comparison comparison = compare_results(a.path(), b.path(), 0);
  EXPECT_FALSE(comparison.clean());
  EXPECT_THAT(comparison.missing, ElementsAre(MissingPart{"row", "careful", b.path().string()},
                                              MissingPart{"row", "bolder", a.path().string()}));
}

TEST(Compare, ARowWithoutARunIsMissing) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), [](ReportPlan&, StoreContents& contents) {
    std::erase_if(contents.trials, [](const TrialResult& trial) { return trial.row == "careful"; });
    contents.trials.push_back(example::failed_trial("careful", "s0"));
  });
  const Comparison comparison = compare_results(a.path(), b.path(), 0);
  EXPECT_THAT(comparison.missing, ElementsAre(MissingPart{"row", "careful", b.path().string()}));
}

// Difference and interval of two estimates with intervals [1.5, 2.5] and [.7, 1.3]: -1 -+ (.583, .583).
TEST(Compare, ReportsAloneAreComparedByTheirIntervals) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  json left = json::parse(std::ifstream(a.path() / "report.json")), right = left;
  const auto set = [](json& report, double value, double low, double high) {
    json& score = report["cells"][1]["rows"][0]["scores"][0];
    score["reward"] = value;
    score["reward_interval"] = {{"low", low}, {"high", high}};
  };
  set(left, 2, 1.5, 2.5);
  set(right, 1, .7, 1.3);
  std::ofstream(b.path() / "left.json") << left;
  std::ofstream(b.path() / "right.json") << right;
  const Comparison comparison = compare_results(b.path() / "left.json", b.path() / "right.json", 0);
  const ComparisonLine line = line_of(comparison, kReward, "tight", "bold");
  EXPECT_EQ(line.basis, "intervals");
  EXPECT_DOUBLE_EQ(line.difference, -1);
  EXPECT_NEAR(line.interval.low, -1 - std::hypot(.3, .5), 1e-12);
  EXPECT_NEAR(line.interval.high, -1 + std::hypot(.3, .5), 1e-12);
  EXPECT_NEAR(line.p, .00077, 1e-4);  // z = 1.96 / .5831 = 3.361
  EXPECT_EQ(line.verdict, Verdict::regression);
}

TEST(Compare, RefusesWhatIsNoReport) {
  const example::TemporaryFolder folder;
  std::ofstream(folder.path() / "other.json") << "{\"format\":\"something\"}";
  EXPECT_THROW(compare_results(folder.path() / "other.json", folder.path() / "other.json", 0), Error);
  EXPECT_THROW(compare_results(folder.path() / "none.json", folder.path() / "none.json", 0), Error);
}

TEST(Compare, EveryFormatSaysTheSame) {
  const example::TemporaryFolder a, b;
  write_results(a.path());
  write_results(b.path(), shifted(-.25));
  const Comparison comparison = compare_results(a.path(), b.path(), 0);
  EXPECT_THAT(comparison_table(comparison, false, 100),
              AllOf(HasSubstr("regression"), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(comparison_table(comparison, true, 100), HasSubstr("\x1b[31m"));
  EXPECT_THAT(comparison_csv(comparison), HasSubstr("tight,bold,1.6875,1.4375,-0.25,-0.25,-0.25,"));
  EXPECT_THAT(comparison_markdown(comparison), HasSubstr("| tight | bold | 1.688 | 1.438 |"));
  const json document = json::parse(comparison_json(comparison));
  EXPECT_EQ(document["regressions"], 1);
  EXPECT_EQ(document["lines"].size(), 8U);
}

// Google Benchmark's JSON of one benchmark with these repetitions, and an aggregate that must not count.
void write_benchmark(const std::filesystem::path& file, const std::vector<double>& times,
                     const std::string& name = "update/64") {
  json list = json::array();
  for (const double time : times) {
    list.push_back({{"name", name},
                    {"run_name", name},
                    {"run_type", "iteration"},
                    {"real_time", time},
                    {"time_unit", "us"}});
  }
  list.push_back({{"name", name + "_mean"},
                  {"run_name", name},
                  {"run_type", "aggregate"},
                  {"real_time", 9999.0},
                  {"time_unit", "us"}});
  std::ofstream(file) << json{{"context", {{"num_cpus", 2}}}, {"benchmarks", list}};
}

TEST(CompareBenchmarks, FindsAConfirmedSlowdown) {
  const example::TemporaryFolder folder;
  const auto a = folder.path() / "a.json", b = folder.path() / "b.json";
  write_benchmark(a, {100, 101, 102, 103, 104});
  write_benchmark(b, {200, 202, 204, 206, 208});
  EXPECT_TRUE(is_benchmark_file(a));
  const Comparison comparison = compare_benchmarks(a, b, .05);
  ASSERT_EQ(comparison.lines.size(), 1U);
  const ComparisonLine& line = comparison.lines[0];
  EXPECT_DOUBLE_EQ(line.a, 102e3);
  EXPECT_DOUBLE_EQ(line.b, 204e3);
  EXPECT_NEAR(line.difference, 1, 1e-12);
  EXPECT_DOUBLE_EQ(line.p, 2.0 / 252);  // 2 over the ways to choose 5 of 10
  EXPECT_EQ(line.verdict, Verdict::regression);
  EXPECT_FALSE(comparison.clean());
  EXPECT_THAT(comparison_markdown(comparison),
              AllOf(HasSubstr("(5 and 5 repetitions"), HasSubstr("| Benchmark | A |")));
  EXPECT_TRUE(compare_benchmarks(b, a, .05).clean());
  EXPECT_TRUE(compare_benchmarks(a, b, 1.5).clean());
}

TEST(CompareBenchmarks, SaysWhenRepetitionsAreTooFew) {
  const example::TemporaryFolder folder;
  const auto a = folder.path() / "a.json", b = folder.path() / "b.json";
  write_benchmark(a, {100, 101, 102});
  write_benchmark(b, {200, 202, 204});
  const Comparison comparison = compare_benchmarks(a, b, .05);
  EXPECT_EQ(comparison.lines[0].verdict, Verdict::unclear);  // p = 2/20 at best
  EXPECT_TRUE(comparison.clean());
  EXPECT_THAT(comparison.notes, ElementsAre(HasSubstr("4 a side are needed")));
  EXPECT_THAT(comparison_table(comparison, false, 100), HasSubstr("too few repetitions"));
}

TEST(CompareBenchmarks, NamesWhatIsMissing) {
  const example::TemporaryFolder folder;
  const auto a = folder.path() / "a.json", b = folder.path() / "b.json";
  write_benchmark(a, {1, 2}, "old");
  write_benchmark(b, {1, 2}, "new");
  const Comparison comparison = compare_benchmarks(a, b, .05);
  EXPECT_THAT(comparison.missing, ElementsAre(MissingPart{"benchmark", "old", b.string()},
                                              MissingPart{"benchmark", "new", a.string()}));
  EXPECT_FALSE(comparison.clean());
}

}  // namespace
}  // namespace offload
