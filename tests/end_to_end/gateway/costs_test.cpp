// What a turn costs: told to who asks, by dated prices, a classifier's share included; and what is kept of
// what was said where somebody wants that.
#include "end_to_end/gateway/gateway_fixture.hpp"
#include "gateway/decision/classifier.hpp"

namespace offload::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class GatewayCosts : public GatewayTest {
 protected:
  // With `prices` in the place of the fixture's price of the cloud.
  void configure_prices(const std::string& prices) {
    configure("cost-min", "", "", "", "model = \"gpt-x\"\n");
    std::string text = read_text(folder_ / "serve.toml");
    const std::string old = "price = {input = 2.5, cached = 1.25, output = 10}";
    text.replace(text.find(old), old.size(), "prices = " + prices);
    write("serve.toml", text);
  }
  void write_prices(const std::string& name, const std::string& date, int input) {
    write(name,
          fmt::format(R"({{"date":"{}","source":"made up","gpt-x":{{"input_token_price_per_million":{},)"
                      R"("output_token_price_per_million":10,"cached_input_token_price_per_million":1}},)"
                      R"("gpt-y":{{"input_cost_per_token":0.000001,"output_cost_per_token":2e-6}}}})",
                      date, input));
  }
  std::vector<nlohmann::json> texts() const {
    std::vector<nlohmann::json> lines;
    std::istringstream text(read_text(folder_ / "journal.jsonl.text"));
    for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }
};

constexpr std::int64_t kAnswer = 100 * 2'500'000 + 20 * 10'000'000;  // pico-dollars, by the fixture's price

TEST_F(GatewayCosts, AreToldInTheBodyToWhoAsks) {
  start("cost-min");
  const Message unasked = client().ask(chat("x", "", "cloud"));
  EXPECT_EQ(unasked.body, completion());
  EXPECT_EQ(unasked.field("x-offload-turn-usd"), "0.00045");
  EXPECT_GT(std::atof(unasked.field("x-offload-turn-ms").c_str()), 0);
  const Message asked =
      client().ask(chat("x", "", "cloud"), {{"x-offload-cost", "body"}, {"x-session-id", "s"}});
  const auto body = nlohmann::json::parse(asked.body);
  EXPECT_EQ(body["choices"][0]["message"]["content"], "well");
  EXPECT_EQ(body["offload"]["cost_usd"], 0.00045);
  EXPECT_EQ(body["offload"]["endpoint"], "cloud");
  EXPECT_EQ(body["offload"]["estimated"], false);
  const auto settled = journal_with("settled", 2).back();
  EXPECT_EQ(settled["amount"][1], kAnswer);
  EXPECT_EQ(body["offload"]["decision"], settled["d"]);
  EXPECT_NEAR(body["offload"]["latency_s"], settled["amount"][0].get<double>() * 1e-9, 1e-12);
  EXPECT_EQ(client().ask(chat("x"), {{"x-offload-cost", "yes"}}).status(), 400);
}

TEST_F(GatewayCosts, OfAStreamComeInAChunkBehindTheUsage) {
  start("cost-min");
  const Fields wants = {{"x-offload-cost", "body"}};
  const Message asked =
      client().ask(chat("x", R"(,"stream":true,"stream_options":{"include_usage":true})", "cloud"), wants);
  ASSERT_THAT(asked.body, EndsWith(event("[DONE]")));
  const std::size_t usage = asked.body.find(usage_event()), own = asked.body.find("\"offload\"");
  ASSERT_NE(usage, std::string::npos);
  ASSERT_GT(own, usage);
  const std::size_t at = asked.body.rfind("data: ", own) + 6;
  const auto chunk = nlohmann::json::parse(asked.body.substr(at, asked.body.find('\n', at) - at));
  EXPECT_EQ(chunk["id"], "c1");
  EXPECT_EQ(chunk["object"], "chat.completion.chunk");
  EXPECT_TRUE(chunk["choices"].empty());
  EXPECT_EQ(chunk["offload"]["cost_usd"], 0.00045);
  EXPECT_THAT(client().ask(chat("x", ",\"stream\":true", "cloud")).body, Not(HasSubstr("offload")));
  // Behind a break there is none, since the answer has no end.
  cloud_.script([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.chunk(delta("one"));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    exchange.cut();
  });
  const Message broken = client().ask(chat("x", ",\"stream\":true", "cloud"), wants);
  EXPECT_THAT(broken.body, HasSubstr("stream_cut"));
  EXPECT_THAT(broken.body, Not(HasSubstr("cost_usd")));
}

