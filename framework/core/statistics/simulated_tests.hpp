// Simulated results whose truth is known: who tests what, and how rewards (or differences of rewards) vary
// with run, episode and test. What intervals hold, and what a suite can find before it is run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/statistics/crossed_moments.hpp"
#include "offload/random.hpp"

namespace offload {

// How the test episodes of the runs are chosen.
enum class Splitting {
  ratio,  // every run draws its own at random among those of the data set
  folds,  // rounds of runs that share all episodes out among themselves
  same,   // all runs test the same episodes
  fresh,  // every run has a data set of its own
};

struct TestPlan {
  std::size_t runs = 0, tests = 0, episodes = 0;  // tests of a run, episodes of the data set
  Splitting splitting = Splitting::ratio;
  std::size_t trainings = 1;  // on every split, averaged before anything else
};

// Standard deviations of what run, episode and single test add.
struct TestSpread {
  double run = 0, episode = 0, test = 0;
  bool skewed = false;  // episodes and tests exponential in place of normal, of the same deviation
};

// Who tests what, as often as asked another draw.
TestDesign drawn_tests(const TestPlan& plan, Random& random);

struct SimulatedTests {
  TestDesign design;
  std::vector<double> values;  // [tests]; true mean 0
};
SimulatedTests simulated_tests(const TestPlan& plan, const TestSpread& spread, Random& random);

// What a plan can find.
struct Power {
  double half_width = 0;  // median half of the 95 % interval
  double one_pair = 0;    // the difference that one test finds with the wanted power
  double family = 0;      // likewise the first of `pairs` tests after Holm's correction
};

// By `repetitions` simulations; `power`: the wanted share of them.
Power power_of(const TestPlan& plan, const TestSpread& spread, const ClaimRule& rule, std::size_t pairs,
               double power, int repetitions, std::uint64_t seed);

}  // namespace offload
