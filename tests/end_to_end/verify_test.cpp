// Results that can be repeated and checked from their folder alone: a single altered number is found.
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "end_to_end/forger.hpp"

namespace offload::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class VerifyTest : public CommandTest {
 protected:
  // A suite in a folder of its own, whose fold file and reward lie beside that folder.
  void SetUp() override {
    CommandTest::SetUp();
    std::filesystem::create_directories(folder_ / "suites" / "deep");
    json folds;
    for (int e = 0; e < 40; ++e) folds["f" + std::to_string(e / 20)].push_back(e);
    write("suites/folds.json", folds.dump());
    std::filesystem::copy_file(OFFLOAD_BINARY_DIR "/lib/offload-bench/plugins/tmo-weighted.so",
                               folder_ / "suites" / "own-reward.so");
    write("suites/deep/suite.toml", R"([suite]
name = "checked"
seed = 7
[data]
source = "scenario:3,4,3:40"
split = {seeds = [0], folds = "../folds.json"}   # a comment – with a dash
[reward]
plugin = "../own-reward.so"
[budgets]
cells = [{name = "mid", latency_s = 20, cost_usd = 0.02}, {name = "tight", latency_s = 12, cost_usd = 0.012}]
[training]
steps = 300
curve_every = 150
[[row]]
name = "random"
[[row]]
name = "text"
plugin = "constant"
parameters = {action = 1}
[[row]]
name = "epsilon-greedy"
training = {budgets = {sample = "uniform"}}
[evaluation]
lenses = ["simulator", "held_out"]
models = ["knn", "table"]
)");
  }

  // One run serves all tests: a copy of its results, as results/.
  void run_suite() {
    static const std::filesystem::path kept = make_results();
    std::filesystem::copy(kept, folder_ / "results", std::filesystem::copy_options::recursive);
  }

  std::filesystem::path make_results() {
    std::string name = (std::filesystem::temp_directory_path() / "offload-verify-XXXXXX").string();
    const std::filesystem::path kept = mkdtemp(name.data());
    static struct Remove {
      std::filesystem::path folder;
      ~Remove() { std::filesystem::remove_all(folder); }
    } remove{kept};
    const Outcome outcome = run("run suites/deep/suite.toml --out '" + kept.string() + "'");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return kept;
  }

  std::string forge(const std::string& kind, const std::function<bool(json&)>& change) {
    return Forger(folder_ / "results").seal(kind, change);
  }

  void replace(const std::string& name, const std::string& from, const std::string& to) const {
    Forger(folder_ / "results").replace(name, from, to);
  }
};

TEST_F(VerifyTest, AResultsFolderRunsAgainByItself) {
  run_suite();
  std::filesystem::remove_all(folder_ / "suites");
  std::filesystem::rename(folder_ / "results", folder_ / "moved");
  const Outcome again = run("run moved/suite.toml --out again");
  ASSERT_EQ(again.status, 0) << again.err;
  for (const char* file : {"leaderboard.csv", "trials.csv", "suite.toml"}) {
    EXPECT_EQ(read_text(folder_ / "moved" / file), read_text(folder_ / "again" / file)) << file;
  }
  const Outcome nothing = run("run moved/suite.toml --out moved");
  EXPECT_EQ(nothing.status, 0) << nothing.err;
  EXPECT_THAT(nothing.out, HasSubstr("0 trials run, 0 failed"));
  EXPECT_EQ(run("verify moved --train").status, 0);
}

TEST_F(VerifyTest, EverythingAgreesWithItself) {
  run_suite();
  const Outcome outcome = run("verify results");
  EXPECT_EQ(outcome.status, 6) << outcome.out << outcome.err;
  EXPECT_THAT(
      outcome.out,
      AllOf(HasSubstr("6 trials replayed"), HasSubstr("4 of them run again"),
            HasSubstr("nothing is wrong, but not all was recomputed\n"
                      "  believed: decisions and exact values, curves, fresh copies, training counts\n"
                      "    of row epsilon-greedy (2 trials): it learned; --train runs it again\n"
                      "  not checked: times, machines with what of isolation they held, and the words\n"
                      "    of failures\n")));
  const Outcome trained = run("verify results --train --json");
  EXPECT_EQ(trained.status, 0) << trained.out << trained.err;
  const json found = json::parse(trained.out)[0];
  EXPECT_EQ(found["run_again"], 6);
  EXPECT_EQ(found["believed"], json::array());
  EXPECT_EQ(found["not_checked"],
            "times, machines with what of isolation they held, and the words of failures");
}

