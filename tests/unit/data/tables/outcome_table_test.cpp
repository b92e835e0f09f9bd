// The neutral table: read, written, packed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "data/dataset.hpp"
#include "data/tables/decimal.hpp"
#include "data/tables/outcome_table_file.hpp"
#include "temporary_folder.hpp"
#include "unit/data/dataset_files.hpp"

namespace offload {
namespace {

using test::error_of;
using test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kHeader =
    "session,turn,query,task,arm,quality,latency_s,cost_usd,input_tokens,output_tokens,known,split,"
    "prompt_group";
constexpr const char* kMeta =
    R"({"source": "made up", "licence": "MIT", "quality_scale": [0, 1], "latency": "measured", "sha256": "s",
        "arms": [{"name": "small", "placement": "device"},
                 {"name": "large", "provider": "p", "price_usd_per_million": {"input": "0.25", "output": 1.25}}]})";

EpisodeTable read(const TemporaryFolder& folder, const std::string& rows, const char* meta = kMeta) {
  folder.write("meta.json", meta);
  return read_outcome_table(folder.write("t.csv", rows));
}

std::string two_queries() {
  return std::string("\xef\xbb\xbf") + kHeader +
         ",text,f0\r\n"
         ",,q1,math,small,1,0.5,0,10,5,1,train,,\"Say \"\"no\"\",\ntwice\",0.5\r\n"
         ",,q1,math,large,0.25,1.5000000004,1e-03,10,6,failed,train,,,\r\n"
         ",,q2,art,small,0,.25,0,10,5,,test,g,hi,-1\r\n"
         ",,q2,art,large,,,,,,0,test,g,,\r\n";
}

void expect_equal(const EpisodeTable& a, const EpisodeTable& b) {
  const OutcomeTable &x = *a.outcomes, &y = *b.outcomes;
  EXPECT_EQ(a.tasks, b.tasks);
  EXPECT_TRUE(std::ranges::equal(a.task, b.task));
  EXPECT_TRUE(std::ranges::equal(a.id, b.id));
  EXPECT_TRUE(std::ranges::equal(a.first_turn, b.first_turn));
  for (std::size_t i = 0; i < x.arms.size(); ++i) {
    EXPECT_EQ(x.arms[i].name, y.arms[i].name);
    EXPECT_EQ(x.arms[i].provider, y.arms[i].provider);
    EXPECT_EQ(x.arms[i].placement, y.arms[i].placement);
    EXPECT_EQ(x.arms[i].price.has_value(), y.arms[i].price.has_value());
  }
  EXPECT_EQ(x.known, y.known);
  EXPECT_EQ(x.failed, y.failed);
  EXPECT_EQ(x.quality, y.quality);
  EXPECT_EQ(x.latency_ns, y.latency_ns);
  EXPECT_EQ(x.cost_pusd, y.cost_pusd);
  EXPECT_EQ(x.input_tokens, y.input_tokens);
  EXPECT_EQ(x.output_tokens, y.output_tokens);
  EXPECT_EQ(x.prompt_group, y.prompt_group);
  EXPECT_EQ(x.part, y.part);
  EXPECT_EQ(x.features, y.features);
  EXPECT_EQ(x.feature_names, y.feature_names);
  EXPECT_EQ(x.text, y.text);
  EXPECT_EQ(x.text_begin, y.text_begin);
  EXPECT_EQ(x.query_names, y.query_names);
  EXPECT_EQ(x.notes.licence, y.notes.licence);
  EXPECT_EQ(x.notes.source_sha256, y.notes.source_sha256);
  EXPECT_EQ(x.notes.latency, y.notes.latency);
}

TEST(OutcomeTableFile, IsReadToTheDigit) {
  TemporaryFolder folder;
  const EpisodeTable table = read(folder, two_queries());
  const OutcomeTable& outcomes = *table.outcomes;
  EXPECT_EQ(table.episodes(), 2u);
  EXPECT_EQ(table.modalities, 0);
  EXPECT_THAT(table.tasks, ElementsAre("art", "math"));
  EXPECT_THAT(table.task, ElementsAre(1, 0));
  EXPECT_TRUE(table.action.empty());
  EXPECT_THAT(outcomes.known, ElementsAre(3, 1));
  EXPECT_THAT(outcomes.failed, ElementsAre(2, 0));
  EXPECT_THAT(outcomes.quality, ElementsAre(1, .25, 0, 0));
  EXPECT_THAT(outcomes.latency_ns, ElementsAre(500000000, 1500000000, 250000000, kUnknownAmount));
  EXPECT_THAT(outcomes.cost_pusd, ElementsAre(0, 1000000000, 0, kUnknownAmount));
  EXPECT_THAT(outcomes.part, ElementsAre(1, 2));
  EXPECT_THAT(outcomes.features, ElementsAre(.5f, -1));
  EXPECT_EQ(outcomes.text, "Say \"no\",\ntwicehi");
  EXPECT_EQ(outcomes.arms[1].price->input_pusd, 250000);
  EXPECT_EQ(outcomes.arms[1].price->output_pusd, 1250000);
}

