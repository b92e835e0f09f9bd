// What a drift costs: figures of the rows in another world than they were trained in beside those at home, on
// the same tests.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/statistics/intervals.hpp"

namespace offload {

// Means over the tests; `difference` is away - home, test by test. Intervals: 95 %, under the report's claim.
// NaN without tests.
struct Shifted {
  double home = 0, away = 0, difference = 0;
  Interval away_interval, interval;  // of the last two
};

struct DriftCell {
  Shifted reward, quality;             // under the first view
  Shifted violations;                  // share of tests that broke a budget
  std::array<Shifted, 2> per_episode;  // latency s, cost USD
  // Where the row was trained there as well, that beside who moved: `home` is the latter, `away` the former,
  // so that `difference` is what moving loses.
  std::optional<Shifted> regret, native_violations;
  std::int64_t tests = 0, masked_actions = 0;  // decisions away that the mask excluded
  bool same_decisions = true;                  // away as at home, in every test
};

struct DriftFigures {
  // [rows of the suite][cells + 1], the last over all cells; of a row without runs empty
  std::vector<std::vector<DriftCell>> row;
};

}  // namespace offload
