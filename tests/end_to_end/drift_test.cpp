// Rows evaluated in another world than they were trained in.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"
#include "end_to_end/forger.hpp"

namespace offload::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class DriftTest : public CommandTest {
 protected:
  static std::string suite(const std::string& profile, const std::string& evaluation) {
    return "[suite]\nname = \"small\"\n[data]\nsource = \"synthetic:60\"\nsplit = {folds = 2}\n"
           "[profile]\n" +
           profile +
           "\n[reward]\nplugin = \"quality-price\"\nparameters = {lambda_usd = 5, lambda_s = 0.02}\n"
           "[budgets]\ncells = [{name = \"open\"}, {name = \"mid\", latency_s = 14, cost_usd = 0.02}]\n"
           "[training]\nsteps = 600\n[[row]]\nname = \"text-only\"\nplugin = \"constant\"\n"
           "parameters = {action = 1}\n[[row]]\nname = \"random-masked\"\nplugin = \"random\"\n"
           "parameters = {masked = true}\n[[row]]\nname = \"epsilon-greedy\"\n[evaluation]\noracle_nodes = "
           "2000\n" +
           evaluation;
  }
  // By row, of its first run.
  std::map<std::string, json> trials(const std::string& folder) const {
    std::map<std::string, json> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / folder / "trials")) {
      const json trial = json::parse(read_text(entry.path()))["trial"];
      if (trial["split"] == "r0f0") found[trial["row"]] = trial;
    }
    return found;
  }
  json report(const std::string& folder) const {
    return json::parse(read_text(folder_ / folder / "report.json"));
  }
};

constexpr const char* kFourG =
    "drift = [{name = \"nowhere\", network = \"Wired\"}, {name = \"4g\", network = \"4G\"},"
    " {name = \"4g-known\", network = \"4G\", sees = \"new\"}]\n";

TEST_F(DriftTest, ToHomeItCostsNothingAndElsewhereWhatHappensThere) {
  write("drift.toml", suite("network = \"Wired\"", kFourG));
  const Outcome ran = run("run drift.toml --out out");
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(run("show --long out").out, HasSubstr("Drift 4g, exploratory: paper, Jetson TX2, 4G"));
  for (const auto& [row, trial] : trials("out")) {
    const json& nowhere = trial["drifts"][0]["cells"];
    for (const char* figure :
         {"decisions", "latency_s", "cost_usd", "flag", "masked_actions", "task_actions"})
      EXPECT_EQ(nowhere[1][figure], trial["cells"][1][figure]) << row << " " << figure;
    EXPECT_EQ(nowhere[1]["scores"][0]["reward"], trial["cells"][1]["scores"][0]["reward"]) << row;
  }
  const json made = report("out");
  for (const json& row : made["drifts"][0]["rows"]) {
    EXPECT_EQ(row["reward"]["difference"], 0.0);
    EXPECT_EQ(row["same_decisions"], true);
  }
  // A question without images takes 6.4603 s of a wired call and .5 s over 4G.
  const json text_only = made["drifts"][1]["rows"][0];
  EXPECT_NEAR(text_only["latency_s_per_episode"]["away"].get<double>() / .5,
              text_only["latency_s_per_episode"]["home"].get<double>() / 6.4603, 1e-9);
  EXPECT_NEAR(text_only["reward"]["difference"].get<double>(), .02 * (6.4603 - .5), 1e-9);
  EXPECT_EQ(text_only["quality"]["difference"], 0.0);
  // Who believes home keeps within the mask and breaks the budget all the same.
  const json believes = made["drifts"][1]["rows"][1]["cells"][1],
             knows = made["drifts"][2]["rows"][1]["cells"][1];
  EXPECT_EQ(believes["masked_actions"], 0);
  EXPECT_EQ(believes["violations"]["home"], 0.0);
  EXPECT_GT(believes["violations"]["away"].get<double>(), .1);
  EXPECT_EQ(knows["violations"]["away"], 0.0);
}