TEST_F(GatewayCosts, AreThoseOfTheDatedFileThatHolds) {
  write_prices("old.json", "2024-01-31", 7);
  write_prices("now.json", "2025-02-28", 3);
  write_prices("later.json", "2999-12-31", 900);
  configure_prices(R"(["later.json", "old.json", "now.json"])");
  start();
  EXPECT_EQ(client().ask(chat("x", "", "cloud")).status(), 200);
  EXPECT_EQ(journal_with("settled", 1).back()["amount"][1], 100 * 3'000'000 + 20 * 10'000'000);
  EXPECT_EQ(journal("open").back()["prices_sha256"].get<std::string>().size(), 64u);
  stop();
  EXPECT_EQ(run("verify journal.jsonl --serve serve.toml").status, 0);
  write_prices("now.json", "2025-02-28", 4);
  const Outcome other = run("verify journal.jsonl --serve serve.toml");
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.out, HasSubstr("it served the files of prices"));
}

TEST_F(GatewayCosts, WhatNoFilePricesIsRefusedAndNeverFree) {
  const auto refusal = [&](const std::string& prices) {
    configure_prices(prices);
    const Outcome outcome = run("serve serve.toml");
    EXPECT_NE(outcome.status, 0);
    return outcome.err;
  };
  write("other.json", R"({"date":"2025-01-01","source":"s","gpt-xl":{"input_token_price_per_million":1}})");
  EXPECT_THAT(refusal("\"other.json\""), HasSubstr("no price of the model 'gpt-x'; did you mean 'gpt-xl'?"));
  write("half.json", R"({"date":"2025-01-01","source":"s","gpt-x":{"input_token_price_per_million":1}})");
  EXPECT_THAT(refusal("\"half.json\""), HasSubstr("output_token_price_per_million"));
  write("undated.json", R"({"source":"s","gpt-x":{"input_cost_per_token":0,"output_cost_per_token":0}})");
  EXPECT_THAT(refusal("\"undated.json\""), HasSubstr("date"));
  for (const char* date : {"2025-02-29", "2025-13-01", "25-01-01", "2025-01-01T00"}) {
    write_prices("day.json", date, 1);
    EXPECT_THAT(refusal("\"day.json\""), HasSubstr("/date")) << date;
  }
  write_prices("later.json", "2999-12-31", 900);
  EXPECT_THAT(refusal("\"later.json\""), HasSubstr("none holds yet"));
  write_prices("a.json", "2025-01-01", 1);
  write_prices("b.json", "2025-01-01", 2);
  EXPECT_THAT(refusal(R"(["a.json", "b.json"])"), HasSubstr("two files are of 2025-01-01"));
  EXPECT_THAT(refusal("\"a.json\"\nprice = {input = 1}"), HasSubstr("give either price or prices"));
}

TEST_F(GatewayCosts, WhatIsSaidIsKeptOnlyWhereSomebodyWantsThat) {
  start("cost-min");
  EXPECT_EQ(client().ask(chat("private")).status(), 200);
  EXPECT_THAT(client().get("/health").body, HasSubstr("\"journal_text\":false"));
  stop();
  EXPECT_FALSE(std::filesystem::exists(folder_ / "journal.jsonl.text"));

  start("cost-min", "journal_text = true\n");
  EXPECT_THAT(read_text(folder_ / "serve.txt"), HasSubstr("what is said and answered is kept in"));
  EXPECT_THAT(client().get("/health").body, HasSubstr("\"journal_text\":true"));
  const Message whole = client().ask(chat("one \\u00e9", "", "cloud"));
  client().ask(chat("two", ",\"stream\":true", "cloud"));
  cloud_.script([](Exchange& exchange) { exchange.answer(400, R"({"error":{"message":"no"}})"); });
  client().ask(chat("three", "", "cloud"));
  stop();
  const auto file = folder_ / "journal.jsonl.text";
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(file).permissions(), perms::owner_read | perms::owner_write);
  const auto kept = texts();
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[0]["said"], "one \u00e9");
  EXPECT_EQ(kept[0]["answered"], "well");
  EXPECT_EQ(kept[0]["d"], std::atoi(whole.field("x-offload-decision").c_str()));
  EXPECT_EQ(kept[1]["answered"], "one two");
  EXPECT_EQ(kept[2]["answered"], "");
  EXPECT_EQ(kept[2]["outcome"], "error");
  EXPECT_THAT(read_text(folder_ / "journal.jsonl"), Not(HasSubstr("two")));

  // A line that a kill tore is left as one; a file that others may read is not written.
  write("journal.jsonl.text", "{\"torn");
  std::filesystem::permissions(file, perms::owner_read | perms::owner_write);
  start();
  client().ask(chat("four"));
  stop();
  EXPECT_THAT(read_text(file), StartsWith("{\"torn\n{\"d\":"));
  std::filesystem::permissions(file, perms::others_read, std::filesystem::perm_options::add);
  const Outcome refused = run("serve serve.toml");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("others may read it"));
}

