// Numbers as people and programs write them, in TOML and in JSON from outside; and tokens that no parser
// takes, where nobody uses them.
#include <gmock/gmock.h>

#include <random>

#include "core/error.hpp"
#include "data/dataset.hpp"
#include "files/checked_json.hpp"
#include "files/json_tokens.hpp"
#include "files/toml_reader.hpp"
#include "files/whole_number.hpp"
#include "unit/data/dataset_files.hpp"

namespace offload {
namespace {

using test::error_of;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(WholeNumbers, AreThoseThatADoubleTellsApart) {
  EXPECT_EQ(whole_number(3e4), 30000);
  EXPECT_EQ(whole_number(-0.0), 0);
  EXPECT_EQ(whole_number(0x1p53), std::int64_t{1} << 53);
  for (const double none : {.5, 0x1p53 + 2, -0x1p54, double(NAN), double(INFINITY)})
    EXPECT_FALSE(whole_number(none)) << none;
}

class Toml {
 public:
  explicit Toml(const std::string& text)
      : text_(text), document_(parse_toml(text_, file_)), table_(document_, file_, "", text_) {}
  TomlTable* operator->() { return &table_; }

 private:
  std::string file_ = "s.toml", text_;
  toml::table document_;
  TomlTable table_;
};

std::string refusal(const std::string& text, const auto& read) {
  return error_of([&] {
           Toml toml(text);
           read(toml);
         })
      .what();
}

std::int64_t steps_of(Toml& toml) { return toml->integer("steps", 0, 0, 1000000); }

TEST(TomlNumbers, WholeOnesHoweverTheyAreWritten) {
  for (const char* text : {"steps = 30000", "steps = 3e4", "steps = 30_000.0", "steps = +3.0E+4"}) {
    Toml toml(text);
    EXPECT_EQ(steps_of(toml), 30000) << text;
  }
  Toml list("seeds = [0, 1.0, 2e0]");
  EXPECT_THAT(list->integers("seeds"), ElementsAre(0, 1, 2));
}

// 1e-400 is no 0, and no whole number either.
TEST(TomlNumbers, NoneSoSmallIsTakenForZero) {
  EXPECT_THAT(refusal("steps = 1e-400", steps_of), HasSubstr("found 1e-400"));
  EXPECT_THAT(refusal("seeds = [-2.5E-999]", [](Toml& toml) { toml->integers("seeds"); }),
              HasSubstr("found -2.5E-999"));
  Toml zero("steps = -0.0e-400");
  EXPECT_EQ(steps_of(zero), 0);
}

TEST(TomlForms, TimesWithoutSecondsAreNamedAsOnePointOne) {
  for (const char* text : {"name = 07:32\n", "name = 07:32", "name = 2026-11-29T07:32\nx = 1\n"})
    EXPECT_THAT(refusal(text, [](Toml&) {}), HasSubstr("a time without seconds is TOML 1.1")) << text;
}

TEST(CheckedJsonFiles, EmptyAndCutOnesAreNamedForWhatTheyAre) {
  const auto said = [](const std::string& text) {
    return std::string(error_of([&] { parse_checked(text, "b.json"); }).what());
  };
  for (const char* empty : {"", " \n"})
    EXPECT_EQ(said(empty), "b.json: is empty: what was to write it did not get there");
  for (const char* cut : {"{\"a\": 1", "[1, 2", "[1, 2, ", "{\"a\": \"tex", "{\"a\""})
    EXPECT_THAT(said(cut), testing::EndsWith("; the file is cut off")) << cut;
  for (const char* wrong : {"[1, 2]]", "GIF89a", "{\"a\" 1}"})
    EXPECT_THAT(said(wrong), testing::Not(HasSubstr("cut off"))) << wrong;
}

TEST(TomlNumbers, MessagesShowTheTextOfTheFile) {
  EXPECT_THAT(refusal("\nsteps = 3.50e0", steps_of),
              HasSubstr("s.toml:2: steps: expected a whole number from 0 to "
                        "1000000, found 3.50e0"));
  EXPECT_THAT(refusal("steps = 2E7", steps_of), HasSubstr("found 2E7"));
  EXPECT_THAT(refusal("steps = 9007199254740994.0", steps_of), HasSubstr("found 9007199254740994.0"));
  EXPECT_THAT(refusal("steps = 0x1_F4240", steps_of), HasSubstr("found 0x1_F4240"));
  EXPECT_THAT(refusal("steps = \"many\"", steps_of), HasSubstr("found \"many\""));
  EXPECT_THAT(refusal("seeds = [1, 2.5]", [](Toml& toml) { toml->integers("seeds"); }),
              HasSubstr("found 2.5"));
}

TEST(TomlNumbers, TooSmallIsNotZeroAndTooLargeIsNamed) {
  const auto rate = [](Toml& toml) { return toml->number("rate", 1, 0, 10); };
  EXPECT_THAT(refusal("rate = 1e-400", rate), HasSubstr("1e-400 is too small"));
  EXPECT_THAT(refusal("x = 1e-400", [](Toml& toml) { toml->parameters(); }),
              HasSubstr("1e-400 is too small"));
  EXPECT_THAT(refusal("rate = 1e400", rate), HasSubstr("too large"));
  Toml zero("rate = -0.0e-7");
  EXPECT_EQ(rate(zero), 0);
}

TEST(TomlNumbers, ParametersKeepTheirText) {
  Toml toml("a = 1_0.0\nb = \"x\"");
  const Parameters parameters = toml->parameters();
  EXPECT_EQ(parameters.at("a").text, "1_0.0");
  EXPECT_EQ(parameters.at("b").text, "");
}

TEST(TomlForms, OfVersion11AreNamedAsSuch) {
  const auto nothing = [](Toml&) {};
  for (const char* text :
       {"a = {b = 1,\n c = 2}", "a = {b = 1, }", "a = {b = 1 # why\n}", "a = \"\\e[1m\"", "a = \"\\x41\""}) {
    EXPECT_THAT(refusal(text, nothing), HasSubstr("TOML 1.1")) << text;
  }
  for (const char* text : {"a = {b = }", "a = \"\\q\"", "a = [1, 2", "a = 1 2"}) {
    EXPECT_THAT(refusal(text, nothing), testing::Not(HasSubstr("TOML 1.1"))) << text;
  }
}

TEST(TomlKeys, AreInTheOrderOfTheirBytes) {
  Toml toml("b = 1\na = 2\nB = 3");
  EXPECT_THAT(toml->keys(), ElementsAre("B", "a", "b"));
}

TEST(CheckedJsonNumbers, WholeTakesThreePointZeroAndIntegerDoesNot) {
  const std::string file = "f.json";
  const auto value = nlohmann::json::parse("[3.0, 3, 3.5, 18446744073709551615]");
  const CheckedJson list(value, file);
  EXPECT_EQ(list.at(std::size_t{0}).whole(0, 5), 3);
  EXPECT_EQ(list.at(1).whole(0, 5), 3);
  EXPECT_THROW(list.at(std::size_t{0}).integer(), Error);
  EXPECT_THROW(list.at(std::size_t{0}).whole(4, 5), Error);
  for (const std::size_t i : {2, 3}) EXPECT_THROW(list.at(i).whole(), Error);
}

std::string filtered(std::string_view text, std::size_t piece) {
  JsonTokens tokens;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += piece) tokens.filter(text.substr(i, piece), out);
  tokens.finish(out);
  return out;
}

TEST(JsonTokens, LeaveAloneWhatAParserTakes) {
  const std::string text =
      R"([-1.5e+10, 0, "1e400 \ud83d\ude00 \" \\ \\ud83d é", {"a\u00e9": 1e-400, "": [true, null]}])";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) ASSERT_EQ(filtered(text, piece), text) << piece;
}

