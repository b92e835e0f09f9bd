// Every way in which routing data may be wrong is refused at its place, and nothing is written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "core/error.hpp"
#include "data/import/import.hpp"
#include "data/tables/outcome_table_file.hpp"
#include "temporary_folder.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using ::testing::HasSubstr;

const std::string kHead =
    "session,turn,query,task,arm,quality,latency_s,cost_usd,input_tokens,output_tokens,known,split,"
    "prompt_group\n";
const std::string kGood =
    ",,q1,t,a,1,0.5,0.001,10,5,1,train,g\n"
    ",,q1,t,b,0,0.7,0.002,10,6,1,train,g\n"
    ",,q2,t,a,1,0.5,0.001,10,5,1,test,\n"
    ",,q2,t,b,1,0.8,0.002,10,7,1,test,\n"
    ",,q3,t,a,1,0.4,0.001,10,5,1,,\n"
    ",,q3,t,b,1,0.9,0.002,10,7,1,,\n";
const std::string kGoodMeta = R"({"quality_scale": [0, 1], "latency": "measured"})";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return text.replace(at, what.size(), by);
}

// What the import of `source` says, which has to be a refusal; nothing may lie in its folder's `out`.
std::string refusal(const TemporaryFolder& folder, ImportRequest request) {
  fs::create_directory(folder / "out");
  std::string message = "no refusal";
  try {
    write_outcome_table(import_outcomes(request), folder / "out/t.csv");
  } catch (const Error& error) {
    message = error.what();
  }
  EXPECT_TRUE(fs::is_empty(folder / "out"));
  return replaced(message + folder.path().string(), folder.path().string(), "");
}

std::string refusal_of_table(const std::string& rows, const std::string& meta = kGoodMeta,
                             TableRules rules = {}) {
  TemporaryFolder folder;
  folder.write("t.meta.json", meta);
  ImportRequest request;
  request.source = folder.write("t.csv", rows);
  request.rules = std::move(rules);
  return refusal(folder, std::move(request));
}

struct Fault {
  const char *what, *by, *message;
};

class RowFault : public testing::TestWithParam<Fault> {};

TEST_P(RowFault, IsRefusedAtItsPlace) {
  const Fault& fault = GetParam();
  EXPECT_THAT(refusal_of_table(replaced(kHead + kGood, fault.what, fault.by)), HasSubstr(fault.message));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, RowFault,
    testing::Values(
        Fault{",,q2,t,b,1,0.8,0.002,10,7,1,test,\n", "",
              "/t.csv:4: arm: query \"q2\" has no row of arm \"b\""},
        Fault{",,q2,t,b,1", ",,q2,t,a,1", "/t.csv:5: arm: a second row of arm \"a\" for query \"q2\""},
        Fault{"a,1,0.5", "a,nan,0.5", "/t.csv:2: quality: expected a finite number, found \"nan\""},
        Fault{"a,1,0.5", "a,inf,0.5", "/t.csv:2: quality: expected a finite number, found \"inf\""},
        Fault{"a,1,0.5", "a,,0.5", "/t.csv:2: quality: empty"},
        Fault{"a,1,0.5", "a,-0.033,0.5", "/t.csv:2: quality: -0.033 is outside the scale 0..1"},
        Fault{"a,1,0.5", "a,1.5,0.5", "/t.csv:2: quality: 1.5 is outside the scale 0..1"},
        Fault{"a,1,0.5", "a,1 ,0.5", "/t.csv:2: quality: expected a finite number, found \"1 \""},
        Fault{"0.001,10,5", "0.1 CNY,10,5", "/t.csv:2: cost_usd: expected a number, found \"0.1 CNY\""},
        Fault{"0.001,10,5", "0.001,10.5,5",
              "/t.csv:2: input_tokens: expected a whole number, found \"10.5\""},
        Fault{"0.001,10,5", "11,10,5", "/t.csv:2: cost_usd: a call of arm \"a\" for 11 USD"},
        Fault{"0.001,10,5", "1e-10,10,5", "/t.csv:2: cost_usd: a call of arm \"a\" for 0.0000000001 USD"},
        Fault{"0.001,10,5", "-0.001,10,5", "/t.csv:2: cost_usd: -0.001 is negative"},
        Fault{"0.001,10,5", "0,10,5", "/t.csv:2: cost_usd: 0 although the call took 0.5 s"},
        Fault{"0.001,10,5", "0.001,0,5", "/t.csv:2: input_tokens: 0 although the call took 0.5 s"},
        Fault{"0.001,10,5", "0.001,10,0", "/t.csv:2: output_tokens: 0 although the call took 0.5 s"},
        Fault{"a,1,0.5", "a,1,0", "/t.csv:2: latency_s: 0 although the call took 0 s"},
        Fault{"a,1,0.5", "a,1,3600.1", "/t.csv:2: latency_s: 3600.1 s is more than an hour"},
        Fault{"1,test,\n", "1,test,g\n",
              "/t.csv:4: split: the prompt group of query \"q2\" is in the other split at line 2"},
        Fault{"1,train,g\n", "1,dev,g\n", "/t.csv:2: split: expected train, test or nothing, found \"dev\""},
        Fault{"5,1,train", "5,maybe,train", "/t.csv:2: known: expected 1, 0 or failed, found \"maybe\""},
        Fault{"5,1,train", "5,0,train", "/t.csv:2: quality: given although known is 0"},
        Fault{",,q1,t,b", ",,q1,u,b", "/t.csv:3: task: \"u\" differs from line 2, the same query"},
        Fault{",,q1,t,b", ",,q1,t,", "/t.csv:3: arm: empty"},
        Fault{",,q1,t,b", "s,3,q1,t,b", "turn: 3 where 1 is expected"},
        Fault{",,q1,t,b", "s,x,q1,t,b", "/t.csv:3: turn: expected a whole number in 0..255, found \"x\""},
        Fault{",,q1,t,b", ",,\"q1,t,b", "a quote is open to the end of the file"},
        Fault{",,q1,t,b", ",,q1,t,b,b", "/t.csv:3: 14 fields where the header has 13"},
        Fault{"latency_s", "latency_ms", "/t.csv:1: column 7 is \"latency_ms\" where latency_s is expected"},
        Fault{"prompt_group\n", "prompt_group,texts\n", "/t.csv:1: column \"texts\" where f0 may stand"}));

