// The exact policies through the command: against an independent computation on the public file, and in the
// report of a suite.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class OracleTest : public CommandTest {
 protected:
  static std::string suite(const std::string& data, const std::string& evaluation) {
    return "[suite]\nname = \"exact\"\n[data]\n" + data + R"(
[budgets]
cells = [
  {name = "open"},
  {name = "relaxed", latency_s = 30, cost_usd = 0.05},
  {name = "mid", latency_s = 20, cost_usd = 0.02},
  {name = "tight", latency_s = 12, cost_usd = 0.012},
  {name = "extreme", latency_s = 8, cost_usd = 0.006},
]
[training]
steps = 300
[[row]]
name = "local-only"
[[row]]
name = "greedy-quality"
[[row]]
name = "random"
[[row]]
name = "epsilon-greedy"
[evaluation]
)" + evaluation;
  }
  // A game of few states.
  static constexpr const char* kSmall =
      "source = \"scenario:3,4,3:20\"\nsplit = {test_ratio = 0.3, seeds = [0, 1]}";
  static constexpr const char* kSynthetic =
      "source = \"synthetic:20\"\nsplit = {test_ratio = 0.3, seeds = [0, 1]}";
};

TEST_F(OracleTest, OneOfficialFoldIsTheGoldenOne) {
  const auto shared = shared_folder();
  const auto data = shared / "data" / "M4A1.json";
  if (shared.empty() || !std::filesystem::exists(data))
    GTEST_SKIP() << "M4A1.json is not here; set OFFLOAD_SHARED";
  std::filesystem::copy_file(shared / "golden" / "folds.json", folder_ / "folds.json");
  write("suite.toml", suite("source = \"" + std::filesystem::absolute(data).string() +
                                "\"\nsplit = {folds = \"folds.json\"}",
                            ""));
  const Outcome outcome = run("oracle suite.toml --split r1f2 --json");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json result = json::parse(outcome.out);
  ASSERT_EQ(result["splits"].size(), 1U);
  std::map<std::string, json> golden;
  const json oracles = json::parse(read_text(shared / "golden" / "oracles.json"));
  for (const json& row : oracles["rows"]) {
    if (row["fold"] == "r1f2") golden[row["latency_budget_s"].dump()] = row;
  }
  ASSERT_EQ(golden.size(), 5U);
  for (const json& cell : result["splits"][0]["cells"]) {
    SCOPED_TRACE(cell["cell"].dump());
    const json latency = cell["latency_budget_s"];
    const json& expected =
        golden.at(latency.is_null() ? "null" : json(static_cast<int>(latency.get<double>())).dump());
    const json& scores = cell["scores"][0];
    EXPECT_TRUE(cell["exact"]);
    EXPECT_NEAR(cell["causal_value"], expected["causal_value"], 1e-9);
    EXPECT_NEAR(cell["masked_random_value"], expected["masked_random_value"], 1e-9);
    EXPECT_NEAR(scores["hindsight_mean"], expected["hindsight_mean"], 1e-9);
    for (const auto& [id, value] : expected["hindsight"].items())
      EXPECT_NEAR(scores["hindsight"][id], value, 1e-9);
    if (cell["causal_tied_states"] == 0) {
      EXPECT_NEAR(scores["causal_test_reward"], expected["causal_test_reward"], 1e-9);
      EXPECT_NEAR(cell["causal_test_cost_usd"], expected["causal_test_cost_usd"], 1e-9);
    }
  }
}

TEST_F(OracleTest, ReportsScoresValuesAndRegret) {
  write("suite.toml", suite(kSmall, ""));
  const Outcome outcome = run("run suite.toml --out results");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("causal oracle"));
  const json report = json::parse(read_text(folder_ / "results" / "report.json"));
  EXPECT_EQ(report["leaderboard"][0]["ranked_by"], "score");
  for (const json& row : report["leaderboard"][0]["rows"]) EXPECT_TRUE(row["score"].is_number());
  const json& references = report["references"];
  ASSERT_EQ(references["cells"].size(), 5U);
  for (const json& row : references["rows"]) {
    EXPECT_EQ(row["value"].is_null(), row["row"] == "random");
    for (std::size_t c = 0; c < 5 && row["row"] != "random"; ++c) {
      const json& value = row["cells"][c]["value"];
      if (value["bounded"]) {
        EXPECT_LE(value["value"], references["cells"][c]["causal_value"].get<double>() + 1e-12);
      }
    }
  }
  const json& view = references["views"][0];
  EXPECT_NEAR(view["rows"][1]["score"], 1, 1e-9);
  EXPECT_NEAR(view["rows"][3]["score"], 0, 1e-9);
  for (const json& policy : view["policies"]) {
    EXPECT_GE(policy["regret"]["constraint"], -1e-12);
    const bool learns = policy["row"] == "epsilon-greedy" || policy["row"] == "greedy-quality";
    EXPECT_EQ(policy["static_mix"].is_null(), !learns);
    double ahead = 0;
    for (const json& cell : policy["cells"]) {
      EXPECT_EQ(cell["static_mix"].is_null(), !learns);
      ahead +=
          cell["best_constant"]["difference"].get<double>() / static_cast<double>(policy["cells"].size());
    }
    for (const json& entry : report["leaderboard"][0]["rows"]) {
      if (entry["row"] != policy["row"]) continue;
      // Pairs weigh episodes alike, the leaderboard runs: with overlapping splits that is not quite the same.
      EXPECT_NEAR(ahead, entry["reward"].get<double>() - view["rows"][2]["reward"].get<double>(), .02);
    }
  }
  ASSERT_EQ(references["calibration"].size(), 1U);
  EXPECT_EQ(references["calibration"][0]["model"], "knn");
}

