// Importers and `datasets describe` against numbers computed twice elsewhere: every set of routing.json whose
// files are at hand, and BFCL's published table where OFFLOAD_BFCL names a checkout's folder of results.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/import/import.hpp"
#include "data/tables/describe_outcomes.hpp"
#include "data/tables/outcome_table_file.hpp"
#include "data/tables/text_records.hpp"
#include "temporary_folder.hpp"

namespace offload {
namespace {

using nlohmann::json;
using Fields = std::vector<std::pair<std::string, std::string>>;

class ImportGolden : public testing::Test {
 protected:
  void SetUp() override {
    shared_ = std::filesystem::path(OFFLOAD_SOURCE_DIR).parent_path() / "shared";
    if (const char* folder = std::getenv("OFFLOAD_SHARED")) shared_ = folder;
    const auto file = shared_ / "golden" / "routing.json";
    for (const auto& path : {file, data()}) {
      if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here; set OFFLOAD_SHARED";
    }
    golden_ = json::parse(std::ifstream(file));
  }

  std::filesystem::path data() const { return shared_ / "data" / "routing"; }

  ImportRequest request(const char* source) const {
    ImportRequest made;
    made.source = data() / source;
    return made;
  }

  // Imported, written as a neutral table, read again and described, as a person would.
  json described(const ImportRequest& request, const std::string& task = {}) const {
    const test::TemporaryFolder folder;
    write_outcome_table(import_outcomes(request), folder / "t.csv");
    return described(read_outcome_table(folder / "t.csv"), task);
  }
  static json described(const EpisodeTable& table, const std::string& task = {}) {
    return json::parse(describe_outcomes(table, task).dump());
  }

