// The exact policies against an independent computation: ten folds by five budget cells on the public file.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/environment/split.hpp"
#include "core/oracle/exact_policies.hpp"
#include "core/simulation/calibration.hpp"
#include "data/dataset.hpp"
#include "unit/core/formula_reward.hpp"

namespace offload {
namespace {

std::filesystem::path shared_folder() {
  if (const char* folder = std::getenv("OFFLOAD_SHARED")) return folder;
  return std::filesystem::path(OFFLOAD_SOURCE_DIR).parent_path() / "shared";
}

Amounts limit_of(const nlohmann::json& row) {
  const auto amount = [&row](const char* key, int resource) {
    return row.at(key).is_null() ? kUnlimited : to_amount(row.at(key).get<double>(), resource, key);
  };
  return {amount("latency_budget_s", 0), amount("cost_budget_usd", 1)};
}

class OracleGolden : public testing::TestWithParam<const char*> {};

TEST_P(OracleGolden, EveryCell) {
  const auto data_file = shared_folder() / "data" / "M4A1.json";
  const auto golden_file = shared_folder() / "golden" / "oracles.json";
  const auto folds_file = shared_folder() / "golden" / "folds.json";
  for (const auto& file : {data_file, golden_file, folds_file}) {
    if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here; set OFFLOAD_SHARED";
  }
  const auto golden = nlohmann::json::parse(std::ifstream(golden_file));
  const auto folds = nlohmann::json::parse(std::ifstream(folds_file));
  const Scenario scenario(read_dataset(data_file), {});
  const auto ids = folds.at(GetParam()).get<std::vector<std::int64_t>>();
  const Split split = id_split(scenario.data(), GetParam(), {}, ids, "folds.json");
  std::vector<nlohmann::json> rows;
  std::vector<BudgetCell> cells;
  for (const auto& row : golden.at("rows")) {
    if (row.at("fold") != GetParam()) continue;
    rows.push_back(row);
    cells.push_back({"cell", limit_of(row)});
  }
  ASSERT_EQ(cells.size(), 5U);

  FormulaReward first, second;
  const std::array<RewardModel*, 2> rewards = {&first, &second};
  const auto planning = make_response_model("knn", scenario, split.train, {});
  const Lens lens("simulator", "knn", scenario, split.train, split.test, {});
  const CausalOracle oracle(scenario, *planning, fit_causal_model(scenario, split.train), cells, rewards, {});
  const auto bounds = bound_test_episodes(scenario, lens, split.test, cells, rewards, {});
  constexpr double kTolerance = 1e-9;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    SCOPED_TRACE(rows[i].at("latency_budget_s").dump() + " s");
    EXPECT_TRUE(oracle.cell(i).exact);
    EXPECT_NEAR(oracle.cell(i).upper, rows[i].at("causal_value"), kTolerance);
    EXPECT_NEAR(oracle.cell(i).masked_random.value, rows[i].at("masked_random_value"), kTolerance);
    const TestRun run = run_causal_policy(scenario, oracle, i, cells[i].limit, lens, first, split.test);
    RecordProperty("tied_states_" + std::to_string(i), run.tied_states);
    EXPECT_EQ(run.violations, 0);
    if (run.tied_states == 0) {
      EXPECT_NEAR(run.mean_reward, rows[i].at("causal_test_reward"), kTolerance);
      EXPECT_NEAR(run.mean_latency_s, rows[i].at("causal_test_latency_s"), kTolerance);
      EXPECT_NEAR(run.mean_cost_usd, rows[i].at("causal_test_cost_usd"), kTolerance);
    }
    EXPECT_TRUE(bounds[i].exact);
    EXPECT_NEAR(bounds[i].hindsight_mean, rows[i].at("hindsight_mean"), kTolerance);
    for (std::size_t e = 0; e < split.test.size(); ++e) {
      const std::int64_t id = scenario.data().id[split.test[e]];
      EXPECT_NEAR(bounds[i].hindsight[e], rows[i].at("hindsight").at(std::to_string(id)), kTolerance) << id;
    }
    EXPECT_LT(bounds[i].masked_random_mean.value, bounds[i].hindsight_mean);
  }
}

// environment.md 4 gives, on three other seeds: knn R2 -.23, local overstated by .17, text understated by
// .22; table R2 .15, biases under .01 but for two images, -.08. A seed moves R2 by about .03.
TEST(CalibrationGolden, PublicFile) {
  const auto data_file = shared_folder() / "data" / "M4A1.json";
  if (!std::filesystem::exists(data_file)) GTEST_SKIP() << data_file << " is not here; set OFFLOAD_SHARED";
  const Scenario scenario(read_dataset(data_file), {});
  const Calibration knn = calibrate("knn", scenario, {}, 3, 0, 2);
  EXPECT_TRUE(knn.uncalibrated());
  EXPECT_NEAR(knn.r2, -.23, .06);
  EXPECT_NEAR(knn.bias[0], .17, .03);
  EXPECT_NEAR(knn.bias[1], -.22, .05);
  EXPECT_EQ(knn.turns, (std::vector<std::int64_t>{170, 85, 19, 31, 47}));
  const Calibration table = calibrate("table", scenario, {}, 3, 0, 2);
  EXPECT_FALSE(table.uncalibrated());
  EXPECT_NEAR(table.r2, .15, .04);
  EXPECT_NEAR(table.bias[3], -.08, .03);
  for (const std::size_t kind : {0U, 1U, 2U, 4U}) EXPECT_NEAR(table.bias[kind], 0, .03);
}

INSTANTIATE_TEST_SUITE_P(OfficialFolds, OracleGolden,
                         testing::Values("r0f0", "r0f1", "r0f2", "r0f3", "r0f4", "r1f0", "r1f1", "r1f2",
                                         "r1f3", "r1f4"),
                         [](const auto& fold) { return fold.param; });

}  // namespace
}  // namespace offload
