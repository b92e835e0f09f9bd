// Simulated results whose truth is known, to see whether the report's intervals hold: who tests what, and how
// rewards (or differences of rewards) vary with run, episode and test.
#pragma once

#include <string>
#include <vector>

#include "core/statistics/crossed_moments.hpp"
#include "offload/random.hpp"

namespace offload::calibration {

// Runs, and how their test episodes are chosen among those of the data set.
enum class Splitting {
  ratio,  // every run draws its own at random
  folds,  // rounds of runs that share all episodes out among themselves
  same,   // all runs test the same episodes
};

struct Design {
  std::string name;
  std::size_t runs = 0, tests = 0, episodes = 0;  // tests of a run, episodes of the data set
  Splitting splitting = Splitting::ratio;
  std::size_t trainings = 1;  // on every split, averaged before anything else
};

// Those of statistics.md, and what they leave open.
std::vector<Design> designs();

// Standard deviations.
struct Spread {
  double run = 0, episode = .1, test = .1;
  bool skewed = false;  // episodes and tests exponential in place of normal, of the same deviation
};

struct Sample {
  TestDesign design;
  std::vector<double> values;  // [tests]; true mean 0
};

Sample simulated(const Design& design, const Spread& spread, Random& random);

// What 95 % intervals of the mean did over `repetitions` simulations.
struct Calibration {
  double coverage = 0;  // share that held the true mean
  double width = 0;     // mean
  double power = 0;     // share that excluded 0 where the true mean was `difference`
};
Calibration calibrated(const Design& design, const Spread& spread, const ClaimRule& rule, double difference,
                       int repetitions, std::uint64_t seed);

// The same of 95 % intervals of a rate: a test breaks a budget with probability `rate`, and with probability
// `shared` as the episode does in all runs. Power is not defined.
Calibration calibrated_rate(const Design& design, double rate, double shared, const ClaimRule& rule,
                            int repetitions, std::uint64_t seed);

}  // namespace offload::calibration
