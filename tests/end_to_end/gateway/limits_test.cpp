// How many calls an endpoint bears, how long a session may take, what waits meanwhile, and what of a client
// goes on.
#include "end_to_end/gateway/gateway_fixture.hpp"

namespace offload::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class GatewayLimits : public GatewayTest {
 protected:
  static std::string limits(const std::string& queue_s) {
    return "[limits]\ndecision_s = 20\nqueue_s = " + queue_s + "\n";
  }
};

void answer_slowly(Exchange& exchange) {
  std::this_thread::sleep_for(milliseconds(600));
  answer_well(exchange);
}

TEST_F(GatewayLimits, WhoFindsNoPlaceWaitsForOne) {
  start("cost-min", "", limits("10"), "", "in_flight = 1\n");
  std::atomic<int> now = 0, most = 0;
  cloud_.script([&](Exchange& exchange) {
    most = std::max<int>(most, ++now);
    std::this_thread::sleep_for(milliseconds(100));
    --now;
    answer_well(exchange);
  });
  std::vector<Client> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(client());
    clients.back().send(chat("hello", "", "cloud"));
  }
  for (Client& one : clients) EXPECT_EQ(one.receive().status(), 200);
  EXPECT_EQ(most, 1);
  EXPECT_EQ(cloud_.calls(), 6);
}

TEST_F(GatewayLimits, TheQueueIsBoundedInLengthAndTime) {
  start("cost-min", "", limits("0.2"), "", "in_flight = 1\nqueue = 1\n");
  cloud_.script(answer_slowly);
  Client first = client(), second = client(), third = client();
  first.send(chat("one", "", "cloud"));
  std::this_thread::sleep_for(milliseconds(100));
  second.send(chat("two", "", "cloud"));
  std::this_thread::sleep_for(milliseconds(50));
  const auto begin = std::chrono::steady_clock::now();
  for (Client* one : {&third, &second}) {
    const Message answer = one == &third ? third.ask(chat("three", "", "cloud")) : second.receive();
    EXPECT_EQ(answer.status(), 503);
    EXPECT_THAT(answer.body, HasSubstr("overloaded"));
    EXPECT_EQ(answer.field("retry-after"), "1");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(500));
  EXPECT_EQ(first.receive().status(), 200);
  // Nothing was decided for those, and so nothing is owed.
  EXPECT_EQ(journal("decided").size(), 1u);
  EXPECT_EQ(first.ask(chat("four", "", "cloud")).status(), 200);
}

// An agent is not offered what has no place.
TEST_F(GatewayLimits, AFullEndpointIsMaskedOut) {
  start("text-only", "", limits("5"), "", "in_flight = 1\n");
  cloud_.script(answer_slowly);
  Client first = client(), second = client();
  first.send(chat("one"));
  for (int i = 0; i < 500 && cloud_.calls() == 0; ++i) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(second.ask(chat("two")).field("x-offload-endpoint"), "local");
  EXPECT_EQ(journal("decided").back()["mask"].get<std::string>().find('1', 1), std::string::npos);
  EXPECT_EQ(first.receive().field("x-offload-endpoint"), "cloud");
}

TEST_F(GatewayLimits, WhoLeavesTheQueueIsNotCalledFor) {
  start("cost-min", "", limits("10"), "", "in_flight = 1\n");
  cloud_.script(answer_slowly);
  Client first = client();
  first.send(chat("one", "", "cloud"));
  std::this_thread::sleep_for(milliseconds(100));
  {
    Client second = client();
    second.send(chat("two", ",\"stream\":true", "cloud"));
    std::this_thread::sleep_for(milliseconds(100));
  }
  EXPECT_EQ(first.receive().status(), 200);
  EXPECT_EQ(first.ask(chat("three", "", "cloud")).status(), 200);
  EXPECT_EQ(cloud_.calls(), 2);
}

