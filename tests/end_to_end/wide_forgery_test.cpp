// Forgeries of what a results folder holds beside rows and cells: drifts, sweeps, isolation, margins, and
// reports of several folders.
#include "end_to_end/wide_forgeries.hpp"

#include "end_to_end/forging.hpp"

namespace offload::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What a suite may ask for beside rows and cells. All of it is done again at every verify, each pass of an
// isolated row in a process that starts anew: a test asks for what it is about.
struct Width {
  bool sweeps = false, drifts = false, isolation = false;
};

std::string wide(const Width& width) {
  return R"([suite]
name = "wide"
seed = 7
[data]
source = "scenario:3,4,3:40"
split = {folds = 2}
[budgets]
cells = [{name = "mid", latency_s = 20, cost_usd = 0.02}, {name = "tight", latency_s = 12, cost_usd = 0.012}]
[training]
steps = 64
[[row]]
name = "random"
[[row]]
name = "local-only"
[[row]]
name = "learner"
plugin = "epsilon-greedy"
[[row]]
name = "apart"
plugin = "local-only"
training = {isolation = ")" +
         std::string(width.isolation ? "process" : "none") + "\"}\n" +
         (width.sweeps ? R"([tuning]
validation = 0.3
measure = "reward"
[[sweep]]
row = "learner"
parameters = {epsilon = [0.1, 0.6]}
)"
                       : "") +
         "[evaluation]\noracle_nodes = 0\n" +
         (width.drifts ? R"(drift = [{name = "4g", network = "4G"},
         {name = "slow", device = "Jetson Nano", sees = "new"}]
)"
                       : "");
}

class WideForgeryTest : public ForgingTest {};

TEST_F(WideForgeryTest, OfDrifts) {
  make_honest(wide({.drifts = true}));
  try_all(drifts());
  train_all(drifts());
}
TEST_F(WideForgeryTest, OfSweeps) {
  make_honest(wide({.sweeps = true}));
  try_all(sweeps());
  train_all(sweeps());
}
TEST_F(WideForgeryTest, OfIsolation) {
  make_honest(wide({.isolation = true}));
  try_all(isolation());
  train_all(isolation());
}

// Of the whole: what is honest is not accused, and what is believed is named.
TEST_F(WideForgeryTest, HonestResultsAreNotAccused) {
  make_honest(wide({.sweeps = true, .drifts = true, .isolation = true}));
  const Outcome believed = run("verify honest");
  EXPECT_EQ(believed.status, kBelieved) << believed.out;
  EXPECT_THAT(believed.out,
              AllOf(HasSubstr("what candidates came to in"), HasSubstr("row learner (2 trials)")));
  const Outcome trained = run("verify honest --train");
  EXPECT_EQ(trained.status, 0) << trained.out;
}

// A user who goes on in the same folder with other settings is told so before anything runs, and not accused.
TEST_F(WideForgeryTest, OtherSettingsInTheSameFolder) {
  make_honest(wide({.drifts = true}));
  const Outcome dry = run("run suite.toml --out honest --set training.steps=96 --dry-run");
  EXPECT_EQ(dry.status, 0);
  EXPECT_THAT(dry.err, HasSubstr("8 trials are there of another plan"));
  const Outcome again = run("run suite.toml --out honest --set training.steps=96");
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(
      again.err,
      AllOf(HasSubstr("honest: 8 trials are there of another plan (rows/0/training/steps is 64 in the "
                      "earlier run and 96 in this one"),
            HasSubstr("give another --out")));
  EXPECT_THAT(again.out, AllOf(HasSubstr("and 7 more:"), Not(HasSubstr("failed, 1"))));
  const Outcome verified = run("verify honest --train");
  EXPECT_EQ(verified.status, kBelieved) << verified.out;
  EXPECT_THAT(verified.out, HasSubstr("is under a foreign key"));
  EXPECT_EQ(run("run suite.toml --out other").err.find("another plan"), std::string::npos);
  // Drifts are compared as well, cell by cell.
  EXPECT_THAT(run("compare honest other --format csv").out,
              AllOf(HasSubstr("reward: drift 4g,mid,learner,"),
                    HasSubstr("joint violation rate: drift slow,tight,random,"), HasSubstr(",no\n")));
}

