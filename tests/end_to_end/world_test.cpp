// Worlds with known outcomes from a neutral table to the report: every figure is a look-up that the test
// makes again from what it wrote.
#include <gmock/gmock.h>

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "end_to_end/forger.hpp"
#include "end_to_end/on_a_table.hpp"

namespace offload::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kRows =
    "[[row]]\nname = \"always-middle\"\nplugin = \"constant\"\nparameters = {arm = \"middle\"}\n"
    "[[row]]\nname = \"random\"\n[[row]]\nname = \"epsilon-greedy\"\n[[row]]\nname = \"rc-dqn\"\nparameters "
    "= {features = true, encoding = \"one-hot\"}\n";

TEST_F(WorldTest, FiguresAreLookUps) {
  write_table();
  write_suite("split = \"file\"", std::string("[budgets]\ncells = [{name = \"open\"}, {name = \"tight\", "
                                              "latency_s = 1.1, cost_usd = 0.0006}]\n") +
                                      kRows);
  const Outcome ran = run("run suite.toml");
  ASSERT_EQ(ran.status, 0) << ran.err;
  double quality = 0, latency_s = 0, cost_usd = 0, over = 0;
  for (int q = 1; q < 80; q += 4) {
    const Cell& cell = cell_.at({q, 1});
    quality += cell.quality / 20;
    latency_s += cell.latency_s / 20;
    cost_usd += cell.cost_usd / 20;
    over += cell.latency_s > 1.1 || cell.cost_usd > .0006;
  }
  const json made = report();
  const json& row = made["cells"][1]["rows"][0];
  EXPECT_NEAR(row["scores"][0]["quality"].get<double>(), quality, 1e-12);
  EXPECT_NEAR(row["scores"][0]["reward"].get<double>(), quality, 1e-12);
  EXPECT_NEAR(row["latency_s_per_episode"].get<double>(), latency_s, 1e-12);
  EXPECT_NEAR(row["cost_usd_per_episode"].get<double>(), cost_usd, 1e-12);
  EXPECT_EQ(row["joint_violations"]["count"], over);
  EXPECT_GT(over, 0);
  EXPECT_EQ(made["suite"]["actions"][1]["name"], "middle");
  EXPECT_EQ(row["action_mix"]["action"], json({0.0, 1.0, 0.0}));
  EXPECT_EQ(made["suite"]["world"]["arms"][0]["placement"], "device");
  EXPECT_THAT(read_text(folder_ / "results/world/report.md"), HasSubstr("licence not stated"));
  const Outcome verified = run("verify results/world --train");
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  EXPECT_THAT(verified.out, HasSubstr("everything agrees"));
}

// What was charged is no sum of what is declared, so only the table can say that it was changed.
TEST_F(WorldTest, VerifyLooksUpWhatWasCharged) {
  write_table();
  write_suite("split = {test_ratio = 0.25, seeds = [0]}", "[[row]]\nname = \"random\"\n");
  ASSERT_EQ(run("run suite.toml").status, 0);
  const Forger forger(folder_ / "results/world");
  const std::string name = forger.trial("random", "seed0", [](json& trial) {
    json& latency_s = trial["cells"][0]["latency_s"][3];
    latency_s = latency_s.get<double>() / 2;
  });
  ASSERT_FALSE(name.empty());
  // The report alone cannot tell.
  EXPECT_EQ(run("report results/world").status, 0);
  const Outcome verified = run("verify results/world");
  EXPECT_EQ(verified.status, 1) << verified.out << verified.err;
  EXPECT_THAT(verified.out + verified.err, HasSubstr("/trial/cells/0/latency_s/3"));
}

TEST_F(WorldTest, SessionsAreGroupedAndNamed) {
  write_table();
  write_suite("split = {test_ratio = 0.25, seeds = [0, 1]}\nsessions = 4\nsession_seed = 3",
              std::string("[budgets]\nrho = [1.0, 0.4]\n") + kRows);
  const Outcome ran = run("run suite.toml");
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(run("show results/world --long").out,
              HasSubstr("Not in the source: sessions of 4 independent queries, drawn with seed 3"));
  const json made = report();
  EXPECT_EQ(made["suite"]["dataset"]["episodes"], 20);
  EXPECT_EQ(made["suite"]["turns_max"], 4);
  EXPECT_EQ(run("verify results/world --train").status, 0);
  const json before = made["suite"]["dataset"]["sha256"];
  std::filesystem::remove_all(folder_ / "results");
  write_suite("split = {test_ratio = 0.25, seeds = [0, 1]}\nsessions = 4\nsession_seed = 4",
              std::string("[budgets]\nrho = [1.0, 0.4]\n") + kRows);
  ASSERT_EQ(run("run suite.toml").status, 0);
  EXPECT_NE(report()["suite"]["dataset"]["sha256"], before) << "other sessions are other data";
}

