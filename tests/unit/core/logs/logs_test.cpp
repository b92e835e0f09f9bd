// Logs made of tables whose outcomes are known, and verdicts from them, on small made-up worlds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "core/logs/outcome_log.hpp"
#include "core/logs/ridge.hpp"
#include "core/logs/simulated_world.hpp"
#include "core/logs/verdicts.hpp"
#include "offload/random.hpp"

namespace offload {
namespace {

using testing::HasSubstr;

// Three tasks; words "easy" and "hard" decide which of `arms` is right, the task a little. Prompts come
// twice.
struct MadeUp {
  MadeUp(std::size_t queries, std::size_t arms, std::uint64_t seed)
      : table(std::make_shared<OutcomeTable>()) {
    Random random(seed);
    for (std::size_t a = 0; a < arms; ++a) table->arms.push_back({"arm" + std::to_string(a), ""});
    table->text_begin.push_back(0);
    storage.tasks = {"a", "b", "c"};
    for (std::size_t q = 0; q < queries; ++q) {
      const bool is_hard = random.below(2) == 0;
      hard.push_back(is_hard);
      storage.id.push_back(static_cast<std::int64_t>(q));
      storage.first_turn.push_back(q + 1);
      storage.task.push_back(static_cast<std::uint8_t>(random.below(3)));
      table->text += is_hard ? "a long and hard one to answer" : "an easy one";
      table->text += " " + std::to_string(random.below(5));
      table->text_begin.push_back(table->text.size());
      table->known.push_back((std::uint64_t{1} << arms) - 1);
      table->prompt_group.push_back(static_cast<std::uint32_t>(q / 2));
      for (std::size_t a = 0; a < arms; ++a) {
        const double p =
            is_hard ? .3 + .6 * static_cast<double>(a) / static_cast<double>(arms - 1) : .8 - .5 * (a > 0);
        table->quality.push_back(random.uniform() < p - .05 * storage.task.back() ? 1 : 0);
        table->latency_ns.push_back(static_cast<std::int64_t>(1000 * (a + 1) + random.below(1000)));
      }
    }
  }
  EpisodeTable data(const char* policy, std::uint64_t seed) const {
    EpisodeTable made = make_table(storage, "made up", "made up");
    made.outcomes = table;
    made.log = std::make_shared<const OutcomeLog>(draw_log(made, logging_policy(policy), seed));
    return made;
  }

