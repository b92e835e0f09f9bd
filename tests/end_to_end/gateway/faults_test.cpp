// What goes wrong at a model's server, and what a client and the journal see of it.
#include "end_to_end/gateway/gateway_fixture.hpp"

namespace offload::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

const Fields kForced = {{"x-session-id", "s"}};

class GatewayFaults : public GatewayTest {
 protected:
  // A forced streamed turn of the cloud, and its settlement.
  Message stream(const ScriptedBackend::Script& script, const std::string& more = "") {
    cloud_.script(script);
    Client one = client();
    return one.ask(chat("hello", ",\"stream\":true" + more, "cloud"));
  }
  nlohmann::json settled() const { return journal_with("settled", 1).back(); }
};

std::string good_stream(const std::string& line_end = "\n") {
  std::string text =
      ": a comment\n\n" + delta("one") + delta("two") + last_delta() + usage_event() + event("[DONE]");
  std::string out;
  for (const char c : text) out += c == '\n' ? line_end : std::string(1, c);
  return out;
}

TEST_F(GatewayFaults, StreamsCutAnywhereAreTheSame) {
  start("cost-min", "journal_sync = false\n");
  for (const std::string end : {"\n", "\r\n"}) {
    const std::string text = good_stream(end);
    const std::size_t used = text.find(
        "data: "
        "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],");
    const std::string kept = text.substr(0, used) + text.substr(text.find("data: [DONE]"));
    for (std::size_t cut = 1; cut < text.size(); cut += 7) {
      const Message answer = stream([&](Exchange& exchange) {
        exchange.begin_stream();
        exchange.chunk(text.substr(0, cut));
        exchange.chunk(text.substr(cut));
        exchange.end_stream();
      });
      ASSERT_TRUE(answer.whole);
      ASSERT_EQ(answer.body, kept) << cut;
    }
    const Message bytes = stream([&](Exchange& exchange) {
      exchange.begin_stream();
      for (const char c : text) exchange.chunk(std::string(1, c));
      exchange.end_stream();
    });
    EXPECT_EQ(bytes.body, kept);
  }
  for (const auto& one : journal("settled")) EXPECT_EQ(one["tokens"], (nlohmann::json{100, 0, 20}));
}

TEST_F(GatewayFaults, UsageComesOnceAndLast) {
  start("cost-min");
  const auto script = [](Exchange& exchange) {
    EXPECT_TRUE(exchange.usage());
    exchange.begin_stream();
    exchange.chunk(delta("one"));
    exchange.chunk(usage_event(100, 1));
    exchange.chunk(last_delta());
    exchange.chunk(usage_event(100, 20, 40));
    exchange.chunk(event(R"({"choices":[],"cost":"0","usage":null})"));
    exchange.chunk(event("[DONE]"));
    exchange.end_stream();
  };
  const Message asked = stream(script, R"(,"stream_options":{"include_usage":true})");
  EXPECT_THAT(asked.body, EndsWith(usage_event(100, 20, 40) + event("[DONE]")));
  EXPECT_THAT(asked.body, Not(HasSubstr(R"("completion_tokens":1,)")));
  const Message unasked = stream(script);
  EXPECT_THAT(unasked.body, Not(HasSubstr("prompt_tokens")));
  for (const auto& one : journal_with("settled", 2)) {
    EXPECT_EQ(one["tokens"], (nlohmann::json{100, 40, 20}));
    // 60 at 2.5, 40 at 1.25 and 20 at 10 USD per million tokens.
    EXPECT_EQ(one["amount"][1], (60 * 2'500'000 + 40 * 1'250'000 + 20 * 10'000'000));
    EXPECT_EQ(one["estimated"], false);
  }
}

TEST_F(GatewayFaults, UsageInEveryChunkPassesAsItCame) {
  start("cost-min");
  const std::string with = event(
      R"({"choices":[{"delta":{"content":"x"}}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}})");
  const Message answer = stream([&](Exchange& exchange) {
    exchange.begin_stream();
    exchange.chunk(with + last_delta() + event("[DONE]"));
    exchange.end_stream();
  });
  EXPECT_EQ(answer.body, with + last_delta() + event("[DONE]"));
  EXPECT_EQ(settled()["tokens"], (nlohmann::json{5, 0, 2}));
}

TEST_F(GatewayFaults, WithoutUsageTheReservationIsBooked) {
  start("cost-min");
  stream([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.chunk(delta("one") + last_delta() + event("[DONE]"));
    exchange.end_stream();
  });
  const auto one = settled();
  EXPECT_EQ(one["estimated"], true);
  EXPECT_EQ(one["amount"][1], journal("decided").back()["reserved"][1]);
  EXPECT_GT(one["amount"][1], 0);
}

