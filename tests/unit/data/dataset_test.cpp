#include "data/dataset.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/environment/action_space.hpp"
#include "files/json_reader.hpp"
#include "files/sha256.hpp"
#include "unit/data/small_dataset.hpp"

namespace offload {
namespace {

using nlohmann::json;
using test::episode;
using test::error_of;
using test::good;
using test::refusal_of;
using test::refusal_with;
using test::refusal_without;
using test::table_of;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Sha256, KnownValues) {
  EXPECT_EQ(sha256_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const TemporaryFolder folder;
  EXPECT_EQ(sha256_of_file(folder.write("x", "abc")), sha256_of("abc"));
  EXPECT_EQ(error_of([&] { sha256_of_file(folder / "absent"); }).kind(), ErrorKind::io);
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);  // nobody ever writes into it
  EXPECT_EQ(error_of([&] { sha256_of_file(folder / "pipe"); }).kind(), ErrorKind::data);
}

TEST(Dataset, ReadsTheTinyFile) {
  DatasetNotes notes;
  const auto file = std::filesystem::path(OFFLOAD_SOURCE_DIR) / "datasets" / "tiny.json";
  const EpisodeTable table = read_dataset(file, {}, &notes);
  EXPECT_EQ(table.modalities, 3);
  EXPECT_THAT(table.tasks, ElementsAre("Assistive System", "Message Editing", "Query", "Recommendation"));
  EXPECT_THAT(table.id, ElementsAre(1, 2, 5));
  EXPECT_THAT(table.first_turn, ElementsAre(0, 2, 5, 6));
  EXPECT_THAT(table.task, ElementsAre(0, 3, 2, 2, 1, 0));
  EXPECT_THAT(table.action, ElementsAre(0, 6, 0, 8, 1, 3));  // {2, 0} is {0, 2}
  EXPECT_THAT(table.score, ElementsAre(.5, 1.5, 0, 1, 2, 0));
  EXPECT_THAT(table.raw_score, ElementsAre(.5, 1.5, .4, 1, 2, 0));
  EXPECT_THAT(table.latency_s, ElementsAre(2, 7, 3, 9, 8, 6));
  EXPECT_THAT(table.cost_usd, ElementsAre(5e-5, .01, 4e-5, .014, .0005, .006));
  EXPECT_THAT(table.associations(1), ElementsAre(.25, .15, .2));
  EXPECT_EQ(table.sha256, sha256_of_file(file));
  EXPECT_EQ(table.source, file.string());
  EXPECT_EQ(notes.questions, 4U);
  EXPECT_EQ(notes.refused[0], 1U);
  EXPECT_TRUE(notes.ids);
}

TEST(Dataset, ReproducesTheTablesOfThePublicFile) {
  const auto file = test::m4a1_file();
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here; set OFFLOAD_SHARED";
  DatasetNotes notes;
  const EpisodeTable table = read_dataset(file, {}, &notes);
  EXPECT_EQ(table.sha256, "9e767a55eff47436c46ca4bb9a226a7a584948e8fd04993d7b8669dcbfe1f9ce");
  EXPECT_EQ(table.episodes(), 100U);
  EXPECT_EQ(table.turns(), 352U);
  EXPECT_EQ(notes.questions, 20U);
  EXPECT_EQ(notes.refused[0], 48U);
  EXPECT_EQ(notes.refused[1] + notes.refused[2] + notes.refused[3] + notes.refused[4], 2U);
  std::map<int, int> lengths;
  for (std::size_t e = 0; e < 100; ++e) ++lengths[table.length(e)];
  EXPECT_EQ(lengths, (std::map<int, int>{{2, 20}, {3, 32}, {4, 24}, {5, 24}}));

  struct Cell {
    double n = 0, sum = 0, square = 0, zeros = 0;
  };
  Cell cells[4][5];
  const ActionSpace actions(3);
  for (std::size_t i = 0; i < table.turns(); ++i) {
    Cell& cell = cells[table.task[i]][actions.kind(table.action[i])];
    cell.n += 1;
    cell.sum += table.score[i];
    cell.square += table.score[i] * table.score[i];
    cell.zeros += table.score[i] == 0;
  }
  const double expected[4][5][4] = {{{49, .845, .706, .184},
                                     {27, 2.041, 2.048, .037},
                                     {5, 1.459, .658, 0},
                                     {7, 2.259, 1.185, 0},
                                     {11, .933, .227, 0}},
                                    {{40, .584, .383, .175},
                                     {16, .917, .400, 0},
                                     {5, .815, .456, .2},
                                     {8, 1.094, .187, 0},
                                     {13, 1.084, .264, 0}},
                                    {{35, .333, .588, .571},
                                     {20, 1.251, .871, 0},
                                     {3, .858, .351, 0},
                                     {10, .791, .307, 0},
                                     {12, .964, .382, 0}},
                                    {{46, .757, .897, .326},
                                     {22, .951, .663, .091},
                                     {6, .856, .222, 0},
                                     {6, 1.543, .616, 0},
                                     {11, 1.504, 1.103, 0}}};
  for (int c = 0; c < 4; ++c) {
    for (int k = 0; k < 5; ++k) {
      const Cell& cell = cells[c][k];
      const double mean = cell.sum / cell.n;
      EXPECT_EQ(cell.n, expected[c][k][0]) << c << k;
      EXPECT_NEAR(mean, expected[c][k][1], .00051) << c << k;
      EXPECT_NEAR(std::sqrt(cell.square / cell.n - mean * mean), expected[c][k][2], .00051) << c << k;
      EXPECT_NEAR(cell.zeros / cell.n, expected[c][k][3], .00051) << c << k;
    }
  }
  const double latency = std::accumulate(table.latency_s.begin(), table.latency_s.end(), 0.0);
  EXPECT_NEAR(latency / 352, (170 * 7.58 + 85 * 8.77 + 19 * 6.34 + 31 * 7.22 + 47 * 8.69) / 352, .005);
}

TEST(Dataset, OptionalKeysAreEverywhereOrNowhere) {
  json data = good();
  for (json& e : data) {
    e.erase("id");
    e.erase("image_paths");
    for (json& t : e["interactions"]) t.erase("interaction_time"), t.erase("usage_cost");
  }
  const EpisodeTable table = table_of(data);
  EXPECT_THAT(table.id, ElementsAre(0, 1));
  EXPECT_TRUE(table.latency_s.empty());
  EXPECT_TRUE(table.cost_usd.empty());
  EXPECT_THAT(refusal_without("/1", "id"),
              HasSubstr("/1: 'id' is missing although what comes before has it"));
  EXPECT_THAT(refusal_without("/1/interactions/0", "usage_cost"),
              HasSubstr("/1/interactions/0: 'usage_cost'"));
  data[1]["interactions"][1]["interaction_time"] = 1;
  EXPECT_THAT(refusal_of(data), HasSubstr("/1/interactions/1: 'interaction_time' is given"));
}

TEST(Dataset, TheRefusalRuleIsASetting) {
  json data = good();
  data[0]["interactions"][0]["answer"] = "I can't do that";
  data[0]["interactions"][1]["answer"] = "I can\u2019t do that, SORRY";
  EXPECT_THAT(table_of(data).score, ElementsAre(0, 1.5, 1.5, 1.5));
  EXPECT_THAT(table_of(data).raw_score, ElementsAre(1.5, 1.5, 1.5, 1.5));
  EXPECT_THAT(table_of(data, {{}}).score, ElementsAre(1.5, 1.5, 1.5, 1.5));
  EXPECT_THAT(table_of(data, {{"SORRY"}}).score, ElementsAre(1.5, 0, 1.5, 1.5));
}

TEST(Dataset, UnknownKeysAreIgnored) {
  json data = good();
  data[0]["note"] = {{"id", {1, {{"score", "x"}}}}};
  data[1]["interactions"][0]["extra"] = {1, {2, {3}}};
  data[1]["interactions"][0]["more"] = "text";
  EXPECT_EQ(table_of(data).turns(), 4U);
}

TEST(Dataset, NoViewsAtAllIsADataSet) {
  json data = good();
  for (json& e : data) {
    e.erase("image_paths");
    e["association_score"] = json::array({json::array(), json::array()});
    for (json& t : e["interactions"]) t["image_index"] = json::array();
  }
  const EpisodeTable table = table_of(data);
  EXPECT_EQ(table.modalities, 0);
  EXPECT_THAT(table.action, ElementsAre(1, 1, 1, 1));
}

TEST(Dataset, RefusesWrongValuesAtTheirPlace) {
  const struct {
    const char* pointer;
    json value;
    const char* message;
  } cases[] = {
      {"/0/interactions/1/score", "high", "/0/interactions/1/score: expected a number >= 0, found \"high\""},
      {"/0/interactions/1/score", -1, "/0/interactions/1/score: expected a number >= 0, found -1"},
      {"/0/interactions/1/score", nullptr, "expected a number >= 0, found null"},
      {"/0/interactions/1/score", json::array({1}),
       "/0/interactions/1/score: expected a single value, found a list"},
      {"/1/interactions/0/interaction_time", -.5,
       "/1/interactions/0/interaction_time: expected a number >= 0"},
      {"/1/interactions/0/usage_cost", true,
       "/1/interactions/0/usage_cost: expected a number >= 0, found true"},
      {"/1/interactions/0/question", 3, "/1/interactions/0/question: expected a text, found 3"},
      {"/1/interactions/0/answer", nullptr, "/1/interactions/0/answer: expected a text, found null"},
      {"/1/interactions/0/task_cat", 1, "/1/interactions/0/task_cat: expected a text"},
      {"/1/interactions/0/task_cat", "", "a task name has 1 to 200 bytes"},
      {"/1/interactions/0/task_cat", std::string(201, 'x'), "a task name has 1 to 200 bytes, found 201"},
      {"/1/interactions/0/action", 2, "/1/interactions/0/action: expected 0 (local) or 1 (cloud), found 2"},
      {"/1/interactions/0/action", 1.5, "expected 0 (local) or 1 (cloud)"},
      {"/1/interactions/0/action", 0, "/1/interactions/0: a local turn (action 0) sends no images"},
      {"/1/interactions/0/image_index", 1, "/1/interactions/0/image_index: expected null or a list, found 1"},
      {"/1/interactions/0/image_index", {0, 3}, "/1/interactions/0/image_index: an image beyond the 3 views"},
      {"/1/interactions/0/image_index",
       {0, 10},
       "/1/interactions/0/image_index/1: expected an integer in 0..9"},
      {"/1/interactions/0/image_index", {-1}, "/1/interactions/0/image_index/0: expected an integer in 0..9"},
      {"/1/interactions/0/image_index", {2, 2}, "/1/interactions/0/image_index/1: image 2 is listed twice"},
      {"/1/interactions/0/image_index", {"2"}, "/1/interactions/0/image_index/0: expected an integer"},
      {"/1/interactions/0/image_index", json::object(), "expected a single value, found an object"},
      {"/1/interactions/0", 5, "/1/interactions/0: expected a turn (an object), found 5"},
      {"/1/interactions", json::array(), "/1/interactions: an episode has at least one turn"},
      {"/1/interactions", json::object(), "/1/interactions: expected a list, found an object"},
      {"/1/interactions", nullptr, "/1/interactions: expected a list, found null"},
      {"/1/association_score", {{1, 2, 3}}, "/1/association_score: 1 row for 2 turns"},
      {"/1/association_score/1", {1, 2}, "/1/association_score/1: 2 views where the rows before have 3"},
      {"/1/association_score/1", json::array({1, 2, "x"}),
       "/1/association_score/1/2: expected a number, found \"x\""},
      {"/1/association_score/1", 4, "/1/association_score/1: expected a list of numbers, found 4"},
      {"/0/association_score/0", std::vector<int>(11, 0), "/0/association_score/0/10: more than 10 views"},
      {"/1/image_paths", {"a"}, "/1/image_paths: 1 image for 3 views"},
      {"/1/image_paths", {"a", 1, "c"}, "/1/image_paths/1: expected a text, found 1"},
      {"/1/id", "x", "/1/id: expected an integer, found \"x\""},
      {"/1/id", 1.5, "/1/id: expected an integer, found 1.5"},
      {"/1/id", 18446744073709551615ull, "/1/id: expected an integer"},
      {"/1/id", 7, "/1/id: 7 is the id of /0/id, too"},
      {"/1", json::array(), "/1: expected an episode (an object), found a list"},
      {"/1", "x", "/1: expected an episode (an object), found \"x\""},
  };
  for (const auto& c : cases)
    EXPECT_THAT(refusal_with(c.pointer, c.value), HasSubstr(c.message)) << c.pointer;
}

TEST(Dataset, RefusesMissingKeys) {
  for (const char* key : {"task_cat", "action", "image_index", "score"}) {
    EXPECT_THAT(refusal_without("/1/interactions/0", key),
                HasSubstr(std::string("/1/interactions/0: '") + key + "' is missing"));
  }
  EXPECT_THAT(refusal_without("/1", "interactions"), HasSubstr("/1: 'interactions' is missing"));
}

TEST(Dataset, NeedsNeitherAssociationNorTexts) {
  json data = good();
  for (json& e : data) {
    e.erase("association_score");
    e.erase("image_paths");
    for (json& t : e["interactions"]) {
      t.erase("question"), t.erase("answer");
      t["image_index"] = nullptr;
    }
  }
  const EpisodeTable table = table_of(data);
  EXPECT_EQ(table.modalities, 0);
  EXPECT_TRUE(table.association.empty());
  EXPECT_TRUE(std::ranges::equal(table.score, table.raw_score));
  data[1]["interactions"][1]["action"] = 1;
  data[1]["interactions"][1]["image_index"] = {0};
  EXPECT_THAT(refusal_of(data), HasSubstr("/1/interactions/1/image_index: an image beyond the 0 views of "
                                          "association_score, which the file does not have"));
  EXPECT_THAT(refusal_without("/1", "association_score"),
              HasSubstr("/1: 'association_score' is missing although what comes before has it"));
  for (const char* key : {"question", "answer"}) {
    EXPECT_THAT(refusal_without("/1/interactions/0", key),
                HasSubstr(std::string("/1/interactions/0: '") + key + "' is missing although"));
  }
}

TEST(Dataset, BoundsCounts) {
  EXPECT_EQ(table_of(json::array({episode(1, 255)})).turns(), 255U);
  EXPECT_THAT(refusal_of(json::array({episode(1, 256)})), HasSubstr("more than"));
  json data = json::array({episode(1, 101)});
  for (int t = 0; t < 101; ++t) data[0]["interactions"][t]["task_cat"] = "task " + std::to_string(t);
  EXPECT_THAT(refusal_of(data), HasSubstr("/0/interactions/100/task_cat: more than 100 task names"));
}

TEST(Dataset, RefusesKeysGivenTwice) {
  EXPECT_THAT(refusal_of(std::string(R"([{"id": 1, "id": 2}])")), HasSubstr("/0/id: given twice"));
  EXPECT_THAT(refusal_of(std::string(R"([{"interactions": [{"score": 1, "score": 1}]}])")),
              HasSubstr("/0/interactions/0/score: given twice"));
}

TEST(Dataset, RefusesWhatIsNotStrictJson) {
  const std::string text = good().dump();
  EXPECT_THAT(refusal_of(std::string()), HasSubstr("empty"));
  EXPECT_THAT(refusal_of(std::string("[]")), HasSubstr("the list is empty"));
  EXPECT_THAT(refusal_of(std::string("{}")), HasSubstr("expected a list of episodes, found an object"));
  EXPECT_THAT(refusal_of(std::string("3")), HasSubstr("expected a list of episodes, found 3"));
  EXPECT_THAT(refusal_of(fmt::format("\xef\xbb\xbf{}", text)), HasSubstr("byte order mark"));
  EXPECT_THAT(refusal_of(text + "x"), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal_of(text + text), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal_of(std::string("[{\"id\": NaN}]")), HasSubstr("/0/id: byte 9: parse error at line 1"));
  EXPECT_THAT(refusal_of(std::string("[{\"id\": Infinity}]")), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal_of(std::string("[{\"id\": 1e999}]")), HasSubstr("1e999 is too large"));
  EXPECT_THAT(refusal_of(std::string("[{\"id\": ") + std::string(5000, '9') + "}]"), HasSubstr("too large"));
  EXPECT_THAT(refusal_of(std::string("[{\"note\": \"\xff\xfe\"}]")), HasSubstr("invalid string"));
  EXPECT_THAT(refusal_of(std::string("[{\"note\": \"\\ud80\"}]")), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal_of(std::string("[{\"a\0b\": 1}]", 12)), HasSubstr("not valid JSON"));
}

TEST(Dataset, RefusesEveryTruncation) {
  const std::string text = good().dump();
  for (std::size_t size = 1; size < text.size(); ++size) refusal_of(text.substr(0, size));
}

TEST(Dataset, MessagesCarryNoControlCharacters) {
  EXPECT_THAT(refusal_with("/0/interactions/1/score", "\x1b[31m\nred"), HasSubstr("\"\\x1b[31m\\x0ared\""));
  json data = good();
  data[0]["\x1b/~"] = 1;
  std::string text = data.dump();
  text[text.find("/~\":1") + 4] = 'x';
  EXPECT_THAT(refusal_of(text), HasSubstr("/0/\\x1b~1~0: "));
}

TEST(Dataset, BoundsDepthAndSizes) {
  EXPECT_THAT(refusal_of("[{\"x\": " + std::string(1000000, '[')), HasSubstr("nested deeper than 32 levels"));
  EXPECT_THAT(refusal_of(std::string(1000000, '[')), HasSubstr("expected an episode"));
  const std::string long_text(kJsonTokenMax + (1U << 20), 'x');
  EXPECT_THAT(refusal_of("[{\"x\": \"" + long_text + "\"}]"),
              HasSubstr("a token or a gap longer than 16 MiB"));
  std::string long_list = "[{\"x\": [0";
  for (std::size_t i = 0; i < kJsonTokenMax / 2 + 10; ++i) long_list += ",0";
  EXPECT_THAT(refusal_of(long_list + "]}]"), HasSubstr("/0/x: an unknown value larger than 16 MiB"));
}

TEST(Dataset, RefusesWhatIsNotAReadableFile) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { read_dataset(folder / "absent.json"); }).kind(), ErrorKind::io);
  EXPECT_EQ(error_of([&] { read_dataset(folder.path()); }).kind(), ErrorKind::data);
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { read_dataset(folder / "pipe"); }).kind(), ErrorKind::data);
  EXPECT_EQ(error_of([&] { read_dataset("/dev/zero"); }).kind(), ErrorKind::data);
}

}  // namespace
}  // namespace offload
