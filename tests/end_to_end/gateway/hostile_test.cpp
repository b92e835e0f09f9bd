// Peers that nobody would want, on both sides: slow, half gone, too many, ambiguous, compressed, out of step.
#include <sys/resource.h>

#include <set>

#include "end_to_end/gateway/gateway_fixture.hpp"

namespace offload::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class GatewayHostile : public GatewayTest {
 protected:
  static std::string head(const std::string& fields, std::size_t bytes) {
    return fmt::format(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        "content-length: {}\r\n{}\r\n",
        bytes, fields);
  }
  static std::string whole(const std::string& body, const std::string& fields = "") {
    return head(fields, body.size()) + body;
  }
  // Whether the gateway ends the connection within some seconds, whatever it says before.
  static bool ended(Socket& socket) {
    const auto most = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < most) {
      pollfd wait = {socket.descriptor(), POLLIN, 0};
      if (poll(&wait, 1, 100) <= 0) continue;
      char bytes[4096];
      if (recv(socket.descriptor(), bytes, sizeof bytes, 0) <= 0) return true;
    }
    return false;
  }
  double processor_s() const {
    std::istringstream text(read_text(fmt::format("/proc/{}/stat", pid_)));
    std::string word;
    double ticks = 0;
    for (int field = 1; text >> word; ++field) {
      if (field == 14 || field == 15) ticks += std::atof(word.c_str());
    }
    return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
};

TEST_F(GatewayHostile, WhoDripsAHeadOrABodyIsLeft) {
  start("local-only", "", "[limits]\ndecision_s = 20\nhead_s = 0.4\nbody_s = 0.4\n");
  const std::vector<std::string> begun = {
      "POST /v1/chat", head("", 100) + "{", head("expect: 100-continue\r\n", 100),
      "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
      "transfer-encoding: chunked\r\n\r\n5\r\n{"};
  for (const std::string& sent : begun) {
    Socket socket = Socket::connected(port_);
    const auto begin = std::chrono::steady_clock::now();
    socket.send(sent);
    for (int i = 0; i < 30 && std::chrono::steady_clock::now() - begin < milliseconds(900); ++i) {
      std::this_thread::sleep_for(milliseconds(60));
      if (!socket.send(" ")) break;
    }
    EXPECT_TRUE(ended(socket)) << sent;
  }
  EXPECT_EQ(client().ask(chat("x")).status(), 200);
}

// As for every client that ends its half: it waits for nothing any more.
TEST_F(GatewayHostile, WhoEndsHisHalfHasGone) {
  start("cost-min");
  std::atomic<int> left = 0;
  cloud_.script([&](Exchange& exchange) {
    left = exchange.gone(10000) ? 1 : 2;
    exchange.keep = false;
  });
  Client one = client();
  one.send(chat("hello", ",\"stream\":true", "cloud"));
  for (int i = 0; i < 500 && cloud_.calls() == 0; ++i) std::this_thread::sleep_for(milliseconds(10));
  shutdown(one.socket().descriptor(), SHUT_WR);
  EXPECT_EQ(journal_with("settled", 1).back()["outcome"], "gone");
  for (int i = 0; i < 500 && left == 0; ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(left, 1);
}

TEST_F(GatewayHostile, AThousandIdleConnectionsCostLittle) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  start("local-only", "", "[limits]\ndecision_s = 20\nconnections = 1100\n");
  const auto kilobytes = [this] {
    const std::string text = read_text(fmt::format("/proc/{}/status", pid_));
    return std::atoi(text.c_str() + text.find("VmRSS:") + 6);
  };
  EXPECT_EQ(client().ask(chat("x")).status(), 200);
  const int before = kilobytes();
  std::vector<Socket> idle;
  for (int i = 0; i < 1000; ++i) {
    idle.push_back(Socket::connected(port_));
    ASSERT_TRUE(idle.back().open()) << i;
  }
  EXPECT_EQ(client().ask(chat("x")).status(), 200);
  EXPECT_LT(kilobytes() - before, 32 * 1000);
  const double used = processor_s();
  std::this_thread::sleep_for(milliseconds(1000));
  EXPECT_LT(processor_s() - used, .3);
}

// It waits for descriptors; asking again and again would take a whole processor.
TEST_F(GatewayHostile, WithoutDescriptorsItNeitherSpinsNorEnds) {
  start("local-only");
  const rlimit few = {40, 40};
  ASSERT_EQ(prlimit(pid_, RLIMIT_NOFILE, &few, nullptr), 0);
  {
    std::vector<Socket> many;
    for (int i = 0; i < 60; ++i) many.push_back(Socket::connected(port_));
    std::this_thread::sleep_for(milliseconds(300));
    const double used = processor_s();
    std::this_thread::sleep_for(milliseconds(1500));
    EXPECT_LT(processor_s() - used, .5);
  }
  EXPECT_EQ(client().ask(chat("x")).status(), 200);
}

