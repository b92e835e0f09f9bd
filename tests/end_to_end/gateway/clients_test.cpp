// What clients do, good and bad, and what the gateway lets nobody do.
#include "end_to_end/gateway/gateway_fixture.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class GatewayClients : public GatewayTest {};

constexpr const char* kImage = R"({"type":"image_url","image_url":{"url":"data:image/png;base64,%"}})";

std::string image(const std::string& data) {
  std::string part = kImage;
  return part.replace(part.find('%'), 1, data);
}

TEST_F(GatewayClients, TheSameTurnAskedAgainJoinsTheAnswerUnderWay) {
  start("local-only");
  local_.script([](Exchange& exchange) {
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    answer_well(exchange);
  });
  const Fields session = {{"x-session-id", "s"}};
  Client first = client(), second = client();
  first.send(chat("hello"), session);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  second.send(chat("hello"), session);
  const Message one = first.receive(), two = second.receive();
  EXPECT_EQ(one.status(), 200);
  EXPECT_EQ(one.body, two.body);
  EXPECT_EQ(local_.calls(), 1);
  EXPECT_EQ(journal_with("settled", 1).size(), 1u);
}

// As a client does whose time-out covers the body: it hangs up and asks again.
TEST_F(GatewayClients, WhoHangsUpAndAsksAgainIsGivenTheAnswerThatWasPaid) {
  start("local-only");
  local_.script([](Exchange& exchange) {
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    answer_well(exchange);
  });
  const Fields session = {{"x-session-id", "s"}};
  {
    Client first = client();
    first.send(chat("hello"), session);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  {
    Client second = client();
    second.send(chat("hello"), session);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  Client third = client();
  EXPECT_EQ(third.ask(chat("hello"), session).status(), 200);
  EXPECT_EQ(local_.calls(), 1);
  EXPECT_EQ(third.ask(chat("other"), session).status(), 200);
  EXPECT_EQ(local_.calls(), 2);
}

TEST_F(GatewayClients, AStreamIsJoinedFromItsBeginning) {
  start("local-only");
  local_.script([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.chunk(delta("one"));
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    exchange.chunk(delta("two") + last_delta() + event("[DONE]"));
    exchange.end_stream();
  });
  const Fields session = {{"x-session-id", "s"}};
  Client first = client(), second = client();
  first.send(chat("hello", ",\"stream\":true"), session);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  second.send(chat("hello", ",\"stream\":true"), session);
  const Message one = first.receive(), two = second.receive();
  EXPECT_EQ(one.body, delta("one") + delta("two") + last_delta() + event("[DONE]"));
  EXPECT_EQ(one.body, two.body);
  EXPECT_EQ(local_.calls(), 1);
}

TEST_F(GatewayClients, ASessionHasOneTurnAtATime) {
  start("local-only", "", "[limits]\ndecision_s = 20\nqueue_s = 0.3\n");
  local_.script([](Exchange& exchange) {
    std::this_thread::sleep_for(std::chrono::milliseconds(exchange.asks("slow") ? 900 : 1));
    answer_well(exchange);
  });
  const Fields session = {{"x-session-id", "s"}};
  Client first = client(), second = client(), third = client();
  first.send(chat("slow"), session);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const Message busy = second.ask(chat("two"), session);
  EXPECT_EQ(busy.status(), 409);
  EXPECT_THAT(busy.body, HasSubstr("session_busy"));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  third.send(chat("three"), session);
  EXPECT_EQ(first.receive().status(), 200);
  EXPECT_EQ(third.receive().status(), 200);
}

TEST_F(GatewayClients, ABudgetThatIsSpentIsRefusedOnceAndForAll) {
  start("cloud-only", "",
        "[budget]\ncost_usd = 0.0012\nlatency_s = 1000\n[limits]\ndecision_s = 20\nqueue_s = 1\n", "",
        "max_output = 100\n");
  const Fields session = {{"x-session-id", "s"}};
  Client one = client();
  std::string turns;
  int good = 0;
  Message last;
  for (int turn = 0; turn < 8; ++turn) {
    last =
        one.ask(fmt::format(R"({{"model":"cloud","messages":[{}{{"role":"user","content":"now"}}]}})", turns),
                session);
    if (last.status() != 200) break;
    ++good;
    EXPECT_THAT(cloud_.last().body, HasSubstr(R"("max_tokens":100)"));
    turns += R"({"role":"user","content":"now"},{"role":"assistant","content":"well"},)";
  }
  EXPECT_EQ(last.status(), 429);
  EXPECT_THAT(last.body, HasSubstr("budget_exceeded"));
  EXPECT_EQ(last.field("x-should-retry"), "false");
  EXPECT_EQ(last.field("retry-after"), "");
  EXPECT_GT(good, 0);
  std::int64_t spent = 0;
  for (const auto& settled : journal("settled")) spent += settled["amount"][1].get<std::int64_t>();
  EXPECT_LE(spent, 1'200'000'000);
  EXPECT_EQ(cloud_.calls(), good);
}

TEST_F(GatewayClients, AHeaderLowersABudgetAndRaisesNone) {
  start("cloud-only", "", "[budget]\ncost_usd = 1\nlatency_s = 1000\n");
  Client one = client();
  EXPECT_EQ(
      one.ask(chat("x", "", "cloud"), {{"x-session-id", "a"}, {"x-offload-cost-usd", "0.0001"}}).status(),
      429);
  EXPECT_EQ(one.ask(chat("x", "", "cloud"), {{"x-session-id", "b"}, {"x-offload-cost-usd", "5"}}).status(),
            200);
  EXPECT_EQ(journal("decided").back()["limit"][1], 1'000'000'000'000);
  EXPECT_EQ(one.ask(chat("x", "", "cloud"), {{"x-offload-cost-usd", "much"}}).status(), 400);
}

TEST_F(GatewayClients, ToolLoopsStayWhereTheyBegan) {
  start("random-masked", "journal_sync = false\n", "[budget]\naccounting = \"profile\"\n");
  const std::string question =
      R"({"role":"user","content":[{"type":"text","text":"q"},)" + image("AAAA") + "]}";
  const std::string loop =
      R"(,{"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
      R"({"role":"tool","tool_call_id":"t1","content":"42"})";
  Client one = client();
  for (int s = 0; s < 12; ++s) {
    const Fields session = {{"x-session-id", fmt::format("s{}", s)}};
    const auto ask = [&](const std::string& messages) {
      return one.ask(R"({"model":"offload-auto","messages":[)" + messages + "]}", session);
    };
    const Message first = ask(question), second = ask(question + loop), third = ask(question + loop + loop);
    EXPECT_EQ(second.status(), 200) << second.body;
    EXPECT_EQ(first.field("x-offload-action"), second.field("x-offload-action"));
    EXPECT_EQ(first.field("x-offload-action"), third.field("x-offload-action"));
    EXPECT_EQ(third.field("x-offload-turn"), "0");
  }
  const auto decided = journal("decided");
  EXPECT_EQ(decided.at(1)["why"], "tool");
}

// Only the images that the action sends go out, of this turn and of those before; all else byte for byte.
TEST_F(GatewayClients, ImagesThatWereNotChosenStay) {
  start("text-only", "", "[budget]\naccounting = \"profile\"\n");
  const std::string odd = R"( { "messages" : [ {"role":"user", "content":[ )" + image("AAAA") +
                          R"( , {"type":"text","text":"é\u00e9\n"},)" + image("BBBB") +
                          R"(] } ],"temperature":1.0e0, "model":"offload-auto","unknown":{"b":1,"a":[ ]}})";
  Client one = client();
  const Message answer = one.ask(odd, {{"x-session-id", "s"}});
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(
      cloud_.last().body,
      R"( { "messages" : [ {"role":"user", "content":[ {"type":"text","text":"é\u00e9\n"}] } ],"temperature":1.0e0, "model":"offload-auto","unknown":{"b":1,"a":[ ]}})");
  const Message next = one.ask(
      R"({"model":"cloud","messages":[{"role":"user","content":[)" + image("AAAA") +
          R"(]},{"role":"assistant","content":"w"},{"role":"user","content":[{"type":"text","text":"t"},)" +
          image("CCCC") + "]}]}",
      {{"x-session-id", "s"}});
  EXPECT_EQ(next.status(), 200);
  EXPECT_THAT(cloud_.last().body, Not(HasSubstr("AAAA")));
  EXPECT_THAT(cloud_.last().body, HasSubstr("CCCC"));
  EXPECT_THAT(cloud_.last().body, HasSubstr(R"([{"type":"text","text":""}])"));
  const Message local =
      one.ask(R"({"model":"local","messages":[{"role":"user","content":[{"type":"text","text":"t"},)" +
              image("DDDD") + "]}]}");
  EXPECT_EQ(local.status(), 200);
  EXPECT_THAT(local_.last().body, Not(HasSubstr("DDDD")));
}

TEST_F(GatewayClients, WhatIsNoRequestIsRefusedInOpenAIsShape) {
  start("local-only");
  Client one = client();
  for (
      const std::string body :
      {R"({"model":"offload-auto","messages":null})", R"({"model":"offload-auto","messages":"x"})",
       R"({"model":"offload-auto","messages":[123]})", R"({"model":"offload-auto","messages":[{}]})",
       R"({"model":"offload-auto","messages":[{"role":123,"content":"x"}]})",
       R"({"model":"offload-auto","messages":[{"role":"user","content":123}]})", R"({"messages":[]})", "{",
       "",
       R"({"model":"offload-auto","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}]}]})"}) {
    const Message answer = one.ask(body);
    EXPECT_EQ(answer.status(), 400) << body;
    const auto error = nlohmann::json::parse(answer.body)["error"];
    EXPECT_TRUE(error.contains("message") && error.contains("type") && error.contains("param") &&
                error.contains("code"));
  }
  EXPECT_EQ(one.ask(chat("x", "", "gpt-unknown")).status(), 404);
  EXPECT_EQ(local_.calls(), 0);
}

