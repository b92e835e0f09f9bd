// One log judged by every estimator, and many logs summed up: how far verdicts are from the table's truth,
// and whether they have the sign right where the truth has one.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "rows.hpp"

namespace offload::simulated_log {

enum Estimator : std::size_t {
  kSimulatorTable,
  kSimulatorKnn,
  kHeldOutTable,
  kModelAlone,
  kImportance,
  kClipped,
  kSelfNormalised,
  kDoublyRobust,
  kDoublyRobustClipped,
  kDoublyRobustGuessed,
  kEstimators
};
extern const std::array<const char*, kEstimators> kEstimatorNames;
inline constexpr double kClip = 10;  // of weights, where an estimator cuts them

// What one estimator said of one row or pair of rows in one log, beside the truth over the test half.
struct Verdict {
  double truth = 0, truth_error = 0;  // and its standard error, test queries as the unit (of pairs)
  double value = 0, error = 0;        // likewise
};

struct LogVerdicts {
  // [estimators][rows], [estimators][pairs (0, 1), (0, 2), ..., (1, 2), ...]
  std::array<std::vector<Verdict>, kEstimators> of_row, of_pair;
  std::vector<double> effective_sample_size;  // [rows] of the weights before clipping
};
LogVerdicts judge(const World& world, const LoggingPolicy& policy, std::uint64_t seed);

// Over logs, of one estimator.
struct Summary {
  double bias = 0, rmse = 0, coverage = 0;  // of rows' values; share of 95 % intervals that hold the truth
  int signs = 0, right = 0;                 // pairs whose true difference is beyond 1.96 standard errors
  int sure = 0, sure_and_wrong = 0;         // of these, those of which the estimator says so, too
  int bought = 0, bought_right = 0;         // the pair (bought text router, best per task) alone
};
Summary summarise(const std::vector<LogVerdicts>& logs, Estimator estimator);
// Median over logs and rows, as a share of the test half.
double median_effective_share(const std::vector<LogVerdicts>& logs, std::size_t test_queries);

}  // namespace offload::simulated_log