// What is seen and charged there is what a suite with that profile shows and charges.
TEST_F(DriftTest, ThatIsSeenIsTheWorldOfThatProfile) {
  write("drift.toml", suite("network = \"Wired\"", kFourG));
  ASSERT_EQ(run("run drift.toml --out out").status, 0);
  write("there.toml", suite("network = \"4G\"", ""));
  ASSERT_EQ(run("run there.toml --out there").status, 0);
  const json away = trials("out")["random-masked"]["drifts"][2]["cells"],
             home = trials("there")["random-masked"]["cells"];
  for (std::size_t c = 0; c < 2; ++c) {
    for (const char* figure : {"decisions", "latency_s", "cost_usd", "flag", "masked_actions"})
      EXPECT_EQ(away[c][figure], home[c][figure]) << c << " " << figure;
    EXPECT_EQ(away[c]["scores"][0]["reward"], home[c]["scores"][0]["reward"]);
  }
}

// Who is trained there from the start is the row of a suite whose home that is.
TEST_F(DriftTest, RegretIsAgainstTheSameRowTrainedThere) {
  write("drift.toml", suite("network = \"Wired\"",
                            "drift = [{name = \"4g\", network = \"4G\", trained = true},"
                            " {name = \"4g-known\", network = \"4G\", sees = \"new\"}]\n"));
  ASSERT_EQ(run("run drift.toml --out out").status, 0);
  write("there.toml", suite("network = \"4G\"", ""));
  ASSERT_EQ(run("run there.toml --out there").status, 0);
  auto out = trials("out"), there = trials("there");
  for (const char* row : {"random-masked", "epsilon-greedy", "text-only"}) {
    const json &native = out[row]["drifts"][0]["native"], &home = there[row]["cells"];
    for (std::size_t c = 0; c < 2; ++c) {
      for (const char* figure : {"decisions", "latency_s", "cost_usd", "flag", "masked_actions"})
        EXPECT_EQ(native[c][figure], home[c][figure]) << row << " " << c << " " << figure;
      EXPECT_EQ(native[c]["scores"][0]["reward"], home[c]["scores"][0]["reward"]) << row;
    }
    EXPECT_FALSE(out[row]["drifts"][1].contains("native"));
  }
  // A line per decision: at home, after each drift, and of who was trained there.
  const std::string decided = run("export out --decisions").out;
  EXPECT_THAT(decided, AllOf(HasSubstr(",4g,\n"), HasSubstr(",4g-known,\n"), HasSubstr(",4g,4g\n"),
                             Not(HasSubstr(",4g-known,4g-known\n"))));
  const json made = report("out");
  for (const json& row : made["drifts"][0]["rows"]) {
    EXPECT_NEAR(row["native"]["regret"].get<double>(),
                row["native"]["reward"].get<double>() - row["reward"]["away"].get<double>(), 1e-12);
    if (row["row"] != "text-only") continue;
    EXPECT_EQ(row["native"]["regret"], 0.0);
  }
  EXPECT_FALSE(made["drifts"][1]["rows"][0].contains("native"));
  EXPECT_THAT(run("show --long out").out, HasSubstr("Trained there from the start"));
  const Outcome verified = run("verify out --train");
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  const Forger forger(folder_ / "out");
  ASSERT_NE(forger.trial("epsilon-greedy", "r0f0",
                         [](json& trial) { trial["drifts"][0]["native"][0]["scores"][0]["reward"][0] = 7; }),
            "");
  // A rule that is said to lose nothing, and one that is said not to contradict itself there.
  ASSERT_NE(
      forger.trial("random-masked", "r0f0",
                   [](json& trial) { trial["drifts"][0]["native"][1] = trial["drifts"][0]["cells"][1]; }),
      "");
  ASSERT_NE(forger.trial("text-only", "r0f0",
                         [](json& trial) { trial["drifts"][0]["native"][0]["contradictions"] = 0; }),
            "");
  const Outcome forged = run("verify out --json");
  EXPECT_EQ(forged.status, 1);
  EXPECT_THAT(forged.out + forged.err,
              AllOf(HasSubstr("/drifts/0/native/0/scores/0/reward/0"), HasSubstr("/drifts/0/native/1/"),
                    HasSubstr("/drifts/0/native/0/contradictions")));
}