// Nothing of what is kept goes without a word.
TEST_F(GatewayCosts, WhatIsSaidIsKeptInTwoFilesAtMost) {
  start("cost-min", "journal_text = true\n", "[limits]\ndecision_s = 20\njournal_text_mb = 1\n");
  const std::string words(60'000, 'w');
  for (int turn = 0; turn < 40; ++turn) EXPECT_EQ(client().ask(chat(words)).status(), 200);
  const auto size = [&](const char* name) { return std::filesystem::file_size(folder_ / name); };
  EXPECT_LE(size("journal.jsonl.text"), 1U << 20);
  EXPECT_LE(size("journal.jsonl.text.old"), 1U << 20);
  EXPECT_GT(size("journal.jsonl.text.old"), 900'000U);
  EXPECT_THAT(said(), HasSubstr("was full, begins anew and is"));
  EXPECT_THAT(client().get("/metrics").body, HasSubstr("offload_journal_text_begun_anew_total 2\n"));
  EXPECT_EQ(texts().back()["d"], 40);
}

// Each call by its own moment: what was reserved and what is charged are of the same price.
TEST_F(GatewayCosts, AClassifiersPriceIsThatOfOneMoment) {
  const auto dated = [](std::int64_t from_ms, std::int64_t input) {
    DatedPrice one;
    one.from_ms = from_ms;
    one.price.input = input;
    return one;
  };
  cloud_.script([](Exchange& exchange) {
    exchange.answer(
        200,
        R"({"choices":[{"message":{"content":"1"}}],"usage":{"prompt_tokens":50,"completion_tokens":1}})");
  });
  boost::asio::io_context io;
  http::Deadlines deadlines(io);
  EndpointSettings settings;
  settings.url = http::parse_base_url(cloud_.url(), "here");
  settings.model = "m";
  settings.prices = Prices({dated(0, 9), dated(1000, 5)});
  Endpoint endpoint = make_endpoint("classifier", settings, 1, io, deadlines);
  Classifier classifier(endpoint, "which", {"a", "b"});
  for (const auto& [ms, price] : {std::pair<std::int64_t, std::int64_t>{999, 9}, {1000, 5}}) {
    const Classifier::Quote quote = classifier.quote("text", ms);
    EXPECT_EQ(quote.bound_pusd % price, 0);
    EXPECT_GE(quote.bound_pusd, 50 * price);
    std::optional<Classified> told;
    classifier.ask(quote, [&](const Classified& one) { told = one; });
    io.restart();
    while (!told && io.run_one() > 0) {
    }
    ASSERT_TRUE(told);
    EXPECT_EQ(told->amount_pusd, 50 * price);
    EXPECT_EQ(told->task, 1);
  }
}

class GatewayPaidClassifier : public GatewayTest {
 protected:
  void begin(const std::string& budget = "") {
    start("cost-min", "",
          fmt::format("[budget]\nlatency_s = 1000\n{}\n[classifier]\nbase_url = \"{}\"\nmodel = \"small\"\n"
                      "price = {{input = 1, output = 2}}\n[limits]\ndecision_s = 20\n",
                      budget.empty() ? "cost_usd = 1" : budget, small_.url()));
    small_.script([](Exchange& exchange) {
      exchange.answer(
          200,
          R"({"choices":[{"message":{"content":"3"}}],"usage":{"prompt_tokens":50,"completion_tokens":1}})");
    });
  }
  static std::string next() {
    return R"({"model":"cloud","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"w"},)"
           R"({"role":"user","content":"y"}]})";
  }
  ScriptedBackend small_;
};

constexpr std::int64_t kClassified = 50 * 1'000'000 + 2'000'000;
const Fields kSession = {{"x-session-id", "s"}};

TEST_F(GatewayPaidClassifier, IsBookedToTheSession) {
  begin();
  EXPECT_EQ(client().ask(chat("x", "", "cloud"), kSession).status(), 200);
  EXPECT_EQ(client().ask(next(), kSession).status(), 200);
  const auto told = journal("told");
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0]["amount"], (nlohmann::json{0, kClassified}));
  EXPECT_EQ(told[0]["task"], 3);
  EXPECT_EQ(told[0]["estimated"], false);
  EXPECT_GE(journal("ask")[0]["reserved"][1], kClassified);
  const auto decided = journal("decided");
  EXPECT_EQ(decided[0]["task_from"], "classifier");
  EXPECT_EQ(decided[0]["d"], told[0]["d"]);
  EXPECT_EQ(decided[0]["spent"][1], kClassified);
  EXPECT_EQ(decided[1]["spent"][1], 2 * kClassified + kAnswer);
  EXPECT_THAT(client().get("/metrics").body,
              HasSubstr("offload_cost_usd_total{endpoint=\"classifier\"} 0.000104"));
  // After a restart nothing of it is forgotten.
  stop();
  start();
  EXPECT_EQ(client().ask(chat("z", "", "local"), {{"x-session-id", "s"}, {"x-offload-task", "1"}}).status(),
            200);
  EXPECT_EQ(journal("decided").back()["spent"][1], 2 * kClassified + 2 * kAnswer);
  stop();
  const Outcome verified = run("verify journal.jsonl --serve serve.toml");
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