TEST_F(GatewayClients, WebPagesAndStrangeNamesAreKeptOut) {
  start("local-only");
  const auto status = [&](const Fields& fields) { return client().ask(chat("x"), fields).status(); };
  EXPECT_EQ(status({{"origin", "https://evil.example"}}), 403);
  EXPECT_EQ(status({{"content-type", "text/plain"}}), 415);
  EXPECT_EQ(status({{"content-type", "application/json; charset=utf-8"}}), 200);
  Client rebound = client();
  rebound.socket().send("GET /v1/models HTTP/1.1\r\nhost: evil.example\r\n\r\n");
  EXPECT_EQ(rebound.receive().status(), 403);
  // A name ends at its port, and nothing stands behind that.
  for (const char* host :
       {"localhost:1, evil.example", "evil.example, localhost:1", "localhost:evil.example"}) {
    Client odd = client();
    odd.socket().send(fmt::format("GET /v1/models HTTP/1.1\r\nhost: {}\r\n\r\n", host));
    EXPECT_EQ(odd.receive().status(), 403) << host;
  }
  Client preflight = client();
  preflight.socket().send(
      "OPTIONS /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\norigin: https://evil.example\r\n\r\n");
  const Message none = preflight.receive();
  EXPECT_EQ(none.status(), 403);
  EXPECT_EQ(none.field("access-control-allow-origin"), "");
  EXPECT_EQ(client().get("/admin").status(), 404);
  EXPECT_EQ(client().get("/v1/chat/completions").status(), 405);
}