std::string rows_of(int queries, const std::function<std::string(int, const char*)>& rest) {
  std::string rows = kHead;
  for (int q = 0; q < queries; ++q) {
    for (const char* arm : {"a", "b"}) rows += fmt::format(",,q{},{}\n", q, rest(q, arm));
  }
  return rows;
}

TEST(TableFaults, OfTheWholeAreRefused) {
  EXPECT_THAT(refusal_of_table(rows_of(
                  101, [](int q, const char* arm) { return fmt::format("t{},{},1,,,,,1,,", q, arm); })),
              HasSubstr("/t.csv:202: task: more than 100 tasks; \"t100\" is one too many"));
  std::string arms = kHead;
  for (int a = 0; a < 65; ++a) arms += fmt::format(",,q,t,arm{},1,,,,,1,,\n", a);
  EXPECT_THAT(refusal_of_table(arms),
              HasSubstr("/t.csv:66: arm: more than 64 arms; \"arm64\" is one too many"));
  EXPECT_THAT(
      refusal_of_table(rows_of(
          3, [](int q, const char* arm) { return fmt::format("t,{},1,{}.25,,10,{},1,,", arm, q, q + 1); })),
      HasSubstr("/t.csv: latency_s: arms \"a\" and \"b\" have the same latency and usage in all 3 rows"));
  EXPECT_THAT(refusal_of_table(rows_of(3,
                                       [](int q, const char* arm) {
                                         return fmt::format("t,{},1,{},,,,1,,", arm, 722 + q + 9 * *arm);
                                       })),
              HasSubstr("/t.csv: latency_s: the median of arm \"a\" is 1596 s, more than 100; is it in ms?"));
  EXPECT_THAT(refusal_of_table(kHead), HasSubstr("/t.csv: no row; a table has at least one query"));
  EXPECT_THAT(refusal_of_table(""), HasSubstr("/t.csv: the file is empty"));
}

TEST(TableFaults, OfTheMetaFileAreRefused) {
  const auto meta = [](const char* text) { return refusal_of_table(kHead + kGood, text); };
  EXPECT_THAT(meta(R"({"quality_scale": [0, 1], "latency": "measured", "currency": "CNY"})"),
              HasSubstr("/t.meta.json: /currency: costs are in CNY; import the table with --rate CNY="));
  EXPECT_THAT(meta(R"({"latency": "measured"})"), HasSubstr("quality_scale"));
  EXPECT_THAT(meta(R"({"quality_scale": [1, 0]})"), HasSubstr("/t.meta.json: /quality_scale: expected"));
  EXPECT_THAT(meta(R"({"quality_scale": [0, 1], "latency": "guessed"})"),
              HasSubstr("/t.meta.json: /latency: expected one of"));
  EXPECT_THAT(meta(R"({"quality_scale": [0, 1]})"),
              HasSubstr("/t.csv:2: latency_s: given although the meta file says that latency is absent"));
  EXPECT_THAT(meta(R"({"quality_scale": [0, 1], "latency": "measured", "arms": [{"name": "a"}]})"),
              HasSubstr("/t.csv:3: arm: \"b\" is not among the arms of the meta file"));
  EXPECT_THAT(
      meta(
          R"({"quality_scale": [0, 1], "latency": "measured", "arms": [{"name": "a", "price_usd_per_million": {"in": 1}}]})"),
      HasSubstr("/t.meta.json: /arms/0/price_usd_per_million: "));
  EXPECT_THAT(meta(R"({"quality_scale": [0, 1], "latency": "measured", "table_sha256": "0"})"),
              HasSubstr("/t.meta.json: /table_sha256: 0 is not the SHA-256 of t.csv"));
  EXPECT_THAT(meta("{"), HasSubstr("/t.meta.json: "));
}

