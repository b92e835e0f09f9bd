// Folds by question: the committed ones against the public file, and their making.
#include "data/question_folds.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "unit/data/dataset_files.hpp"

namespace offload {
namespace {

using nlohmann::json;
using test::error_of;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;

const std::filesystem::path kCommitted = OFFLOAD_SOURCE_DIR "/benchmarks/suites/question-folds.json";

// By id of the episode, read without the data sets' reader.
std::map<std::int64_t, std::set<std::string>> questions_of(const json& data) {
  std::map<std::int64_t, std::set<std::string>> questions;
  for (const json& episode : data) {
    for (const json& turn : episode["interactions"]) questions[episode["id"]].insert(turn["question"]);
  }
  return questions;
}

// Texts by number: in the order of the file.
std::vector<std::string> numbered(const json& data) {
  std::vector<std::string> texts;
  for (const json& episode : data) {
    for (const json& turn : episode["interactions"]) {
      const auto text = turn["question"].get<std::string>();
      if (std::ranges::count(texts, text) == 0) texts.push_back(text);
    }
  }
  return texts;
}

void expect_held_out(const json& data, const std::map<std::string, FoldIds>& folds) {
  const auto questions = questions_of(data);
  const std::vector<std::string> texts = numbered(data);
  std::set<std::int64_t> all;
  for (const auto& [name, fold] : folds) {
    EXPECT_EQ(fold.test.size() + fold.train.size(), questions.size()) << name;
    for (const std::int64_t question : fold.questions) {
      const std::string& text = texts.at(static_cast<std::size_t>(question));
      EXPECT_TRUE(all.insert(question).second) << question << " is held out by two folds";
      for (const std::int64_t id : fold.train)
        EXPECT_EQ(questions.at(id).count(text), 0U) << "fold " << name << " trains on " << id;
    }
    for (const std::int64_t id : fold.test) {
      EXPECT_TRUE(std::ranges::any_of(fold.questions,
                                      [&](std::int64_t question) {
                                        return questions.at(id).count(
                                                   texts.at(static_cast<std::size_t>(question))) > 0;
                                      }))
          << "fold " << name << " tests " << id;
    }
  }
  EXPECT_EQ(all.size(), texts.size());
}

TEST(QuestionFolds, NoHeldOutQuestionOfM4A1IsMetInTraining) {
  const auto file = test::m4a1_file();
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here; set OFFLOAD_SHARED";
  const auto folds = read_fold_file(kCommitted);
  EXPECT_EQ(folds.size(), 10U);
  expect_held_out(json::parse(test::bytes_of(file)), folds);
  for (const auto& [name, fold] : folds) {
    EXPECT_EQ(fold.questions.size(), 2U) << name;
    EXPECT_TRUE(fold.test.size() == 33 || fold.test.size() == 34) << name << ": " << fold.test.size();
  }
  DatasetNotes notes;
  const EpisodeTable data = read_dataset(file, {}, &notes);
  EXPECT_EQ(fold_file_text(question_folds(data, notes, 2)), test::bytes_of(kCommitted));
}

json turn(const std::string& question) {
  return {{"question", question},   {"task_cat", "Query"}, {"action", 0},
          {"image_index", nullptr}, {"answer", "a"},       {"score", 1.5}};
}

// An episode per list, a turn per question.
json data_of(const std::vector<std::vector<std::string>>& episodes) {
  json data = json::array();
  for (std::size_t e = 0; e < episodes.size(); ++e) {
    json turns = json::array(), association = json::array();
    for (const std::string& question : episodes[e]) {
      turns.push_back(turn(question));
      association.push_back({.1});
    }
    data.push_back({{"id", 10 + e}, {"interactions", turns}, {"association_score", association}});
  }
  return data;
}

std::map<std::string, FoldIds> folds_of(const json& data, int per_fold) {
  const TemporaryFolder folder;
  DatasetNotes notes;
  const EpisodeTable table = read_dataset(folder.write("d.json", data.dump()), {}, &notes);
  return question_folds(table, notes, per_fold);
}

TEST(QuestionFolds, TestAboutEquallyManyEpisodes) {
  // "c" is asked everywhere but in two episodes; only "d", which is asked beside it, leaves the other fold
  // its due.
  const json data =
      data_of({{"c", "d"}, {"c", "d"}, {"c", "d"}, {"c"}, {"a"}, {"a", "b"}, {"b"}, {"b", "a"}});
  const auto folds = folds_of(data, 2);
  expect_held_out(data, folds);
  EXPECT_THAT(folds.at("q0").questions, ElementsAre(0, 1));
  EXPECT_THAT(folds.at("q0").test, ElementsAre(10, 11, 12, 13));
  EXPECT_THAT(folds.at("q1").test, ElementsAre(14, 15, 16, 17));
  EXPECT_THAT(folds.at("q1").train, ElementsAre(10, 11, 12, 13));
}

TEST(QuestionFolds, SurviveTheirFile) {
  const auto folds = folds_of(data_of({{"a"}, {"b"}, {"c", "a"}}), 1);
  const TemporaryFolder folder;
  const auto again = read_fold_file(folder.write("folds.json", fold_file_text(folds)));
  ASSERT_EQ(again.size(), 3U);
  for (const auto& [name, fold] : folds) {
    EXPECT_EQ(again.at(name).questions, fold.questions);
    EXPECT_EQ(again.at(name).test, fold.test);
    EXPECT_EQ(again.at(name).train, fold.train);
  }
}

TEST(QuestionFolds, RefuseWhatCannotBeDivided) {
  const json three = data_of({{"a"}, {"b"}, {"c"}});
  EXPECT_THAT(error_of([&] { folds_of(three, 2); }).what(),
              HasSubstr("3 different questions do not make two or more equal folds of 2"));
  EXPECT_THAT(error_of([&] { folds_of(three, 3); }).what(), HasSubstr("equal folds of 3"));
  EXPECT_THAT(error_of([&] {
                folds_of(data_of({{"a", "b"}, {"a"}}), 1);
              }).what(),
              HasSubstr("every episode asks question 0; hold out fewer"));
}

TEST(FoldFile, SaysWhatItExpects) {
  const TemporaryFolder folder;
  const auto refusal = [&folder](const std::string& text) {
    const Error error = error_of([&] { read_fold_file(folder.write("f.json", text)); });
    EXPECT_EQ(error.kind(), ErrorKind::config);
    return std::string(error.what());
  };
  EXPECT_THAT(refusal("{\"a\": 3}"), HasSubstr("f.json: /a: expected a list of ids"));
  EXPECT_THAT(refusal(R"({"a": [1], "b": [2], "a": [1]})"),
              HasSubstr("f.json: 'a' is there twice; keep one"));
  EXPECT_THAT(refusal(R"({"a": {"test": [1], "test": [2]}})"), HasSubstr("'test' is there twice"));
  EXPECT_THAT(refusal("{\"a\": {\"test\": [1.5]}}"), HasSubstr("/a/test: expected whole numbers"));
  EXPECT_THAT(refusal("{\"a\": {\"test\": [1], \"train\": []}}"), HasSubstr("/a/train: no id; leave it out"));
  EXPECT_THAT(refusal("{\"a\": {\"tests\": [1]}}"),
              HasSubstr("/a/tests: unknown key; known: test, train, questions"));
  EXPECT_THAT(read_fold_file(folder.write("f.json", "{\"a\": [2, 1]}")).at("a").test, ElementsAre(2, 1));
}

}  // namespace
}  // namespace offload
