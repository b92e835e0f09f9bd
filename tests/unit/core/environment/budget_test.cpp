// Actions, what they take, budgets, and the mask that keeps within them.
#include <gtest/gtest.h>

#include "core/environment/budget.hpp"
#include "core/error.hpp"
#include "core/simulation/scenario.hpp"
#include "unit/core/small_data.hpp"

namespace offload {
namespace {

using testing::random_table;

TEST(ActionSpace, OrdersSubsetsBySizeThenLexicographically) {
  const ActionSpace actions(3);
  EXPECT_EQ(actions.images(), (std::vector<std::uint32_t>{0, 0, 1, 2, 4, 3, 5, 6, 7}));
  EXPECT_EQ(actions.kind(0), 0);
  EXPECT_EQ(actions.kind(1), 1);
  EXPECT_EQ(actions.kind(8), 4);
  EXPECT_EQ(actions.cloud_action(5), 6);
  EXPECT_EQ(ActionSpace(0).size(), 2);
  EXPECT_EQ(ActionSpace(10).size(), 1025);
  EXPECT_THROW(ActionSpace(11), Error);
}

TEST(Profile, PaperAndCorrectedLocalCallOfATx2) {
  const EpisodeTable data = random_table(5, 1);
  const ActionSpace actions(3);
  ProfileSettings settings;
  const Consumption paper = make_consumption(settings, actions, data);
  EXPECT_EQ(paper.of_action(0)[0], 11428571);
  EXPECT_NEAR(paper.values()[1], 7.942857142857142e-09, 1e-12);
  EXPECT_EQ(paper.of_action(8)[0], 6982110000);
  EXPECT_EQ(paper.of_action(8)[1], 13680000000);
  EXPECT_EQ(paper.relative()[0], 0);
  EXPECT_EQ(paper.relative()[8 * 2 + 1], 1);
  settings.kind = "corrected";
  EXPECT_NEAR(make_consumption(settings, actions, data).values()[0], 11.703, 1e-3);
  settings.kind = "measured";
  EXPECT_THROW(make_consumption(settings, actions, data), Error);
}

// The mask's definition, spelled out: some choice of actions for the remaining turns fits all budgets.
bool fits(const Consumption& consumption, int turns, Amounts left) {
  if (left[0] < 0 || left[1] < 0) return false;
  if (turns == 0) return true;
  for (int kind = 0; kind < consumption.kinds(); ++kind) {
    const Amounts& c = consumption.of_kind(kind);
    if (fits(consumption, turns - 1, {left[0] - c[0], left[1] - c[1]})) return true;
  }
  return false;
}

TEST(Feasibility, MaskAgreesWithEnumerationForRandomConsumption) {
  Random random(7);
  const ActionSpace actions(2);
  constexpr int kTurns = 4;
  int refused = 0, none = 0;
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<Amounts> by_kind;
    for (int kind = 0; kind < actions.kinds(); ++kind) {
      by_kind.push_back(
          {static_cast<std::int64_t>(random.below(20)), static_cast<std::int64_t>(random.below(20))});
    }
    const Consumption consumption(actions, by_kind);
    const Feasibility feasibility(actions, consumption, kTurns);
    const Amounts limit = {static_cast<std::int64_t>(random.below(60)),
                           static_cast<std::int64_t>(random.below(60))};
    const Amounts spent = {static_cast<std::int64_t>(random.below(20)),
                           static_cast<std::int64_t>(random.below(20))};
    const int turn = static_cast<int>(random.below(kTurns));
    std::vector<std::uint8_t> mask(static_cast<std::size_t>(actions.size()));
    const bool any = feasibility.mask(turn, spent, limit, mask.data());
    bool expected_any = false;
    std::vector<std::uint8_t> expected;
    for (int a = 0; a < actions.size(); ++a) {
      const Amounts& c = consumption.of_action(a);
      expected.push_back(
          fits(consumption, kTurns - turn - 1, {limit[0] - spent[0] - c[0], limit[1] - spent[1] - c[1]}));
      expected_any |= expected.back() != 0;
      refused += expected.back() == 0;
    }
    EXPECT_EQ(any, expected_any);
    none += !any;
    if (!any) std::fill(expected.begin(), expected.end(), std::uint8_t{1});
    EXPECT_EQ(mask, expected);
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(none, 10);
}

TEST(Budgets, RelativeGridAndDegenerateCells) {
  const ActionSpace actions(3);
  const Consumption tx2 = make_consumption({}, actions, random_table(5, 1));
  const Amounts loosest = relative_budget(tx2, 5, 1, 1);
  EXPECT_EQ(loosest[0], 5 * tx2.largest()[0]);
  EXPECT_EQ(loosest[1], 5 * tx2.largest()[1]);
  EXPECT_EQ(relative_anchor(tx2, 5), (Amounts{5 * tx2.of_action(0)[0], 5 * tx2.of_action(0)[1]}));
  EXPECT_NO_THROW(require_choice({"extreme", {8000000000, 6000000000}}, tx2, 5));
  EXPECT_THROW(require_choice({"local", {5000000000, 5000000000}}, tx2, 5), Error);
}

}  // namespace
}  // namespace offload