// What the client is told is all that the turn took of its budget.
TEST_F(GatewayPaidClassifier, IsPartOfWhatTheClientIsTold) {
  begin();
  const Fields wants = {{"x-offload-cost", "body"}};
  const Message whole = client().ask(chat("x", "", "cloud"), wants);
  EXPECT_EQ(nlohmann::json::parse(whole.body)["offload"]["cost_usd"], 0.000502);
  EXPECT_EQ(whole.field("x-offload-turn-usd"), "0.000502");
  const Message stream = client().ask(chat("x", ",\"stream\":true", "cloud"), wants);
  EXPECT_THAT(stream.body, HasSubstr("\"cost_usd\":0.000502,"));
  EXPECT_THAT(stream.body, HasSubstr("\"estimated\":false"));
  small_.script(
      [](Exchange& exchange) { exchange.answer(200, R"({"choices":[{"message":{"content":"3"}}]})"); });
  const auto unsure = nlohmann::json::parse(client().ask(chat("x", "", "cloud"), wants).body);
  EXPECT_EQ(unsure["offload"]["estimated"], true);
}

// Refused behind it: what asking took is gone, and is said.
TEST_F(GatewayPaidClassifier, IsToldWhereTheTurnIsRefused) {
  begin("cost_usd = 0.001\nexhausted = \"error\"");
  const Message refused = client().ask(chat("x", ",\"max_tokens\":100000", "cloud"), kSession);
  EXPECT_EQ(refused.status(), 429);
  EXPECT_EQ(refused.field("x-offload-turn-usd"), "0.000052");
  EXPECT_EQ(journal("told").size(), 1u);
}

TEST_F(GatewayPaidClassifier, WithoutUsageItsBoundIsBooked) {
  begin();
  small_.script([](Exchange& exchange) { exchange.cut(); });
  EXPECT_EQ(client().ask(chat("x", "", "cloud"), kSession).status(), 200);
  small_.script([](Exchange& exchange) { exchange.answer(500, "{}"); });
  EXPECT_EQ(client().ask(chat("x", "", "cloud")).status(), 200);
  const auto told = journal("told"), asked = journal("ask");
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0]["amount"], asked[0]["reserved"]);
  EXPECT_EQ(told[0]["estimated"], true);
  EXPECT_EQ(told[0]["task"], -1);
  EXPECT_EQ(told[1]["amount"][1], 0);
  EXPECT_EQ(journal("decided")[0]["task_from"], "default");
}

TEST_F(GatewayPaidClassifier, IsNotAskedWithoutRoom) {
  begin("cost_usd = 0.00001");
  EXPECT_EQ(client().ask(chat("x", "", "local"), kSession).status(), 200);
  EXPECT_EQ(small_.calls(), 0);
  EXPECT_TRUE(journal("ask").empty());
  EXPECT_THAT(client().get("/metrics").body, HasSubstr("offload_classified_total{outcome=\"budget\"} 1"));
}

// Killed while it is asked: what it may have cost is booked, and the call is not made again.
TEST_F(GatewayPaidClassifier, AKillBooksWhatItMayHaveCost) {
  begin();
  small_.script([](Exchange& exchange) { exchange.keep = !exchange.gone(20000); });
  {
    Client one = client();
    one.send(chat("x", "", "cloud"), kSession);
    for (int i = 0; i < 1000 && small_.calls() == 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(small_.calls(), 1);
    stop(SIGKILL);
  }
  start();
  const auto told = journal_with("told", 1), asked = journal("ask");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0]["amount"], asked[0]["reserved"]);
  EXPECT_EQ(client().ask(chat("x", "", "local"), {{"x-session-id", "s"}, {"x-offload-task", "1"}}).status(),
            200);
  EXPECT_EQ(journal("decided").back()["spent"], asked[0]["reserved"]);
  EXPECT_NE(journal("decided").back()["d"], asked[0]["d"]);
  EXPECT_EQ(small_.calls(), 1);
  stop();
  const Outcome verified = run("verify journal.jsonl --serve serve.toml");
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

}  // namespace
}  // namespace offload::testing
