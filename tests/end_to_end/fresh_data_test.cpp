// Suites whose runs draw a data set each ([data] seeds).
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class FreshDataTest : public CommandTest {
 protected:
  // Rows that need no randomness, so that a run depends on its data set and its split alone.
  static std::string suite(const std::string& data, const std::string& more = "") {
    return "[suite]\nname = \"fresh\"\n[data]\nsource = \"synthetic:60\"\n" + data +
           "\n[budgets]\ncells = [{name = \"open\"}, {name = \"tight\", latency_s = 12, cost_usd = 0.012}]\n"
           "[[row]]\nname = \"local-only\"\n[[row]]\nname = \"text-only\"\nplugin = \"constant\"\nparameters "
           "= {action = 1}\n"
           "[evaluation]\nlenses = [\"simulator\", \"held_out\"]\nmodels = [\"knn\", \"true_mean\"]\n" +
           more;
  }
  json report(const std::string& folder) const {
    return json::parse(read_text(folder_ / folder / "report.json"));
  }
  static const json& row_of(const json& report, std::size_t cell, const std::string& name) {
    const json& rows = report["cells"][cell]["rows"];
    return *std::ranges::find_if(rows, [&](const json& row) { return row["row"] == name; });
  }
  void refuses(const std::string& text, const std::string& options, const std::string& message) const {
    write("wrong.toml", text);
    const Outcome outcome = run("run wrong.toml --dry-run " + options);
    EXPECT_EQ(outcome.status, 2) << text;
    EXPECT_THAT(outcome.err, HasSubstr(message));
  }
};

TEST_F(FreshDataTest, EachRunIsTheRunOnItsOwnSet) {
  write("fresh.toml", suite("seeds = [3, 5]\nsplit = {test_ratio = 0.25}", "oracle_nodes = 0\n"));
  ASSERT_EQ(run("run fresh.toml --out fresh").status, 0);
  const json fresh = report("fresh");
  EXPECT_EQ(fresh["suite"]["dataset"]["fresh_per_run"], true);
  EXPECT_EQ(fresh["suite"]["dataset"]["episodes"], 120);
  EXPECT_EQ(fresh["suite"]["splits"], (json{"data3", "data5"}));
  for (const std::size_t r : {0U, 1U}) {
    const std::string seed = r == 0 ? "3" : "5";
    write("one.toml", suite("seed = " + seed + "\nsplit = {test_ratio = 0.25, seeds = [" + seed + "]}",
                            "oracle_nodes = 0\n"));
    ASSERT_EQ(run("run one.toml --out one" + seed).status, 0);
    const json one = report("one" + seed);
    EXPECT_EQ(one["suite"]["dataset"]["fresh_per_run"], false);
    for (std::size_t c = 0; c < 2; ++c) {
      for (const char* name : {"local-only", "text-only"}) {
        const json &mine = row_of(fresh, c, name)["scores"], &alone = row_of(one, c, name)["scores"];
        ASSERT_EQ(mine.size(), 4U);
        for (std::size_t v = 0; v < 4; ++v)
          EXPECT_EQ(mine[v]["run_reward"][r], alone[v]["run_reward"][0]) << seed << c << name << v;
      }
    }
  }
}

TEST_F(FreshDataTest, NoEpisodeIsInTwoSets) {
  write("fresh.toml", suite("seeds = [3, 5]\nsplit = {test_ratio = 0.25}", "oracle_nodes = 0\n"));
  ASSERT_EQ(run("run fresh.toml --out fresh").status, 0);
  std::map<std::string, std::set<std::int64_t>> ids;
  for (const auto& file : std::filesystem::directory_iterator(folder_ / "fresh" / "trials")) {
    const json trial = json::parse(read_text(file))["trial"];
    const auto list = trial["episode_ids"].get<std::set<std::int64_t>>();
    const auto [first, added] = ids.emplace(trial["split"], list);
    EXPECT_EQ(first->second, list) << "rows of a run share its episodes";
  }
  ASSERT_EQ(ids.size(), 2U);
  EXPECT_EQ(*ids["data3"].begin() / 1'000'000, 3);
  EXPECT_EQ(*ids["data5"].rbegin() / 1'000'000, 5);
}