TEST_F(GatewayHostile, ChunksAreReadStrictly) {
  start("local-only");
  const auto status = [&](const std::string& body) {
    Client one = client();
    one.socket().send(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        "transfer-encoding: chunked\r\n\r\n" +
        body);
    return one.receive().status();
  };
  const std::string body = chat("x"), size = fmt::format("{:x}", body.size());
  EXPECT_EQ(status(size + ";a=\"b\"; c\r\n" + body + "\r\n0;last\r\ntrailer: t\r\nx: y\r\n\r\n"), 200);
  EXPECT_EQ(status(size + "\r\n" + body + "\n0\r\n\r\n"), 400);
  EXPECT_EQ(status(size + "\r\n" + body + "\r\n0\r\n\n"), 400);
  EXPECT_EQ(status(size + ";a\n" + body + "\r\n0\r\n\r\n"), 400);
}

TEST_F(GatewayHostile, RequestsThatAreSentAheadAreAnsweredInOrder) {
  start("local-only");
  local_.script([](Exchange& exchange) {
    std::this_thread::sleep_for(milliseconds(exchange.asks("slow") ? 200 : 0));
    exchange.answer(exchange.asks("slow") ? 200 : 400, completion());
  });
  Client one = client();
  std::string all =
      whole(chat("slow")) + whole(chat("fast")) + "GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n";
  for (int i = 0; i < 100; ++i) all += "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";
  one.socket().send(all);
  EXPECT_EQ(one.receive().status(), 200);
  EXPECT_EQ(one.receive().status(), 400);
  EXPECT_THAT(one.receive().body, HasSubstr("offload-auto"));
  for (int i = 0; i < 100; ++i) ASSERT_THAT(one.receive().body, HasSubstr("breakers")) << i;
}

TEST_F(GatewayHostile, WhoAsksWhetherToGoOnIsTold) {
  start("local-only");
  Client one = client();
  const std::string body = chat("x");
  one.socket().send(head("expect: 100-continue\r\n", body.size()));
  EXPECT_EQ(one.receive().status(), 100);
  one.socket().send(body);
  EXPECT_EQ(one.receive().status(), 200);
  // And is told the refusal at once where there is one.
  Client other = client();
  other.socket().send(head("expect: 100-continue\r\norigin: https://evil.example\r\n", body.size()));
  EXPECT_EQ(other.receive().status(), 403);
}

TEST_F(GatewayHostile, FieldsThatComeTwiceAreNoneOfBoth) {
  start("local-only");
  const auto status = [&](const Fields& fields) { return client().ask(chat("x"), fields).status(); };
  EXPECT_EQ(status({{"x-offload-task", "1"}, {"x-offload-task", "2"}}), 400);
  EXPECT_EQ(status({{"host", "localhost"}}), 400);
  EXPECT_EQ(status({{"content-type", "application/json"}, {"content-type", "application/json"}}), 415);
  EXPECT_EQ(status({{"x-offload-cost-usd", "1"}, {"x-offload-cost-usd", "2"}}), 400);
  EXPECT_EQ(status({{"x-offload-cost", "body"}, {"x-offload-cost", "body"}}), 400);
  EXPECT_EQ(status({{"x-offload-latency-ms", "nan"}}), 400);
  EXPECT_EQ(status({{"x-offload-latency-ms", "-1"}}), 400);
  Client old = client();
  old.socket().send("GET /health HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.receive().status(), 403);
  EXPECT_EQ(local_.calls(), 0);
}

TEST_F(GatewayHostile, OddNamesOfSessionsAreNamesLikeOthers) {
  start("local-only");
  const auto session = [&](const std::string& id, const std::string& more = "") {
    return client().ask(chat("x", more), {{"x-session-id", id}}).field("x-offload-session");
  };
  const std::vector<std::string> odd = {"a",
                                        "A",
                                        "a b",
                                        "\"a\"",
                                        "..\\/..",
                                        "\xc3\xa4",
                                        "\xe4",
                                        "%00",
                                        "${jndi:ldap}",
                                        "a\tb",
                                        std::string(128, 'x')};
  std::set<std::string> numbers;
  for (const std::string& id : odd) numbers.insert(session(id));
  EXPECT_EQ(numbers.size(), odd.size());
  for (const std::string& id : odd) EXPECT_TRUE(numbers.contains(session(id))) << id;
  EXPECT_EQ(session("", R"(,"metadata":{"session_id":"\u0061"})"), session("a"));
  EXPECT_NE(session(""), session(""));
  EXPECT_EQ(client().ask(chat("x"), {{"x-session-id", std::string(129, 'x')}}).status(), 400);
  EXPECT_THAT(read_text(folder_ / "journal.jsonl"), Not(HasSubstr("jndi")));
}

// By trying every way to match this would take longer than the universe.
TEST_F(GatewayHostile, APatternIsNotKeptBusy) {
  start("local-only", "", "[[task_rule]]\npattern = \"^(a+)+$\"\ntask = \"2\"\n");
  EXPECT_EQ(client().ask(chat(std::string(900, 'a') + "b")).status(), 200);
  EXPECT_EQ(client().ask(chat("aaa")).status(), 200);
  EXPECT_EQ(journal("decided").back()["task"], 2);
  stop();
  configure("local-only", "", "[[task_rule]]\npattern = \"(a)\\\\1\"\ntask = \"2\"\n");
  const Outcome refused = run("serve serve.toml");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("without back-references"));
}

