// Marks of judges, as they write them.
#include <gtest/gtest.h>

#include "gateway/collect/messages.hpp"

namespace offload {
namespace {

using Marks = std::pair<double, double>;

TEST(Verdict, IsReadFromProse) {
  EXPECT_EQ(read_verdict("A: 7, B: 9.5"), (Marks{7, 9.5}));
  EXPECT_EQ(read_verdict("I say **A** = 10; **B** = 1."), std::nullopt);
  EXPECT_EQ(read_verdict("Both are fine."), std::nullopt);
  EXPECT_EQ(read_verdict("A: 7, B: 11"), std::nullopt);
}

// 2,000 bytes are looked at: of B: 10 they may have B: 1.
TEST(Verdict, IsNoneWhereItsMarkGoesOnBehindWhatIsLookedAt) {
  const std::string marks = "A: 9, B: 10";
  const std::string before(2000 - marks.size(), ' ');
  EXPECT_EQ(read_verdict(before + marks), (Marks{9, 10}));
  EXPECT_EQ(read_verdict(before + marks + " each"), std::nullopt) << "as far as is looked, it may go on";
  EXPECT_EQ(read_verdict(' ' + before + marks), std::nullopt);
  EXPECT_EQ(read_verdict(before.substr(2) + marks + ". B is whole."), (Marks{9, 10}));
}

}  // namespace
}  // namespace offload
