// What verdicts from simulated logs are worth: over all logs of a suite, how far estimators are from what the
// table knows of the same frozen rows, and whether they tell rows apart as it does.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/logs/verdicts.hpp"

namespace offload {

// Of one estimator over rows and logs. Rewards; standard errors have blocks of queries as the unit.
struct LogEstimate {
  std::int64_t values = 0;                         // rows times logs
  double truth = 0, said = 0, bias = 0, rmse = 0;  // means; bias: said - truth
  double holds = 0;                                // share of 95 % intervals with the truth in them
  // Of pairs of rows on one log whose true difference is beyond 1.96 standard errors: in how many it has the
  // sign, of how many it says so as well, and of these in how many with the wrong sign.
  std::int64_t pairs = 0, right = 0, sure = 0, sure_and_wrong = 0;
};

struct LogRow {
  double effective_share = 0;                             // of the tests, mean over logs
  std::array<LogEstimate, kLogEstimators> estimate = {};  // without pairs
};

struct LogCell {
  std::array<LogEstimate, kLogEstimators> estimate = {};
  std::vector<LogRow> row;  // [rows of the suite]; of one without verdicts, values are 0
};

struct LogFigures {
  std::int64_t logs = 0;      // that rows were judged on: cuts of the data, not trainings
  std::vector<LogCell> cell;  // [cells]; empty without verdicts
};

}  // namespace offload
