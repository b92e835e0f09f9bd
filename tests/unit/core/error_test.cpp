#include "core/error.hpp"

#include <gtest/gtest.h>

#include <string>

namespace offload {
namespace {

TEST(Printable, KeepsTextAndEscapesTheRest) {
  EXPECT_EQ(printable("r\u00e9sum\u00e9 \u20ac \U0001f600"), "r\u00e9sum\u00e9 \u20ac \U0001f600");
  EXPECT_EQ(printable("a\x1b[31m\n\x7f"), "a\\x1b[31m\\x0a\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b") << "a control character of two bytes";
  EXPECT_EQ(printable("\xe9t\xff"), "\\xe9t\\xff") << "Latin-1";
  EXPECT_EQ(printable("\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82"),
            "\\xc0\\xaf\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80\\xe2\\x82")
      << "overlong, surrogate, too high, cut";
}

TEST(Printable, CutsBetweenCharacters) {
  EXPECT_EQ(printable("abc", 3), "abc");
  EXPECT_EQ(printable("abcd", 3), "abc...");
  EXPECT_EQ(printable("a\u20ac\u20ac", 6), "a\u20ac...");
  EXPECT_EQ(printable("\u20ac", 2), "...");
}

}  // namespace
}  // namespace offload