TEST_F(GatewayLimits, RequestsPerMinuteAreKept) {
  start("cost-min", "", limits("0.1"), "", "requests_per_minute = 30\n");
  Client one = client();
  Message last;
  int good = 0;
  for (; good < 5; ++good) {
    last = one.ask(chat("hello", "", "cloud"));
    if (last.status() != 200) break;
  }
  // One at once, and one every two seconds.
  EXPECT_GE(good, 1);
  EXPECT_LT(good, 5);
  EXPECT_EQ(last.status(), 429);
  EXPECT_THAT(last.body, HasSubstr("rate_limited"));
  const int wait = std::atoi(last.field("retry-after").c_str());
  EXPECT_GE(wait, 1);
  EXPECT_LE(wait, 2);
  std::this_thread::sleep_for(std::chrono::seconds(wait));
  EXPECT_EQ(one.ask(chat("hello", "", "cloud")).status(), 200);
  EXPECT_EQ(cloud_.calls(), good + 1);
}

// By what a call may take; what it did not take is given back.
TEST_F(GatewayLimits, TokensPerMinuteAreKept) {
  start("cost-min", "", limits("0.1"), "", "tokens_per_minute = 6000\n");
  Client one = client();
  // 120 tokens are used of the 4,000 that it might have: a second's worth and a fifth.
  EXPECT_EQ(one.ask(chat("hello", ",\"max_tokens\":4000", "cloud")).status(), 200);
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_EQ(one.ask(chat("hello", ",\"max_tokens\":4000", "cloud")).status(), 200);
  cloud_.script([](Exchange& exchange) { exchange.answer(200, completion(100, 3000)); });
  std::this_thread::sleep_for(milliseconds(1500));
  EXPECT_EQ(one.ask(chat("hello", ",\"max_tokens\":4000", "cloud")).status(), 200);
  const Message refused = one.ask(chat("hello", ",\"max_tokens\":4000", "cloud"));
  EXPECT_EQ(refused.status(), 429);
  EXPECT_GT(std::atoi(refused.field("retry-after").c_str()), 20);
}

TEST_F(GatewayLimits, WhoConnectsBeyondTheLimitIsTold) {
  start("local-only", "", "[limits]\ndecision_s = 20\nconnections = 2\n");
  Client first = client(), second = client();
  EXPECT_EQ(first.ask(chat("one")).status(), 200);
  EXPECT_EQ(second.ask(chat("two")).status(), 200);
  {
    Client third = client();
    const Message refused = third.ask(chat("three"));
    EXPECT_EQ(refused.status(), 503);
    EXPECT_EQ(refused.field("retry-after"), "1");
  }
  EXPECT_EQ(first.ask(chat("four")).status(), 200);
}

TEST_F(GatewayLimits, OnlyListedFieldsGoOn) {
  start("local-only", "", "", "", "pass = [\"traceparent\"]\n");
  const Fields fields = {{"traceparent", "00-ab-cd-01"}, {"x-request-id", "r"}};
  EXPECT_EQ(client().ask(chat("x", "", "cloud"), fields).status(), 200);
  EXPECT_EQ(cloud_.last().field("traceparent"), "00-ab-cd-01");
  EXPECT_EQ(cloud_.last().field("x-request-id"), "");
  EXPECT_EQ(client().ask(chat("x", "", "local"), fields).status(), 200);
  EXPECT_EQ(local_.last().field("traceparent"), "");
  stop();
  for (const char* own : {"authorization", "proxy-authorization", "transfer-encoding", "X-Upper", "a b"}) {
    configure("local-only", "", "", "", fmt::format("pass = [\"{}\"]\n", own));
    EXPECT_EQ(run("serve serve.toml").status, 2) << own;
  }
}

