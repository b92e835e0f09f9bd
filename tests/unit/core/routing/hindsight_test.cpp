#include "core/routing/hindsight.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "small_table.hpp"

namespace offload {
namespace {

struct Best {
  double value = -1;  // nothing fits
  Amounts total{};
};

// Every choice of arms, by counting.
Best by_force(const OutcomeTable& table, std::size_t first, std::size_t turns, const Amounts& limit,
              bool same_arm) {
  Best best;
  const std::size_t arms = table.arms.size();
  std::vector<std::size_t> choice(turns, 0);
  for (;;) {
    double value = 0;
    Amounts total{};
    bool allowed = !same_arm || std::equal(choice.begin() + 1, choice.end(), choice.begin());
    for (std::size_t t = 0; t < turns; ++t) {
      allowed = allowed && table.is_known(first + t, choice[t]);
      const std::size_t cell = table.cell(first + t, choice[t]);
      value += table.quality[cell];
      total[0] += table.latency_ns[cell];
      total[1] += table.cost_pusd[cell];
    }
    if (allowed && total[0] <= limit[0] && total[1] <= limit[1] &&
        std::tuple(-value, total[1], total[0]) < std::tuple(-best.value, best.total[1], best.total[0])) {
      best = {value, total};
    }
    std::size_t t = 0;
    while (t < turns && ++choice[t] == arms) choice[t++] = 0;
    if (t == turns) return best;
  }
}

void expect_adds_up(const OutcomeTable& table, std::size_t first, const SessionBest& best) {
  double value = 0;
  Amounts total{};
  for (std::size_t t = 0; t < best.arms.size(); ++t) {
    EXPECT_TRUE(table.is_known(first + t, best.arms[t]));
    const std::size_t cell = table.cell(first + t, best.arms[t]);
    value += table.quality[cell];
    total[0] += table.latency_ns[cell];
    total[1] += table.cost_pusd[cell];
  }
  EXPECT_DOUBLE_EQ(value, best.lower);
  EXPECT_EQ(total, best.total);
}

TEST(Hindsight, IsWhatTryingEveryChoiceFinds) {
  int fitting = 0, nothing = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    OutcomeTable table = random_table(9, 4, 15, seed);
    table.notes.same_arm_path = seed % 5 == 4;
    Random random(seed + 1000);
    const auto budget = [&] {
      return random.below(4) == 0 ? kUnlimited : static_cast<std::int64_t>(4 + random.below(22));
    };
    const Amounts limit = {budget(), budget()};
    const std::size_t first = random.below(4), turns = 1 + random.below(5);
    const SessionBest best = best_session(session_problem(table, table.quality, first, turns), limit);
    const Best truth = by_force(table, first, turns, limit, table.notes.same_arm_path);
    SCOPED_TRACE(seed);
    ASSERT_TRUE(best.exact);
    ASSERT_EQ(std::isnan(best.lower), truth.value < 0);
    if (truth.value < 0) {
      EXPECT_TRUE(std::isnan(best.upper));
      ++nothing;
      continue;
    }
    ++fitting;
    EXPECT_DOUBLE_EQ(best.lower, truth.value);
    EXPECT_EQ(best.upper, best.lower);
    EXPECT_EQ(best.total, truth.total);
    expect_adds_up(table, first, best);
  }
  EXPECT_GT(fitting, 100);
  EXPECT_GT(nothing, 20);
}

TEST(Hindsight, PastTheWorkLimitBoundsHoldTheTruth) {
  int inexact = 0;
  double width = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const OutcomeTable table = random_table(40, 6, 0, seed);
    const Amounts limit = {80 + static_cast<std::int64_t>(seed % 40), 90};
    const SessionProblem problem = session_problem(table, table.quality, 0, 40);
    const SessionBest truth = best_session(problem, limit, std::int64_t{1} << 40);
    const SessionBest bounds = best_session(problem, limit, 2000);
    ASSERT_TRUE(truth.exact);
    if (std::isnan(truth.lower)) continue;
    ++inexact;
    ASSERT_FALSE(bounds.exact);
    EXPECT_LE(bounds.lower, truth.lower);
    EXPECT_GE(bounds.upper, truth.lower);
    EXPECT_LE(bounds.total[0], limit[0]);
    EXPECT_LE(bounds.total[1], limit[1]);
    expect_adds_up(table, 0, bounds);
    width += (bounds.upper - bounds.lower) / truth.lower;
  }
  ASSERT_GT(inexact, 60);
  EXPECT_LT(width / inexact, .02);
}

TEST(Hindsight, AnUnknownAmountCannotBePlannedWithWhereItIsLimited) {
  OutcomeTable table = random_table(1, 2, 0, 0);
  table.quality = {1, .5};
  table.cost_pusd = {kUnknownAmount, 3};
  table.latency_ns.clear();
  const SessionProblem problem = session_problem(table, table.quality, 0, 1);
  EXPECT_EQ(best_session(problem, {kUnlimited, kUnlimited}).lower, 1);
  EXPECT_EQ(best_session(problem, {kUnlimited, 5}).lower, .5);
  EXPECT_TRUE(std::isnan(best_session(problem, {5, kUnlimited}).lower));
}

}  // namespace
}  // namespace offload
