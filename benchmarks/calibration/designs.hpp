// The designs of statistics.md, and whether the report's own functions hold on them.
#pragma once

#include <string>
#include <vector>

#include "core/statistics/simulated_tests.hpp"

namespace offload::calibration {

struct Design {
  std::string name;
  TestPlan plan;
};

// Those of statistics.md, and what they leave open.
std::vector<Design> designs();

// What 95 % intervals of the mean did over `repetitions` simulations.
struct Calibration {
  double coverage = 0;  // share that held the true mean
  double width = 0;     // mean
  double power = 0;     // share that excluded 0 where the true mean was `difference`
};
Calibration calibrated(const TestPlan& plan, const TestSpread& spread, const ClaimRule& rule,
                       double difference, int repetitions, std::uint64_t seed);

// The same of 95 % intervals of a rate: a test breaks a budget with probability `rate`, and with probability
// `shared` as the episode does in all runs. Power is not defined.
Calibration calibrated_rate(const TestPlan& plan, double rate, double shared, const ClaimRule& rule,
                            int repetitions, std::uint64_t seed);

}  // namespace offload::calibration
