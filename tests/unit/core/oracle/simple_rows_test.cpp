// What stands beside the exact policies: the best constant, static mixes, regret, calibration and their
// workers.
#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>

#include "core/error.hpp"
#include "core/oracle/simple_rows.hpp"
#include "core/simulation/calibration.hpp"
#include "core/workers.hpp"
#include "unit/core/small_world.hpp"

namespace offload {
namespace {

using testing::mean_reward;
using testing::SmallWorld;

MixRun run_mix(SmallWorld& f, const Amounts& limit, std::span<const double> probability, int rollouts,
               std::uint64_t seed) {
  return score_mix(f.scenario, *f.lens, f.reward, f.test, limit,
                   draw_mix(f.scenario, f.test, limit, probability, rollouts, seed));
}

TEST(SimpleRows, BestConstantCompliesAndAPureMixIsThatConstant) {
  SmallWorld f(41);
  const Amounts& limit = f.cells[2].limit;
  const auto constants = constant_actions(f.scenario, *f.planning, f.reward, f.train, f.cells)[2];
  const int best = best_constant(constants, f.scenario.consumption());
  EXPECT_TRUE(constants[static_cast<std::size_t>(best)].complies);
  EXPECT_FALSE(constants.back().complies);
  for (const ConstantAction& constant : constants) {
    if (constant.complies) {
      EXPECT_LE(constant.reward, constants[static_cast<std::size_t>(best)].reward + 1e-12);
    }
  }
  std::vector<double> pure(constants.size());
  pure[2] = 1;
  const MixRun run = run_mix(f, f.cells[0].limit, pure, 3, 1);
  const std::vector<std::uint16_t> actions(static_cast<std::size_t>(f.scenario.data().length(f.test[0])), 2);
  EXPECT_NEAR(run.reward[0].value,
              mean_reward(score_decisions(f.scenario, f.lens->of(0), f.reward, f.test[0], actions,
                                          f.cells[0].limit, false)),
              1e-12);
  EXPECT_NEAR(run.reward[0].standard_error, 0, 1e-7);
  const std::vector<double> half(constants.size(), 1.0 / static_cast<double>(constants.size()));
  const MixRun masked = run_mix(f, limit, half, kMixRollouts, 1);
  EXPECT_EQ(draw_mix(f.scenario, f.test, limit, half, kMixRollouts, 1).violation_rate, 0);
  EXPECT_GT(draw_mix(f.scenario, f.test, {1, 1}, half, 5, 1).violation_rate, 0);
  EXPECT_EQ(masked.mean_reward, run_mix(f, limit, half, kMixRollouts, 1).mean_reward);
  EXPECT_NE(masked.mean_reward, run_mix(f, limit, half, kMixRollouts, 2).mean_reward);
}

// With as many scores at a time as there are, and with one episode's.
TEST(SimpleRows, ConstantsAreTheSameInParts) {
  for (const char* model : {"knn", "table", "hierarchical"}) {
    SmallWorld f(42, 2, 2, 4, 3, model);
    const auto whole = constant_actions(f.scenario, *f.planning, f.reward, f.train, f.cells);
    const auto parts = constant_actions(f.scenario, *f.planning, f.reward, f.train, f.cells, 1);
    for (std::size_t c = 0; c < f.cells.size(); ++c) {
      for (std::size_t a = 0; a < whole[c].size(); ++a) {
        EXPECT_EQ(parts[c][a].reward, whole[c][a].reward) << model << ' ' << c << ' ' << a;
        EXPECT_EQ(parts[c][a].complies, whole[c][a].complies) << model << ' ' << c << ' ' << a;
      }
    }
  }
}

TEST(Regret, PartsAddUp) {
  const Regret regret = split_regret(1.5, 1.25, 1, .75);
  EXPECT_EQ(regret.constraint + regret.foresight + regret.learning, .75);
}

TEST(Calibration, PureNoiseIsUncalibratedAndTheTruthIsNot) {
  const Scenario noise(random_episodes(2, 2, 3, 60, 43), {});
  const Calibration knn = calibrate("knn", noise, {}, 2, 0, 2);
  EXPECT_TRUE(knn.uncalibrated());
  EXPECT_EQ(knn.r2, calibrate("knn", noise, {}, 2, 0, 1).r2);
  EXPECT_EQ(std::accumulate(knn.turns.begin(), knn.turns.end(), std::int64_t{0}),
            static_cast<std::int64_t>(noise.data().turns()));
  EXPECT_THROW(calibrate("oracle", noise, {}, 1, 0, 1), Error);
}

TEST(ParallelFor, DoesEveryItemOnceAndRethrows) {
  std::vector<int> done(100);
  parallel_for(done.size(), 3, [&](std::size_t i, std::size_t) { done[i] += 1; });
  EXPECT_EQ(done, std::vector<int>(100, 1));
  EXPECT_THROW(parallel_for(10, 3,
                            [](std::size_t i, std::size_t) {
                              if (i == 4) throw std::runtime_error("four");
                            }),
               std::runtime_error);
}

}  // namespace
}  // namespace offload
