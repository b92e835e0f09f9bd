// Logs simulated of tables whose outcomes are known: rows that learn from them, and verdicts beside the
// truth.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"
#include "end_to_end/forger.hpp"

namespace offload::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
constexpr const char* kSuites = OFFLOAD_SOURCE_DIR "/benchmarks/suites";

class SimulatedLogTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    shipped_ = std::string(kSuites) + "/simulated-log.toml";
  }
  json report(const std::string& folder) const {
    return json::parse(read_text(folder_ / folder / "report.json"));
  }
  // What it says of the shipped suite with these changes.
  std::string refusal(const std::string& changes) {
    const Outcome tried = run("run --dry-run " + shipped_ + " " + changes);
    EXPECT_NE(tried.status, 0) << changes;
    return tried.err;
  }
  std::string shipped_;
};

TEST_F(SimulatedLogTest, TheShippedSuiteComparesVerdictsWithTheTruth) {
  const Outcome ran = run("run " + shipped_ + " --runs 3 --set training.steps=600 --out out");
  ASSERT_EQ(ran.status, 0) << ran.err;
  const json made = report("out"), log = made["simulated_log"];
  EXPECT_EQ(log["policy"], "uniform");
  EXPECT_EQ(log["model"], "table");
  EXPECT_EQ(log["logs"], 3);
  const json cell = log["cells"][0];
  ASSERT_EQ(cell["estimators"].size(), 10U);
  ASSERT_EQ(cell["rows"].size(), 6U);
  for (const json& estimator : cell["estimators"]) {
    EXPECT_EQ(estimator["values"], 18);
    EXPECT_GE(estimator["pairs"].get<int>(), estimator["sure"].get<int>());
    EXPECT_GE(estimator["sure"].get<int>(), estimator["sure_and_wrong"].get<int>());
    EXPECT_GE(estimator["rmse"].get<double>() + 1e-12, std::abs(estimator["bias"].get<double>()));
  }
  // What is called the truth is what the table's lens says of the same decisions.
  for (const json& row : cell["rows"]) {
    for (const json& known : made["cells"]) {
      if (known["row"] != row["row"]) continue;
      EXPECT_NEAR(row["estimators"][0]["truth"].get<double>(), known["reward"].get<double>(), 1e-9)
          << row["row"];
    }
    EXPECT_GT(row["effective_share"].get<double>(), .1) << row["row"];
    EXPECT_LT(row["effective_share"].get<double>(), .5) << row["row"];
  }
  EXPECT_THAT(
      run("show --long out").out,
      AllOf(HasSubstr("Verdicts from 3 simulated logs, uniform, cell open"), HasSubstr("doubly robust")));
  EXPECT_THAT(read_text(folder_ / "out/report.md"), HasSubstr("## Simulated log"));
  EXPECT_THAT(read_text(folder_ / "out/simulated_log.csv"),
              HasSubstr("open,rc-ppo-bought,\"doubly robust, cut, guessed\",3,"));
  const Outcome verified = run("verify out --train");
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

TEST_F(SimulatedLogTest, RowsLearnWhatTheirModelMakesOfTheLog) {
  // A row that is trained on every outcome decides as in a suite that hides none, another one does not.
  const std::string rows = " --runs 2 --set training.steps=3000";
  ASSERT_EQ(run("run " + shipped_ + rows + " --out log").status, 0);
  const std::string text = read_text(shipped_);
  std::string open = text.substr(0, text.find("[evaluation]"));
  for (const std::string gone :
       {"response_model = \"table\"", "training = {model = \"words\"}", "training = {model = \"exact\"}"})
    open.replace(open.find(gone), gone.size(), "");
  open.replace(open.find("../../datasets"), 14, std::string(kSuites) + "/../../datasets");
  write("open.toml", open);
  ASSERT_EQ(run("run open.toml" + rows + " --out open").status, 0);
  const auto decided = [&](const std::string& folder, const std::string& row) {
    std::map<std::string, json> decisions;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / folder / "trials")) {
      const json trial = json::parse(read_text(entry.path()))["trial"];
      if (trial["row"] == row) decisions[trial["split"]] = trial["cells"][0]["decisions"];
    }
    return decisions;
  };
  EXPECT_EQ(decided("log", "rc-ppo-bought"), decided("open", "rc-ppo-bought"));
  EXPECT_NE(decided("log", "rc-ppo-text"), decided("open", "rc-ppo-text"));
  EXPECT_NE(decided("log", "epsilon-greedy"), decided("open", "epsilon-greedy"));
  EXPECT_EQ(decided("log", "random"), decided("open", "random"));
  EXPECT_FALSE(report("open").contains("simulated_log"));
}

