// A row may learn from another response model than the suite plans on and scores by.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class TrainingModelTest : public CommandTest {
 protected:
  static std::string suite(const std::string& environment, const std::string& rows) {
    return "[suite]\nname = \"small\"\n[data]\nsource = \"synthetic:60\"\nsplit = {test_ratio = 0.25}\n"
           "[environment]\nresponse_model = \"" +
           environment +
           "\"\n[budgets]\ncells = [{name = \"mid\", latency_s = 20, cost_usd = 0.02}]\n"
           "[training]\nsteps = 2000\n[evaluation]\noracle_nodes = 200\nmodels = [\"true_mean\", \"knn\"]\n" +
           rows;
  }
  static std::string row(const std::string& name, const std::string& training) {
    return "[[row]]\nname = \"" + name + "\"\nplugin = \"epsilon-greedy\"\ntraining = {" + training + "}\n";
  }
  // Decisions by row.
  std::map<std::string, json> decisions(const std::string& folder) const {
    std::map<std::string, json> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / folder / "trials")) {
      const json trial = json::parse(read_text(entry.path()))["trial"];
      found[trial["row"]] = trial["cells"][0]["decisions"];
    }
    return found;
  }
};

TEST_F(TrainingModelTest, IsARowsOwnAndNothingElseIs) {
  write("both.toml", suite("knn", row("on-knn", "") + row("on-hierarchical", "model = \"hierarchical\"")));
  const Outcome both = run("run both.toml --out both");
  ASSERT_EQ(both.status, 0) << both.err;
  write("one.toml", suite("hierarchical", row("on-hierarchical", "")));
  ASSERT_EQ(run("run one.toml --out one").status, 0);
  const auto of_both = decisions("both"), of_one = decisions("one");
  EXPECT_EQ(of_both.at("on-hierarchical"), of_one.at("on-hierarchical"));
  EXPECT_NE(of_both.at("on-hierarchical"), of_both.at("on-knn"));

  const json report = json::parse(read_text(folder_ / "both" / "report.json"));
  EXPECT_EQ(report["rows"][0]["training_model"], nullptr);
  EXPECT_EQ(report["rows"][1]["training_model"], "hierarchical");
  EXPECT_EQ(report["suite"]["resolved"]["rows"][1]["training"]["model"], "hierarchical");
  EXPECT_THAT(
      report["suite"]["warnings"].dump(),
      HasSubstr("Trained on the response model hierarchical: on-hierarchical. Exact values, static mixes "
                "and the causal oracle are of the suite's own."));
  const Outcome again = run("verify both --train --json");
  EXPECT_EQ(again.status, 0) << again.out << again.err;
  EXPECT_EQ(json::parse(again.out)[0]["run_again"], 2);
}

// Leaving it out, or naming the suite's own, is one and the same trial.
TEST_F(TrainingModelTest, OfTheSuiteIsNoOtherTrial) {
  write("plain.toml", suite("knn", row("on-knn", "")));
  ASSERT_EQ(run("run plain.toml --out results").status, 0);
  write("named.toml", suite("knn", row("on-knn", "model = \"knn\"")));
  const Outcome named = run("run named.toml --out results");
  EXPECT_EQ(named.status, 0) << named.err;
  EXPECT_THAT(named.out, HasSubstr("0 trials run, 0 failed"));
  write("other.toml", suite("knn", row("on-knn", "model = \"table\"")));
  const Outcome other = run("run other.toml --out other");
  EXPECT_THAT(other.out, HasSubstr("1 trial run, 0 failed"));
}

TEST_F(TrainingModelTest, UnknownOrUnknowableIsRefused) {
  write("bad.toml", suite("knn", row("x", "model = \"tabel\"")));
  const Outcome bad = run("run bad.toml --dry-run");
  EXPECT_EQ(bad.status, 2);
  EXPECT_THAT(bad.err,
              HasSubstr("bad.toml:18: unknown model 'tabel'; known: knn, table, hierarchical, true_mean"));
  ASSERT_EQ(run("datasets synth --episodes 20 --seed 1 --out real.json").status, 0);
  std::string text = suite("knn", row("x", "model = \"true_mean\""));
  text.replace(text.find("synthetic:60"), 12, "real.json");
  text.replace(text.find("[\"true_mean\", \"knn\"]"), 20, "[\"knn\"]");
  write("real.toml", text);
  const Outcome real = run("run real.toml --dry-run");
  EXPECT_EQ(real.status, 2);
  EXPECT_THAT(real.err, HasSubstr("response model 'true_mean' needs synthetic data"));
}

}  // namespace
}  // namespace offload::testing