  EpisodeStorage storage;
  std::shared_ptr<OutcomeTable> table;
  std::vector<bool> hard;
};

std::vector<std::uint32_t> episodes(std::uint32_t from, std::uint32_t to) {
  std::vector<std::uint32_t> list(to - from);
  std::iota(list.begin(), list.end(), from);
  return list;
}

TEST(OutcomeLog, HidesAllButOneArmByKnownPropensities) {
  const MadeUp world(4000, 3, 1);
  for (const LoggingPolicy& policy : kLoggingPolicies) {
    const EpisodeTable data = world.data(policy.name, 2);
    double inverse = 0, least = 1;
    for (const double p : data.log->propensity) {
      inverse += 1 / p / 4000;
      least = std::min(least, p);
    }
    // What is expected of inverse propensities: one per arm.
    EXPECT_NEAR(inverse, 3, .5) << policy.name;
    EXPECT_NEAR(least, std::min(1.0 / 3, std::max(policy.least, policy.rest / 2)), 1e-12);
    EXPECT_EQ(data.log->arm, world.data(policy.name, 2).log->arm);
    EXPECT_NE(data.log->arm, world.data(policy.name, 3).log->arm);
  }
}

TEST(OutcomeLog, RefusesWhatNoLogTells) {
  const auto refusal = [](const MadeUp& world, const char* policy) -> std::string {
    try {
      world.data(policy, 0);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::data);
      return error.what();
    }
    return "none";
  };
  MadeUp sessions(10, 2, 8), unknown(10, 2, 8), silent(10, 2, 8);
  sessions.storage.first_turn = {0, 4, 10};
  sessions.storage.id = {0, 1};
  EXPECT_THAT(refusal(sessions, "uniform"), HasSubstr("judges single queries, and a session has 6"));
  unknown.table->known[3] = 1;
  EXPECT_THAT(refusal(unknown, "uniform"), HasSubstr("1 of 10 queries lacks an arm's answer"));
  silent.table->text_begin.clear();
  EXPECT_THAT(refusal(silent, "skewed"), HasSubstr("goes by their length; use \"uniform\""));
  EXPECT_EQ(refusal(silent, "uniform"), "none");
}

TEST(OutcomeLog, DeclaresWhatItKept) {
  const MadeUp world(400, 2, 4);
  const Scenario scenario(world.data("uniform", 1), {}, episodes(0, 200));
  double sum = 0, count = 0;
  for (std::size_t q = 0; q < 200; ++q) {
    if (scenario.data().log->arm[q] != 1) continue;
    sum += static_cast<double>(world.table->latency_ns[2 * q + 1]);
    ++count;
  }
  EXPECT_NEAR(static_cast<double>(scenario.consumption().of_action(1)[0]), sum / count, .51);
  EXPECT_LT(count, 150);
  // The world that a model makes of it charges that, and nothing else, and agents see the same there.
  const Predictions half(800, .5);
  const auto simulated = simulated_world(scenario, {}, half);
  for (const std::size_t turn : {0, 399}) {
    EXPECT_EQ(simulated->world()->at(turn, 1).amounts[0], scenario.consumption().of_action(1)[0]);
    EXPECT_EQ(simulated->world()->at(turn, 1).quality, .5);
  }
}

TEST(OutcomeLog, AnArmThatItNeverTookIsDeclaredByTheOthers) {
  const MadeUp world(40, 4, 5);
  EpisodeTable data = world.data("uniform", 1);
  auto log = std::make_shared<OutcomeLog>(*data.log);
  log->arm.assign(40, 2);
  data.log = log;
  const Scenario scenario(data, {});
  EXPECT_EQ(scenario.consumption().of_action(0), scenario.consumption().of_action(2));
  EXPECT_GT(scenario.consumption().of_action(0)[0], 3000);
}

TEST(LogModels, HeldOutIsTheProductsTableModelOfTheOthers) {
  const MadeUp world(600, 2, 3);
  const Scenario scenario(world.data("uniform", 4), {});
  const auto tests = episodes(300, 600), others = episodes(300, 599);
  const Predictions held_out = held_out_of_log(scenario, tests),
                    fitted = fitted_on_log("table", scenario, others);
  for (std::size_t a = 0; a < 2; ++a) EXPECT_NEAR(held_out[599 * 2 + a], fitted[599 * 2 + a], 1e-12);
  EXPECT_EQ(held_out[0], 0);
}

TEST(LogModels, NeverLookAtWhatTheLogHides) {
  for (const std::string& model : log_models()) {
    MadeUp world(300, 3, 6);
    const auto train = episodes(0, 150);
    const Scenario before(world.data("skewed", 7), {});
    const Predictions told = fitted_on_log(model, before, train);
    EpisodeTable data = before.data();
    auto other = std::make_shared<OutcomeTable>(*world.table);
    for (std::size_t q = 0; q < 300; ++q) {
      for (std::size_t a = 0; a < 3; ++a) {
        if (a != data.log->arm[q]) other->quality[q * 3 + a] = 7;
      }
    }
    data.outcomes = other;
    EXPECT_EQ(told, fitted_on_log(model, Scenario(data, {}), train)) << model;
    EXPECT_EQ(cross_fitted_on_log(before, train, episodes(150, 300), 1),
              cross_fitted_on_log(Scenario(data, {}), train, episodes(150, 300), 1));
  }
}

LogTests tests_of(const Scenario& scenario, const std::vector<std::uint32_t>& train,
                  const std::vector<std::uint32_t>& tests) {
  const OutcomeTable& table = *scenario.data().outcomes;
  const OutcomeLog& log = *scenario.data().log;
  LogTests made;
  made.arms = table.arms.size();
  made.guessed = guessed_propensities(scenario, tests);
  const std::array<Predictions, 4> predicted = {
      fitted_on_log("table", scenario, train), fitted_on_log("knn", scenario, train),
      held_out_of_log(scenario, tests), cross_fitted_on_log(scenario, train, tests, 1)};
  std::vector<std::uint32_t> group;
  for (const std::uint32_t q : tests) {
    group.push_back(table.prompt_group[q]);
    made.turns.push_back({log.arm[q], log.propensity[q], table.quality[table.cell(q, log.arm[q])]});
    for (std::size_t a = 0; a < made.arms; ++a) {
      made.truth.push_back(table.quality[table.cell(q, a)]);
      for (std::size_t m = 0; m < 4; ++m) made.predicted[m].push_back(predicted[m][table.cell(q, a)]);
    }
  }
  made.block = log_blocks(group);
  return made;
}

TEST(LogVerdict, ASimulatorThatCannotReadIsWrongWhereDoublyRobustIsRight) {
  int logs = 0, simulator = 0, robust = 0, holds = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const MadeUp world(3000, 2, 5 + seed);
    const Scenario scenario(world.data("uniform", seed), {});
    const auto tests = episodes(1500, 3000);
    const LogTests log = tests_of(scenario, episodes(0, 1500), tests);
    std::vector<std::uint16_t> reads, one(tests.size(), 1);
    for (const std::uint32_t q : tests) reads.push_back(world.hard[q] ? 1 : 0);
    const LogVerdict router = log_verdict(log, reads), constant = log_verdict(log, one);
    const auto difference = [&](std::size_t e) {
      return block_difference(router.said[e], constant.said[e], router.queries);
    };
    const BlockMean truth = block_difference(router.truth, constant.truth, router.queries);
    ASSERT_GT(truth.value, 1.96 * truth.standard_error);
    ++logs;
    simulator += difference(kSimulatorTable).value > 0;
    robust += difference(kDoublyRobust).value > 0;
    const BlockMean said = block_mean(router.said[kDoublyRobust], router.queries);
    holds +=
        std::abs(said.value - block_mean(router.truth, router.queries).value) < 1.96 * said.standard_error;
    // Weights are 0 or 2: half of the queries are followed.
    EXPECT_NEAR(router.effective_sample_size / 1500, .5, .06);
  }
  EXPECT_EQ(robust, logs);
  EXPECT_EQ(simulator, 0);
  EXPECT_GE(holds, 6);
}