class JoinedForgeryTest : public ForgingTest {
 protected:
  void make_parts(const Width& width = {}) const {
    write("suite.toml", wide(width));
    for (const char* shard : {"1/2", "2/2"})
      ASSERT_EQ(run(std::string("run suite.toml --out part") + shard[0] + " --shard " + shard).status, 0);
    ASSERT_EQ(run("report part1 part2 --out both").status, 0);
  }
  int verified(const std::string& folders) const {
    const Outcome outcome = run("verify --train " + folders);
    return outcome.status;
  }
};

TEST_F(JoinedForgeryTest, EveryVerbFindsTheResultsOfAReport) {
  make_parts({.sweeps = true, .drifts = true});
  EXPECT_EQ(verified("both"), 0);
  EXPECT_EQ(verified("part1 part2"), 0);
  EXPECT_EQ(verified("part2 part1 both"), 0);
  const Outcome shown = run("show both --long");
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("8 of 8 trials finished"));
  EXPECT_THAT(run("export both --decisions").out, HasSubstr(",slow,\n"));
  EXPECT_EQ(run("compare both both").status, 0);
  EXPECT_EQ(run("report both").status, 0);
  EXPECT_EQ(verified("both"), 0);
  // In place of the first one's own.
  ASSERT_EQ(run("report part1 part2").status, 0);
  EXPECT_EQ(verified("part1"), 0);
  EXPECT_EQ(verified("part1 part2"), 0);
  ASSERT_EQ(run("report part1").status, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "part1" / "joined.json"));
  // Through a link.
  std::filesystem::create_directories(folder_ / "deep" / "store");
  std::filesystem::create_directory_symlink(folder_ / "deep" / "store", folder_ / "link");
  ASSERT_EQ(run("report part1 part2 --out link/both").status, 0);
  EXPECT_EQ(verified("link/both"), 0);
  EXPECT_EQ(verified("deep/store/both"), 0);
  // Whatever it is called; the report's folder says its new place once it is made again.
  std::filesystem::rename(folder_ / "part2", folder_ / "moved");
  const Outcome moved = run("verify --train both");
  EXPECT_EQ(moved.status, kBelieved) << moved.out;
  EXPECT_THAT(moved.out, AllOf(HasSubstr("where results of the report lay of ../part2"),
                               HasSubstr("what folders of the report were called of part2")));
  EXPECT_EQ(run("report both").status, 0);
  EXPECT_EQ(verified("both"), 0);
  std::filesystem::rename(folder_ / "moved", folder_ / "deep" / "gone");
  const Outcome gone = run("verify both");
  EXPECT_EQ(gone.status, 5);
  EXPECT_THAT(gone.err, AllOf(HasSubstr("both/joined.json"), HasSubstr("which are not there")));
  EXPECT_EQ(verified("both deep/gone"), kBelieved);
}

TEST_F(JoinedForgeryTest, ResultsAreFoundFromABareNameAndBelongToTheReportAboveThem) {
  make_parts();
  ASSERT_EQ(run("report part1 part2 --out results/both").status, 0);
  std::filesystem::rename(folder_ / "part2", folder_ / "moved");
  std::filesystem::create_directories(folder_ / "junk" / "suite.json");
  const Outcome moved = run("verify results/both");
  EXPECT_EQ(moved.status, kBelieved) << moved.err;
  EXPECT_THAT(moved.out, HasSubstr("where results of the report lay of ../../part2"));
  const auto both = folder_ / "results" / "both";
  std::filesystem::rename(folder_ / "part1", both / "a");
  std::filesystem::create_directory(both / "deep");
  std::filesystem::rename(folder_ / "moved", both / "deep" / "b");
  ASSERT_EQ(run("report results/both/a results/both/deep/b --out results/both").status, 0);
  const Outcome within = run("verify results/both");
  EXPECT_EQ(within.status, kBelieved) << within.err;
  EXPECT_THAT(within.out, Not(HasSubstr("foreign files")));
  write_text(both / "deep" / "audit.txt", "all is well");
  EXPECT_THAT(run("verify results/both").out, HasSubstr("deep/audit.txt"));
}