// As litellm 1.110.2 answers for a server that told none.
TEST_F(GatewayFaults, UsageOfNothingIsNone) {
  start("cost-min");
  cloud_.script([](Exchange& exchange) { exchange.answer(200, completion(0, 0)); });
  EXPECT_EQ(client().ask(chat("hello", "", "cloud")).status(), 200);
  EXPECT_EQ(settled()["estimated"], true);
  EXPECT_EQ(settled()["amount"][1], journal("decided").back()["reserved"][1]);
  EXPECT_GT(settled()["amount"][1], 0);
}

TEST_F(GatewayFaults, AnErrorInTheStreamIsNoEnd) {
  start("cost-min");
  const std::string error =
      event(R"({"error":{"message":"overloaded","type":"server_error","param":null,"code":null}})");
  const Message answer = stream([&](Exchange& exchange) {
    exchange.begin_stream();
    exchange.chunk(delta("one") + error + event("[DONE]"));
    exchange.end_stream();
  });
  EXPECT_EQ(answer.body, delta("one") + error);
  EXPECT_EQ(settled()["outcome"], "cut");
}

// In the two other ways that servers have of saying so, which clients take for a good end or one more chunk.
TEST_F(GatewayFaults, ErrorsOfOtherFormsAreMadeOpenAIs) {
  start("cost-min");
  const std::string bare = R"({"object":"error","message":"too long","code":400})";
  for (const std::string& sent : {"event: error\n" + event("{\"error\":" + bare + "}"), event(bare)}) {
    const Message answer = stream([&](Exchange& exchange) {
      exchange.begin_stream();
      exchange.chunk(delta("one") + sent + event("[DONE]"));
      exchange.end_stream();
    });
    EXPECT_EQ(answer.body, delta("one") + event("{\"error\":" + bare + "}"));
    EXPECT_EQ(settled()["outcome"], "cut");
  }
  cloud_.script([](Exchange& exchange) { exchange.answer(200, R"({"error":"overloaded"})"); });
  const Message whole = client().ask(chat("hello", "", "cloud"));
  EXPECT_EQ(whole.body, R"({"error":"overloaded"})");
  EXPECT_EQ(journal_with("settled", 3).back()["outcome"], "error");
}

// Pieces that some clients join wrongly come as they were: that is between them and the server.
TEST_F(GatewayFaults, PiecesOfToolsAndThoughtsPassAsTheyCame) {
  start("cost-min");
  const auto piece = [](const std::string& delta) {
    return event(R"({"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":)" + delta +
                 "}]}");
  };
  const std::string all =
      piece(R"({"role":"assistant","content":null,"reasoning_content":"one "})") +
      piece(R"({"reasoning_content":"two"})") +
      piece(R"({"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":""}}]})") +
      piece(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"a\": 1}"}}]})") + last_delta() +
      event("[DONE]");
  const Message answer = stream([&](Exchange& exchange) {
    exchange.begin_stream();
    exchange.chunk(all);
    exchange.end_stream();
  });
  EXPECT_EQ(answer.body, all);
}

TEST_F(GatewayFaults, ABreakIsToldAsAnError) {
  start("cost-min");
  for (const bool properly : {false, true}) {
    const Message answer = stream([&](Exchange& exchange) {
      exchange.begin_stream();
      exchange.chunk(delta("one"));
      exchange.chunk("data: {\"half\":");
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      if (properly) return exchange.end_stream();
      exchange.cut();
    });
    EXPECT_THAT(answer.body, HasSubstr(delta("one")));
    EXPECT_THAT(answer.body, HasSubstr(R"(data: {"error":{"message":")"));
    EXPECT_THAT(answer.body, Not(HasSubstr("[DONE]")));
    EXPECT_THAT(answer.body, Not(HasSubstr("\"stop\"")));
    EXPECT_THAT(answer.body, Not(HasSubstr("event:")));
    EXPECT_EQ(answer.field("connection"), "");
  }
  for (const auto& one : journal_with("settled", 2)) {
    EXPECT_EQ(one["outcome"], "cut");
    EXPECT_EQ(one["estimated"], true);
    EXPECT_GT(one["amount"][1], 0);
  }
}

TEST_F(GatewayFaults, AStallIsCut) {
  start("cost-min", "", "", "", "idle_s = 0.5\n");
  const Message answer = stream([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.chunk(delta("one"));
    EXPECT_TRUE(exchange.gone(10000)) << "the server is left waiting";
    exchange.keep = false;
  });
  EXPECT_THAT(answer.body, HasSubstr("stream_cut"));
  EXPECT_EQ(settled()["outcome"], "cut");
}

TEST_F(GatewayFaults, ARefusalIsTriedAgainAsAsked) {
  start("cost-min");
  const auto begin = std::chrono::steady_clock::now();
  const Message answer = stream([](Exchange& exchange) {
    if (exchange.number == 1)
      return exchange.answer(429, R"({"error":{"message":"slow down"}})", "retry-after: 1\r\n");
    answer_well(exchange);
  });
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.field("x-offload-endpoint"), "cloud");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(700));
  EXPECT_EQ(cloud_.calls(), 2);
  const auto calls = journal("call");
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0]["attempt"], 2);
}