// The best constant of the extreme cell is the local action: on whatever splits, it is the row local-only.
TEST_F(OracleTest, UnequalSplitsWeighTheSameInRowsAndReferences) {
  write("folds.json", R"({"few": [0, 1], "many": [2, 3, 4, 5, 6, 7, 8, 9, 10]})");
  // Without the wide cells, whose exact policies take longest.
  std::string text = suite("source = \"synthetic:14\"\nsplit = {folds = \"folds.json\"}", "");
  const std::size_t wide = text.find("  {name = \"open\"");
  write("suite.toml", text.erase(wide, text.find("  {name = \"tight\"") - wide));
  const Outcome outcome = run("run suite.toml --out results");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json report = json::parse(read_text(folder_ / "results" / "report.json"));
  const json& row = report["cells"][1]["rows"][0];
  ASSERT_EQ(row["row"], "local-only");
  const json& constant = report["references"]["views"][0]["rows"][2];
  ASSERT_EQ(constant["row"], "best constant");
  EXPECT_NEAR(constant["cells"][1]["reward"], row["scores"][0]["reward"], 1e-12);
  EXPECT_NEAR(constant["cells"][1]["score"], row["scores"][0]["score"], 1e-12);
  // The verb ends with what the report has of all splits.
  const std::string said = run("oracle suite.toml").out;
  const std::size_t all = said.find("all 2 splits: values are means over splits, rewards over their tests\n");
  ASSERT_NE(all, std::string::npos) << said;
  EXPECT_GT(all, said.find("split many\n"));
  for (std::size_t c = 0; c < 2; ++c) {
    const auto reward = [&](std::size_t r) {
      return fmt::format("{:.4f}",
                         report["references"]["views"][0]["rows"][r]["cells"][c]["reward"].get<double>());
    };
    EXPECT_THAT(said.substr(all), HasSubstr(fmt::format(" {:>9} {:>10} {:>9} {:>9}\n", reward(1), reward(0),
                                                        reward(3), reward(2))));
    EXPECT_THAT(said.substr(all),
                HasSubstr(fmt::format("causal value {:.6f}",
                                      report["references"]["cells"][c]["causal_value"].get<double>())));
  }
  EXPECT_THAT(run("oracle suite.toml --split few").out, Not(HasSubstr("all ")));
}

TEST_F(OracleTest, NothingIsComputedWithoutNodesAndBoundsBeyondThem) {
  write("none.toml", suite(kSynthetic, "oracle_nodes = 0"));
  const Outcome none = run("oracle none.toml");
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("oracle_nodes"));
  write("few.toml", suite(kSynthetic, "oracle_nodes = 1000"));
  const Outcome few = run("oracle few.toml --json --split seed0");
  ASSERT_EQ(few.status, 0) << few.err;
  const json open = json::parse(few.out)["splits"][0]["cells"][0];
  EXPECT_FALSE(open["exact"]);
  EXPECT_TRUE(open["causal_value"].is_null());
  EXPECT_LT(open["lower"], open["upper"]);
  const json& scores = open["scores"][0];
  EXPECT_FALSE(scores["hindsight_exact"]);
  EXPECT_LT(scores["hindsight_mean"], scores["hindsight_upper_mean"]);
  EXPECT_GT(scores["masked_random_test_standard_error"], 0);
  write("enough.toml", suite(kSynthetic, ""));
  const json enough =
      json::parse(run("oracle enough.toml --json --split seed0").out)["splits"][0]["cells"][0];
  for (const auto& [id, exact] : enough["scores"][0]["hindsight"].items()) {
    EXPECT_LE(scores["hindsight"][id], exact.get<double>() + 1e-12);
    EXPECT_GE(scores["hindsight_upper"][id], exact.get<double>() - 1e-12);
  }
  EXPECT_EQ(run("oracle few.toml --split nowhere").status, 2);
  ASSERT_EQ(run("run few.toml --out few").status, 0);
  const json report = json::parse(read_text(folder_ / "few" / "report.json"));
  EXPECT_GT(report["references"]["cells"][0]["masked_random_standard_error"], 0);
  EXPECT_TRUE(report["leaderboard"][0]["rows"][0]["score"].is_null());
  EXPECT_THAT(report["leaderboard"][0]["unscored"][0]["reason"].get<std::string>(),
              ::testing::MatchesRegex("no exact causal oracle on every split: .*exceed oracle_nodes = 1000"));
}

TEST_F(OracleTest, AWindowShorterThanAnEpisodeIsNamedWhereItCostsS) {
  write("long.toml",
        "[data]\nsource = \"scenario:2,2,9:20\"\n[environment]\nwindow = 3\n[budgets]\nrho = "
        "[0.6]\n[[row]]\nname = "
        "\"random\"\n[evaluation]\noracle_nodes = 1000\n");
  const Outcome outcome = run("run long.toml --out long");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json report = json::parse(read_text(folder_ / "long" / "report.json"));
  EXPECT_THAT(
      report["leaderboard"][0]["unscored"][0]["reason"].get<std::string>(),
      ::testing::HasSubstr(
          "the window of 3 frames is shorter than an episode of 9 turns: give [environment] window = 9"));
}

}  // namespace
}  // namespace offload::testing