TEST(LogVerdict, BlocksKeepGroupsWholeAndMeansAsTheyAre) {
  const std::vector<std::uint32_t> group = {7, 7, 3, 9, 3, 1};
  EXPECT_THAT(log_blocks(group), testing::ElementsAre(0, 0, 1, 2, 1, 3));
  const std::vector<double> sums = {2, 1, 0, 1};
  const std::vector<std::int64_t> queries = {2, 2, 1, 1};
  const BlockMean mean = block_mean(sums, queries);
  EXPECT_DOUBLE_EQ(mean.value, 4.0 / 6);
  // Off the mean by 2/3, -1/3, -2/3 and 1/3.
  EXPECT_DOUBLE_EQ(mean.standard_error, std::sqrt((4 + 1 + 4 + 1) / 9.0 * 4 / 3) / 6);
  EXPECT_TRUE(std::isnan(block_mean(std::vector<double>{1}, std::vector<std::int64_t>{3}).standard_error));
}

TEST(LogVerdict, WithoutOverlapNothingIsSaid) {
  const MadeUp world(40, 2, 9);
  EpisodeTable data = world.data("uniform", 1);
  const Scenario scenario(data, {});
  const auto tests = episodes(20, 40);
  const LogTests log = tests_of(scenario, episodes(0, 20), tests);
  std::vector<std::uint16_t> never;
  for (const LoggedTurn& turn : log.turns) never.push_back(turn.arm == 0 ? 1 : 0);
  const LogVerdict verdict = log_verdict(log, never);
  EXPECT_EQ(verdict.effective_sample_size, 0);
  for (const std::size_t e : {kImportance, kImportanceCut, kSelfNormalised})
    EXPECT_THAT(verdict.said[e], testing::Each(0)) << kLogEstimatorNames[e];
}

TEST(LogModels, RidgeFindsALine) {
  logs::Ridge ridge(logs::dimensions(2));
  Random random(9);
  for (int i = 0; i < 4000; ++i) {
    const int task = i % 2;
    ridge.add(logs::features_of(i % 4 < 2 ? "good" : "bad", task),
              (i % 4 < 2 ? 1 : 0) + .1 * random.normal());
  }
  ridge.solve();
  EXPECT_NEAR(ridge.predict(logs::features_of("GOOD!", 0)), 1, .02);
  EXPECT_NEAR(ridge.predict(logs::features_of("bad", 1)), 0, .02);
  EXPECT_EQ(logs::Ridge(logs::dimensions(1)).predict(logs::features_of("x", 0)), .5);
}

}  // namespace
}  // namespace offload
