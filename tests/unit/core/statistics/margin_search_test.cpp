// The least margin that keeps a promise.
#include "core/statistics/margin_search.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace offload {
namespace {

std::vector<std::uint32_t> single_groups(std::size_t sessions) {
  std::vector<std::uint32_t> group(sessions);
  std::iota(group.begin(), group.end(), 0U);
  return group;
}

std::vector<bool> first(std::size_t over, std::size_t sessions) {
  std::vector<bool> list(sessions);
  std::fill_n(list.begin(), over, true);
  return list;
}

// Of 19 sessions and a share of .2 three may be over: (3 + 1) / 20.
TEST(MarginSearch, TakesTheLeastThatIsEnough) {
  MarginSearch search({0, 5, 10, 15}, .2, single_groups(19));
  ASSERT_EQ(search.next(), 15);
  search.add(first(1, 19));
  ASSERT_EQ(search.next(), 10);
  search.add(first(3, 19));
  ASSERT_EQ(search.next(), 5);
  EXPECT_EQ(search.least(), 10);
  search.add(first(4, 19));
  EXPECT_EQ(search.next(), std::nullopt);
  EXPECT_EQ(search.least(), 10);
}

// What was over under a larger margin counts under a smaller one, or a policy that breaks budgets here and
// there would be promised what it keeps by luck.
TEST(MarginSearch, CountsTheSupremum) {
  MarginSearch search({0, 5}, .2, single_groups(19));
  std::vector<bool> others(19);
  others[17] = others[18] = true;
  search.add(others);
  EXPECT_EQ(search.least(), 5);
  search.add(first(2, 19));
  EXPECT_EQ(search.least(), 5) << "2 + 2 differ";
  MarginSearch same({0, 5}, .2, single_groups(19));
  same.add(first(2, 19));
  same.add(first(2, 19));
  EXPECT_EQ(same.least(), 0);
}

TEST(MarginSearch, CountsAGroupOnce) {
  std::vector<std::uint32_t> group = single_groups(19);
  group.insert(group.end(), 10, 18);  // 11 sessions share a prompt
  MarginSearch search({0}, .1, group);
  EXPECT_EQ(search.groups(), 19u);
  std::vector<bool> over(29);
  for (std::size_t i = 18; i < 29; ++i) over[i] = true;
  search.add(over);
  EXPECT_EQ(search.least(), 0) << "(1 + 1) / 20";
}

TEST(MarginSearch, AsksForNothingWhereNothingCanBeEnough) {
  EXPECT_EQ(MarginSearch::fewest_groups(.05), 19u);
  EXPECT_EQ(MarginSearch::fewest_groups(.1), 9u);
  EXPECT_EQ(MarginSearch::fewest_groups(.2), 4u);
  EXPECT_EQ(MarginSearch({0, 5}, .05, single_groups(18)).next(), std::nullopt);
  EXPECT_EQ(MarginSearch({0, 5}, .05, single_groups(19)).next(), 5);
}

}  // namespace
}  // namespace offload
