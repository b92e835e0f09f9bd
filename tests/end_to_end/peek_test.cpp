// Agents that remember test episodes gain nothing by it: in every cell, at every point of the learning curve
// and in their exact value they come to what their twins without memory come to, to the bit.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using Json = nlohmann::json;

class PeekTest : public CommandTest {
 protected:
  // A row per name and parameters; the first rows are the twins.
  using Rows = std::vector<std::array<std::string, 3>>;  // name, plugin, parameters

  Json run_rows(const Rows& rows) {
    std::string text = R"([suite]
name = "peek"
seed = 3
[data]
source = "synthetic:40"
split = {test_ratio = 0.3}
[budgets]
cells = [{name = "mid", latency_s = 12, cost_usd = 0.012}, {name = "tight", latency_s = 8, cost_usd = 0.006},
         {name = "again", latency_s = 8, cost_usd = 0.006}]
[training]
steps = 1200
curve_every = 400
)";
    for (const auto& [name, plugin, parameters] : rows) {
      text += "[[row]]\nname = \"" + name + "\"\nplugin = \"" + plugin + "\"\nparameters = {" + parameters +
              "}\n";
    }
    write("suite.toml", text);
    const Outcome outcome = run("run suite.toml --out results --plugin-dir " BAD_PLUGINS);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "results" / "trials")) {
      const Json trial = Json::parse(read_text(entry.path())).at("trial");
      trials_[trial.at("row")] = trial;
    }
    Json report = Json::parse(read_text(folder_ / "results" / "report.json"));
    // Else nobody is told to be above the causal oracle.
    for (const Json& cell : report.at("references").at("cells")) EXPECT_TRUE(cell.at("exact")) << cell;
    return report;
  }

  static Json what_was_found(const Json& trial) {
    return {trial.at("cells"), trial.at("training").at("curve")};
  }

  std::map<std::string, Json> trials_;
};