TEST_F(GatewayClients, AmbiguousMessagesAreRefused) {
  start("local-only");
  const auto status = [&](const std::string& fields, const std::string& body) {
    Client one = client();
    one.socket().send(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
        fields + "\r\n" + body);
    return one.receive().status();
  };
  const std::string body = chat("x");
  const std::string size = fmt::format("content-length: {}\r\n", body.size());
  EXPECT_EQ(status(size, body), 200);
  EXPECT_EQ(status("content-length: 3\r\n" + size, body), 400);
  EXPECT_EQ(status("transfer-encoding: chunked\r\n" + size, "0\r\n\r\n"), 400);
  EXPECT_EQ(status("transfer-encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501);
  EXPECT_EQ(
      status("transfer-encoding: chunked\r\n", fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", body.size(), body)),
      200);
  EXPECT_EQ(status("content-length: 99999999999\r\n", ""), 413);
  EXPECT_EQ(status("x: " + std::string(20000, 'x') + "\r\n", ""), 431);
}

TEST_F(GatewayClients, KeysAreAskedForAndNeverPassedOn) {
  write("keys.txt", "client-key-1\nclient-key-2\n");
  write("cloud.key", "upstream-key\n");
  for (const char* file : {"keys.txt", "cloud.key"})
    std::filesystem::permissions(folder_ / file, std::filesystem::perms::owner_read);
  start("local-only", "client_keys = \"keys.txt\"\n", "", "", "key_file = \"cloud.key\"\n");
  Client one = client();
  EXPECT_EQ(one.ask(chat("x")).status(), 401);
  EXPECT_EQ(client().ask(chat("x"), {{"authorization", "Bearer wrong"}}).status(), 401);
  EXPECT_EQ(client().get("/metrics").status(), 401);
  EXPECT_EQ(client().get("/health").status(), 200);
  const Fields key = {
      {"authorization", "Bearer client-key-2"}, {"x-api-key", "client-key-2"}, {"cookie", "a=b"}};
  EXPECT_EQ(client().ask(chat("x", "", "cloud"), key).status(), 200);
  EXPECT_EQ(cloud_.last().field("authorization"), "Bearer upstream-key");
  EXPECT_EQ(cloud_.last().field("x-api-key") + cloud_.last().field("cookie"), "");
  EXPECT_EQ(client().ask(chat("x", "", "local"), key).status(), 200);
  EXPECT_EQ(local_.last().field("authorization"), "");
}

TEST_F(GatewayClients, ShadowAnswersByTheBaselineAndNotesTheChoice) {
  start("local-only", "mode = \"shadow\"\nbaseline = \"cloud\"\n");
  EXPECT_EQ(client().ask(chat("x")).field("x-offload-endpoint"), "cloud");
  const auto decided = journal("decided").back();
  EXPECT_EQ(decided["why"], "shadow");
  EXPECT_EQ(decided["choice"], 0);
  EXPECT_EQ(decided["action"], 1);
  EXPECT_EQ(local_.calls(), 0);
}

TEST_F(GatewayClients, TasksComeFromHeaderMetadataRulesOrTheDefault) {
  start("local-only", "", "[[task_rule]]\npattern = \"brew (tea|coffee)\"\ntask = \"2\"\n");
  const auto task = [&](const std::string& body, const Fields& fields = {}) {
    client().ask(body, fields);
    const auto decided = journal("decided").back();
    return fmt::format("{} {}", decided["task"].get<int>(), decided["task_from"].get<std::string>());
  };
  EXPECT_EQ(task(chat("x"), {{"x-offload-task", "3"}}), "3 header");
  EXPECT_EQ(task(chat("x", R"(,"metadata":{"offload_task":"1"})")), "1 metadata");
  EXPECT_EQ(task(chat("please Brew Tea")), "2 rule");
  EXPECT_EQ(task(chat("x")), "0 default");
  EXPECT_EQ(client().ask(chat("x"), {{"x-offload-task", "none-such"}}).status(), 400);
}

// A peer of HTTP/1.0, as nginx is in front unless told otherwise: an end without chunks.
TEST_F(GatewayClients, OldClientsGetAnAnswerThatEndsWithTheConnection) {
  start("local-only");
  Client one = client();
  const std::string body = chat("x", ",\"stream\":true");
  one.socket().send(fmt::format(
      "POST /v1/chat/completions HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/json\r\n"
      "content-length: {}\r\n\r\n{}",
      body.size(), body));
  const Message answer = one.receive();
  EXPECT_EQ(answer.field("transfer-encoding"), "");
  EXPECT_THAT(answer.body, HasSubstr("data: [DONE]"));
}

}  // namespace
}  // namespace offload::testing