TEST_F(DriftTest, IsPartOfTheKeyAndVerified) {
  write("plain.toml", suite("network = \"Wired\"", ""));
  ASSERT_EQ(run("run plain.toml --out plain").status, 0);
  write("drift.toml", suite("network = \"Wired\"", kFourG));
  ASSERT_EQ(run("run drift.toml --out out").status, 0);
  auto plain = trials("plain"), drifted = trials("out");
  EXPECT_NE(plain["random-masked"]["key"], drifted["random-masked"]["key"]);
  EXPECT_EQ(plain["random-masked"]["cells"], drifted["random-masked"]["cells"]) << "home is as it was";
  EXPECT_THAT(read_text(folder_ / "plain/suite.json"), ::testing::Not(HasSubstr("drift")));
  const Outcome verified = run("verify out --train");
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  const Forger forger(folder_ / "out");
  ASSERT_FALSE(forger
                   .trial("random-masked", "r0f1",
                          [](json& trial) {
                            json& reward = trial["drifts"][1]["cells"][1]["scores"][0]["reward"][3];
                            reward = reward.get<double>() + .125;
                          })
                   .empty());
  ASSERT_EQ(run("report out").status, 0);
  const Outcome caught = run("verify out");
  EXPECT_EQ(caught.status, 1) << caught.out << caught.err;
  EXPECT_THAT(caught.out + caught.err, HasSubstr("/trial/drifts/1/cells/1/scores/0/reward/3"));
}

// The small table that comes along, whose costs are its prices times its tokens.
TEST_F(DriftTest, OfKnownOutcomesChargesOtherPricesAndLatencies) {
  const std::string table = OFFLOAD_SOURCE_DIR "/datasets/routing";
  std::filesystem::copy_file(table + ".csv", folder_ / "routing.csv");
  std::filesystem::copy_file(table + ".meta.json", folder_ / "routing.meta.json");
  const auto world = [](const std::string& drift) {
    return "[suite]\nname = \"world\"\n[data]\nsource = \"routing.csv\"\nsessions = 4\nsplit = {folds = 4}\n"
           "[reward]\nplugin = \"quality-price\"\nparameters = {lambda_usd = 100, lambda_s = 0.01}\n"
           "[budgets]\ncells = [{name = \"mid\", latency_s = 14, cost_usd = 0.002}]\n"
           "[[row]]\nname = \"small\"\nplugin = \"constant\"\nparameters = {arm = \"cloud-small\"}\n"
           "[[row]]\nname = \"phone\"\nplugin = \"constant\"\nparameters = {arm = \"phone-3b\"}\n"
           "[[row]]\nname = \"random-masked\"\nplugin = \"random\"\nparameters = {masked = true}\n"
           "[evaluation]\ndrift = [" +
           drift + "]\n";
  };
  write("w.toml", world("{name = \"next-year\", prices = {cloud-small = {input = 0.3, output = 1.2}}, "
                        "latency_times = {phone-3b = 1.5}}"));
  const Outcome ran = run("run w.toml --out out");
  ASSERT_EQ(ran.status, 0) << ran.err;
  const json drift = report("out")["drifts"][0];
  EXPECT_EQ(drift["profile"],
            "cloud-small at 0.3 USD per million tokens in and 1.2 out; phone-3b takes 1.5 times as long");
  const json& small = drift["rows"][0]["cost_usd_per_episode"];
  EXPECT_NEAR(small["away"].get<double>(), 2 * small["home"].get<double>(), 1e-9);
  const json& phone = drift["rows"][1]["latency_s_per_episode"];
  EXPECT_NEAR(phone["away"].get<double>(), 1.5 * phone["home"].get<double>(), 1e-6);
  EXPECT_EQ(drift["rows"][1]["cost_usd_per_episode"]["difference"], 0.0);
  EXPECT_GT(drift["rows"][2]["violations"]["away"], drift["rows"][2]["violations"]["home"]);
  EXPECT_EQ(run("verify out").status, 0);
  const auto refused = [&](const std::string& what) {
    write("bad.toml", world("{name = \"x\", " + what + "}"));
    return run("run bad.toml --out bad").err;
  };
  EXPECT_THAT(refused("network = \"4G\""), HasSubstr("network: the data say what every answer took"));
  EXPECT_THAT(refused("sees = \"new\""),
              HasSubstr("drift 'x' says nothing that changes; give prices, latency_times"));
  EXPECT_THAT(refused("prices = {gpt = {input = 1, output = 1}}"),
              HasSubstr("has no arm 'gpt'; known: phone-3b"));
  EXPECT_THAT(refused("prices = {cloud-small = {input = 1}}"),
              HasSubstr("a price is {input = ..., output = ...}"));
  EXPECT_THAT(refused("latency_times = {phone-3b = 0}"), HasSubstr("phone-3b: expected a number from 0.001"));
}

