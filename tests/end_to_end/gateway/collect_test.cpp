// `offload-bench collect`: roles, images, failures, costs, and what comes out of it.
#include "end_to_end/gateway/collect_fixture.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(CollectTest, BecomesADataSetATableAndACard) {
  configure("draws = 6");
  dialogues(4);
  const Outcome outcome = run("collect plan.toml");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("24 of 24 episodes are whole"));
  const Outcome described = run("datasets describe set/set.json --json");
  ASSERT_EQ(described.status, 0) << described.err;
  EXPECT_EQ(nlohmann::json::parse(described.out)["turns"], 48);
  const Outcome table = run("datasets describe set/set.csv --json");
  ASSERT_EQ(table.status, 0) << table.err;
  EXPECT_EQ(nlohmann::json::parse(table.out)["known_cells"], 48);
  const std::string card = read_text(folder_ / "set/set.card.md");
  EXPECT_THAT(card, HasSubstr("24 whole with 48 turns, 0 left out"));
  EXPECT_THAT(card, HasSubstr("m-2026"));
}

// What a model sees is what the action sends, and a score is the ratio of the marks in either order.
TEST_F(CollectTest, ImagesGoWhereTheActionSaysAndMarksToWhoEarnedThem) {
  configure("draws = 8");
  dialogues(3);
  ASSERT_EQ(run("collect plan.toml").status, 0);
  std::set<std::string> seen;
  const std::string views[] = {"VW0x", "VW1x"};
  for (const auto& episode : dataset()) {
    for (const auto& turn : episode["interactions"]) {
      std::string expected = turn["action"] == 0 ? "local saw" : "cloud saw";
      int images = 0;
      for (const auto& m : turn["image_index"].is_null() ? nlohmann::json::array() : turn["image_index"]) {
        expected += "+" + views[m.get<int>()];
        ++images;
      }
      EXPECT_EQ(turn["answer"], expected);
      EXPECT_DOUBLE_EQ(turn["score"], (turn["action"] == 0 ? 4 : 6 + images) / 5.0);
      EXPECT_EQ(turn["verdicts"].size(), 2U);
      EXPECT_DOUBLE_EQ(turn["propensity"], turn["action"] == 0 ? .5 : images == 0 ? .25 : .25 / 3);
      EXPECT_DOUBLE_EQ(turn["usage_cost"], turn["action"] == 0 ? 0 : 100 * 2.5e-6 + 20 * 10e-6);
      seen.insert(expected);
    }
    EXPECT_NEAR(episode["association_score"][0][0], std::sqrt(.5), 1e-12);
    EXPECT_NEAR(episode["association_score"][1][1], 2 / std::sqrt(5.), 1e-12);
  }
  EXPECT_EQ(seen.size(), 5U) << "not every action was drawn";
}

TEST_F(CollectTest, ChargesByTheDatedFileThatHolds) {
  configure("", "local = 0\ncloud_text = 1\ncloud_views = 0");
  std::string text = read_text(folder_ / "plan.toml");
  const std::string old = "model = \"cloud\"\nprice = {input = 2.5, output = 10}";
  text.replace(text.find(old), old.size(), "model = \"cloud\"\nprices = [\"later.json\", \"now.json\"]");
  write("plan.toml", text);
  const auto prices = [](const std::string& date, int input) {
    return fmt::format(R"({{"date":"{}","source":"s","cloud":{{"input_token_price_per_million":{},)"
                       R"("output_token_price_per_million":20}}}})",
                       date, input);
  };
  write("now.json", prices("2025-01-31", 4));
  write("later.json", prices("2999-01-01", 500));
  dialogues(2);
  const Outcome outcome = run("collect plan.toml");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  for (const auto& episode : dataset()) {
    for (const auto& turn : episode["interactions"])
      EXPECT_DOUBLE_EQ(turn["usage_cost"], 100 * 4e-6 + 20 * 20e-6);
  }
  const std::string card = read_text(folder_ / "set/set.card.md");
  EXPECT_THAT(card, HasSubstr("- cloud from 2025-01-31: 4, 4, 20, 0; price table SHA-256 `"));
  EXPECT_THAT(card, HasSubstr("- cloud from 2999-01-01: 500, 500, 20, 0"));
  // Other prices are another collection.
  write("now.json", prices("2025-01-31", 5));
  EXPECT_EQ(run("collect plan.toml").status, 2);
}

