// offload-calibration: coverage, width and power of the report's own functions, as Markdown tables. What does
// not cover a difference of 0 is a false positive. On simulated designs: offload-calibration [REPETITIONS
// [SEED]]; on the real trainings of real.sh: offload-calibration real FOLDER.
#include <fmt/core.h>

#include <cstdlib>
#include <string_view>

#include "core/error.hpp"
#include "designs.hpp"
#include "real.hpp"

namespace offload::calibration {
namespace {

struct Setting {
  const char* name;
  double episode, test;
  bool skewed;
};

constexpr Setting kSettings[] = {{"episodes .1, tests .1", .1, .1, false},
                                 {"episodes 0, tests .1", 0, .1, false},
                                 {"episodes .2, tests .05", .2, .05, false},
                                 {"skewed, episodes .1, tests .1", .1, .1, true}};
constexpr double kRunSpreads[] = {0, .02, .05, .15}, kDifference = .1;

void print_table(const char* title, const Setting& setting, const ClaimRule& rule, int repetitions,
                 std::uint64_t seed) {
  fmt::print("\n{} ({}; {} simulations each; power at a difference of {})\n\n| design |", title, setting.name,
             repetitions, kDifference);
  for (const double run : kRunSpreads) fmt::print(" run sd {} | width | power |", run);
  fmt::print("\n|:--|{}\n", "--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
  for (const Design& design : designs()) {
    fmt::print("| {} |", design.name);
    for (const double run : kRunSpreads) {
      const Calibration c = calibrated(design.plan, {run, setting.episode, setting.test, setting.skewed},
                                       rule, kDifference, repetitions, seed);
      fmt::print(" {:.3f} | {:.3f} | {:.2f} |", c.coverage, c.width, c.power);
    }
    fmt::print("\n");
  }
}

void print_rates(int repetitions, std::uint64_t seed) {
  constexpr double kRates[] = {.01, .05, .2, .5}, kShared[] = {0, .8};
  fmt::print(
      "\nRates of broken budgets ({} simulations each; coverage and width where tests of an episode are "
      "independent, and where they agree in 80 %)\n\n| design |",
      repetitions);
  for (const double rate : kRates) fmt::print(" rate {} | width | agreeing | width |", rate);
  fmt::print("\n|:--|{}\n", "--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
  for (const Design& design : designs()) {
    if (design.plan.trainings > 1) continue;
    fmt::print("| {} |", design.name);
    for (const double rate : kRates) {
      for (const double shared : kShared) {
        const Calibration c = calibrated_rate(design.plan, rate, shared, {Claim::method}, repetitions, seed);
        fmt::print(" {:.3f} | {:.3f} |", c.coverage, c.width);
      }
    }
    fmt::print("\n");
  }
}

}  // namespace
}  // namespace offload::calibration

int main(int argc, char** argv) try {
  using namespace offload;
  if (argc > 2 && std::string_view(argv[1]) == "real") {
    calibration::print_real(argv[2]);
    return 0;
  }
  const int repetitions = argc > 1 ? std::atoi(argv[1]) : 10'000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  for (const auto& setting : calibration::kSettings) {
    calibration::print_table("Claim D", setting, {Claim::method}, repetitions, seed);
  }
  calibration::print_rates(repetitions, seed);
} catch (const offload::Error& error) {
  fmt::print(stderr, "offload-calibration: {}\n", error.what());
  return 1;
}