TEST_F(DriftTest, RefusesWhatDoesNotChange) {
  const auto refused = [&](const std::string& profile, const std::string& drift) {
    write("bad.toml", suite(profile, "drift = [{name = \"x\", " + drift + "}]\n"));
    const Outcome ran = run("run bad.toml --out bad");
    EXPECT_EQ(ran.status, 2) << drift;
    return ran.err;
  };
  EXPECT_THAT(refused("", "network = \"6G\""), HasSubstr("known: 4G, 5G, WiFi, Wired"));
  EXPECT_THAT(refused("", "sees = \"new\""), HasSubstr("give device, network, kind, cloud_cost_usd"));
  EXPECT_THAT(refused("", "prices = {a = {input = 1, output = 1}}"), HasSubstr("is logged; leave it out"));
  EXPECT_THAT(refused("kind = \"measured\"", "network = \"4G\""), HasSubstr("follows the data's own turns"));
  EXPECT_THAT(refused("", "network = \"4G\"}, {name = \"x\", network = \"5G\""),
              HasSubstr("'x' is there twice"));
}

// A reward that knows no answer as slow as those away fails there alone, and the row's words say where.
TEST_F(DriftTest, AFailureAwayNamesTheDriftAndTheCell) {
  std::string text = suite("network = \"Wired\"\n[profile.networks.far]\nlatency_s = [90, 90, 90, 90]",
                           "drift = [{name = \"away\", network = \"far\"}]\n");
  const std::string reward = "plugin = \"quality-price\"\nparameters = {lambda_usd = 5, lambda_s = 0.02}";
  text.replace(text.find(reward), reward.size(), "plugin = \"bad-reward\"\nparameters = {most_s = 60}");
  write("drift.toml", text);
  const Outcome ran = run("run drift.toml --out out --plugin-dir " BAD_PLUGINS);
  EXPECT_EQ(ran.status, 1);
  const json failed = trials("out").at("text-only");
  EXPECT_THAT(
      failed["failure"]["reason"].get<std::string>() + failed["failure"]["last_output"].get<std::string>(),
      HasSubstr("drift 'away', cell 'open': "));
}

// The shipped suite, with as little training as shows that it runs.
TEST_F(DriftTest, TheShippedSuiteRuns) {
  std::string text = read_text(OFFLOAD_SOURCE_DIR "/benchmarks/suites/drift.toml");
  const std::string steps = "steps = 30000", folds = "folds = 5";
  text.replace(text.find(steps), steps.size(), "steps = 500");
  text.replace(text.find(folds), folds.size(), "folds = 2");
  text += "oracle_nodes = 2000\n";
  write("drift.toml", text);
  const Outcome ran = run("run drift.toml --out out");
  ASSERT_EQ(ran.status, 0) << ran.err;
  const json made = report("out");
  ASSERT_EQ(made["drifts"].size(), 5u);
  for (const json& drift : made["drifts"]) EXPECT_EQ(drift["rows"].size(), 7u);
  EXPECT_THAT(read_text(folder_ / "out/report.md"), HasSubstr("### 4g-known"));
}

}  // namespace
}  // namespace offload::testing
