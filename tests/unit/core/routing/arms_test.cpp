#include "core/routing/arms.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "small_table.hpp"

namespace offload {
namespace {

using ::testing::ElementsAre;

// Three queries, two arms; the second arm of the last query is unknown, its cost nowhere told.
OutcomeTable three_queries() {
  OutcomeTable table;
  table.arms = {{"weak", ""}, {"strong", ""}};
  table.known = {3, 3, 1};
  table.quality = {1, 1, 0, 1, 0, 0};
  table.latency_ns = {1'000'000'000, 2'000'000'000, 1'000'000'000,
                      3'000'000'000, 4'000'000'000, kUnknownAmount};
  table.cost_pusd = {5'000'000, 4'000'000, 5'000'000, 7'000'000, kUnknownAmount, kUnknownAmount};
  table.prompt_group = {0, 1, 2};
  return table;
}

TEST(Arms, MeansAreOverWhatIsKnown) {
  const OutcomeTable table = three_queries();
  const auto means = arm_means(table, all_turns(table));
  EXPECT_EQ(means[0].known, 3U);
  EXPECT_DOUBLE_EQ(means[0].quality, 1.0 / 3);
  EXPECT_DOUBLE_EQ(means[0].latency_s, 2);
  EXPECT_EQ(means[0].priced, 2U);
  EXPECT_DOUBLE_EQ(means[0].cost_usd, 5e-6);
  EXPECT_EQ(means[1].known, 2U);
  EXPECT_DOUBLE_EQ(means[1].latency_s, 2.5);
  EXPECT_TRUE(std::isnan(arm_means(table, std::vector<std::uint32_t>{})[0].quality));
  EXPECT_THAT(complete_turns(table, all_turns(table)), ElementsAre(0, 1));
}

TEST(Arms, TheOracleTakesTheCheapestOfTheBest) {
  const OutcomeTable table = three_queries();
  const QueryOracle oracle = query_oracle(table, complete_turns(table, all_turns(table)));
  EXPECT_THAT(oracle.calls, ElementsAre(0, 2));
  EXPECT_EQ(oracle.quality, 1);
  EXPECT_DOUBLE_EQ(oracle.cost_usd, 5.5e-6);
  EXPECT_DOUBLE_EQ(oracle.latency_s, 2.5);
  EXPECT_EQ(oracle.ties_at_best, 1U);
  EXPECT_EQ(oracle.at_high, 1U);
  EXPECT_EQ(oracle.at_low, 0U);
  const QueryOracle all = query_oracle(table, all_turns(table));
  EXPECT_EQ(all.queries, 3U);
  EXPECT_EQ(all.at_low, 1U);
  EXPECT_EQ(all.all_equal, 2U);
  EXPECT_TRUE(std::isnan(all.cost_usd));
}

TEST(Arms, PairsAreCounted) {
  const OutcomeTable table = three_queries();
  const PairCounts counts = pair_counts(table, all_turns(table), 0, 1);
  EXPECT_EQ(counts.queries, 2U);
  EXPECT_EQ(counts.both, 1U);
  EXPECT_EQ(counts.strong_only, 1U);
  EXPECT_EQ(counts.weak_only, 0U);
  EXPECT_EQ(counts.either(), 2U);
}

TEST(Arms, BestPerTaskIsFittedOnOtherQueries) {
  // Each task has one query, so that the best of its own turns is luck alone.
  OutcomeTable table = random_table(60, 3, 0, 7);
  std::vector<std::uint8_t> task(60);
  for (std::size_t i = 0; i < 60; ++i) task[i] = static_cast<std::uint8_t>(i);
  const auto turns = all_turns(table);
  const auto own = best_per_task(table, table.quality, task, 60, turns);
  const auto fair = cross_fitted_per_task(table, table.quality, task, 60, turns, 5, 1);
  double lucky = 0, honest = 0;
  for (std::size_t i = 0; i < 60; ++i) {
    lucky += table.quality[table.cell(i, own[i])] / 60;
    honest += table.quality[table.cell(i, fair[i])] / 60;
  }
  EXPECT_DOUBLE_EQ(lucky, query_oracle(table, turns).quality);
  EXPECT_LT(honest, lucky - .1);
  // Tasks that were never seen get the best arm of the rest.
  EXPECT_LE(std::set<std::uint16_t>(fair.begin(), fair.end()).size(), 3U);
}

TEST(Arms, GroupsStayWholeInFolds) {
  std::vector<std::uint32_t> group;
  for (std::uint32_t i = 0; i < 100; ++i) group.push_back(i * i % 23);
  const auto fold = group_folds(group, 5, 3);
  std::vector<std::set<std::uint32_t>> folds_of(23);
  for (std::size_t i = 0; i < 100; ++i) folds_of[group[i]].insert(fold[i]);
  for (const auto& folds : folds_of) EXPECT_LE(folds.size(), 1U);
  EXPECT_EQ(std::set<std::uint32_t>(fold.begin(), fold.end()).size(), 5U);
  EXPECT_EQ(fold, group_folds(group, 5, 3));
  EXPECT_NE(fold, group_folds(group, 5, 4));
}

TEST(Arms, EqualMeansGoToTheFirstAndUnknownOnesLose) {
  EXPECT_EQ(best_arm(std::vector<double>{std::nan(""), .5, .5 + 1e-15, .4}), 1);
}

TEST(Arms, LuckIsANumberOnlyWhereDrawsAreMany) {
  OutcomeTable table = three_queries();
  table.known = {3, 3, 3};
  EXPECT_TRUE(std::isnan(oracle_luck(table, all_turns(table)).one_draw));
  table.notes.draws_per_cell = 4;
  table.quality = {.5, .5, .25, 0, 1, .75};
  const OracleLuck luck = oracle_luck(table, all_turns(table));
  EXPECT_DOUBLE_EQ(luck.oracle_of_means, (.5 + .25 + 1) / 3);
  EXPECT_DOUBLE_EQ(luck.one_draw, (.75 + .25 + 1) / 3);
  table.quality[0] = .3;  // no share of four draws
  EXPECT_TRUE(std::isnan(oracle_luck(table, all_turns(table)).one_draw));
}

}  // namespace
}  // namespace offload