TEST_F(PeekTest, WhatIsRememberedIsGoneWithThePass) {
  Rows rows = {{"twin", "peeker", ""}, {"saving-twin", "saving-peeker", ""}};
  for (const char* by : {"bits", "start", "slot", "place"}) {
    for (const char* kept : {"false", "true"}) {
      const std::string parameters = std::string("by = \"") + by + "\", global = " + kept;
      const std::string name = std::string(by) + (std::string(kept) == "true" ? "-global" : "");
      rows.push_back({name, "peeker", parameters});
      rows.push_back({"saving-" + name, "saving-peeker", parameters});
    }
  }
  const Json report = run_rows(rows);
  const Json& twin = trials_.at("twin");
  EXPECT_EQ(twin.at("training").at("curve").size(), 3U);
  EXPECT_EQ(twin.at("cells").size(), 3U);
  for (const auto& [name, trial] : trials_) {
    EXPECT_TRUE(what_was_found(trial) == what_was_found(twin)) << name;
    EXPECT_EQ(trial.at("copies"), "fork") << name;
    for (const Json& cell : trial.at("cells")) EXPECT_EQ(cell.at("contradictions"), 0) << name;
  }
  EXPECT_TRUE(report.at("suite").at("flags").empty()) << report.at("suite").at("flags");
  const Outcome verified = run("verify results --train --plugin-dir " BAD_PLUGINS);
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

// With a thread of their own they cannot be forked: by checkpoint likewise, to the bit, although what it
// holds was learned in the same process.
TEST_F(PeekTest, CheckpointsCarryNothingEither) {
  const Json report = run_rows({{"twin", "saving-peeker", ""},
                                {"threads-twin", "saving-peeker", "thread = true"},
                                {"bits", "saving-peeker", "thread = true, by = \"bits\""},
                                {"start", "saving-peeker", "thread = true, by = \"start\", global = true"}});
  for (const auto& [name, trial] : trials_) {
    EXPECT_TRUE(what_was_found(trial) == what_was_found(trials_.at("twin"))) << name;
    EXPECT_EQ(trial.at("copies"), name == "twin" ? "fork" : "checkpoint") << name;
  }
  EXPECT_TRUE(report.at("suite").at("flags").empty()) << report.at("suite").at("flags");
}

// Neither fork nor checkpoint: marked, and what it makes of its memory is found where it can be.
TEST_F(PeekTest, WhoAllowsNoCopyIsMarked) {
  const Json report =
      run_rows({{"twin", "peeker", "thread = true"}, {"peeker", "peeker", "thread = true, by = \"start\""}});
  EXPECT_FALSE(what_was_found(trials_.at("peeker")) == what_was_found(trials_.at("twin")));
  std::map<std::string, std::string> sentences;
  for (const Json& flag : report.at("suite").at("flags")) {
    sentences[flag.at("row").get<std::string>() + " " + flag.at("what").get<std::string>()] =
        flag.at("sentence");
  }
  for (const std::string row : {"twin", "peeker"}) {
    EXPECT_EQ(trials_.at(row).at("copies"), "none");
    ASSERT_TRUE(sentences.contains(row + " no_fresh_copies"));
    const std::string sentence = sentences.at(row + " no_fresh_copies");
    EXPECT_THAT(sentence, HasSubstr("evaluated without fresh copies"));
    EXPECT_THAT(report.at("suite").at("warnings"), Contains(sentence));
    EXPECT_THAT(read_text(folder_ / "results" / "report.md"), HasSubstr("evaluated without fresh copies"));
    EXPECT_THAT(read_text(folder_ / "results" / "report.html"), HasSubstr("evaluated without fresh copies"));
    EXPECT_THAT(read_text(folder_ / "out.txt"), HasSubstr("evaluated without fresh copies"));
  }
}

// In memory that forks share although no file names it, or in an open file itself: every copy has its own.
TEST_F(PeekTest, WhatForksShareIsGoneLikewise) {
  // These outlive the copies that speak through them.
  const std::vector<std::string> channels = {"child", "pipe", "socket", "counter"};
  Rows rows = {{"twin", "sharer", ""}};
  for (const std::string& kept : channels) rows.push_back({kept, "sharer", "kept = \"" + kept + "\""});
  for (const char* kept : {"mapping", "behind", "memfd", "descriptor", "hidden", "place", "flags"})
    rows.push_back({kept, "sharer", std::string("kept = \"") + kept + "\""});
  const Json report = run_rows(rows);
  const Json& twin = trials_.at("twin");
  for (const auto& [name, trial] : trials_) {
    if (std::ranges::count(channels, name) > 0) continue;
    EXPECT_TRUE(what_was_found(trial) == what_was_found(twin)) << name;
    EXPECT_EQ(trial.at("copies"), "fork") << name;
  }
  std::set<std::string> flagged;
  for (const Json& flag : report.at("suite").at("flags")) {
    EXPECT_EQ(flag.at("what"), "no_fresh_copies");
    flagged.insert(flag.at("row"));
  }
  EXPECT_THAT(flagged, ::testing::UnorderedElementsAreArray(channels));
  for (const std::string& kept : channels) EXPECT_EQ(trials_.at(kept).at("copies"), "none") << kept;
}

// Told a walk by its rows, an agent can decide otherwise there: its exact value is not that of its tests.
TEST_F(PeekTest, WhoDecidesOtherwiseInTheWalkIsFlagged) {
  const Json report = run_rows({{"twin", "peeker", ""}, {"pretender", "peeker", "by = \"rows\""}});
  for (std::size_t c = 0; c < 3; ++c) {
    const Json &twin = trials_.at("twin").at("cells")[c], &cell = trials_.at("pretender").at("cells")[c];
    EXPECT_TRUE(cell.at("decisions") == twin.at("decisions"));
    EXPECT_FALSE(cell.at("value") == twin.at("value"));
    EXPECT_EQ(twin.at("contradictions"), 0);
    EXPECT_GT(cell.at("contradictions"), 0);
  }
  ASSERT_EQ(report.at("suite").at("flags").size(), 3U);
  for (const Json& flag : report.at("suite").at("flags")) {
    EXPECT_EQ(flag.at("row"), "pretender");
    EXPECT_EQ(flag.at("what"), "contradiction");
    EXPECT_THAT(read_text(folder_ / "out.txt"), HasSubstr("tests it decides otherwise than the policy"));
  }
}

}  // namespace
}  // namespace offload::testing