// What a run comes to is its set's alone: another seed beside it runs nothing again.
TEST_F(FreshDataTest, ASeedMoreKeepsTheKeysOfTheOthers) {
  const auto keys = [this](const std::string& seeds) {
    write("fresh.toml", suite("seeds = " + seeds, "oracle_nodes = 0\n"));
    const std::string out = "out" + std::to_string(seeds.size());
    EXPECT_EQ(run("run fresh.toml --out " + out).status, 0);
    std::set<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(folder_ / out / "trials"))
      names.insert(file.path().filename());
    return names;
  };
  const auto one = keys("[3]"), two = keys("[5, 3]");
  EXPECT_EQ(one.size(), 2U);
  EXPECT_EQ(two.size(), 4U);
  EXPECT_TRUE(std::ranges::includes(two, one));
}

TEST_F(FreshDataTest, ShardsOraclesAndVerifyKnowTheSets) {
  write("fresh.toml", suite("seeds = [3, 5, 8]", "oracle_nodes = 2000\n"));
  EXPECT_EQ(run("run fresh.toml --out one --shard 1/2").status, 0);
  EXPECT_EQ(run("run fresh.toml --out two --shard 2/2").status, 0);
  EXPECT_EQ(run("run fresh.toml --out whole").status, 0);
  ASSERT_EQ(run("report one two").status, 0);
  EXPECT_EQ(report("one")["leaderboard"], report("whole")["leaderboard"]);
  const Outcome verified = run("verify whole");
  EXPECT_EQ(verified.status, 0) << verified.out;
  EXPECT_THAT(verified.out, HasSubstr("6 trials replayed (144 episodes), 6 of them run again;\n"
                                      "  exact policies of 3 splits recomputed: everything agrees"));
  const Outcome oracle = run("oracle fresh.toml --split data5 --json");
  EXPECT_EQ(oracle.status, 0) << oracle.err;
  EXPECT_EQ(json::parse(oracle.out)["splits"][0]["split"], "data5");
  EXPECT_THAT(run("run fresh.toml --dry-run").out,
              HasSubstr("synthetic:60 drawn afresh for each of 3 runs, 180 episodes"));
}

TEST_F(FreshDataTest, NamesWhatDoesNotGoTogether) {
  const std::string seeds = "seeds = [0, 1]";
  refuses(suite("seeds = []"), "", "wrong.toml:5: seeds: expected at least one seed");
  refuses(suite("seeds = [1, 1]"), "", "wrong.toml:5: seeds: 1 is there twice");
  refuses(suite("seeds = [-1]"), "", "wrong.toml:5: seeds: -1 is not in 0..1000000000");
  refuses(suite("seed = 1\n" + seeds), "", "wrong.toml:6: seeds: there is a seed, too; keep one");
  refuses(suite(seeds + "\nsplit = {folds = 5}"), "", "wrong.toml:6: folds: with [data] seeds");
  refuses(suite(seeds + "\nsplit = {seeds = [4]}"), "", "wrong.toml:6: seeds: with [data] seeds");
  refuses(suite(seeds + "\n[profile]\nkind = \"measured\""), "", "wrong.toml:7: kind: \"measured\" follows");
  refuses("[data]\nsource = \"a.json\"\nseeds = [1]\n[[row]]\nname = \"local-only\"\n", "",
          "wrong.toml:3: seeds: a.json is a file and cannot be drawn again");
  refuses(suite(seeds), "--dataset a.json", "--dataset a.json: is one data set");
  EXPECT_EQ(run("run wrong.toml --dry-run --dataset synthetic:50").status, 0);
}

}  // namespace
}  // namespace offload::testing