TEST_F(SimulatedLogTest, AForgedVerdictIsFound) {
  ASSERT_EQ(run("run " + shipped_ + " --runs 1 --set training.steps=200 --out out").status, 0);
  const Forger forger(folder_ / "out");
  ASSERT_NE(forger.trial("rc-ppo", "seed0",
                         [](json& trial) { trial["cells"][0]["log"]["said"]["doubly robust"][0] = 1000; }),
            "");
  ASSERT_NE(forger.trial("random", "seed0", [](json& trial) { trial["cells"][0].erase("log"); }), "");
  ASSERT_NE(forger.trial("epsilon-greedy", "seed0",
                         [](json& trial) {
                           json& said = trial["cells"][0]["log"]["said"];
                           std::swap(said["IPS"], said["doubly robust"]);
                         }),
            "");
  ASSERT_NE(forger.trial("rc-ppo-text", "seed0",
                         [](json& trial) { trial["cells"][0]["log"]["effective_sample_size"] = 50.0; }),
            "");
  ASSERT_NE(forger.trial("greedy-quality", "seed0",
                         [](json& trial) { trial["cells"][0]["log"]["said"]["oracle"] = {1.0}; }),
            "");
  run("report out");
  const Outcome verified = run("verify out --json");
  EXPECT_EQ(verified.status, 1);
  EXPECT_THAT(verified.out + verified.err,
              AllOf(HasSubstr("/cells/0/log/said/doubly robust/0"), HasSubstr("/cells/0/log\""),
                    HasSubstr("/cells/0/log/said/IPS/"), HasSubstr("/log/effective_sample_size"),
                    HasSubstr("no other fields")));
}

TEST_F(SimulatedLogTest, RefusesWhatItCannotJudge) {
  EXPECT_THAT(refusal("--set 'evaluation.lenses=[\"table\"]'"),
              HasSubstr("log: of the lens simulated_log, which lenses do not name; name it there"));
  EXPECT_THAT(refusal("--set evaluation.log.policy=skew"),
              AllOf(HasSubstr("skewed"), HasSubstr("nearly_deterministic")));
  EXPECT_THAT(refusal("--set data.sessions=4"), HasSubstr("judges single queries, and a session has 4"));
  EXPECT_THAT(refusal("--set environment.response_model=hierarchical"),
              HasSubstr("'hierarchical' is not fitted to; known: table, knn, words"));
  EXPECT_THAT(refusal("--set row.rc-ppo.training.model=true_mean"),
              HasSubstr("row 'rc-ppo' trains on the response model 'true_mean'"));
  EXPECT_THAT(refusal("--set evaluation.margin.share=0.2"), HasSubstr("calibrated on known outcomes"));
  EXPECT_THAT(refusal("--set 'evaluation.drift=[{name = \"slow\", latency_times = {cloud-small = 2}}]'"),
              HasSubstr("a simulated log is of the world as it is"));
  write("logged.toml",
        "[data]\nsource = \"synthetic:40\"\n[[row]]\nname = \"random\"\n[evaluation]\nlenses = "
        "[\"simulated_log\"]\n");
  EXPECT_THAT(run("run --dry-run logged.toml").err,
              HasSubstr("hides outcomes of a table that knows all, and synthetic:40 is a log itself"));
  write("words.toml",
        "[data]\nsource = \"synthetic:40\"\n[[row]]\nname = \"rc-ppo\"\ntraining = {model = \"words\"}\n");
  EXPECT_THAT(run("run --dry-run words.toml").err,
              HasSubstr("row 'rc-ppo' trains on 'words', which is of data whose outcomes are known"));
  write("sweep.toml", read_text(shipped_) +
                          "\n[[sweep]]\nrow = \"rc-ppo\"\nparameters = {ent_coef = [0, 0.1]}\n"
                          "[tuning]\nunequal = true\n");
  const Outcome swept =
      run("run --dry-run sweep.toml --dataset " + std::string(kSuites) + "/../../datasets/routing.csv");
  EXPECT_THAT(swept.err, HasSubstr("which a row that learns from a log must not see"));
}

}  // namespace
}  // namespace offload::testing