TEST_F(VerifyTest, RulesAloneLeaveNothingToBelieve) {
  run_suite();
  std::string text = read_text(folder_ / "suites" / "deep" / "suite.toml");
  const std::size_t learner = text.find("[[row]]\nname = \"epsilon");
  write("suites/deep/suite.toml", text.erase(learner, text.find("[evaluation]") - learner));
  ASSERT_EQ(run("run suites/deep/suite.toml --out rules").status, 0);
  const Outcome outcome = run("verify rules");
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("everything agrees"), Not(HasSubstr("believed"))));
}

TEST_F(VerifyTest, FindsOneAlteredRewardOfATrial) {
  run_suite();
  const std::string file = forge("trial", [](json& trial) {
    if (trial["row"] != "epsilon-greedy") return false;
    json& reward = trial["cells"][1]["scores"][2]["reward"][5];
    reward = reward.get<double>() + .001;
    return true;
  });
  const Outcome outcome = run("verify results");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, HasSubstr("trials/" + file + ": /trial/cells/1/scores/2/reward/5: "));
  EXPECT_THAT(outcome.out, HasSubstr("report.json: "));
}

TEST_F(VerifyTest, FindsADecisionThatARuleDidNotTake) {
  run_suite();
  const std::string file = forge("trial", [](json& trial) {
    if (trial["row"] != "text") return false;
    trial["cells"][0]["decisions"][3][0] = 0;
    return true;
  });
  const Outcome outcome = run("verify results");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out,
              HasSubstr("trials/" + file + ": /trial/cells/0/decisions/3/0: 0 stored, 1 recomputed"));
}

TEST_F(VerifyTest, FindsOneAlteredFigureOfTheExactPolicies) {
  run_suite();
  const std::string file = forge("reference", [](json& reference) {
    json& causal = reference["cells"][0]["causal"]["upper"];
    causal = causal.get<double>() * .99;
    return true;
  });
  const Outcome outcome = run("verify results");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, HasSubstr("references/" + file + ": /reference/cells/0/causal/upper: "));
}

TEST_F(VerifyTest, FindsOneAlteredNumberOfTheReport) {
  run_suite();
  const json report = json::parse(read_text(folder_ / "results" / "report.json"));
  const json& first = report["leaderboard"][0]["rows"][0];
  replace("report.json", "\"reward\": " + first["reward"].dump(), "\"reward\": 9.5");
  Outcome outcome = run("verify results");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, HasSubstr("report.json: /"));
  EXPECT_THAT(outcome.out, HasSubstr("9.5 stored"));
  ASSERT_EQ(run("report results").status, 0);
  replace("leaderboard.csv", first["row"].get<std::string>(), "somebody");
  outcome = run("verify results");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, HasSubstr("leaderboard.csv: line 2, row: somebody stored, " +
                                     first["row"].get<std::string>() + " recomputed"));
}

// The figures in it are right, but its script would show others.
TEST_F(VerifyTest, FindsAnAlteredPage) {
  run_suite();
  replace("report.html", "value.toFixed(digits)", "(value + 1).toFixed(digits)");
  const Outcome outcome = run("verify results");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, HasSubstr("report.html: another page"));
}

TEST_F(VerifyTest, FindsOneAlteredNumberOfTheTable) {
  run_suite();
  std::istringstream table(read_text(folder_ / "results" / "trials.csv"));
  std::string head, line, reward;
  std::getline(table, head);
  std::getline(table, line);
  std::istringstream fields(line);
  const auto before = head.substr(0, head.find(",reward,") + 1);
  for (auto n = std::count(before.begin(), before.end(), ','); n >= 0; --n) std::getline(fields, reward, ',');
  replace("trials.csv", "," + reward + ",", "," + reward + "1,");
  const Outcome outcome = run("verify results");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out,
              HasSubstr("trials.csv: line 2, reward: " + reward + "1 stored, " + reward + " recomputed"));
}

