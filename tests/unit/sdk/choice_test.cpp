// The choices that every agent makes.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <offload/choice.hpp>
#include <vector>

namespace offload {
namespace {

using Mask = std::vector<std::uint8_t>;
using Values = std::vector<double>;

std::int32_t best(const Mask& mask, const Values& values) {
  return best_allowed(std::span(mask), std::span(values));
}

TEST(Choice, BestIsTheHighestAllowedAndTheLowestOfTies) {
  EXPECT_EQ(best({1, 1, 0}, {1, 2, 3}), 1);
  EXPECT_EQ(best({1, 1, 1}, {2, 3, 3}), 1);
  const double low = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(best({0, 1, 1}, {5, low, low}), 1);
  EXPECT_EQ(best({0, 1, 1}, {5, std::nan(""), std::nan("")}), 1);
}

TEST(Choice, UniformDrawsEachAllowedActionEquallyOften) {
  Random random(3);
  const Mask mask = {0, 1, 1, 0, 1, 0};
  std::array<int, 6> count{};
  constexpr int kDraws = 30000;
  for (int i = 0; i < kDraws; ++i) ++count.at(static_cast<std::size_t>(uniform_allowed(mask, random)));
  for (const std::size_t allowed : {1, 2, 4}) EXPECT_NEAR(count.at(allowed), kDraws / 3, 500);
  EXPECT_EQ(count[0] + count[3] + count[5], 0);
}

TEST(Choice, NoneAllowedIsAnActionOutside) {
  Random random(3);
  EXPECT_EQ(best({0, 0, 0}, {1, 2, 3}), 3);
  EXPECT_EQ(uniform_allowed(Mask{0, 0, 0}, random), 3);
}

}  // namespace
}  // namespace offload