TEST(JsonTokens, ReplaceWhereverTheBytesAreCut) {
  const std::string text = R"([1e400, -1E+999, "a\ud83d", "\ude00b", "\ud83d\ud83d\ude00", "\ud83dx", 9)" +
                           std::string(400, '9') + "]";
  const auto whole = nlohmann::json::parse(filtered(text, text.size()));
  EXPECT_EQ(too_large_number(whole[0].get<std::string>()), "1e400");
  EXPECT_EQ(too_large_number(whole[1].get<std::string>()), "-1E+999");
  for (const std::size_t i : {2, 3, 4, 5}) EXPECT_TRUE(has_half_character(whole[i].get<std::string>())) << i;
  EXPECT_EQ(without_half_mark(whole[4].get<std::string>()), "\xEF\xBF\xBD\xF0\x9F\x98\x80");
  EXPECT_EQ(too_large_number(whole[6].get<std::string>()).size(), 401U);
  for (std::size_t piece = 1; piece < text.size(); ++piece)
    ASSERT_EQ(filtered(text, piece), filtered(text, text.size())) << piece;
}

TEST(JsonTokens, DoNotMendWhatIsNoJson) {
  for (const char* text : {"[1e]", "[1e+400e1]", "[--1]", "[01e400]", "[1.e400]", "[\"\\u12\"]", "[\"\\ud83",
                           "[\"\\", "[1e400.5]", "[-]", "[+1e400]"}) {
    EXPECT_TRUE(nlohmann::json::parse(filtered(text, 3), nullptr, false).is_discarded()) << text;
  }
}

