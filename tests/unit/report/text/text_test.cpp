// How text is measured and figures are rounded.
#include "report/text/text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace offload {
namespace {

TEST(Text, MeasuresAndCutsInColumns) {
  EXPECT_EQ(text::width("a\xe6\x97\xa5"
                        "b"),
            4);
  EXPECT_EQ(text::width("e\xcc\x81"), 1);
  EXPECT_EQ(text::shown("abcdef", 4), "abc…");
  EXPECT_EQ(text::shown("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 5), "\xe6\x97\xa5\xe6\x9c\xac…");
  EXPECT_EQ(text::shown("a\nb\x1b"), "a\\nb\\u{1b}");
  EXPECT_EQ(text::shown("\xff"
                        "a"),
            "\xef\xbf\xbd"
            "a");
  EXPECT_EQ(text::right("x", 3), "  x");
  EXPECT_EQ(text::wrapped("aa bb cc", 5, "  "), "aa bb\n  cc");
  EXPECT_EQ(text::wrapped("a bcdefg h", 4, "-"), "a\n-bcde\n-fg h");
}

TEST(Text, NeverRoundsToNothing) {
  EXPECT_EQ(text::percent(.0001), "<0.1 %");
  EXPECT_EQ(text::percent(.9999), ">99.9 %");
  EXPECT_EQ(text::percent(0), "0 %");
  EXPECT_EQ(text::cost(1e-7), "<1e-5");
  EXPECT_EQ(text::cost(0), "0.00000");
  EXPECT_EQ(text::fixed(-.0001, 2), "0.00");
  EXPECT_EQ(text::fixed(std::numeric_limits<double>::quiet_NaN(), 2), "-");
}

}  // namespace
}  // namespace offload