TEST_F(WorldTest, BudgetsCountCallsWhereThereAreNoPrices) {
  write_table(false);
  write_suite("split = \"file\"\nsessions = 4",
              std::string("[budgets]\ncalls_of = \"large\"\ncells = [{name = \"two\", calls = 2}]\n") +
                  "[[row]]\nname = \"all-large\"\nplugin = \"constant\"\nparameters = {arm = \"large\"}\n" +
                  kRows);
  const Outcome ran = run("run suite.toml");
  ASSERT_EQ(ran.status, 0) << ran.err;
  const std::string all = run("show results/world --long").out;
  EXPECT_THAT(all, HasSubstr("2 calls per episode"));
  EXPECT_THAT(ran.out + all, Not(HasSubstr("USD")));
  EXPECT_THAT(all, HasSubstr("cost counts calls of large"));
  const json made = report();
  EXPECT_EQ(made["cells"][0]["rows"][0]["cost_usd_per_episode"], 4.0);
  EXPECT_EQ(made["cells"][0]["rows"][0]["joint_violations"]["count"], 5);
  EXPECT_EQ(made["suite"]["world"]["cost_unit"], "calls");
  for (const char* file : {"leaderboard.csv", "trials.csv"})
    EXPECT_THAT(read_text(folder_ / "results/world" / file),
                AllOf(HasSubstr(",cost_calls,"), Not(HasSubstr("usd"))));
  EXPECT_THAT(read_text(folder_ / "results/world/report.md"), Not(HasSubstr("USD")));
}

TEST_F(WorldTest, RefusesWhatSuchDataDoNotHave) {
  write_table(false);
  const auto refused = [&](const std::string& data, const std::string& more) {
    write_suite(data, more + "\n[[row]]\nname = \"random\"\n");
    const Outcome ran = run("run suite.toml");
    EXPECT_EQ(ran.status, 2) << ran.out << ran.err;
    return ran.err;
  };
  EXPECT_THAT(refused("", "[environment]\nresponse_model = \"knn\""),
              HasSubstr("suite.toml:11: 'knn' estimates what an answer would have scored"));
  EXPECT_THAT(refused("", "[evaluation]\nlenses = [\"table\", \"simulator\"]"),
              HasSubstr("suite.toml:11: 'simulator' estimates"));
  EXPECT_THAT(refused("", "[profile]\ndevice = \"Jetson Nano\""),
              HasSubstr("suite.toml:11: device: the data say what every answer took"));
  EXPECT_THAT(refused("", "[budgets]\ncells = [{name = \"c\", latency_s = 3}]"),
              HasSubstr("cell 'c' limits the latency, which"));
  EXPECT_THAT(refused("", "[budgets]\ncells = [{name = \"c\", calls = 3}]"),
              HasSubstr("give [budgets] calls_of"));
  EXPECT_THAT(refused("", "[budgets]\ncalls_of = \"larger\"\ncells = [{name = \"c\", calls = 1}]"),
              HasSubstr("no arm 'larger'; known: small, middle, large"));
  EXPECT_THAT(refused("split = {test_ids = [9]}", ""),
              HasSubstr("tests episode 9, which shares a prompt with training episodes"));
  EXPECT_THAT(refused("", "[profile]\ndeclared = \"price\""), HasSubstr("numbers of tokens"));
  write("logged.toml", "[data]\nsource = \"synthetic:20\"\nsessions = 4\n[[row]]\nname = \"random\"\n");
  EXPECT_THAT(run("run logged.toml").err, HasSubstr("logged.toml:3: sessions:"));
  write(
      "logged.toml",
      "[data]\nsource = \"synthetic:20\"\n[evaluation]\nlenses = [\"table\"]\n[[row]]\nname = \"random\"\n");
  EXPECT_THAT(run("run logged.toml").err, HasSubstr("logged.toml:4: lenses: \"table\" looks outcomes up"));
}

