#include "core/counted.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace offload {
namespace {

TEST(Counted, NamesOneInTheSingular) {
  EXPECT_EQ(counted(1, "trial"), "1 trial");
  EXPECT_EQ(counted(0, "trial"), "0 trials");
  EXPECT_EQ(counted(std::size_t{2}, "budget cell"), "2 budget cells");
  EXPECT_EQ(counted(std::int64_t{-1}, "step"), "-1 steps");
}

TEST(Counted, SpellsThePlural) {
  EXPECT_EQ(plural_of("query"), "queries");
  EXPECT_EQ(plural_of("exact policy"), "exact policies");
  EXPECT_EQ(plural_of("day"), "days");
  EXPECT_EQ(plural_of("process"), "processes");
  EXPECT_EQ(plural_of("mismatch"), "mismatches");
  EXPECT_EQ(plural_of("prefix"), "prefixes");
}

}  // namespace
}  // namespace offload