TEST_F(JoinedForgeryTest, NoneEndsWithSuccess) {
  make_parts();
  const auto honest = folder_ / "honest-both";
  std::filesystem::copy(folder_ / "both", honest, std::filesystem::copy_options::recursive);
  const auto anew = [&] {
    std::filesystem::remove_all(folder_ / "both");
    std::filesystem::copy(honest, folder_ / "both", std::filesystem::copy_options::recursive);
    return Forger(folder_ / "both");
  };
  anew().replace("report.md", "learner", "winner");
  EXPECT_EQ(verified("both"), kWrong);
  // Found by what it holds; of another folder, with its identity, the figures are others.
  anew().replace("joined.json", "../part2", "../part1");
  EXPECT_EQ(verified("both"), kBelieved);
  const auto in_joined = [&](const std::function<void(Json&)>& change) {
    Json joined = Json::parse(read_text(anew().folder() / "joined.json"));
    change(joined);
    write_text(folder_ / "both" / "joined.json", joined.dump(1) + "\n");
  };
  in_joined([](Json& joined) { joined["folders"][1] = joined["folders"][0]; });
  EXPECT_EQ(verified("both"), kWrong);
  in_joined([](Json& joined) { joined["folders"][1]["identity"] = std::string(64, '0'); });
  EXPECT_EQ(verified("both"), kWrong);
  for (const auto& [from, to] :
       {std::pair{"{", "{\"audited\": true,"}, {"{", "{\"folders\": [\"..\"],"}, {"\n", " \n"}}) {
    anew().replace("joined.json", from, to);
    const Outcome other = run("verify both --json");
    EXPECT_EQ(other.status, kWrong) << to;
    EXPECT_THAT(other.out, HasSubstr("\"file\": \"joined.json\""));
  }
  in_joined([](Json& joined) { joined["folders"][1]["name"] = "part3"; });
  EXPECT_EQ(verified("both"), kWrong);
  Forger(folder_ / "both").replace("report.md", "part2", "part3");
  EXPECT_EQ(verified("both"), kWrong) << "the page and report.json say it, too";
  in_joined([](Json& joined) { joined["names"] = {{{"folder", 0}, {"row", "apart"}, {"name", ""}}}; });
  EXPECT_EQ(verified("both"), kWrong);
  in_joined([](Json& joined) { joined["names"] = {{{"folder", 2}, {"row", "apart"}, {"name", ""}}}; });
  EXPECT_EQ(verified("both"), 3);
  write_text(anew().folder() / "audit.txt", "all is well");
  write_text(folder_ / "both" / "events", "learner is the best");
  write_text(folder_ / "both" / "report.md.7.tmp", "learner is the best");
  const Outcome beside = run("verify both --train --json");
  EXPECT_EQ(beside.status, kBelieved);
  EXPECT_THAT(beside.out,
              AllOf(HasSubstr("audit.txt"), HasSubstr("\"events\""), HasSubstr("report.md.7.tmp")));
  remove(anew().folder() / "leaderboard.csv");
  EXPECT_EQ(verified("both"), kWrong);
  create_directories(anew().folder() / "events");
  write_text(folder_ / "both" / "events" / "x", "");
  EXPECT_NE(verified("both"), 0);
  // Results of its own do not hide that it has a report of others.
  std::filesystem::copy(
      folder_ / "part1", anew().folder(),
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::skip_existing);
  EXPECT_EQ(verified("both"), 0);
  Forger(folder_ / "both").replace("report.md", "learner", "winner");
  EXPECT_EQ(verified("both"), kWrong);
  anew();
  Forger(folder_ / "part2").seal("trial", [](Json& trial) {
    trial["cells"][0]["scores"][0]["reward"][0] = 4.0;
    return true;
  });
  ASSERT_EQ(run("report part1 part2 --out both").status, 0);
  EXPECT_EQ(verified("both"), kWrong);
}

