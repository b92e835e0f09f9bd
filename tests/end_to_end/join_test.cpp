// Results of several folders in one report: one's own row beside others'.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class JoinTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    write("suite.toml", R"(
[suite]
name = "ours"
[data]
source = "synthetic:30"
[[row]]
name = "random"
plugin = "random"
parameters = {masked = false}
[evaluation]
oracle_nodes = 0
)");
    ASSERT_EQ(run("run suite.toml --out ours").status, 0);
  }
  Outcome joined_with(const std::string& changes) const {
    std::filesystem::remove_all(folder_ / "theirs");
    const Outcome outcome = run("run suite.toml --out theirs " + changes);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return run("report ours theirs");
  }
};

TEST_F(JoinTest, SuitesThatDifferInNameAndRowsJoin) {
  const Outcome joined = joined_with("--set suite.name=theirs --set row.random.name=random-b");
  ASSERT_EQ(joined.status, 0) << joined.err;
  const json report = json::parse(read_text(folder_ / "ours" / "report.json"));
  EXPECT_EQ(report["suite"]["name"], "ours");
  EXPECT_EQ(report["leaderboard"][0]["rows"].size(), 2u);
}

TEST_F(JoinTest, ARowWithOtherParametersIsNamedWithThem) {
  const Outcome joined = joined_with("--set row.random.parameters.masked=true");
  EXPECT_EQ(joined.status, 2);
  EXPECT_THAT(
      joined.err,
      HasSubstr("theirs/suite.json: row 'random' is another one than before: parameters.masked is true "
                "here and false before; run one of the two under another name"));
}

TEST_F(JoinTest, WhatElseDiffersIsNamed) {
  EXPECT_THAT(joined_with("--set data.source=synthetic:31 --set row.random.name=b").err,
              HasSubstr("another suite than the first folder's, in: data;"));
  EXPECT_THAT(joined_with("--set environment.window=2 --set row.random.name=b").err,
              HasSubstr(", in: environment;"));
  EXPECT_THAT(joined_with("--set reward.plugin=quality --set row.random.name=b").err,
              HasSubstr(", in: reward;"));
  EXPECT_THAT(joined_with("--runs 2 --set row.random.name=b").err, HasSubstr(", in: splits and seeds;"));
}

}  // namespace
}  // namespace offload::testing