// Some rows are held out of the training side, whose margin is tested; verify finds it again from what was
// decided under it.
TEST_F(WorldTest, MarginsArePromisedAndVerified) {
  write_table();
  const std::string budgets =
      "[budgets]\ncells = [{name = \"open\"}, {name = \"tight\", latency_s = 1.3, cost_usd = 0.0009}]\n";
  write_suite("split = {test_ratio = 0.25, seeds = [0, 1]}",
              budgets + "[evaluation]\nmargin = {share = 0.3, calibration = 0.4}\n" + kRows);
  const Outcome ran = run("run suite.toml");
  ASSERT_EQ(ran.status, 0) << ran.err;
  const json made = report();
  ASSERT_EQ(made["margins"].size(), 4u) << "the open cell limits nothing";
  const json& fixed = made["margins"][0];
  EXPECT_EQ(fixed["cell"], "tight");
  EXPECT_EQ(fixed["runs"], 2);
  EXPECT_EQ(fixed["calibration_groups"], 24) << "of 79 groups 59 train";
  EXPECT_EQ(fixed["promise"], "no margin is enough") << "it does not look at masks";
  EXPECT_EQ(fixed["runs_with_margin"], 0);
  EXPECT_EQ(made["margins"][1]["row"], "random");
  EXPECT_GE(made["margins"][1]["runs_with_margin"], 1);
  EXPECT_GT(made["margins"][1]["least_percent"], 0);
  EXPECT_EQ(made["margins"][1]["realised"], made["cells"][1]["rows"][1]["joint_violations"]);
  EXPECT_THAT(read_text(folder_ / "results/world/report.md"),
              AllOf(HasSubstr("## Margins"), HasSubstr("promises at most 30 % of sessions over budget")));
  EXPECT_THAT(run("show --long results/world").out,
              AllOf(HasSubstr("Margins: by how much limits were lowered"), HasSubstr("no margin is enough")));
  const std::string csv = read_text(folder_ / "results/world/margins.csv");
  EXPECT_EQ(std::ranges::count(csv, '\n'), 5) << "a line per row and a head";
  EXPECT_THAT(csv, HasSubstr("always-middle,tight,0.3,2,0,,,24,24,"));
  const Outcome verified = run("verify results/world --train");
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  const Forger forger(folder_ / "results/world");
  const std::string name = forger.seal("trial", [](json& trial) {
    json& margin = trial["cells"][1]["margin"];
    if (trial["row"] != "random" || margin["kept"] == false) return false;
    margin["margin_percent"] = margin["margin_percent"].get<int>() - 5;
    return true;
  });
  ASSERT_FALSE(name.empty());
  EXPECT_EQ(run("report results/world").status, 0);
  const Outcome caught = run("verify results/world");
  EXPECT_EQ(caught.status, 1) << caught.out << caught.err;
  EXPECT_THAT(caught.out + caught.err, HasSubstr("/trial/cells/1/margin/margin_percent"));
}

TEST_F(WorldTest, MarginsNeedEnoughSessions) {
  write_table();
  write_suite("", "[evaluation]\nmargin = {share = 0.01}\n[[row]]\nname = \"random\"\n");
  EXPECT_THAT(run("run suite.toml").err, HasSubstr("cannot promise a share of 0.01, which takes 99 groups"));
  write("logged.toml",
        "[data]\nsource = \"synthetic:20\"\n[evaluation]\nmargin = {share = 0.1}\n[[row]]\nname = "
        "\"random\"\n");
  EXPECT_THAT(run("run logged.toml").err, HasSubstr("logged.toml:4: margin: it covers what answers take"));
}

// A task is right for one arm where its text says so: only a row that sees the text can know.
TEST_F(WorldTest, SaysWhetherTextHelps) {
  std::string text =
      "session,turn,query,task,arm,quality,latency_s,cost_usd,input_tokens,output_tokens,known,split,prompt_"
      "group,text\n";
  for (int q = 0; q < 200; ++q) {
    const bool sums = q * 7 % 10 < 5;
    for (const char* arm : {"a", "b"}) {
      text += fmt::format(",,q{},t,{},{},,,,,1,,,{}\n", q, arm, (arm[0] == 'a') == sums ? 1 : 0,
                          arm[0] == 'b' ? "" : fmt::format("{} {}", sums ? "sum" : "poem", q));
    }
  }
  write("t.csv", text);
  write("t.meta.json", R"({"source": "s", "quality_scale": [0, 1], "latency": "absent", "sha256": "s",
      "arms": [{"name": "a"}, {"name": "b"}]})");
  const std::string parameters = "plugin = \"rc-ppo\"\nparameters = {n_steps = 64, learning_rate = 3e-3";
  write_suite("split = {folds = 2}\nsessions = 2\ntext_features = 16",
              "[[row]]\nname = \"greedy-quality\"\n[[row]]\nname = \"blind\"\n" + parameters +
                  "}\ntraining = {steps = 4000}\n[[row]]\nname = \"reader\"\n" + parameters +
                  ", features = true}\ntraining = {steps = 4000}\n");
  const Outcome ran = run("run suite.toml");
  ASSERT_EQ(ran.status, 0) << ran.err;
  const json made = report();
  const std::string markdown = read_text(folder_ / "results/world/report.md");
  const std::string sentence = made["bounds"]["sentences"].at(0);
  EXPECT_THAT(sentence,
              AllOf(HasSubstr("Against blind, which is the same but for the features, reader earns +"),
                    HasSubstr("what it sees of the queries helps")));
  EXPECT_EQ(made["bounds"]["sentences"].size(), 1U);
  const json& reader = made["bounds"]["rows"][2];
  EXPECT_GT(reader["against_per_task"]["interval"]["low"].get<double>(), 0);
  EXPECT_NEAR(reader["against_constant"]["difference"].get<double>(),
              reader["gap"]["row"].get<double>() - made["bounds"]["cells"][0]["best_constant"].get<double>(),
              1e-12);
  EXPECT_THAT(markdown,
              AllOf(HasSubstr("what it sees of the queries helps"), Not(HasSubstr("Association")),
                    Not(HasSubstr("its response models")), HasSubstr("share of the gap to hindsight")));
  // Nobody knows latency or cost.
  EXPECT_THAT(markdown, AllOf(HasSubstr("| - | - | 0 % |"), Not(HasSubstr("0.00000"))));
  EXPECT_THAT(ran.out, AllOf(HasSubstr("With every outcome known, "), Not(HasSubstr("response model"))));
  EXPECT_THAT(run("show results/world --long").out,
              AllOf(HasSubstr("another draw of an answer"), Not(HasSubstr("response models see"))));
  EXPECT_EQ(run("verify results/world --train").status, 0);
}

