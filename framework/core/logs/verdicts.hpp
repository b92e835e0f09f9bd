// What estimators say of a frozen policy from a log alone, beside what the table knows.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/routing/logged.hpp"

namespace offload {

enum LogEstimator : std::size_t {
  kSimulatorTable,
  kSimulatorKnn,
  kHeldOutTable,
  kWordsAlone,
  kImportance,
  kImportanceCut,
  kSelfNormalised,
  kDoublyRobust,
  kDoublyRobustCut,
  kDoublyRobustGuessed,
  kLogEstimators
};
extern const std::array<const char*, kLogEstimators> kLogEstimatorNames;
inline constexpr double kWeightCut = 10;  // of weights, where an estimator cuts them

// Terms of estimates are added up in at most so many blocks of whole prompt groups: enough to compare two
// policies on one log by pairs without keeping every query's.
inline constexpr std::size_t kLogBlocks = 50;

// One policy on one log's test queries. Sums over the queries of a block; a mean is the sum of all blocks by
// the number of all queries.
struct LogVerdict {
  double effective_sample_size = 0;       // of the weights before they are cut; 0 without overlap
  std::vector<std::int64_t> queries;      // [blocks]
  std::vector<double> truth;              // [blocks]
  std::vector<std::vector<double>> said;  // [kLogEstimators][blocks]; 0 where an estimator says nothing
};

// What all verdicts on one log share. Rewards are of one query and arm.
struct LogTests {
  std::size_t arms = 0;
  std::vector<LoggedTurn> turns;                 // [tests] with the logged answer's reward
  std::vector<double> guessed;                   // [tests] propensities
  std::vector<std::uint32_t> block;              // [tests] below kLogBlocks
  std::vector<double> truth;                     // [tests][arms]
  std::array<std::vector<double>, 4> predicted;  // [tests][arms] by the first four estimators' models
};

// Blocks for queries of these prompt groups: a group is whole, groups are dealt in the order they come.
std::vector<std::uint32_t> log_blocks(std::span<const std::uint32_t> group);

// Of a policy that took these arms on the tests.
LogVerdict log_verdict(const LogTests& tests, std::span<const std::uint16_t> taken);

// A mean and its standard error with blocks as the unit; NaN of fewer than two.
struct BlockMean {
  double value = 0, standard_error = 0;
};
BlockMean block_mean(std::span<const double> sums, std::span<const std::int64_t> queries);
// a - b of two policies on one log.
BlockMean block_difference(std::span<const double> a, std::span<const double> b,
                           std::span<const std::int64_t> queries);

}  // namespace offload