  std::filesystem::path shared_;
  json golden_;
};

// Each of the golden's members by the pointer of what describe calls it.
void expect_fields(const json& golden, const json& found, const Fields& fields) {
  for (const auto& [name, pointer] : fields) {
    const json &expected = golden.at(json::json_pointer("/" + name)),
               &actual = found.at(json::json_pointer(pointer));
    ASSERT_TRUE(actual.is_number()) << pointer << " is " << actual;
    EXPECT_NEAR(actual.get<double>(), expected.get<double>(),
                1e-12 * std::max(1.0, std::abs(expected.get<double>())))
        << name;
  }
}

const Fields kPair = {{"n", "/n"},
                      {"dup_prompts", "/dup_prompts"},
                      {"weak", "/pair/weak"},
                      {"strong", "/pair/strong"},
                      {"weak_pct", "/pair/weak_pct"},
                      {"strong_pct", "/pair/strong_pct"},
                      {"weak_only", "/pair/weak_only"},
                      {"strong_only", "/pair/strong_only"},
                      {"both", "/pair/both"},
                      {"either", "/pair/either"},
                      {"neither", "/pair/neither"},
                      {"oracle_pct", "/pair/oracle_pct"},
                      {"oracle_strong_calls", "/pair/oracle_strong_calls"},
                      {"cpt50_best_order_pct", "/pair/cpt50_best_order_pct"},
                      {"apgr_best_order", "/pair/apgr_best_order"}};

TEST_F(ImportGolden, RouteLlm) {
  for (const char* set : {"gsm8k", "mmlu"}) {
    for (const bool clean : {false, true}) {
      ImportRequest asked = request("routellm");
      asked.set = set;
      asked.decontaminated = clean;
      const std::string name = std::string("routellm_") + set;
      expect_fields(golden_.at(name + (clean ? "_decontaminated" : "")), described(asked), kPair);
    }
  }
  const EpisodeTable mmlu = import_outcomes(request("routellm/mmlu"));
  EXPECT_EQ(mmlu.tasks.size(), golden_["routellm_mmlu"]["domains"]);
  for (const char* task : {"abstract_algebra", "high_school_us_history", "moral_scenarios"}) {
    expect_fields(golden_.at(std::string("routellm_mmlu_") + task), described(mmlu, task), kPair);
  }
}

TEST_F(ImportGolden, RouteLlmConversations) {
  const std::string weak = "mistralai~1Mixtral-8x7B-Instruct-v0.1", strong = "gpt-4-1106-preview",
                    turns = "/conversations/by_turn/";
  const Fields fields = {{"n", "/conversations/n"},
                         {"conversation_ties", "/conversations/conversation_ties"},
                         {"oracle_per_conversation", "/conversations/oracle_per_conversation"},
                         {"oracle_per_turn_invented", "/conversations/oracle_per_turn_invented"},
                         {"weak", "/models/" + weak + "/acc"},
                         {"strong", "/models/" + strong + "/acc"},
                         {"weak_turn1", turns + weak + "/0"},
                         {"weak_turn2", turns + weak + "/1"},
                         {"strong_turn1", turns + strong + "/0"},
                         {"strong_turn2", turns + strong + "/1"}};
  ImportRequest asked = request("routellm/mt_bench");
  expect_fields(golden_["routellm_mt_bench"], described(asked), fields);
  for (const char* task : {"coding", "writing"})
    expect_fields(golden_.at(std::string("routellm_mt_bench_") + task), described(asked, task), fields);
  asked.decontaminated = true;
  expect_fields(golden_["routellm_mt_bench_decontaminated"], described(asked), fields);
}

TEST_F(ImportGolden, RouterArena) {
  ImportRequest asked = request("routerarena");
  asked.task_from = "metric";
  asked.scale = {{-1, 1}};
  Fields fields = {{"n", "/n"},
                   {"ties", "/ties_at_best"},
                   {"oracle/acc", "/oracle/acc"},
                   {"oracle/arena", "/oracle/arena"},
                   {"oracle/cost_per_1k", "/oracle/cost_per_1k"},
                   {"oracle/haiku_calls", "/oracle/calls/claude-3-haiku-20240307"}};
  for (const char* arm : {"claude-3-haiku-20240307", "gemini-2.0-flash-001"}) {
    for (const char* figure : {"acc", "arena", "cost_per_1k", "input_tokens", "output_tokens", "negative"})
      fields.emplace_back(fmt::format("{}/{}", arm, figure), fmt::format("/models/{}/{}", arm, figure));
  }
  expect_fields(golden_["routerarena_sub10"], described(asked), fields);
  for (const char* task : {"math_metric", "mcq_accuracy"})
    expect_fields(golden_.at(std::string("routerarena_") + task), described(asked, task), fields);
}

TEST_F(ImportGolden, ScoresOnly) {
  const auto models = [](const json& golden) {
    Fields fields;
    for (const auto& [arm, unused] : golden.items())
      fields.emplace_back("models/" + arm, "/models/" + arm + "/acc");
    return fields;
  };
  Fields fields = models(golden_["llmrouter_test"]["models"]);
  fields.insert(fields.end(), {{"n", "/n"},
                               {"all_zero", "/none_right"},
                               {"nine_equal", "/all_equal"},
                               {"oracle", "/oracle/acc"},
                               {"ties_at_best", "/ties_at_best"}});
  expect_fields(golden_["llmrouter_test"], described(request("llmrouter/test.json")), fields);

  ImportRequest asked = request("wildbench/scores_v2.0625_gpt-4o.csv");
  asked.rules.missing = TableRules::Missing::drop;
  fields = models(golden_["wildbench"]["complete"]["models"]);
  fields.insert(fields.end(), {{"n", "/n"}, {"oracle", "/oracle/acc"}, {"ties_at_best", "/ties_at_best"}});
  expect_fields(golden_["wildbench"]["complete"], described(asked), fields);
}

class BfclGolden : public ImportGolden {
 protected:
  void SetUp() override {
    ImportGolden::SetUp();
    if (IsSkipped()) return;
    const char* folder = std::getenv("OFFLOAD_BFCL");
    if (!folder) GTEST_SKIP() << "OFFLOAD_BFCL is not set to the folder 2024-08-11 of BFCL-Result";
    bfcl_.source = folder;
    bfcl_.prices = data() / "bfcl_published" / "prices_usd_per_million.json";
    bfcl_.questions = data() / "bfcl_published";
    bfcl_.rules.failed = TableRules::Failed::keep;
  }
  ImportRequest bfcl_;
};

TEST_F(BfclGolden, PairAndSix) {
  for (const char* set : {"pair", "six"}) {
    const json& golden = golden_.at(std::string("bfcl_") + set);
    // Where two of the best cost the same the first counts: this was their order.
    bfcl_.rules.arms = {"claude-3-haiku-20240307", "claude-3-5-sonnet-20240620"};
    if (golden["models"].size() == 6) {
      for (const char* arm : {"gpt-3.5-turbo-0125", "gpt-4o-mini-2024-07-18", "gemini-1.5-flash-preview-0514",
                              "gpt-4-turbo-2024-04-09"})
        bfcl_.rules.arms.emplace_back(arm);
    }
    const EpisodeTable table = import_outcomes(bfcl_);
    for (const char* task : {"", "java", "simple", "relevance"}) {
      const std::string name = std::string("bfcl_") + set + (*task ? std::string("_") + task : "");
      if (!golden_.contains(name)) continue;
      const json& expected = golden_[name];
      Fields fields = {{"n", "/n"},
                       {"all_right", "/all_right"},
                       {"none_right", "/none_right"},
                       {"oracle_cheapest_best/acc", "/oracle/acc"},
                       {"oracle_cheapest_best/cost_usd", "/oracle/cost_usd"}};
      for (const auto& [arm, calls] : expected["oracle_cheapest_best"]["calls"].items())
        fields.emplace_back("oracle_cheapest_best/calls/" + arm, "/oracle/calls/" + arm);
      for (const std::string& arm : bfcl_.rules.arms) {
        for (const char* figure : {"acc", "cost_usd", "failed"})
          fields.emplace_back(fmt::format("models/{}/{}", arm, figure),
                              fmt::format("/models/{}/{}", arm, figure));
      }
      const json found = described(table, task);
      expect_fields(expected, found, fields);
      // Seconds were rounded to nanoseconds, call by call.
      for (const std::string& arm : bfcl_.rules.arms)
        EXPECT_NEAR(found["models"][arm]["latency_s"], expected["models"][arm]["latency_s"], 1e-10);
    }
  }
}

// "2.21" of 2.2052: as many places as are printed.
bool agrees(const std::string& printed, const json& value) {
  if (value.is_null()) return printed == "N/A";
  return printed != "N/A" &&
         fmt::format("{:.2f}", value.get<double>()) == fmt::format("{:.2f}", std::stod(printed));
}

TEST_F(BfclGolden, ThePublishedTable) {
  // The leaderboard prices a machine of its own for these by the time of all 1,700 calls, as if they were
  // 1,000.
  for (const char* arm : {"medium-v3.1", "small-v3.1", "small-v3.2"})
    bfcl_.hourly[fmt::format("meetkai_functionary-{}-FC", arm)] = "37.4544";
  std::vector<std::string> arms;
  for (const auto& entry : std::filesystem::directory_iterator(bfcl_.source / "result"))
    arms.push_back(entry.path().filename().string());
  std::ranges::sort(arms);
  ASSERT_EQ(arms.size(), 71U);
  json models = json::object();
  for (const auto& [first, last] : {std::pair{0, 40}, std::pair{40, 71}}) {
    bfcl_.rules.arms.assign(arms.begin() + first, arms.begin() + last);
    std::erase_if(bfcl_.hourly, [&](const auto& rate) { return models.contains(rate.first); });
    models.update(described(import_outcomes(bfcl_))["models"]);
  }
  std::size_t rows = 0, alike = 0, answered = 0;
  std::vector<std::string> header;
  read_csv(data() / "bfcl_published" / "data_2024-08-12.csv",
           [&](const RecordPlace&, const std::vector<std::string_view>& fields) {
             if (header.empty()) return header.assign(fields.begin(), fields.end());
             const auto field = [&](const char* name) {
               return std::string(
                   fields[static_cast<std::size_t>(std::ranges::find(header, name) - header.begin())]);
             };
             if (field("Latency Standard Deviation (s)") == "N/A") return;
             ++rows;
             const auto is_row = [&](const json& model, const char* cost) {
               return agrees(field("Overall Acc"), 100 * model["acc"].get<double>()) &&
                      agrees(field("Latency Mean (s)"), model["latency_s"]) &&
                      agrees(field("Latency Standard Deviation (s)"), model["latency_sd_s"]) &&
                      agrees(field("Latency 95th Percentile (s)"), model["latency_p95_s"]) &&
                      agrees(field("Cost ($ Per 1k Function Calls)"), model[cost]);
             };
             const auto any = [&](const char* cost) {
               return std::ranges::any_of(models, [&](const json& model) { return is_row(model, cost); });
             };
             alike += any("cost_per_1k");
             answered += any("cost_per_1k_answered");
           });
  EXPECT_EQ(rows, 57U);
  EXPECT_EQ(alike, 55U);
  EXPECT_EQ(answered, 57U);
}

}  // namespace
}  // namespace offload