TEST_F(VerifyTest, FindsALooserBudgetInThePlan) {
  run_suite();
  replace("suite.json", "\"latency_s\": 12.0", "\"latency_s\": 13.0");
  ASSERT_EQ(run("report results").status, 0);
  const Outcome outcome = run("verify results");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, HasSubstr("suite.json: /cells/1/latency_s: 13.0 stored, 12.0 recomputed"));
}

TEST_F(VerifyTest, NamesFilesThatCannotBeCounted) {
  run_suite();
  const auto file = std::filesystem::directory_iterator(folder_ / "results" / "trials")->path();
  const std::string text = read_text(file);
  write_text(file, text.substr(0, text.size() / 2));
  write("results/trials/foreign.json", "{}");
  const Outcome outcome = run("verify results");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("trials/" + file.filename().string() + ": half-written"),
                                 HasSubstr("trials/foreign.json: foreign")));
  const Outcome report = run("report results");
  EXPECT_EQ(report.status, 1);
  EXPECT_THAT(report.out, AllOf(HasSubstr("Left out: trials/foreign.json"), HasSubstr("half-written")));
}

// Forged in every kind of place, so that every kind of job has something to say.
TEST_F(VerifyTest, FindsTheSameWithAnyNumberOfJobs) {
  run_suite();
  const auto add = [](json& value) { value = value.get<double>() + .001; };
  const std::string learned = forge("trial", [&](json& trial) {
    if (trial["row"] != "epsilon-greedy") return false;
    add(trial["cells"][0]["scores"][1]["quality"][4]);
    return true;
  });
  const std::string rule = forge("trial", [](json& trial) {
    if (trial["row"] != "text") return false;
    trial["cells"][1]["decisions"][2][0] = 0;
    return true;
  });
  const std::string reference = forge("reference", [&](json& result) {
    add(result["cells"][1]["causal"]["upper"]);
    return true;
  });
  replace("leaderboard.csv", "epsilon-greedy", "somebody");
  const Outcome one = run("verify results --jobs 1 --json");
  EXPECT_EQ(one.status, 1);
  std::set<std::string> places;
  const json found = json::parse(one.out)[0]["wrong"];
  for (const json& wrong : found) {
    places.insert(wrong["file"].get<std::string>() + wrong["place"].get<std::string>());
  }
  for (const std::string& place : {"trials/" + learned + "/trial/cells/0/scores/1/quality/4",
                                   "trials/" + rule + "/trial/cells/1/decisions/2/0",
                                   "references/" + reference + "/reference/cells/1/causal/upper"}) {
    EXPECT_TRUE(places.contains(place)) << place;
  }
  for (const char* jobs : {"2", "7"}) {
    const Outcome several = run(std::string("verify results --json --jobs ") + jobs);
    EXPECT_EQ(several.status, 1);
    EXPECT_EQ(several.out, one.out) << jobs;
  }
}

TEST_F(VerifyTest, NeedsTheDataOfTheResults) {
  run_suite();
  const Outcome outcome = run("verify results --dataset synthetic:41");
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("but the results are of data with"));
  EXPECT_EQ(run("verify nowhere").status, 5);
}

TEST_F(VerifyTest, ComparesTwoFolders) {
  run_suite();
  const Outcome same = run("compare results results --format json");
  EXPECT_EQ(same.status, 0) << same.err;
  // Rows, and cells, 4 views and violations of each; what decides is over cells, one view and violations.
  EXPECT_EQ(json::parse(same.out)["lines"].size(), 3U * (2 * 5 + 2));
  EXPECT_EQ(run("compare results results/leaderboard.csv").status, 3);
  EXPECT_EQ(run("compare results nowhere").status, 5);
}

}  // namespace
}  // namespace offload::testing
