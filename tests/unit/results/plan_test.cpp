// suite.json, whose trials may be many: written one by one to the same bytes as all at once, and read one by
// one with every mistake named by its place.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "files/sha256.hpp"
#include "results/plan/listed_json.hpp"
#include "unit/results/samples.hpp"

namespace offload {
namespace {

using nlohmann::json;
using testing::HasSubstr;

using namespace samples;

// As a tree of JSON writes it.
std::string at_once(const ReportPlan& plan) {
  json document = json_without_trials(plan);
  for (const PlannedTrial& trial : plan.trials) document["trials"].push_back(trial_json(trial));
  return document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

ReportPlan large_plan(std::size_t rows, std::size_t splits) {
  ReportPlan plan = example::plan();
  plan.rows.clear();
  plan.splits.clear();
  plan.trials.clear();
  for (std::size_t row = 0; row < rows; ++row)
    plan.rows.push_back({"row-" + std::to_string(row), "constant", "stays inside"});
  for (std::size_t split = 0; split < splits; ++split) plan.splits.push_back("s" + std::to_string(split));
  for (const ReportRow& row : plan.rows) {
    for (const std::string& split : plan.splits)
      plan.trials.push_back({row.name, split, sha256_of(row.name + " " + split)});
  }
  return plan;
}

// What is said of the example with one change.
std::string refused(const std::function<void(json&)>& change) {
  json document = json::parse(to_json(example::plan()));
  change(document);
  return error_of([&] { report_plan_from_json(document.dump(1), "suite.json"); });
}

TEST(PlanJson, IsTheSameBytesAsAtOnce) {
  EXPECT_EQ(to_json(example::plan()), at_once(example::plan()));
  ReportPlan plan = example::plan();
  plan.trials.clear();
  EXPECT_EQ(to_json(plan), at_once(plan));
  plan = large_plan(20, 100);  // more than is handed on at once
  EXPECT_EQ(to_json(plan), at_once(plan));
  EXPECT_EQ(report_plan_from_json(to_json(plan), "suite.json"), plan);
}

TEST(PlanJson, IsTheSameBytesUnderHostileNames) {
  ReportPlan plan = example::plan();
  const std::string hostile = "a \"b\"\n \"trials\": []\x01\xe2\x80\xae";
  plan.suite = plan.description = hostile;
  plan.resolved_suite = R"({"a":{"trials":[]},"trials":[]})";
  plan.rows[0].name = hostile;
  plan.splits[1] = hostile + "\xff";
  plan.trials.clear();
  plan.trials.push_back({hostile, "s0", hostile});
  plan.trials.push_back(
      {hostile, plan.splits[1], std::string(64, 'A')});  // no digest: those have small letters
  EXPECT_EQ(to_json(plan), at_once(plan));
  plan.splits[1] = hostile;
  plan.trials.change([&](PlannedTrial& trial) { trial.split = trial.split == "s0" ? "s0" : hostile; });
  EXPECT_EQ(report_plan_from_json(to_json(plan), "suite.json"), plan);
}

TEST(PlanJson, RefusesATrialAtItsPlace) {
  EXPECT_THAT(refused([](json& plan) { plan["trials"][1].erase("key"); }),
              HasSubstr("suite.json: /trials/1: 'key' is missing"));
  EXPECT_THAT(refused([](json& plan) { plan["trials"][3]["key"] = plan["trials"][1]["key"]; }),
              HasSubstr("suite.json: /trials/3/key: expected each key once, found \"bold-s1\""));
  EXPECT_THAT(refused([](json& plan) { plan["trials"][2]["row"] = "bold"; }),
              HasSubstr("suite.json: /trials/2: expected each row and split once, found object of 3"));
  EXPECT_THAT(refused([](json& plan) { plan["trials"][2]["row"] = "nobody"; }),
              HasSubstr("suite.json: /trials/2/row: expected a row of the suite, found \"nobody\""));
  EXPECT_THAT(refused([](json& plan) { plan["trials"][2]["split"] = "s7"; }),
              HasSubstr("suite.json: /trials/2/split: expected a split of the suite, found \"s7\""));
  EXPECT_THAT(
      refused([](json& plan) {
        plan["trials"][2]["key"] = json::array({1, 2});
      }),
      HasSubstr("suite.json: /trials/2/key: expected a text of at most 65536 bytes, found array of 2"));
  EXPECT_THAT(refused([](json& plan) { plan["trials"][2] = json::parse(R"([{"row": "bold"}])"); }),
              HasSubstr("suite.json: /trials/2: expected an object, found array of 1"));
  EXPECT_THAT(refused([](json& plan) { plan["trials"][0] = 5; }),
              HasSubstr("suite.json: /trials/0: expected an object, found 5"));
}

TEST(PlanJson, SaysTheFirstMistakeFirst) {
  const auto both = [](std::size_t repeated, std::size_t unknown) {
    return refused([&](json& plan) {
      plan["trials"][repeated]["key"] = plan["trials"][0]["key"];
      plan["trials"][unknown]["row"] = "nobody";
    });
  };
  EXPECT_THAT(both(1, 2), HasSubstr("/trials/1/key: expected each key once"));
  EXPECT_THAT(both(3, 2), HasSubstr("/trials/2/row: expected a row of the suite"));
  EXPECT_THAT(refused([](json& plan) {
                plan["trials"][3] = plan["trials"][0];
                plan["trials"][2]["row"] = "bold";
              }),
              HasSubstr("/trials/2: expected each row and split once"));
  // What stands before the trials in a plan comes before them, wherever the file has it.
  EXPECT_THAT(refused([](json& plan) {
                plan["trials"][0]["row"] = "nobody";
                plan["version"] = 1;
              }),
              HasSubstr("/version: expected a text"));
}

TEST(PlanJson, RefusesWhatIsNoListOfTrials) {
  EXPECT_THAT(refused([](json& plan) { plan["trials"] = 5; }),
              HasSubstr("suite.json: /trials: expected a list of at most 10000000 values, found 5"));
  EXPECT_THAT(
      refused([](json& plan) {
        plan["trials"] = {{"row", "bold"}};
      }),
      HasSubstr("suite.json: /trials: expected a list of at most 10000000 values, found object of 1"));
  EXPECT_THAT(refused([](json& plan) { plan.erase("trials"); }),
              HasSubstr("suite.json: /: 'trials' is missing"));
  EXPECT_THAT(error_of([] { report_plan_from_json("[1, 2]", "suite.json"); }),
              HasSubstr("suite.json: /: expected an object, found array of 2"));
}

TEST(PlanJson, RefusesAMillionAtTheFirst) {
  const std::string text = to_json(example::plan());
  const std::size_t begin = text.find("\n \"trials\": ") + 12, end = text.find("\n ],", begin) + 3;
  std::string many = "[0";
  for (int i = 1; i < 1'000'000; ++i) many += ",0";
  EXPECT_EQ(error_of([&] {
              report_plan_from_json(text.substr(0, begin) + many + "]" + text.substr(end), "suite.json");
            }),
            "suite.json: /trials/0: expected an object, found 0");
}

TEST(PlanJson, BoundsTheDepthOfATrial) {
  const auto nested = [](int levels) {
    return refused([levels](json& plan) {
      json deep;
      for (int level = 0; level < levels; ++level) deep = json::array_t{deep};
      plan["trials"][0]["more"] = deep;
    });
  };
  // The document, its list and its trial are three.
  EXPECT_EQ(nested(29), "no error");
  EXPECT_EQ(nested(30), "suite.json: nested deeper than 32 levels");
  EXPECT_THAT(error_of([] { report_plan_from_json(std::string(100, '['), "suite.json"); }),
              HasSubstr("nested deeper than 32 levels"));
}

TEST(PlanJson, IsCutOffAnywhere) {
  const std::string text = to_json(large_plan(2, 3));
  for (std::size_t n = 0; n + 2 < text.size(); ++n) {
    std::istringstream in(text.substr(0, n));
    EXPECT_THAT(error_of([&] { report_plan_from_json(in, "suite.json"); }),
                n == 0 ? HasSubstr("suite.json: is empty") : HasSubstr("suite.json: not JSON"))
        << n;
  }
  EXPECT_THAT(error_of([&] { report_plan_from_json(text.substr(0, text.size() / 2), "suite.json"); }),
              HasSubstr("the file is cut off"));
  EXPECT_THAT(error_of([&] { report_plan_from_json(text + "]", "suite.json"); }), HasSubstr("not JSON"));
}

// As any reader of JSON has it.
TEST(PlanJson, TakesMembersInAnyOrderAndTheLastOfTwo) {
  const std::string text = to_json(example::plan());
  const std::size_t begin = text.find("\n \"trials\": "), end = text.find("\n ],", begin) + 4;
  const std::string trials = text.substr(begin, end - begin), rest = text.substr(0, begin) + text.substr(end);
  for (const std::string& first :
       {trials, "\"trials\": [5, {\"row\": []}]," + trials, "\"trials\": 5," + trials})
    EXPECT_EQ(report_plan_from_json("{" + first + rest.substr(1), "suite.json"), example::plan());
  EXPECT_THAT(error_of([&] {
                report_plan_from_json("{" + trials + "\"trials\": 5," + rest.substr(1), "suite.json");
              }),
              HasSubstr("/trials: expected a list of at most 10000000 values, found 5"));
}

TEST(ListedJson, KeepsNothingOfWhatIsNotWanted) {
  const std::string text =
      R"({"a": {"list": [1, {"b": 2}], "b": {"list": 3}}, "b": [{"c": 1, "d": [2, [3]]}, {"d": 4, "c": 5}],)"
      R"( "e": {"list": [6]}, "c": "kept", "f": 7})";
  const std::string file = "a.json";
  std::istringstream in(text);
  const ListedJson document(in, file, "a/list", {"b/d", "e", "f", "nowhere/b"});
  EXPECT_EQ(document.rest(),
            json::parse(R"({"a": {"list": [], "b": {"list": 3}}, "b": [{"c": 1}, {"c": 5}], "c": "kept"})"));
  EXPECT_EQ(document.size(), 2u);
  EXPECT_EQ(document.element(1), json::parse(R"({"b": 2})"));
  const auto refused = [&file](const std::string& wrong) {
    return error_of([&] {
      std::istringstream stream(wrong);
      ListedJson(stream, file, "a", {"b"});
    });
  };
  EXPECT_THAT(refused(R"({"b": [1, ]})"), HasSubstr("a.json: not JSON")) << "what is not kept is read";
  EXPECT_THAT(refused("{\"b\": " + std::string(31, '[') + std::string(31, ']') + "}"), HasSubstr("no error"));
  EXPECT_THAT(refused("{\"b\": " + std::string(32, '[')), HasSubstr("nested deeper than 32 levels"));
}

TEST(ListedJson, TakesNoOtherMemberForItsList) {
  const std::string file = "a.json";
  const auto listed = [&file](const std::string& text) {
    std::istringstream in(text);
    const ListedJson document(in, file, "a/list", {"b/d"});
    EXPECT_EQ(document.is_list(), document.size() > 0) << text;
    json whole = document.rest();
    if (document.is_list()) {
      EXPECT_EQ(whole["a"]["list"], json::array()) << text;
      document.for_each([&](std::size_t, const json& element) { whole["a"]["list"].push_back(element); });
    }
    return whole;
  };
  for (const std::string text :
       {R"({"a/list": [1]})", R"({"": {"a": {"list": [1]}}})", R"({"a": {"": {"list": [1]}}})",
        R"({"/a": {"list": [1]}})", R"({"a": [{"list": [1]}]})", R"([{"a": {"list": [1]}}])",
        R"({"a": {"": [1], "list": [2]}, "a~1list": [3]})", R"({"a": {"list": [1, 2]}, "a/list": [3]})",
        R"({"a": {"list": [1]}, "x": {"a": {"list": 5}}, "y": [{"a": 6}]})",
        R"({"b/d": 1, "": {"b": {"d": 2}}})",
        // The last of two counts.
        R"({"a": {"list": [1]}, "a": {"list": [2, 3]}})", R"({"a": {"list": [1]}, "a": {"other": [2]}})",
        R"({"a": {"list": [1]}, "a": 5})", R"({"a": [1], "a": {"list": [2]}})"})
    EXPECT_EQ(listed(text), json::parse(text)) << text;
  EXPECT_EQ(listed(R"({"b": [[{"d": 1, "e": 2}]], "c": {"b": {"d": 3}}})"),
            json::parse(R"({"b": [[{"e": 2}]], "c": {"b": {"d": 3}}})"));
}

TEST(PlannedTrials, AreComparedByWhatTheySay) {
  PlannedTrials trials = large_plan(3, 4).trials, others;
  EXPECT_EQ(trials.size(), 12u);
  for (std::size_t i = trials.size(); i-- > 0;) others.push_back(trials[i]);
  EXPECT_NE(trials, others) << "another order";
  trials.erase_if([](const PlannedTrial& trial) { return trial.row != "row-1"; });
  others.erase_if([](const PlannedTrial& trial) { return trial.row != "row-1"; });
  EXPECT_EQ(trials.size(), 4u);
  EXPECT_EQ(trials.count_of_row("row-1"), 4u);
  EXPECT_EQ(trials.count_of_row("row-0"), 0u);
  PlannedTrials backward;
  for (std::size_t i = others.size(); i-- > 0;) backward.push_back(others[i]);
  EXPECT_EQ(trials, backward) << "names got other numbers";
  backward.set_key(2, "a key of another version");
  EXPECT_EQ(backward[2], (PlannedTrial{"row-1", "s2", "a key of another version"}));
  EXPECT_NE(trials, backward);
}

TEST(PlannedTrials, StandWhereTheyBelong) {
  const std::vector<PlannedTrial> list = {{"a", "x", "1"}, {"a", "y", "2"}, {"a", "z", "3"}, {"b", "y", "4"},
                                          {"b", "z", "5"}, {"a", "w", "6"}, {"b", "x", "7"}, {"c", "w", "8"}};
  PlannedTrials trials;
  for (const PlannedTrial& trial : list) trials.push_back(trial);
  for (std::size_t i = 0; i < list.size(); ++i) {
    EXPECT_EQ(trials[i], list[i]);
    EXPECT_EQ(trials.find(list[i].row, list[i].split), i);
  }
  EXPECT_EQ(trials.place(4), (TrialPlace{1, 2}));
  EXPECT_EQ(trials.count_of_row("a"), 4u);
  EXPECT_EQ(trials.count_of_row("b"), 3u);
  EXPECT_FALSE(trials.find("b", "w"));
  EXPECT_FALSE(trials.find("c", "x"));
  EXPECT_FALSE(trials.find("d", "x"));
  EXPECT_FALSE(trials.first_repeated_place());
  trials.push_back({"b", "z", "9"});
  trials.push_back({"a", "x", "10"});
  EXPECT_EQ(trials.first_repeated_place(), 8u);
}

TEST(PlannedTrials, AreFoundByKey) {
  ReportPlan plan = large_plan(7, 9);
  plan.trials.set_key(5, "a text");
  plan.trials.set_key(6, "");
  const TrialsByKey by_key(plan.trials);
  for (std::size_t i = 0; i < plan.trials.size(); ++i) EXPECT_EQ(by_key.find(plan.trials.key(i)), i);
  EXPECT_FALSE(by_key.find(std::string(64, '0')));
  EXPECT_FALSE(by_key.find("another text"));
  // The bytes of a text's own digest are another key than the text.
  EXPECT_FALSE(by_key.find(sha256_of("a text")));
  EXPECT_FALSE(by_key.first_repeated());
  EXPECT_FALSE(plan.trials.first_repeated_place());
  plan.trials.set_key(40, plan.trials.key(3));
  plan.trials.set_key(30, plan.trials.key(3));
  plan.trials.set_key(20, plan.trials.key(50));
  EXPECT_EQ(TrialsByKey(plan.trials).first_repeated(), 30u);
}

}  // namespace
}  // namespace offload
