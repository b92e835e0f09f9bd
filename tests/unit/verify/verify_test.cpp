// When what learned has to learn the same bits again, and how what is believed is gathered.
#include <gmock/gmock.h>

#include "core/counted.hpp"
#include "verify/second_run.hpp"
#include "verify/verify.hpp"

namespace offload {
namespace {

using Facts = std::map<std::string, std::string>;

TEST(SameBits, HangOnInstructionSetAndTheAgentsFacts) {
  const Facts plain = {{"cpu", "a"}, {"compiler", "gcc 12"}, {"instruction_set", "avx2"}};
  Facts other = plain;
  other["cpu"] = "b";
  EXPECT_TRUE(same_bits_expected(plain, other));
  other["instruction_set"] = "avx512";
  EXPECT_FALSE(same_bits_expected(plain, other));
  other = plain;
  other["agent.blas"] = "openblas";
  EXPECT_FALSE(same_bits_expected(plain, other));
  EXPECT_FALSE(same_bits_expected(other, plain));
  EXPECT_TRUE(same_bits_expected(other, other));
}

TEST(Believed, SameWordsAreOneEntry) {
  std::vector<Believed> list;
  believe(list, "decisions", "it learned", "row a");
  believe(list, "decisions", "it failed", "row b");
  believe(list, "decisions", "it learned", "row c");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_THAT(list[0].of, testing::ElementsAre("row a", "row c"));
  EXPECT_EQ(list[1].why, "it failed");
  EXPECT_EQ(counted(1, "trial") + ", " + counted(2, "trial"), "1 trial, 2 trials");
}

TEST(Findings, RoundTrip) {
  Findings findings{2, 3, {{"a", "/b", "1", "2"}}, {"late"}, {{4, "it learned"}}};
  const Findings again = findings_from_json(to_json(findings));
  EXPECT_EQ(again.rerun, 2U);
  EXPECT_EQ(again.episodes, 3U);
  EXPECT_EQ(again.wrong, findings.wrong);
  EXPECT_EQ(again.failures, findings.failures);
  EXPECT_EQ(again.believed, findings.believed);
}

}  // namespace
}  // namespace offload