// Forty prompts, each asked six times and answered alike: what is drawn are prompts.
TEST_F(WorldTest, IntervalsDrawGroupsOfPrompts) {
  const auto width_of = [&](bool grouped) {
    std::string text =
        "session,turn,query,task,arm,quality,latency_s,cost_usd,input_tokens,output_tokens,known,split,"
        "prompt_"
        "group\n";
    for (int q = 0; q < 240; ++q) {
      const int prompt = q / 6;
      for (const char* arm : {"a", "b"})
        text += fmt::format(",,q{},t,{},{},,,,,1,,{}\n", q, arm,
                            int{arm[0] == 'a' ? prompt % 3 != 0 : prompt * 7 % 10 < 4},
                            grouped ? fmt::format("p{}", prompt) : "");
    }
    write("t.csv", text);
    write("t.meta.json", R"({"source": "s", "quality_scale": [0, 1], "latency": "absent", "sha256": "s",
        "arms": [{"name": "a"}, {"name": "b"}]})");
    std::filesystem::remove_all(folder_ / "results");
    write_suite("split = {folds = 2}",
                "[[row]]\nname = \"always-b\"\nplugin = \"constant\"\nparameters = {arm = \"b\"}\n");
    const Outcome ran = run("run suite.toml");
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(run("verify results/world").status, 0);
    const json against = report()["bounds"]["rows"][0]["against_constant"];
    EXPECT_LT(against["difference"], 0);
    return against["interval"]["high"].get<double>() - against["interval"]["low"].get<double>();
  };
  const double by_prompt = width_of(true), by_session = width_of(false);
  EXPECT_GT(by_session, 0);
  EXPECT_GT(by_prompt, 1.6 * by_session) << "of a sixth as many independent draws";
}

// tmo-weighted scales over the arms: with two of them the dearer one pays everything.
TEST_F(WorldTest, WarnsWhereTheRewardsScaleDecides) {
  std::string text =
      "session,turn,query,task,arm,quality,latency_s,cost_usd,input_tokens,output_tokens,known,split,prompt_"
      "group\n";
  for (int q = 0; q < 12; ++q) {
    for (const char* arm : {"a", "b"})
      text += fmt::format(",,q{},t,{},{},{},0.001,,,1,,\n", q, arm, q % 2, arm[0] == 'a' ? "1.0" : "1.001");
  }
  write("t.csv", text);
  write(
      "t.meta.json",
      R"({"source": "s", "quality_scale": [0, 1], "latency": "measured", "sha256": "s", "arms": [{"name": "a"}, {"name": "b"}]})");
  write("suite.toml", "[suite]\nname = \"world\"\n[data]\nsource = \"t.csv\"\n[[row]]\nname = \"random\"\n");
  const Outcome ran = run("run suite.toml");
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(read_text(folder_ / "results/world/report.md"), HasSubstr("take a reward in absolute units"));
  std::filesystem::remove_all(folder_ / "results");
  write("suite.toml",
        "[suite]\nname = \"world\"\n[data]\nsource = \"t.csv\"\n[reward]\nplugin = \"quality-price\"\n"
        "parameters = {lambda_s = 0.5}\n[[row]]\nname = \"always-b\"\nplugin = \"constant\"\n");
  ASSERT_EQ(run("run suite.toml").status, 0);
  const json row = report()["cells"][0]["rows"][0]["scores"][0];
  EXPECT_NEAR(row["reward"].get<double>(), row["quality"].get<double>() - .5 * 1.001, 1e-12);
  EXPECT_THAT(read_text(folder_ / "results/world/report.md"), Not(HasSubstr("absolute units")));
}

}  // namespace
}  // namespace offload::testing