// What --rename left out or called otherwise stands in the report.
TEST_F(JoinedForgeryTest, OtherNamesAreSaid) {
  make_parts();
  const Outcome named = run("report part1 part2 --out both --rename part1:apart= --rename part2:apart=");
  ASSERT_EQ(named.status, 0) << named.err;
  const Json report = Json::parse(read_text(folder_ / "both" / "report.json"));
  EXPECT_THAT(
      report["suite"]["warnings"].back().get<std::string>(),
      HasSubstr("As --rename asked: row apart of part1 is left out, row apart of part2 is left out."));
  EXPECT_EQ(verified("both"), 0);
  EXPECT_THAT(run("export both --decisions").out, Not(HasSubstr("\napart,")));
  ASSERT_EQ(run("report part1 part2 --out both --rename part1:apart=alone --rename part2:apart=alone").status,
            0);
  EXPECT_THAT(run("export both --decisions").out, AllOf(HasSubstr("\nalone,"), Not(HasSubstr("\napart,"))));
  EXPECT_EQ(verified("both"), 0);
}

constexpr const char* kKnown = R"([suite]
name = "known"
[data]
source = "routing.csv"
sessions = 4
split = {folds = 2}
hidden = {commitment = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
[reward]
plugin = "quality"
[budgets]
cells = [{name = "mid", latency_s = 14, cost_usd = 0.002}]
[[row]]
name = "random"
[[row]]
name = "learner"
plugin = "epsilon-greedy"
training = {steps = 64}
[evaluation]
margin = {share = 0.3, calibration = 0.4}
drift = [{name = "dear", prices = {cloud-small = {input = 5, output = 9}}}]
)";

TEST_F(ForgingTest, OfMarginsAndHiddenEpisodes) {
  for (const char* file : {"routing.csv", "routing.meta.json"})
    std::filesystem::copy_file(std::filesystem::path(OFFLOAD_SOURCE_DIR) / "datasets" / file, folder_ / file);
  make_honest(kKnown);
  const std::string digits(64, 'b');
  try_all({
      {"AMargin", in_row("learner", "/cells/0/margin/margin_percent", 90), "margin"},
      {"NoMargin", of_row("learner", [](Json& trial) { trial["cells"][0].erase("margin"); }), "margin"},
      {"AnotherPromise", in_row("learner", "/cells/0/margin/share", .1), "margin"},
      {"MoreSessions", in_row("random", "/cells/0/margin/sessions", 4000), "margin"},
      {"AnotherNumberOver",
       of_row("random",
              [](Json& trial) {
                Json& over = trial["cells"][0]["margin"]["passes"][0]["over"];
                over = over == 0 ? 1 : 0;
              }),
       "margin"},
      {"APassLess", of_row("learner", [](Json& trial) { trial["cells"][0]["margin"]["passes"].erase(0); }),
       "margin"},
      {"ADecisionThatCalibrated",
       of_row("random",
              [](Json& trial) {
                Json& action = trial["cells"][0]["margin"]["passes"][0]["decisions"][0][0];
                action = (action.get<int>() + 1) % 4;
              }),
       "/trial/cells/0/margin"},
      {"AFigureOfMargins", text("margins.csv", "learner", "winner"), "margins.csv", kWrong, false},
      {"TheShareOfTheSuite", text("suite.toml", "share = 0.3", "share = 0.4"), "/suite_toml_sha256"},
      {"ThePriceOfADrift", text("suite.toml", "input = 5", "input = 6"), "/suite_toml_sha256"},
      {"WhatAnArmTakesInADrift", planned("/drifts/0/consumption/1/1", 0.0), "/drifts/0/consumption"},
      {"TheCommitmentOfHiddenEpisodes", text("suite.toml", std::string(64, 'a'), digits),
       "/suite_toml_sha256"},
      {"TheCommitmentInSuiteAndPlan",
       [&](const Forger& forger) {
         forger.replace("suite.toml", std::string(64, 'a'), digits);
         forger.plan(
             [&](Json& plan) { plan["suite_toml_sha256"] = sha256_of(forger.folder() / "suite.toml"); });
       },
       "hidden"},
  });
}

}  // namespace
}  // namespace offload::testing