TEST_F(CollectTest, ReplacesNoTableOfTheUsers) {
  configure("");
  dialogues(1);
  std::filesystem::create_directories(folder_ / "set");
  write("set/set.csv", "mine");
  const Outcome refused = run("collect plan.toml");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("set: holds 'set.csv', which would be replaced"));
  EXPECT_EQ(server_.calls(), 0);
  EXPECT_EQ(read_text(folder_ / "set/set.csv"), "mine");
  std::filesystem::rename(folder_ / "set/set.csv", folder_ / "set/of-mine.csv");
  EXPECT_EQ(run("collect plan.toml").status, 0);
}

TEST_F(CollectTest, AgainAsksNobodyAndWritesTheSameBytes) {
  configure("draws = 3");
  dialogues(3);
  ASSERT_EQ(run("collect plan.toml").status, 0);
  const int calls = server_.calls();
  const std::string set = read_text(folder_ / "set/set.json"), table = read_text(folder_ / "set/set.csv");
  const Outcome again = run("collect plan.toml");
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(server_.calls(), calls);
  EXPECT_THAT(again.err, HasSubstr(fmt::format("journal: {} lines, head {}\n", journal().size(),
                                               journal().back()["chain"].get<std::string>())));
  EXPECT_EQ(read_text(folder_ / "set/set.json"), set);
  EXPECT_EQ(read_text(folder_ / "set/set.csv"), table);
  // Another plan does not go into the same folder.
  configure("draws = 3\nseed = 1");
  const Outcome other = run("collect plan.toml");
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.err, HasSubstr("another plan"));
  EXPECT_EQ(server_.calls(), calls);
}

// A server that is down costs nothing and may be asked again; one that took the question and broke off may
// have charged for it.
TEST_F(CollectTest, AFailureIsNeverAnAnswer) {
  configure("parallel = 1", "local = 0\ncloud_text = 1\ncloud_views = 0", "retries = 0");
  dialogues(3);
  server_.script([this](Exchange& exchange) {
    const bool cloud = exchange.asks(R"("model":"cloud")");
    if (cloud && exchange.asks("marker-q0")) return exchange.answer(400, R"({"error":{"message":"no"}})");
    if (cloud && exchange.asks("marker-q1")) return exchange.cut();
    serve(exchange);
  });
  const Outcome outcome = run("collect plan.toml");
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("1 of 3 episodes are whole"));
  EXPECT_THAT(outcome.err, HasSubstr("dialogue 0, draw 0, turn 0, cloud: status (status 400)"));
  EXPECT_THAT(outcome.err, HasSubstr("dialogue 1, draw 0, turn 0, cloud: broken"));
  EXPECT_EQ(dataset().size(), 1U);
  EXPECT_EQ(dataset()[0]["dialogue"], "2");
  const double first = spent(outcome);
  server_.script([this](Exchange& exchange) { serve(exchange); });
  const Outcome again = run("collect plan.toml");
  EXPECT_EQ(again.status, 1) << again.err;
  EXPECT_THAT(again.err, HasSubstr("2 of 3 episodes are whole"));
  EXPECT_THAT(again.err, HasSubstr("may have been charged for"));
  const Outcome retried = run("collect plan.toml --retry-open");
  EXPECT_EQ(retried.status, 0) << retried.err;
  EXPECT_EQ(dataset().size(), 3U);
  EXPECT_GT(spent(retried), spent(again));
  EXPECT_GT(spent(again), first);
}

