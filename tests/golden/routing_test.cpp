// Oracles and peers' figures of public routing data against numbers computed twice elsewhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "core/routing/arms.hpp"
#include "core/routing/peers.hpp"
#include "routing_files.hpp"

namespace offload {
namespace {

using nlohmann::json;

constexpr double kPrinted = 1e-12;

class RoutingGolden : public testing::Test {
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

  static std::vector<std::uint32_t> all(const OutcomeTable& table) {
    std::vector<std::uint32_t> turns(table.turns());
    std::iota(turns.begin(), turns.end(), 0U);
    return turns;
  }

  std::filesystem::path shared_;
  json golden_;
};

std::vector<double> column(const OutcomeTable& table, std::size_t arm) {
  std::vector<double> quality;
  for (std::size_t t = 0; t < table.turns(); ++t) quality.push_back(table.quality[table.cell(t, arm)]);
  return quality;
}

void expect_pair(const OutcomeTable& table, const std::vector<std::uint32_t>& turns, const json& golden) {
  const PairCounts counts = pair_counts(table, turns, 0, 1);
  EXPECT_EQ(counts.queries, golden.at("n"));
  EXPECT_EQ(counts.weak, golden.at("weak"));
  EXPECT_EQ(counts.strong, golden.at("strong"));
  EXPECT_EQ(counts.weak_only, golden.at("weak_only"));
  EXPECT_EQ(counts.strong_only, golden.at("strong_only"));
  EXPECT_EQ(counts.both, golden.at("both"));
  EXPECT_EQ(counts.neither, golden.at("neither"));
  EXPECT_EQ(counts.either(), golden.at("either"));
  const QueryOracle oracle = query_oracle(table, turns);
  EXPECT_NEAR(100 * oracle.quality, golden.at("oracle_pct"), 100 * kPrinted);
  EXPECT_EQ(oracle.queries - oracle.at_low, golden.at("either"));
  EXPECT_EQ(oracle.calls[1], golden.at("oracle_strong_calls"));
  const std::vector<double> weak = column(table, 0), strong = column(table, 1);
  const auto curve = call_curve(weak, strong, best_call_order(weak, strong));
  const double low = curve.front().quality, high = curve.back().quality;
  EXPECT_NEAR(100 * low, golden.at("weak_pct"), 100 * kPrinted);
  EXPECT_NEAR(100 * high, golden.at("strong_pct"), 100 * kPrinted);
  EXPECT_NEAR(apgr_as_published(curve, low, high), golden.at("apgr_best_order"), 1e-10);
  EXPECT_NEAR(apgr_as_defined(curve, low, high), golden.at("apgr_best_order"), 1e-10);
  EXPECT_NEAR(100 * cpt_as_published(curve, low, high, .5), golden.at("cpt50_best_order_pct"), 1e-9);
  EXPECT_NEAR(100 * cpt_as_defined(curve, low, high, .5).first, golden.at("cpt50_best_order_pct"), 1e-9);
}

TEST_F(RoutingGolden, RouteLlm) {
  OutcomeTable gsm8k;
  append_routellm(data() / "routellm" / "gsm8k" / "gsm8k_responses.csv", gsm8k);
  expect_pair(gsm8k, all(gsm8k), golden_.at("routellm_gsm8k"));

  OutcomeTable mmlu;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(data() / "routellm" / "mmlu" / "responses")) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  int domains = 0;
  for (const auto& file : files) {
    append_routellm(file, mmlu);
    const std::string name = "routellm_" + file.stem().string();
    if (!golden_.contains(name)) continue;
    SCOPED_TRACE(name);
    OutcomeTable domain;
    append_routellm(file, domain);
    expect_pair(domain, all(domain), golden_.at(name));
    ++domains;
  }
  EXPECT_GE(domains, 3);
  expect_pair(mmlu, all(mmlu), golden_.at("routellm_mmlu"));
}

TEST_F(RoutingGolden, RouterArena) {
  const OutcomeTable table = read_routerarena(data() / "routerarena");
  const json& golden = golden_.at("routerarena_sub10");
  const auto turns = all(table);
  const auto means = arm_means(table, turns);
  for (std::size_t a = 0; a < 2; ++a) {
    const json& arm = golden.at(table.arms[a].name);
    EXPECT_NEAR(means[a].quality, arm.at("acc"), kPrinted);
    EXPECT_NEAR(1000 * means[a].cost_usd, arm.at("cost_per_1k"), kPrinted);
    EXPECT_NEAR(arena_score_as_published(means[a].quality, 1000 * means[a].cost_usd), arm.at("arena"),
                kPrinted);
  }
  const QueryOracle oracle = query_oracle(table, turns);
  EXPECT_EQ(oracle.queries, golden.at("n"));
  EXPECT_EQ(oracle.ties_at_best, golden.at("ties"));
  EXPECT_EQ(oracle.calls[0], golden.at("oracle").at("haiku_calls"));
  EXPECT_NEAR(oracle.quality, golden.at("oracle").at("acc"), kPrinted);
  EXPECT_NEAR(1000 * oracle.cost_usd, golden.at("oracle").at("cost_per_1k"), kPrinted);
  EXPECT_NEAR(arena_score_as_published(oracle.quality, 1000 * oracle.cost_usd),
              golden.at("oracle").at("arena"), kPrinted);
}

TEST_F(RoutingGolden, LlmRouter) {
  const OutcomeTable table = read_llmrouter(data() / "llmrouter" / "test.json");
  const json& golden = golden_.at("llmrouter_test");
  const auto means = arm_means(table, all(table));
  for (std::size_t a = 0; a < table.arms.size(); ++a) {
    EXPECT_NEAR(means[a].quality, golden.at("models").at(table.arms[a].name), kPrinted);
  }
  const QueryOracle oracle = query_oracle(table, all(table));
  EXPECT_NEAR(oracle.quality, golden.at("oracle"), kPrinted);
  EXPECT_EQ(oracle.ties_at_best, golden.at("ties_at_best"));
  EXPECT_EQ(oracle.at_low, golden.at("all_zero"));
  EXPECT_EQ(oracle.all_equal, golden.at("nine_equal"));
}

TEST_F(RoutingGolden, WildBenchRowsThatAreComplete) {
  const OutcomeTable table = read_wildbench(data() / "wildbench" / "scores_v2.0625_gpt-4o.csv");
  const json& golden = golden_.at("wildbench").at("complete");
  const auto turns = complete_turns(table, all(table));
  EXPECT_EQ(turns.size(), golden.at("n"));
  const auto means = arm_means(table, turns);
  for (std::size_t a = 0; a < table.arms.size(); ++a) {
    EXPECT_NEAR(means[a].quality, golden.at("models").at(table.arms[a].name), 10 * kPrinted);
  }
  const QueryOracle oracle = query_oracle(table, turns);
  EXPECT_NEAR(oracle.quality, golden.at("oracle"), 10 * kPrinted);
  EXPECT_EQ(oracle.ties_at_best, golden.at("ties_at_best"));
}

// RouterBench is not in the shared folder; its constants' means are golden numbers.
TEST_F(RoutingGolden, AiqOfRouterBenchsConstants) {
  for (const char* set : {"all", "arc_challenge"}) {
    const json& golden = golden_.at("routerbench").at(set);
    std::vector<CostQuality> points;
    for (const auto& item : golden.items()) {
      if (item.value().is_object()) points.push_back({item.value().at("cost"), item.value().at("q")});
    }
    ASSERT_EQ(points.size(), 11U);
    const auto hull = rising_hull(points);
    ASSERT_EQ(hull.size(), golden.at("hull").size());
    for (std::size_t i = 0; i < hull.size(); ++i) {
      EXPECT_EQ(hull[i].cost, golden.at("hull")[i][0]);
      EXPECT_EQ(hull[i].quality, golden.at("hull")[i][1]);
    }
    EXPECT_NEAR(aiq_as_published(points, hull.back().cost), golden.at("aiq_of_constants"), kPrinted);
    // Over the arms' own range it is another number.
    const double defined =
        aiq_as_defined(points, {hull.front().cost, hull.back().cost, hull.front().quality});
    EXPECT_NEAR(defined,
                golden.at("aiq_of_constants").get<double>() * hull.back().cost /
                    (hull.back().cost - hull.front().cost),
                kPrinted);
  }
}

}  // namespace
}  // namespace offload
