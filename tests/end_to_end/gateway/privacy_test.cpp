// What clients, users and servers say, their keys and names: planted, and looked for in all that is written.
#include "end_to_end/gateway/gateway_fixture.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class GatewayPrivacy : public GatewayTest {};

TEST_F(GatewayPrivacy, NothingPrivateIsWrittenDown) {
  write("keys.txt", "planted-client-key\n");
  write("cloud.key", "planted-upstream-key\n");
  for (const char* file : {"keys.txt", "cloud.key"})
    std::filesystem::permissions(folder_ / file, std::filesystem::perms::owner_read);
  ScriptedBackend small([](Exchange& exchange) {
    EXPECT_TRUE(exchange.asks("planted-prompt"));
    if (exchange.number == 2)
      return exchange.answer(500, R"({"error":{"message":"planted-classifier-words"}})");
    if (exchange.number == 3) return exchange.answer(200, "planted-nonsense");
    exchange.answer(200,
                    R"({"choices":[{"message":{"content":"planted-class 1"}}],"usage":{"prompt_tokens":9}})");
  });
  start("text-only", "client_keys = \"keys.txt\"\n",
        fmt::format("[budget]\ncost_usd = 1\n[classifier]\nbase_url = \"{}\"\nmodel = \"planted-small\"\n"
                    "key_file = \"cloud.key\"\nprice = {{input = 1, output = 1}}\n",
                    small.url()),
        "", "key_file = \"cloud.key\"\n");
  cloud_.script([](Exchange& exchange) {
    if (exchange.number == 2)
      return exchange.answer(400, R"({"error":{"message":"planted-upstream-words"}})");
    exchange.answer(200, R"({"choices":[{"message":{"content":"planted-answer"}}]})");
  });
  const Fields fields = {{"authorization", "Bearer planted-client-key"},
                         {"x-session-id", "planted-session"},
                         {"x-offload-cost", "body"}};
  const std::string more = R"(,"user":"planted-user","metadata":{"note":"planted-note"})";
  EXPECT_EQ(client().ask(chat("planted-prompt", more), fields).status(), 200);
  EXPECT_EQ(client().ask(chat("planted-prompt", more), fields).status(), 400);
  EXPECT_EQ(client().ask(chat("planted-prompt", more, "planted-model"), fields).status(), 404);
  client().ask("{\"planted-broken", fields);
  client().ask(chat("planted-prompt", ",\"stream\":true"),
               {fields[0], {"x-session-id", "planted-other"}, fields[2]});
  client().ask(chat("planted-prompt"), {fields[0], {"x-offload-task", "planted-task"}});
  client().ask(chat("planted-prompt"), {fields[0], {"x-offload-cost", "planted-cost"}});
  client().ask(chat("planted-prompt"), {fields[0], {"x-offload-cost-usd", "planted-usd"}});
  client().ask(chat("planted-prompt"), {fields[0], {"x-session-id", "planted-third"}});
  kill(pid_, SIGHUP);
  EXPECT_TRUE(says("new sessions get agents 1"));
  EXPECT_GE(small.calls(), 3);
  const std::string metrics =
      client().get("/metrics?planted-query", fields).body + client().get("/health").body;
  EXPECT_THAT(metrics, HasSubstr("offload_journal_head{sha256="));
  EXPECT_EQ(stop(), 143);
  EXPECT_THAT(metrics + read_text(folder_ / "journal.jsonl") + read_text(folder_ / "serve.txt"),
              Not(HasSubstr("planted")));
}

}  // namespace
}  // namespace offload::testing