class DatasetNumbers : public testing::Test {
 protected:
  // Of a data set of one turn, with these members in place of or beside its own.
  std::string outcome(const std::string& id, const std::string& turn) {
    const auto file = folder_.write(
        "d.json", R"([{"id": )" + id +
                      R"(, "interactions": [{"question": "q", "image_index": null, "answer": "a", )" + turn +
                      R"(}], "association_score": [[0.1]]}])");
    try {
      const EpisodeTable table = read_dataset(file);
      return fmt::format("{} {} {}", table.id[0], table.action[0], table.score[0]);
    } catch (const Error& error) {
      return error.what();
    }
  }

  TemporaryFolder folder_;
};

TEST_F(DatasetNumbers, WholeOnesHoweverTheyAreWritten) {
  EXPECT_EQ(outcome("7.0", R"("task_cat": "t", "action": 1.0, "score": 1)"), "7 1 1");
  EXPECT_EQ(outcome("1e3", R"("task_cat": "t", "action": 0e0, "score": 1)"), "1000 0 1");
  EXPECT_THAT(outcome("7.50", R"("task_cat": "t", "action": 1, "score": 1)"),
              HasSubstr("/0/id: expected an "
                        "integer, found 7.50"));
  EXPECT_THAT(outcome("9007199254740994.0", R"("task_cat": "t", "action": 1, "score": 1)"),
              HasSubstr("found 9007199254740994.0"));
}

TEST_F(DatasetNumbers, BeyondADoubleAreNamedWhereTheyAreUsed) {
  EXPECT_THAT(outcome("1", R"("task_cat": "t", "action": 1, "score": 1e400)"),
              HasSubstr("/score: 1e400 is too large for a number"));
  EXPECT_THAT(outcome("1", R"("task_cat": "t", "action": 1, "score": 1e-400)"),
              HasSubstr("/score: 1e-400 is too small for a number"));
  EXPECT_EQ(outcome("1", R"("task_cat": "t", "action": 1, "score": 0.0e-400)"), "1 1 0");
  EXPECT_EQ(outcome("1", R"("task_cat": "t", "action": 1, "score": 1, "x": 1e400, "y": {"z": [-1e999]})"),
            "1 1 1");
}

TEST_F(DatasetNumbers, HalfACharacterMattersWhereItIsUsed) {
  EXPECT_EQ(outcome("1", R"("task_cat": "t", "action": 1, "score": 1, "note": "cut \ud83d", "k\ude00": 1)"),
            "1 1 1");
  EXPECT_THAT(outcome("1", R"("task_cat": "\ud83d", "action": 1, "score": 1)"),
              HasSubstr("/task_cat: \"\xEF\xBF\xBD\" holds half of a character"));
}

}  // namespace
}  // namespace offload