// llama.cpp's server, of several answers to one request, tells what one took (its pull request 27318).
TEST_F(GatewayLimits, UsageOfOneChoiceIsNoneOfSeveral) {
  const std::string several = R"(,"n":3,"max_tokens":50)";
  start("cost-min", "", "", "", "counts_choices = false\n");
  for (const std::string& more : {several, several + ",\"stream\":true"}) {
    EXPECT_EQ(client().ask(chat("hello", more, "cloud")).status(), 200);
    const auto settled = journal_with("settled", 1).back();
    EXPECT_EQ(settled["estimated"], true);
    EXPECT_EQ(settled["amount"][1], journal("decided").back()["reserved"][1]);
    EXPECT_GT(settled["amount"][1], 0);
  }
  EXPECT_EQ(client().ask(chat("hello", "", "cloud")).status(), 200);
  EXPECT_EQ(journal("settled").back()["estimated"], false);
  stop();
  EXPECT_EQ(run("verify journal.jsonl --serve serve.toml").status, 0);
  // A cloud's is of all of them unless told otherwise.
  start("cost-min");
  EXPECT_EQ(client().ask(chat("hello", several, "cloud")).status(), 200);
  EXPECT_EQ(journal("settled").back()["estimated"], false);
}

// xAI's models and Gemini's think beside their completion (litellm 1.110.2; vercel/ai's pull request 12425).
TEST_F(GatewayLimits, ThoughtsThatTheTotalAloneCountsAreBooked) {
  std::string answer = completion(12, 1);
  answer.replace(answer.find("\"total_tokens\":13"), 17, "\"total_tokens\":399");
  cloud_.script([&](Exchange& exchange) { exchange.answer(200, answer); });
  start("cost-min");
  EXPECT_EQ(client().ask(chat("hello", "", "cloud")).body, answer);
  const auto settled = journal_with("settled", 1).back();
  EXPECT_EQ(settled["tokens"], (nlohmann::json{12, 0, 387}));
  EXPECT_EQ(settled["amount"][1], 12 * 2'500'000 + std::int64_t{387} * 10'000'000);
}

// Two were asked for. Only the last says [DONE]: of a server that gives one, whatever is asked for.
TEST_F(GatewayLimits, AnAnswerIsWholeOnceAllItsChoicesAre) {
  const std::pair<std::string, bool> ends[] = {{"", false},
                                               {last_delta(), false},
                                               {last_delta() + last_delta(), false},
                                               {last_delta() + last_delta(1, ""), false},
                                               {last_delta() + last_delta(2), false},
                                               {last_delta() + last_delta(1), true},
                                               {last_delta() + event("[DONE]"), true}};
  start("cost-min");
  for (const auto& [end, whole] : ends) {
    cloud_.script([&end = end](Exchange& exchange) {
      exchange.begin_stream();
      exchange.chunk(delta("one") + end);
      exchange.end_stream();
    });
    const Message answer = client().ask(chat("hello", R"(,"n":2,"max_tokens":50,"stream":true)", "cloud"));
    EXPECT_EQ(answer.body.find("\"error\"") == std::string::npos, whole) << end;
    EXPECT_EQ(journal("settled").back()["outcome"], whole ? "ok" : "cut") << end;
  }
}

// Each call would be another turn, which makes another call.
TEST_F(GatewayLimits, ACloudWithoutAPriceIsToldOfAtTheStart) {
  configure("local-only");
  std::string text = read_text(folder_ / "serve.toml");
  const std::string price = "price = {input = 2.5, cached = 1.25, output = 10}";
  text.replace(text.find(price), price.size(), "");
  write("serve.toml", text);
  start();
  EXPECT_THAT(said(), HasSubstr("[cloud] has neither price nor prices: its turns are booked at 0 USD"));
  stop();
  start("local-only");
  EXPECT_THAT(said(), Not(HasSubstr("neither price")));
}

TEST_F(GatewayLimits, IsNotItsOwnModel) {
  for (const char* own : {"http://127.0.0.1:8123/v1", "http://localhost:8123"}) {
    configure("local-only");
    std::string text = read_text(folder_ / "serve.toml");
    text.replace(text.find("127.0.0.1:0"), 11, "127.0.0.1:8123");
    text.replace(text.find(cloud_.url()), cloud_.url().size(), own);
    write("serve.toml", text);
    const Outcome refused = run("serve serve.toml");
    EXPECT_EQ(refused.status, 2) << own;
    EXPECT_THAT(refused.err, HasSubstr("base_url is the address that is listened on"));
  }
}

