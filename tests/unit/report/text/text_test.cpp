// How text is measured and figures are rounded.
#include "report/text/text.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <limits>
#include <set>

#include "report/text/statements.hpp"
#include "report/text/terminal.hpp"

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

// What gives way where there is little room: heads, then gaps, then the end of the name.
TEST(Text, TablesFitTheTerminal) {
  const auto table = [](int width, int name) {
    Table table{{"Row", std::string(30, 'H'), "Number"}, 0, {}, {"Row", std::string(24, 'h'), "No."}};
    table.rows.push_back({{std::string(static_cast<std::size_t>(name), 'n'), "1", "2"}, Style::plain});
    Terminal terminal(false, width);
    terminal.table(table);
    return terminal.take();
  };
  const auto line = [](const std::string& text) { return text.substr(0, text.find('\n')); };
  EXPECT_EQ(line(table(71, 30)), " Row" + std::string(29, ' ') + std::string(30, 'H') + "  Number");
  EXPECT_EQ(line(table(70, 30)), " Row" + std::string(29, ' ') + std::string(24, 'h') + "  No.");
  EXPECT_EQ(line(table(61, 30)), " Row" + std::string(28, ' ') + std::string(24, 'h') + " No.");
  EXPECT_EQ(table(60, 40), " Row" + std::string(28, ' ') + std::string(24, 'h') + " No.\n " +
                               std::string(15, 'n') + "…" + std::string(14, 'n') + std::string(24, ' ') +
                               "1   2\n");
}

TEST(Text, LinesAreFilledAtWords) {
  EXPECT_EQ(text::filled("one two three\nfour\n", 8), "one two\n  three\nfour\n");
  EXPECT_EQ(text::filled("  a  bc de", 7), "  a  bc\n    de");
  EXPECT_EQ(text::filled("in /a/long/path it is", 6), "in\n  /a/long/path\n  it\n  is");
  EXPECT_EQ(text::filled("", 8), "");
}

TEST(Text, NoTextOfACsvFileIsAFormula) {
  for (const char* plain : {"ppo", "-0.5", "-1e-7", "1e3", "a=b", "", "-inf"})
    EXPECT_EQ(text::csv(plain), plain);
  for (const char* formula : {"=1+2", "+ppo", "-ppo", "@x", "\tx", "'x", "-1+2", "+5", "-", "-0x10"})
    EXPECT_EQ(text::csv(formula), "'" + std::string(formula)) << formula;
  EXPECT_EQ(text::csv("=a,\"b\""), "\"'=a,\"\"b\"\"\"");
  EXPECT_EQ(text::csv("\rx"), "\"'\rx\"");
}

TEST(Text, NamesThatDifferStayDifferent) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(text::shown_names({"short", "a much longer name"}, 9), (Names{"short", "a mu…name"}));
  // The cut goes where they are alike.
  EXPECT_EQ(text::shown_names({"agent/update/64/fused", "agent/update/65/fused"}, 12),
            (Names{"agen…4/fused", "agen…5/fused"}));
  EXPECT_EQ(text::shown_names({"64/agent/update/fused", "65/agent/update/fused"}, 8),
            (Names{"64/a…sed", "65/a…sed"}));
  // Nowhere: both ends alike, and more between than fits.
  const std::string end(20, 'e');
  const Names alike = text::shown_names({end + "1" + end, end + "2" + end, end + "1" + end}, 10);
  EXPECT_EQ(alike, (Names{"eeeeeeee…1", "eeeeeeee…2", "eeeeeeee…1"}));
  Names many;
  for (int i = 0; i < 300; ++i) many.push_back(fmt::format("row learning_rate={} clip={}", i, i % 7));
  const Names cut = text::shown_names(many, 16);
  EXPECT_EQ(std::set<std::string>(cut.begin(), cut.end()).size(), 300U);
  for (const std::string& name : cut) EXPECT_LE(text::width(name), 16) << name;
  EXPECT_EQ(text::shown_names({"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "b"}, 5),
            (Names{"\xe6\x97\xa5…\xe8\xaa\x9e", "b"}));
}

TEST(Text, NeverRoundsToNothing) {
  EXPECT_EQ(text::percent(.0001), "<0.1 %");
  EXPECT_EQ(text::percent(.9999), ">99.9 %");
  EXPECT_EQ(text::percent(0), "0 %");
  EXPECT_EQ(text::cost(1e-7), "<1e-5");
  EXPECT_EQ(text::p_value(0), "<.0001");
  EXPECT_EQ(text::p_value(.0001), "0.0001");
  EXPECT_EQ(text::p_value(std::numeric_limits<double>::quiet_NaN()), "-");
  EXPECT_EQ(text::cost(0), "0.00000");
  EXPECT_EQ(text::fixed(-.0001, 2), "0.00");
  EXPECT_EQ(text::fixed(std::numeric_limits<double>::quiet_NaN(), 2), "-");
}

// Words of a document, whatever its line breaks.
std::string words_of(const std::string& file) {
  std::ifstream in(OFFLOAD_SOURCE_DIR "/" + file);
  std::string all, word;
  while (in >> word) all += (all.empty() ? "" : " ") + word;
  return all;
}

TEST(Statements, StandInTheDocumentsInTheSameWords) {
  for (const char* file : {"README.md", "SECURITY.md", "reports/README.md"})
    EXPECT_THAT(words_of(file), testing::HasSubstr(kTrustStatement)) << file;
  EXPECT_THAT(kLimitsStatement, testing::HasSubstr("reports/LIMITS.md"));
  EXPECT_THAT(words_of("reports/LIMITS.md"), testing::StartsWith("# What these figures cannot tell"));
  for (const char* file : {"README.md", "reports/README.md"})
    EXPECT_THAT(words_of(file), testing::HasSubstr("LIMITS.md)")) << file;
}

}  // namespace
}  // namespace offload