TEST_F(CollectTest, ServersThatAreBusyAreAskedAgain) {
  configure("parallel = 1");
  dialogues(1);
  server_.script([this](Exchange& exchange) {
    if (exchange.number % 2 == 1)
      return exchange.answer(429, R"({"error":{"message":"busy"}})", "retry-after-ms: 10\r\n");
    serve(exchange);
  });
  const Outcome outcome = run("collect plan.toml");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(CollectTest, RatesAreKept) {
  configure("", "", "requests_per_minute = 600");
  dialogues(2);
  std::vector<std::chrono::steady_clock::time_point> asked;
  server_.script([&](Exchange& exchange) {
    if (exchange.asks(R"("model":"judge")")) {
      const std::lock_guard lock(noted_);
      asked.push_back(std::chrono::steady_clock::now());
    }
    serve(exchange);
  });
  ASSERT_EQ(run("collect plan.toml").status, 0);
  ASSERT_EQ(asked.size(), 8U);
  EXPECT_GE(asked.back() - asked.front(),
            std::chrono::milliseconds(600));  // seven gaps of 100 ms, less jitter
}

TEST_F(CollectTest, AVerdictThatCannotBeReadIsAskedForAgainAndThenMissing) {
  configure("judge_tries = 2", "", "");
  dialogues(1);
  std::atomic<int> verdicts = 0;
  server_.script([&](Exchange& exchange) {
    if (!exchange.asks(R"("model":"judge")")) return serve(exchange);
    // The first two verdicts of each turn cannot be read, so that the first of two is missing.
    exchange.answer(200, said(verdicts++ % 3 < 2 ? "Both are fine." : "**A**: no"));
  });
  const Outcome none = run("collect plan.toml");
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("no verdict could be read"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "set/set.json"));
  EXPECT_EQ(verdicts, 4);
  std::filesystem::remove_all(folder_ / "set");
  verdicts = 0;
  server_.script([&](Exchange& exchange) {
    if (!exchange.asks(R"("model":"judge")")) return serve(exchange);
    exchange.answer(200, said(verdicts++ % 3 < 2 ? "Both are fine."
                                                 : verdict(nlohmann::json::parse(exchange.request.body))));
  });
  ASSERT_EQ(run("collect plan.toml").status, 0);
  for (const auto& turn : dataset()[0]["interactions"]) EXPECT_EQ(turn["verdicts"].size(), 1U);
}

// Of "B: 10", cut by the limit of tokens, B: 1 is left; jiter 0.19.0 and langchain-core 1.8.3 take it for
// whole.
TEST_F(CollectTest, AMarkThatWasCutIsNone) {
  configure("judge_tries = 2", "", "");
  dialogues(1);
  std::atomic<int> asked = 0;
  const auto cut = [](std::string answer) {
    return answer.replace(answer.find("\"stop\""), 6, "\"length\"");
  };
  server_.script([&](Exchange& exchange) {
    if (!exchange.asks(R"("model":"judge")")) return serve(exchange);
    const std::string whole = verdict(nlohmann::json::parse(exchange.request.body));
    exchange.answer(200, cut(said(asked++ % 2 == 0 ? "A: 9, B: 1" : whole + ". Both see the")));
  });
  ASSERT_EQ(run("collect plan.toml").status, 0);
  EXPECT_EQ(asked, 8);  // two turns, two verdicts each, each asked for twice
  for (const auto& turn : dataset()[0]["interactions"]) {
    ASSERT_EQ(turn["verdicts"].size(), 2U);
    for (const auto& marks : turn["verdicts"]) EXPECT_NE(marks, nlohmann::json({9.0, 1.0}));
  }
}

TEST_F(CollectTest, CostsAreBoundedBeforeAndStopped) {
  configure("draws = 2", "local = 0\ncloud_text = 0\ncloud_views = 1");
  dialogues(3);
  const Outcome dry = run("collect plan.toml --dry-run");
  ASSERT_EQ(dry.status, 0) << dry.err;
  EXPECT_EQ(server_.calls(), 0);
  std::smatch found;
  ASSERT_TRUE(std::regex_search(dry.err, found, std::regex("6 episodes: at most ([0-9.]+) USD")));
  const double bound = std::stod(found[1]);
  const Outcome stopped = run("collect plan.toml --max-cost 0.03");
  EXPECT_EQ(stopped.status, 1) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("max_cost_usd"));
  EXPECT_LE(spent(stopped), .03);
  EXPECT_GT(spent(stopped), 0);
  const Outcome whole = run("collect plan.toml");
  EXPECT_EQ(whole.status, 0) << whole.err;
  EXPECT_LE(spent(whole), bound);
  for (const auto& [key, times] : billed_) EXPECT_EQ(times, 1) << key;
}

// Who tells no usage is charged for at the bound.
TEST_F(CollectTest, WithoutUsageTheBoundIsBooked) {
  configure("", "local = 0\ncloud_text = 1\ncloud_views = 0");
  dialogues(1);
  server_.script([this](Exchange& exchange) {
    if (!exchange.asks(R"("model":"cloud")")) return serve(exchange);
    exchange.answer(200, said("cloud saw", false));
  });
  ASSERT_EQ(run("collect plan.toml").status, 0);
  for (const auto& turn : dataset()[0]["interactions"]) {
    EXPECT_EQ(turn["cost_estimated"], true);
    EXPECT_GE(turn["usage_cost"].get<double>(), 64 * 10e-6);
  }
}