TEST(OutcomeTableFile, IsWrittenAsItIsRead) {
  TemporaryFolder folder;
  const EpisodeTable table = read(folder, two_queries());
  for (const char* name : {"again.csv", "again.jsonl"}) {
    write_outcome_table(table, folder / name);
    expect_equal(read_outcome_table(folder / name), table);
  }
}

TEST(OutcomeTableFile, SurvivesThePackedForm) {
  TemporaryFolder folder;
  const EpisodeTable table = read(folder, two_queries());
  const EpisodeTable packed = load_dataset((folder / "t.csv").string(), 0, {}, folder / "cache");
  expect_equal(packed, table);
  EXPECT_EQ(packed.sha256, table.sha256);
  folder.write("meta.json", std::string(kMeta) + "\n");
  EXPECT_NE(load_dataset((folder / "t.csv").string(), 0, {}, folder / "cache").sha256, table.sha256);
}

TEST(OutcomeTableFile, SessionsHaveTheirTurnsInOrder) {
  TemporaryFolder folder;
  const EpisodeTable table = read(folder, std::string(kHeader) +
                                              "\ns,2,b,t,small,1,,,,,1,,\ns,1,a,t,small,1,,,,,1,,\n"
                                              "s,1,a,t,large,0,,,,,1,,\ns,2,b,t,large,0,,,,,1,,\n");
  EXPECT_EQ(table.episodes(), 1u);
  EXPECT_EQ(table.turns(), 2u);
  EXPECT_THAT(table.outcomes->query_names, ElementsAre("a", "b"));
  EXPECT_TRUE(table.outcomes->latency_ns.empty());
}

// As pandas writes whole numbers of a column with a gap.
TEST(OutcomeTableFile, TakesWholeNumbersWithAPointAndNoneThatVanishes) {
  const TemporaryFolder folder;
  const auto with = [&](const char* quality, const char* known) {
    return read(folder, std::string(kHeader) + "\n,,a,t,small," + quality + ",,,,," + known +
                            ",,\n,,a,t,large,0,,,,,1,,\n");
  };
  EXPECT_THAT(with("1", "1.0").outcomes->known, ElementsAre(3));
  EXPECT_THAT(with("", "0.0").outcomes->known, ElementsAre(2));
  EXPECT_THAT(error_of([&] { with("1", "0.5"); }).what(),
              HasSubstr("expected 1, 0 or failed, found \"0.5\""));
  EXPECT_THAT(error_of([&] { with("1e-400", "1"); }).what(), HasSubstr("finite number, found \"1e-400\""));
}

TEST(Decimal, IsExactOrNothing) {
  const auto value = [](const char* text, int digits) { return scaled_decimal(text, digits)->value; };
  EXPECT_EQ(value("0.5088601112365723", 9), 508860111);
  EXPECT_EQ(value("5e-05", 12), 50000000);
  EXPECT_EQ(value("1.25E2", 0), 125);
  EXPECT_EQ(value("-.0000000005", 9), -1);
  EXPECT_EQ(value("9223372036854775807", 0), INT64_MAX);
  EXPECT_FALSE(scaled_decimal("1.5", 0)->exact);
  for (const char* text :
       {"", " 1", "1 ", "3 s", "nan", "inf", "-", ".", "1e", "0x1", "1,5", "9223372036854775808"}) {
    EXPECT_FALSE(scaled_decimal(text, 0)) << text;
  }
  EXPECT_EQ(decimal_text(1250, 3), "1.25");
  EXPECT_EQ(decimal_text(0, 9), "0");
  EXPECT_EQ(decimal_text(-5, 1), "-0.5");
}

}  // namespace
}  // namespace offload