TEST_F(GatewayFaults, AServerThatFailsIsReplacedBeforeTheFirstByte) {
  start("cost-min", "", "", "", "retries = 1\n");
  cloud_.script([](Exchange& exchange) { exchange.answer(500, R"({"error":{"message":"boom"}})"); });
  Client one = client();
  const Message answer = one.ask(chat("hello", "", "cloud"));
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.field("x-offload-fallback"), "true");
  EXPECT_EQ(answer.field("x-offload-endpoint"), "local");
  EXPECT_EQ(answer.field("x-offload-action"), "0");
  EXPECT_EQ(cloud_.calls(), 2);
  EXPECT_EQ(local_.calls(), 1);
  EXPECT_EQ(settled()["action"], 0);
  EXPECT_EQ(journal("decided").back()["action"], 1);
}

TEST_F(GatewayFaults, ACallThatMayHaveBeenPaidIsNotMadeAgain) {
  start("local-only", "", "", "first_byte_s = 0.5\n", "");
  cloud_.script([](Exchange& exchange) { exchange.cut(); });
  local_.script([](Exchange& exchange) { exchange.cut(); });
  Client one = client();
  const Message answer = one.ask(chat("hello", "", "cloud"));
  EXPECT_EQ(answer.status(), 502);
  EXPECT_EQ(cloud_.calls(), 1);
  EXPECT_EQ(local_.calls(), 1);
  EXPECT_GE(settled()["amount"][1], journal("decided").back()["reserved"][1]);
}

TEST_F(GatewayFaults, OtherRefusalsPassAsTheyCame) {
  start("cost-min");
  cloud_.script([](Exchange& exchange) {
    exchange.answer(400, R"({"error":{"message":"no such parameter"}})", "x-request-id: abc\r\n");
  });
  Client one = client();
  const Message answer = one.ask(chat("hello", "", "cloud"));
  EXPECT_EQ(answer.status(), 400);
  EXPECT_EQ(answer.body, R"({"error":{"message":"no such parameter"}})");
  EXPECT_EQ(answer.field("x-request-id"), "abc");
  EXPECT_EQ(cloud_.calls(), 1);
  EXPECT_EQ(settled()["amount"][1], 0);
}

TEST_F(GatewayFaults, AHugeChunkPassesWhole) {
  start("cost-min");
  const std::string huge = delta(std::string(3 << 20, 'x'));
  const Message answer = stream([&](Exchange& exchange) {
    exchange.begin_stream();
    exchange.chunk(huge + last_delta() + usage_event() + event("[DONE]"));
    exchange.end_stream();
  });
  EXPECT_TRUE(answer.body == huge + last_delta() + event("[DONE]"));
  EXPECT_EQ(settled()["outcome"], "ok");
}

// What a client does not take is not read from the server either.
TEST_F(GatewayFaults, ASlowReaderHoldsTheServerBack) {
  start("cost-min");
  std::atomic<int> sent = 0;
  cloud_.script([&](Exchange& exchange) {
    exchange.begin_stream();
    for (int i = 0; i < 400; ++i) {
      if (!exchange.chunk(delta(std::string(100'000, 'x')))) return;
      ++sent;
    }
    exchange.chunk(last_delta() + event("[DONE]"));
    exchange.end_stream();
  });
  Client one = client();
  one.send(chat("hello", ",\"stream\":true", "cloud"));
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  EXPECT_LT(sent, 300);
  const Message answer = one.receive();
  EXPECT_TRUE(answer.whole);
  EXPECT_GT(answer.body.size(), 40'000'000u);
}

TEST_F(GatewayFaults, WhoLeavesEndsTheCall) {
  start("cost-min");
  std::atomic<bool> left = false;
  cloud_.script([&](Exchange& exchange) {
    exchange.begin_stream();
    exchange.chunk(delta("one"));
    left = exchange.gone(10000);
    exchange.keep = false;
  });
  {
    Client one = client();
    one.send(chat("hello", ",\"stream\":true", "cloud"));
    one.socket().until("one");
  }
  EXPECT_EQ(settled()["outcome"], "gone");
  EXPECT_EQ(settled()["estimated"], true);
  EXPECT_GT(settled()["amount"][1], 0);
  for (int i = 0; i < 500 && !left; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_TRUE(left);
}

// Before the first byte, too: there is nothing to write that would fail.
TEST_F(GatewayFaults, WhoLeavesEarlyEndsTheCallLikewise) {
  start("cost-min");
  std::atomic<int> left = 0;
  cloud_.script([&](Exchange& exchange) {
    left = exchange.gone(10000) ? 1 : 2;
    exchange.keep = false;
  });
  {
    Client one = client();
    one.send(chat("hello", ",\"stream\":true", "cloud"));
    for (int i = 0; i < 500 && cloud_.calls() == 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(settled()["outcome"], "gone");
  for (int i = 0; i < 500 && left == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(left, 1);
}

}  // namespace
}  // namespace offload::testing