TEST_F(CollectTest, AnAgentCanChoose) {
  configure("draws = 4");
  dialogues(4);
  ASSERT_EQ(run("collect plan.toml").status, 0);
  write("suite.toml", R"([suite]
name = "own"
[data]
source = "set/set.json"
split = {test_ratio = 0.25, seeds = [0]}
[budgets]
cells = [{name = "open"}]
[training]
steps = 100
[[row]]
name = "epsilon-greedy"
[[row]]
name = "constant"
parameters = {action = 3}
)");
  configure("out = \"second\"", "kind = \"agent\"\nsuite = \"suite.toml\"\nrow = \"constant\"");
  const Outcome outcome = run("collect plan.toml");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  for (const auto& episode : nlohmann::json::parse(read_text(folder_ / "second/set.json"))) {
    for (const auto& turn : episode["interactions"]) {
      EXPECT_EQ(turn["image_index"], nlohmann::json::array({1}));
      EXPECT_TRUE(turn["propensity"].is_null());
    }
  }
  configure("out = \"third\"", "kind = \"agent\"\nsuite = \"suite.toml\"\nrow = \"epsilon-greedy\"");
  EXPECT_THAT(run("collect plan.toml").err, HasSubstr("plan.toml:8: row 'epsilon-greedy' learns and no "));
}

TEST_F(CollectTest, NothingPrivateIsWrittenDown) {
  configure("system = \"marker-system\"", "", "key_env = \"COLLECT_TEST_KEY\"");
  dialogues(2);
  const Outcome outcome = run("collect plan.toml", "COLLECT_TEST_KEY=marker-key");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const std::string journal = read_text(folder_ / "set/collect.jsonl");
  const std::string logs = outcome.out + outcome.err + journal + read_text(folder_ / "set/set.card.md");
  EXPECT_THAT(logs, Not(HasSubstr("marker-")));
  EXPECT_THAT(read_text(folder_ / "set/set.json") + read_text(folder_ / "set/set.csv"),
              Not(HasSubstr("marker-key")));
  EXPECT_THAT(journal, HasSubstr("local saw")) << "the journal holds what was paid for";
  const auto mode = std::filesystem::status(folder_ / "set/collect.jsonl").permissions();
  EXPECT_EQ(mode & std::filesystem::perms(077), std::filesystem::perms::none);
}

TEST_F(CollectTest, WhatIsWrongIsNamedBeforeAnybodyIsAsked) {
  dialogues(2);
  configure("", "local = 0.5\ncloud_text = 0.6\ncloud_views = 0");
  EXPECT_THAT(run("collect plan.toml").err, HasSubstr("do not add up to 1"));
  configure("nmae = 1");
  EXPECT_THAT(run("collect plan.toml").err, HasSubstr("plan.toml:4"));
  configure();
  write("d.jsonl", R"({"id": 1, "turns": [{"question": "q", "task": "t"}]})"
                   "\n"
                   R"({"id": 1, "turns": []})"
                   "\n");
  const Outcome twice = run("collect plan.toml");
  EXPECT_EQ(twice.status, 3);
  EXPECT_THAT(twice.err, HasSubstr("d.jsonl:2: id: another dialogue has it"));
  write("d.jsonl", R"({"id": 1, "views": ["nowhere.png"], "turns": [{"question": "q", "task": "t"}]})"
                   "\n");
  EXPECT_EQ(run("collect plan.toml").status, 5);
  EXPECT_EQ(server_.calls(), 0);
  // A journal that somebody changed.
  dialogues(1);
  ASSERT_EQ(run("collect plan.toml").status, 0);
  std::string journal = read_text(folder_ / "set/collect.jsonl");
  journal.replace(journal.find("\"amount\":"), 10, "\"amount\":7");
  write("set/collect.jsonl", journal);
  const Outcome changed = run("collect plan.toml");
  EXPECT_EQ(changed.status, 3);
  EXPECT_THAT(changed.err, HasSubstr("chain of hashes breaks"));
}

// The form of a data set has no views without association; the table has.
TEST_F(CollectTest, WithoutAssociationViewsStandInTheTableAlone) {
  configure("draws = 4", "", "", false);
  dialogues(2);
  const Outcome outcome = run("collect plan.toml");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("no data set"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "set/set.json"));
  EXPECT_EQ(run("datasets describe set/set.csv").status, 0);
}

}  // namespace
}  // namespace offload::testing