TEST(TableFaults, RulesSayWhatIsDone) {
  TemporaryFolder folder;
  folder.write("t.meta.json", R"({"quality_scale": [0, 1], "latency": "measured", "currency": "CNY"})");
  const fs::path file = folder.write("t.csv", kHead +
                                                  ",,q1,t,a,-1,0.5,0.001,10,5,1,,\n,,q1,t,b,1,0.7,0,0,0,1,,\n"
                                                  ",,q2,t,a,1,0.5,0.001,10,5,1,,\n");
  ImportRequest request;
  request.source = file;
  request.rules.missing = TableRules::Missing::drop;
  request.rules.failed = TableRules::Failed::zero;
  request.rules.clip = true;
  request.rules.rates = {{"CNY", "0.14"}};
  request.local = "a";
  const EpisodeTable table = import_outcomes(request);
  const OutcomeTable& outcomes = *table.outcomes;
  EXPECT_THAT(outcomes.quality, testing::ElementsAre(0, 0));
  EXPECT_THAT(outcomes.cost_pusd, testing::ElementsAre(140000000, 0));
  EXPECT_THAT(outcomes.failed, testing::ElementsAre(2));
  EXPECT_EQ(outcomes.arms[0].placement, Placement::device);
  EXPECT_THAT(
      outcomes.notes.inventions,
      testing::ElementsAre("costs are CNY times 0.14 (--rate CNY=0.14)",
                           "1 of 2 queries were left out (--missing drop)",
                           "1 quality below the scale was raised to 0 (--clip)",
                           "1 failed call scores 0 (--failed zero)", "arm a is called local (--local)"));
}

// A folder of BFCL results of one model and one category.
struct Bfcl {
  TemporaryFolder folder;
  std::string result =
      R"({"id": "simple_0", "result": "f", "input_token_count": 9, "output_token_count": 3, "latency": 0.5})"
      "\n"
      R"({"id": "simple_1", "result": "g", "input_token_count": 9, "output_token_count": 4, "latency": 0.6})"
      "\n";
  std::string score =
      "{\"accuracy\": 0.5, \"correct_count\": 1, \"total_count\": 2}\n"
      R"({"id": 2, "valid": false, "error": [Infinity], "prompt": {"id": "simple_1"}})"
      "\n";

  ImportRequest request() const {
    fs::create_directories(folder / "result/m");
    fs::create_directories(folder / "score/m");
    folder.write("result/m/gorilla_openfunctions_v1_test_simple_result.json", result);
    if (!score.empty()) folder.write("score/m/simple_score.json", score);
    ImportRequest request;
    request.source = folder.path();
    return request;
  }
  std::string refused() const { return refusal(folder, request()); }
};

TEST(BfclFaults, AreRefused) {
  {
    const Bfcl good;
    EXPECT_THAT(import_outcomes(good.request()).outcomes->quality, testing::ElementsAre(1, 0));
  }
  const auto with = [](std::string Bfcl::*of, const char* what, const char* by) {
    Bfcl bfcl;
    bfcl.*of = replaced(bfcl.*of, what, by);
    return bfcl.refused();
  };
  EXPECT_THAT(
      with(&Bfcl::score, "\"id\": 2", "\"id\": 1"),
      HasSubstr("/score/m/simple_score.json:2: id: 1 is not the question \"simple_1\" of its prompt"));
  EXPECT_THAT(with(&Bfcl::score,
                   "\"id\": 2, \"valid\": false, \"error\": [Infinity], \"prompt\": {\"id\": \"simple_1\"}",
                   "\"id\": 3"),
              HasSubstr("/score/m/simple_score.json:2: id: 3 is none of the results'"));
  EXPECT_THAT(with(&Bfcl::score, "\"total_count\": 2", "\"total_count\": 3"),
              HasSubstr("/score/m/simple_score.json:1: total_count: 3 where the results have 2 answers"));
  EXPECT_THAT(
      with(&Bfcl::score, "\"correct_count\": 1", "\"correct_count\": 2"),
      HasSubstr(
          "/score/m/simple_score.json:1: correct_count: 2 of 2 right leaves 0 wrong, but 1 are listed"));
  EXPECT_THAT(with(&Bfcl::result, "\"simple_1\"", "\"simple_0\""),
              HasSubstr("_simple_result.json:2: id: \"simple_0\" is there twice"));
  EXPECT_THAT(with(&Bfcl::result, "\"output_token_count\": 4", "\"output_token_count\": 0"),
              HasSubstr("_simple_result.json:2: a failed call of arm \"m\"; say by --failed"));
  EXPECT_THAT(with(&Bfcl::result, "\"g\", \"input", "\"g"),
              HasSubstr("_simple_result.json:2: expected a JSON object"));
  EXPECT_THAT(with(&Bfcl::result, "0.6", "3601"),
              HasSubstr("_simple_result.json:2: latency_s: 3601 s is more than an hour"));
  Bfcl missing;
  missing.score.clear();
  EXPECT_THAT(missing.refused(),
              HasSubstr("/score/m/simple_score.json: missing; without it every answer would read as right"));
}