// What fits exactly is done; then nothing is left, and nothing more is.
TEST_F(GatewayHostile, ABudgetMayBeUsedUpExactly) {
  start("cost-min");
  cloud_.script(
      [](Exchange& exchange) { exchange.answer(200, R"({"choices":[{"message":{"content":"w"}}]})"); });
  const std::string ask = chat("hello", ",\"max_tokens\":100", "cloud");
  ASSERT_EQ(client().ask(ask).status(), 200);
  const std::int64_t bound = journal("decided").back()["reserved"][1];
  const auto usd = [](std::int64_t pusd) { return fmt::format("{}e-12", pusd); };
  EXPECT_EQ(client().ask(ask, {{"x-session-id", "less"}, {"x-offload-cost-usd", usd(bound - 1)}}).status(),
            429);
  const Fields exact = {{"x-session-id", "exact"}, {"x-offload-cost-usd", usd(bound)}};
  EXPECT_EQ(client().ask(ask, exact).status(), 200);
  const auto settled = journal_with("settled", 2).back();
  EXPECT_EQ(settled["amount"][1], bound);
  EXPECT_EQ(settled["over_run"], false);
  EXPECT_EQ(client().ask(chat("more", ",\"max_tokens\":1", "cloud"), exact).status(), 429);
  EXPECT_EQ(cloud_.calls(), 2);
}

TEST_F(GatewayHostile, ACompressedAnswerIsNone) {
  start("cost-min");
  const auto gzip = [](Exchange& exchange) {
    exchange.answer(200, "\x1f\x8b\x08rest", "content-encoding: gzip\r\n");
  };
  cloud_.script(gzip);
  const Message other = client().ask(chat("hello", "", "cloud"));
  EXPECT_EQ(other.status(), 200);
  EXPECT_EQ(other.field("x-offload-endpoint"), "local");
  EXPECT_GE(journal_with("settled", 1).back()["amount"][1], journal("decided").back()["reserved"][1]);
  local_.script(gzip);
  const Message none = client().ask(chat("hello", "", "cloud"));
  EXPECT_EQ(none.status(), 502);
  EXPECT_THAT(none.body, HasSubstr("upstream_encoding"));
  EXPECT_EQ(none.field("x-should-retry"), "false");
  EXPECT_EQ(cloud_.last().field("accept-encoding"), "identity");
}

TEST_F(GatewayHostile, InterimAnswersArePassedOver) {
  start("cost-min");
  cloud_.script([](Exchange& exchange) {
    std::string interim;
    for (int i = 0; i < 3000; ++i) interim += "HTTP/1.1 103 E\r\n\r\n";
    exchange.socket.send(interim);
    answer_well(exchange);
  });
  EXPECT_EQ(client().ask(chat("hello", "", "cloud")).field("x-offload-endpoint"), "cloud");
}

// What a server says beyond its answer is no answer to the next call.
TEST_F(GatewayHostile, AnswersThatNobodyAskedForAreNotTaken) {
  start("cost-min");
  const std::string poison =
      "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n\"poison\"";
  for (const int later_ms : {0, 60}) {
    cloud_.script([&](Exchange& exchange) {
      answer_well(exchange);
      std::this_thread::sleep_for(milliseconds(later_ms));
      if (exchange.asks("first")) exchange.socket.send(poison);
    });
    EXPECT_EQ(client().ask(chat("first", "", "cloud")).body, completion());
    std::this_thread::sleep_for(milliseconds(200));
    EXPECT_EQ(client().ask(chat("second", "", "cloud")).body, completion());
  }
}

TEST_F(GatewayHostile, AServerOfOldTimesEndsWithItsConnection) {
  start("cost-min");
  cloud_.script([](Exchange& exchange) {
    exchange.socket.send("HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + delta("one") +
                         last_delta() + event("[DONE]"));
    exchange.keep = false;
    exchange.socket.close();
  });
  const Message answer = client().ask(chat("hello", ",\"stream\":true", "cloud"));
  EXPECT_EQ(answer.body, delta("one") + last_delta() + event("[DONE]"));
  EXPECT_TRUE(answer.whole);
}

// A client that does not read holds its call for so long and no longer.
TEST_F(GatewayHostile, WhoDoesNotReadIsLeftAndSoIsHisCall) {
  start("cost-min", "", "[limits]\ndecision_s = 20\nslow_client_s = 0.5\n");
  std::atomic<int> left = 0;
  cloud_.script([&](Exchange& exchange) {
    exchange.begin_stream();
    while (exchange.chunk(delta(std::string(100'000, 'x')))) {
    }
    left = 1;
    exchange.keep = false;
  });
  Client one = client();
  one.send(chat("hello", ",\"stream\":true", "cloud"));
  EXPECT_EQ(journal_with("settled", 1).back()["outcome"], "gone");
  for (int i = 0; i < 1000 && left == 0; ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(left, 1);
}

}  // namespace
}  // namespace offload::testing
