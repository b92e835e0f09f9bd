// The study of logs made of tables whose outcomes are known, on a small made-up world.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/error.hpp"
#include "offload/random.hpp"
#include "study.hpp"

namespace offload::simulated_log {
namespace {

// Three tasks; words "easy" and "hard" decide which of `arms` is right, the task a little.
EpisodeTable made_up(std::size_t queries, std::size_t arms, std::uint64_t seed) {
  Random random(seed);
  auto table = std::make_shared<OutcomeTable>();
  auto task = std::make_shared<std::vector<std::uint8_t>>();
  for (std::size_t a = 0; a < arms; ++a) table->arms.push_back({"arm" + std::to_string(a), ""});
  table->text_begin.push_back(0);
  for (std::size_t q = 0; q < queries; ++q) {
    const bool hard = random.below(2) == 0;
    task->push_back(static_cast<std::uint8_t>(random.below(3)));
    table->text += hard ? "a long and hard one to answer" : "an easy one";
    table->text += " " + std::to_string(random.below(5));
    table->text_begin.push_back(table->text.size());
    table->known.push_back((std::uint64_t{1} << arms) - 1);
    table->prompt_group.push_back(static_cast<std::uint32_t>(q / 2));
    for (std::size_t a = 0; a < arms; ++a) {
      const double p = hard ? .3 + .6 * static_cast<double>(a) / static_cast<double>(arms - 1) : .8;
      table->quality.push_back(random.uniform() < p - .05 * task->back() ? 1 : 0);
    }
  }
  EpisodeTable data;
  data.tasks = {"a", "b", "c"};
  data.task = *task;
  data.outcomes = table;
  data.owner = task;
  return data;
}

TEST(SimulatedLog, HidesAllButOneArmByKnownPropensities) {
  const World world = make_world("made up", made_up(4000, 3, 1));
  for (const LoggingPolicy& policy : kLoggingPolicies) {
    const Log log = draw_log(world, policy, 2);
    EXPECT_EQ(log.train.size() + log.test.size(), world.queries());
    std::set<std::uint32_t> groups;
    for (const std::uint32_t q : log.train) groups.insert(world.group[q]);
    for (const std::uint32_t q : log.test) EXPECT_FALSE(groups.contains(world.group[q]));
    // What is expected of inverse propensities: one per arm and query.
    double inverse = 0;
    double least = 1;
    for (std::size_t q = 0; q < world.queries(); ++q) {
      const LoggedTurn& turn = log.of_query[q];
      EXPECT_EQ(turn.outcome, world.outcome(q, turn.arm));
      inverse += 1 / turn.propensity / 4000;
      least = std::min(least, turn.propensity);
    }
    EXPECT_NEAR(inverse, 3, .5) << policy.name;
    EXPECT_NEAR(least, std::min(1.0 / 3, std::max(policy.least, policy.rest / 2)), 1e-12);
  }
}

TEST(SimulatedLog, ItsTableModelIsTheProducts) {
  // Held out of nothing else, the study's own table is the product's but for the query itself.
  const World world = make_world("made up", made_up(600, 2, 3));
  Log log = draw_log(world, kLoggingPolicies[0], 4);
  const Predictions without = held_out_table(world, log);
  const std::uint32_t q = log.test.back();
  log.train = log.test;
  log.train.pop_back();
  const Predictions product = product_model(world, log, "table");
  for (std::size_t a = 0; a < 2; ++a) {
    EXPECT_NEAR(without[q * 2 + a], product[q * 2 + a], 1e-12);
  }
}

TEST(SimulatedLog, ASimulatorThatCannotReadIsWrongWhereDoublyRobustIsRight) {
  const World world = make_world("made up", made_up(3000, 2, 5));
  std::vector<LogVerdicts> logs;
  for (std::uint64_t seed = 0; seed < 8; ++seed) logs.push_back(judge(world, kLoggingPolicies[0], seed));
  const Summary simulator = summarise(logs, kSimulatorTable), robust = summarise(logs, kDoublyRobust);
  ASSERT_GT(robust.signs, 30);
  EXPECT_EQ(robust.signs, simulator.signs);
  EXPECT_GT(robust.right, simulator.right);
  EXPECT_GT(robust.coverage, .9);
  EXPECT_LT(simulator.coverage, .7);
  EXPECT_LT(std::abs(robust.bias), .01);
  // Weights are 0 or 2 for rows that choose: half of the queries are followed.
  EXPECT_NEAR(median_effective_share(logs, 1500), .5, .06);
}

TEST(SimulatedLog, SameSeedSameVerdicts) {
  const World world = make_world("made up", made_up(400, 3, 6));
  const LogVerdicts a = judge(world, kLoggingPolicies[1], 7), b = judge(world, kLoggingPolicies[1], 7);
  for (std::size_t e = 0; e < kEstimators; ++e) {
    for (std::size_t r = 0; r < kRows; ++r) EXPECT_EQ(a.of_row[e][r].value, b.of_row[e][r].value);
  }
}

TEST(SimulatedLog, RefusesDataWithoutOutcomesOrTexts) {
  EpisodeTable logged;
  EXPECT_THROW(make_world("m4a1", logged), Error);
  EpisodeTable silent = made_up(10, 2, 8);
  auto table = std::make_shared<OutcomeTable>(*silent.outcomes);
  table->text_begin.clear();
  silent.outcomes = table;
  EXPECT_THROW(make_world("silent", silent), Error);
}

TEST(SimulatedLog, RidgeFindsALine) {
  Ridge ridge(dimensions(2));
  Random random(9);
  for (int i = 0; i < 4000; ++i) {
    const int task = i % 2;
    ridge.add(features_of(i % 4 < 2 ? "good" : "bad", task), (i % 4 < 2 ? 1 : 0) + .1 * random.normal());
  }
  ridge.solve();
  EXPECT_NEAR(ridge.predict(features_of("GOOD!", 0)), 1, .02);
  EXPECT_NEAR(ridge.predict(features_of("bad", 1)), 0, .02);
  EXPECT_EQ(Ridge(dimensions(1)).predict(features_of("x", 0)), .5);
}

}  // namespace
}  // namespace offload::simulated_log