TEST(BfclFaults, OfThePriceTableAreRefused) {
  const auto priced = [](const char* table) {
    const Bfcl bfcl;
    ImportRequest request = bfcl.request();
    request.prices = bfcl.folder.write("prices.json", table);
    return refusal(bfcl.folder, request);
  };
  EXPECT_THAT(
      priced(R"({"m": {"input_price": 1, "output_price": 2}})"),
      HasSubstr("/prices.json: /m: neither input_token_price_per_million nor input_cost_per_token: a price "
                "needs its unit in its name"));
  // Per million taken for per token, and the other way round.
  EXPECT_THAT(priced(R"({"m": {"input_cost_per_token": 3, "output_cost_per_token": 15}})"),
              HasSubstr("cost_usd: a call of arm \"m\" for 72 USD"));
  EXPECT_THAT(
      priced(
          R"({"m": {"input_token_price_per_million": 0.000003, "output_token_price_per_million": 0.00002}})"),
      HasSubstr("cost_usd: a call of arm \"m\" for 0.000000000087 USD"));
}

TEST(SourceFaults, AreRefused) {
  TemporaryFolder folder;
  const auto of = [&](const char* name, const std::string& bytes) {
    ImportRequest request;
    request.source = folder.write(name, bytes);
    return refusal(folder, request);
  };
  EXPECT_THAT(of("t.pkl", "\x80\x04"), HasSubstr("/t.pkl: a pickle, which runs code when it is read"));
  EXPECT_THAT(of("wide.csv", "\x80\x04"), HasSubstr("/wide.csv: a pickle"));
  EXPECT_THAT(of("rb.csv", "sample_id,prompt,eval_name,m,m|model_response,m|total_cost\n"),
              HasSubstr("/rb.csv: RouterBench's wide table"));
  EXPECT_THAT(of("x.csv", "a,b\n"), HasSubstr("/x.csv: none of the sources that are known"));
  EXPECT_THAT(of("t.jsonl", "{\"arm\": \"a\"}\n"),
              HasSubstr("/t.jsonl: a table of outcomes needs a meta file"));
  EXPECT_THAT(of("test.json", R"([{"question": "q", "scores": {"a": 2}}])"),
              HasSubstr("/test.json:1: quality: 2 is outside the scale 0..1"));
  EXPECT_THAT(
      of("answers.csv", "prompt,mistralai/Mixtral-8x7B-Instruct-v0.1,gpt-4-1106-preview\nq,True,yes\n"),
      HasSubstr("/answers.csv:2: gpt-4-1106-preview: expected True or False, found \"yes\""));
  ImportRequest idle;
  idle.source = folder / "answers.csv";
  idle.task_from = "metric";
  EXPECT_THAT(refusal(folder, idle), HasSubstr("--task-from: is for --format routerarena, this is routellm"));
}

TEST(SourceFaults, MixedMetricsAreRefused) {
  TemporaryFolder folder;
  folder.write("cost.json",
               R"({"a": {"input_token_price_per_million": 1, "output_token_price_per_million": 2}})");
  const auto line = [](const char* index, const char* metric, const char* score) {
    return fmt::format(
        R"({{"global_index": "{}", "question": "{}", "llm_selected": "a", "token_usage": {{}}, )"
        R"("evaluation_result": {{"metric": "{}", "score": {}}}}})"
        "\n",
        index, index, metric, score);
  };
  folder.write("a.jsonl", line("X_1", "exact", "1") + line("X_2", "meteor", "0.5"));
  ImportRequest request;
  request.source = folder.path();
  EXPECT_THAT(
      refusal(folder, request),
      HasSubstr("/a.jsonl:2: evaluation_result/metric: meteor where rows before are graded by exact"));
  request.task_from = "prefix";
  EXPECT_THAT(refusal(folder, request), HasSubstr("different scales in one task"));
  request.task_from = "metric";
  EXPECT_EQ(import_outcomes(request).tasks.size(), 2u);
}

}  // namespace
}  // namespace offload
