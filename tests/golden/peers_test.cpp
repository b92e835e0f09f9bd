// nAUC, Gain and Gap as published against numbers computed by other code (peers.py, which names its sources).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/routing/arms.hpp"
#include "core/routing/peers.hpp"

namespace offload {
namespace {

using nlohmann::json;

json golden() { return json::parse(std::ifstream(OFFLOAD_SOURCE_DIR "/tests/golden/peers.json")); }

TEST(PeersGolden, Nauc) {
  const json known = golden();
  int undefined = 0;
  for (const json& curve : known["curves"]) {
    std::vector<CostQuality> points;
    for (const json& point : curve["points"]) points.push_back({point[0], point[1]});
    const double nauc = nauc_as_published(points);
    if (curve["nauc"].is_null()) {
      EXPECT_TRUE(std::isnan(nauc)) << curve;
      ++undefined;
    } else {
      EXPECT_NEAR(nauc, curve["nauc"].get<double>(), 1e-12) << curve;
    }
  }
  EXPECT_EQ(undefined, 4);  // one cost, or nothing dearer that is better
}

TEST(PeersGolden, GainAndGapOfWholeTables) {
  const json all = golden();
  ASSERT_EQ(all["tables"].size(), 3U);
  for (const json& known : all["tables"]) {
    OutcomeTable table;
    const json &right = known["right"], &taken = known["taken"];
    table.arms.resize(right[0].size());
    double quality = 0;
    for (std::size_t q = 0; q < right.size(); ++q) {
      table.known.push_back((std::uint64_t{1} << table.arms.size()) - 1);
      for (const json& one : right[q]) table.quality.push_back(one);
      quality += table.quality[table.cell(q, taken[q])] / static_cast<double>(right.size());
    }
    std::vector<std::uint32_t> turns(right.size());
    std::iota(turns.begin(), turns.end(), 0U);
    const std::vector<double> mean = mean_values(table, table.quality, turns);
    const double random = std::accumulate(mean.begin(), mean.end(), 0.0) / static_cast<double>(mean.size());
    const GainAndGap gain =
        gain_and_gap_as_published(quality, mean[best_arm(mean)], random, query_oracle(table, turns).quality);
    EXPECT_NEAR(gain.over_random, known["gain_at_random"].get<double>(), 1e-12);
    EXPECT_NEAR(gain.over_best, known["gain_at_best"].get<double>(), 1e-12);
    EXPECT_NEAR(gain.to_oracle, known["gap_at_oracle"].get<double>(), 1e-12);
  }
}

}  // namespace
}  // namespace offload