// They hold what the gateway speaks to them with.
TEST_F(GatewayLimits, EndsWhileClientsStayConnected) {
  start("local-only");
  Client idle = client(), silent = client();
  EXPECT_EQ(idle.ask(chat("one")).status(), 200);
  EXPECT_EQ(stop(), 143) << read_text(folder_ / "serve.txt");
  EXPECT_FALSE(idle.socket().receive());
}

TEST_F(GatewayLimits, ASecondSignalEndsWhatIsUnderWay) {
  start("local-only");
  local_.script([](Exchange& exchange) { exchange.keep = !exchange.gone(20000); });
  Client waiting = client();
  waiting.send(chat("one"));
  ASSERT_EQ(journal_with("decided", 1).size(), 1U);
  kill(pid_, SIGTERM);
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_EQ(stop(), 143) << read_text(folder_ / "serve.txt");
  EXPECT_EQ(journal().back()["e"], "close");
}

class GatewayDeadline : public GatewayLimits {
 protected:
  void begin(const std::string& on_deadline) {
    start("cost-min", "",
          "[budget]\nlatency_s = 1\ncost_usd = 1\nenforce = false\non_deadline = \"" + on_deadline + "\"\n");
  }
};

void stream_slowly(Exchange& exchange) {
  exchange.begin_stream();
  for (int i = 0; i < 15; ++i) {
    if (!exchange.chunk(delta("word "))) break;
    std::this_thread::sleep_for(milliseconds(100));
    if (exchange.gone(0)) {
      exchange.keep = false;
      return;
    }
  }
  exchange.chunk(last_delta() + usage_event() + event("[DONE]"));
  exchange.end_stream();
}

TEST_F(GatewayDeadline, AStreamIsCutThereWithItsReason) {
  begin("cut");
  cloud_.script(stream_slowly);
  const Message answer = client().ask(chat("hello", ",\"stream\":true", "cloud"), {{"x-session-id", "s"}});
  EXPECT_TRUE(answer.whole);
  EXPECT_THAT(
      answer.body,
      EndsWith(
          event(
              R"({"object":"chat.completion.chunk","id":"c1","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"length"}]})") +
          event("[DONE]")));
  EXPECT_THAT(answer.body, Not(HasSubstr("\"stop\"")));
  const auto settled = journal_with("settled", 1).back();
  EXPECT_EQ(settled["outcome"], "deadline");
  EXPECT_EQ(settled["estimated"], true);
  EXPECT_GE(settled["amount"][1], journal("decided").back()["reserved"][1]);
}

TEST_F(GatewayDeadline, AnAnswerThatHasNotBegunIsRefused) {
  begin("cut");
  cloud_.script([](Exchange& exchange) { exchange.keep = !exchange.gone(5000); });
  const Message answer = client().ask(chat("hello", "", "cloud"));
  EXPECT_EQ(answer.status(), 504);
  EXPECT_THAT(answer.body, HasSubstr("session_deadline"));
  EXPECT_EQ(answer.field("x-should-retry"), "false");
  const auto settled = journal_with("settled", 1).back();
  EXPECT_EQ(settled["outcome"], "deadline");
  EXPECT_EQ(settled["status"], 504);
  EXPECT_EQ(settled["amount"][1], journal("decided").back()["reserved"][1]);
}

TEST_F(GatewayDeadline, AnAnswerMayPassItUnlessToldOtherwise) {
  begin("finish");
  cloud_.script(stream_slowly);
  const Message answer = client().ask(chat("hello", ",\"stream\":true", "cloud"));
  EXPECT_THAT(answer.body, EndsWith(last_delta() + event("[DONE]")));
  const auto settled = journal_with("settled", 1).back();
  EXPECT_EQ(settled["outcome"], "ok");
  EXPECT_EQ(settled["over_run"], true);
}

}  // namespace
}  // namespace offload::testing
