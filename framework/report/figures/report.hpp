// Everything that a report says, as values: figures of rows in cells under views, leaderboards, references,
// and what a reader has to know before believing them. Definitions and units of all figures:
// reports/README.md; their source: statistics.md.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/statistics/aggregates.hpp"
#include "core/statistics/intervals.hpp"
#include "core/statistics/ranking.hpp"
#include "core/statistics/tests.hpp"
#include "report/figures/bound_figures.hpp"
#include "report/figures/drift_figures.hpp"
#include "report/figures/joined.hpp"
#include "report/figures/log_figures.hpp"
#include "report/trials/condensed.hpp"
#include "results/plan/report_plan.hpp"
#include "results/store.hpp"

namespace offload {

inline constexpr int kBootstrapRepetitions = 2000;  // of what is no mean
inline constexpr std::size_t kFewRuns = 5;          // with fewer runs every interval carries a warning
inline constexpr double kAlpha = .05;

// A "test" is one episode evaluated in one run (split).
struct ViolationRate {
  std::int64_t count = 0, of = 0;
  double rate = 0;    // NaN without tests
  Interval interval;  // 95 %, under the report's claim
};

// What exceeds a budget, in its unit, over the tests.
struct Excess {
  double mean = 0, given_violation = 0, max = 0;  // given_violation is NaN without violations
  double reference = 0;                           // as the reference's code has it; mean over runs
};

struct BudgetFigures {
  ViolationRate violation;
  Excess excess;
  double utilisation = 0;  // mean total over budget; NaN when unlimited
};

// Under one view; means over turns, then over tests. NaN without tests.
struct ScoreFigures {
  double reward = 0, quality = 0, association = 0;
  Interval interval, quality_interval, association_interval;  // 95 %, under the report's claim
  std::optional<double> score;                                // S
  Interval score_interval;                                    // likewise, with the bounds of the same tests
  int tier = 0, rank = 0;  // within the cell; 0 for rows that are not ranked
  bool pareto = false;     // on the cell's front of quality, latency and cost
};

// Of the turns that are about one task, over all tests.
struct TaskFigures {
  struct View {
    double reward = 0, quality = 0;  // means over the turns; NaN without any
  };
  std::int64_t turns = 0;
  std::vector<std::int64_t> action_count;  // [A] decisions
  std::vector<View> view;                  // [views]
};

struct CellFigures {
  std::int64_t runs = 0, tests = 0, episodes = 0, turns = 0;  // episodes: different ids
  std::array<double, 2> per_episode{}, per_turn{};            // latency s, cost USD; NaN without tests
  std::array<Interval, 2> per_episode_interval;               // 95 %, under the report's claim
  std::array<BudgetFigures, 2> budget;
  ViolationRate joint;
  std::int64_t infeasible = 0, departed = 0;  // tests
  std::int64_t masked_actions = 0;            // decisions
  std::vector<std::int64_t> action_count;     // [A] decisions
  std::vector<ScoreFigures> view;             // [views]
  std::vector<TaskFigures> task;              // [tasks of the data set]
  std::vector<CellMargin> margin;             // [runs] without decisions; none where nothing is promised
};

// Finished on all, some or none of the splits; pending: nothing finished or failed yet.
enum class RowStatus { complete, incomplete, failed, pending };

// Run-dependent; medians over finished trials but for the sums (wall, CPU) and the maximum (memory).
struct RowTiming {
  double act_p50_us = 0, act_p95_us = 0, act_p99_us = 0, update_us = 0, steps_per_s = 0;
  double load_s = 0, train_s = 0, evaluate_s = 0, wall_s = 0, cpu_s = 0, peak_memory_mb = 0;
  double tune_cpu_s = 0;  // sum, of cpu_s
};

// One quantity of the learning curves ("reward/<cell>", or a scalar of the agent) over a row's finished runs.
struct Curve {
  struct Point {
    std::int64_t step = 0, runs = 0;
    double mean = 0, min = 0, max = 0;
  };
  std::string name;
  std::vector<Point> points;  // by step
};

// A candidate of a row's sweep over the row's finished runs.
struct CandidateFigures {
  std::string name;
  std::int64_t chosen = 0, failed = 0;  // runs that it was taken in, or could not be tried in
  double reward = 0;    // in validation, mean over cells and over the runs that tried it; NaN: none
  std::string failure;  // of the last run that it failed in
};

struct RowFigures {
  ReportRow row;
  std::string plugin_version, plugin_sha256;  // empty when no trial got as far
  ResolvedParameters parameters;
  RowStatus status = RowStatus::complete;
  bool fresh_copies = true;  // no finished trial was decided by the agent itself; see EvaluationCopies
  std::size_t planned = 0, finished = 0, failed = 0;  // trials; the rest has not run
  TrainingResult training;                            // sums over finished trials, without the curves
  std::vector<Curve> curves;                          // by name
  std::map<std::string, std::int64_t> not_finite;     // runs by scalar that ended as no finite number
  std::vector<CandidateFigures> candidates;           // of its sweep, in the suite's order
  std::int64_t tuning_steps = 0;   // of all candidates in all runs; not among those of training
  std::vector<std::string> notes;  // sentences (notes.hpp)
  RowTiming timing;
  std::array<Interval, 2> per_episode_interval;  // of the means over cells: latency s, cost USD
  std::vector<CellFigures> cell;                 // [cells]
};

// A complete row's place under one view. Means over cells.
struct LeaderboardEntry {
  std::size_t row = 0;  // index into Report::rows
  int tier = 0, rank = 0;
  std::optional<double> score;  // mean S over the cells whose bounds are apart
  Interval score_interval;
  double reward = 0;
  Interval interval;    // 95 %, under the report's claim
  Interval stratified;  // the usual bootstrap: per cell, over runs
  double quality = 0, association = 0;
  Interval quality_interval, association_interval;
  std::array<double, 2> per_episode{};  // latency s, cost USD
  std::array<Interval, 2> per_episode_interval;
  ViolationRate joint;                        // pooled over cells
  double interquartile_mean = 0, median = 0;  // of run rewards over runs and cells
  std::optional<double> optimality_gap;       // of the runs' S by their own bounds
  double area = 0;                            // under the budget-reward curve; NaN with fewer than two x
  std::optional<double> normalised_area;      // by the causal oracle's
  Interval area_interval, normalised_area_interval;      // as that of the reward
  Interval iqm_interval, median_interval, gap_interval;  // as the stratified one
  bool pareto = false;
};

// Pairs of complete rows; PairTest::a and b are indices into Report::rows. The family of the first view's
// means over cells decides ranks and verdicts; every other one is exploratory.
struct Significance {
  std::string cell;  // empty: mean over cells
  bool deciding = false;
  std::vector<PairTest> pairs;
  std::vector<double> improvement;  // [pairs] probability that a run of a beats one of b
};

// A cell that says nothing about S.
struct UnscoredCell {
  std::string cell, reason;
};

struct Leaderboard {
  ScoreView view;
  bool by_score = false;                   // by S; else by mean reward
  std::vector<UnscoredCell> unscored;      // cells left out of S, where exact policies are planned
  std::vector<LeaderboardEntry> entries;   // first to last
  bool all_pairs = true;                   // else every row against the best and the reference rows only
  std::vector<Significance> significance;  // over cells, then per cell; of many rows the deciding one only
};

// What became, under another view, of the differences that the first view found significant.
struct ViewComparison {
  ScoreView view;
  std::size_t held = 0, tied = 0, reversed = 0;  // of the first view's significant pairs
  std::size_t fresh = 0;                         // significant here alone
  std::size_t first_row = 0;                     // index into Report::rows: who leads here
};

inline constexpr const char* kCausalOracle = "causal oracle";

// A policy that is computed, not run: listed, never ranked. NaN where it is not known.
struct ReferenceRow {
  std::string name;                               // "hindsight oracle"
  std::vector<double> cell_reward;                // [cells] means over runs
  std::vector<std::optional<double>> cell_score;  // [cells] S
  double reward = 0;                              // means over cells
  std::optional<double> score;
  std::array<double, 2> per_episode{};  // latency s, cost USD
};

// A row's policy under the causal model, means over runs.
struct RowValue {
  bool known = false;  // false: not deterministic, or too large to walk
  double value = 0, violation_probability = 0, masked_actions = 0;
  std::optional<double> causal_share;  // of the causal value
  bool bounded = false;                // no violation and no masked action: the causal value is a bound
};

// How far a row is from the unlimited hindsight optimum under a view, means over cells.
struct RowRegret {
  double constraint = 0, foresight = 0;
  std::optional<double> learning;  // of rows without violations
};

// A row against a policy without it: exploratory, under the report's claim.
struct OpponentComparison {
  double reward = 0, difference = 0, p = 1;  // of the opponent; row - opponent
  Interval interval;                         // 95 %, of the difference
  std::string verdict;                       // "beats", "ties", "loses"
};
struct CellOpponents {
  std::optional<OpponentComparison> best_constant, static_mix;
};

struct ViewReferences {
  std::vector<ReferenceRow> rows;
  std::vector<std::optional<RowRegret>> regret;            // [rows of the suite]
  std::vector<std::optional<OpponentComparison>> mix;      // [rows of the suite], over all cells
  std::vector<std::vector<CellOpponents>> cell_opponents;  // [rows of the suite][cells]
};

struct CausalFigures {
  bool exact = false;
  std::string reason;                              // why not
  double lower = 0, upper = 0, masked_random = 0;  // means over runs
  double masked_random_standard_error = 0;         // where it is sampled
};

struct ReferenceFigures {
  std::vector<CausalFigures> causal;              // [cells]; empty when the exact policies are not known
  std::vector<ViewReferences> view;               // [views]
  std::vector<RowValue> value;                    // [rows of the suite] means over cells
  std::vector<std::vector<RowValue>> cell_value;  // [rows of the suite][cells]
  std::vector<ModelCalibration> calibration;      // by model
};

// What the claims rest on, small enough for the report's file: `compare` needs no more. What the rows have on
// every test is made where it is written (boards/evidence.hpp).
struct Evidence {
  ClaimRule rule;
  TestDesign design;
  std::vector<std::string> run_name;     // [runs]; of several trainings on a split, the first
  std::vector<std::int64_t> episode_id;  // [episodes]
  std::vector<ScoreView> views;          // all of the report's, or of a large one the first
  std::vector<std::size_t> rows;         // with a finished run; none where even that were too many numbers
};

// A row that is not to be believed as it stands (flags.hpp).
struct Flag {
  enum class What { no_fresh_copies, above_causal, contradiction };
  std::size_t row = 0;              // index into Report::rows
  std::optional<std::size_t> cell;  // empty: all
  What what = What::no_fresh_copies;
  double amount = 0;        // above the oracle: reward; contradictions: tests
  std::optional<double> p;  // one-sided
  std::string sentence;     // with the row's and the cell's names
};

// What to take home, under the view that the evidence supports best (boards/headline.hpp).
struct Headline {
  enum class Support { known, calibrated, uncalibrated };
  std::optional<std::size_t> board;              // index into Report::boards; empty without any
  Support support = Support::uncalibrated;       // of that view
  std::optional<std::size_t> leader, runner_up;  // of tier 1, indices into Report::rows
  double difference = kNan;                      // of their rewards, leader - runner-up; NaN without a test
  Interval interval{kNan, kNan};                 // 95 %, under the report's claim
  bool significant = false;                      // the leader's reward is better, after Holm's correction
  std::size_t holds = 0, views = 0;              // other views: in how many the same row leads, and all
  std::optional<double> regret;                  // hindsight optimum - leader, in reward
  std::string sentence;
};

struct MatchedTrials;

struct Report {
  ReportPlan plan;
  ClaimRule claim;                  // of every interval and test but those of pairs that name another
  std::vector<ScoreView> views;     // those with scores; the first one leads
  std::vector<double> position;     // [cells] what the budgets leave, 0..1, see budget_position
  std::vector<RowFigures> rows;     // in the suite's order
  std::vector<Leaderboard> boards;  // [views]
  std::shared_ptr<const MatchedTrials> matched;  // what every trial came to; see line()
  ReferenceFigures references;
  BoundFigures bounds;               // of a world with known outcomes
  std::vector<DriftFigures> drifts;  // [drifts of the plan]
  LogFigures log;                    // of a simulated log
  Evidence evidence;
  std::vector<LeftOut> left_out;
  std::vector<ViewComparison> comparisons;               // one per view but the first
  std::vector<std::vector<std::size_t>> same_decisions;  // complete rows that decided alike on every test
  std::string verdict;                                   // whether the ranking survives another lens or model
  std::vector<Flag> flags;                               // their sentences are the first warnings
  std::vector<std::string> warnings;  // what a reader has to know before believing a figure
  Headline headline;
  std::vector<JoinedFolder> joined;  // of a single folder none

  // One of the plan's trials, by its index in plan.trials. Made anew by each call, as many do not fit into
  // memory at once; `head` has no timing, cells and curve, and costs next to nothing.
  TrialLine line(std::size_t trial) const;
  TrialLine head(std::size_t trial) const;
  bool has_curve(std::size_t trial) const;
  std::size_t of_status(TrialStatus status) const;  // trials that are present
  std::size_t finished() const { return of_status(TrialStatus::ok); }
  std::size_t failed() const { return of_status(TrialStatus::failed); }
  // Nothing failed and nothing was left out.
  // What the suite no longer plans is no fault.
  bool clean() const { return failed() == 0 && std::ranges::all_of(left_out, &LeftOut::of_another_plan); }
};

// Bounds of one cell on one split under one view, from the reference policies.
struct OracleBounds {
  ScoreView view;
  std::string cell, split;
  CellBounds bounds;
  std::vector<double> causal = {},
                      masked_random = {};  // [tests of the split] rewards; empty: the bounds are fixed
  double tests = 1;                        // what the split counts, as in the rows' means over tests
};

}  // namespace offload
