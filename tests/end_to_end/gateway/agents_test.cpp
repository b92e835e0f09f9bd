// An agent that dies, hangs, fails or steps outside the mask holds up nobody.
#include "end_to_end/gateway/gateway_fixture.hpp"
#include "processes.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class GatewayAgents : public GatewayTest {
 protected:
  std::string why() const { return journal("decided").back()["why"]; }
  pid_t agent() const {
    // A child is listed under the thread that started it.
    for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid_))) {
      std::ifstream children(thread.path() / "children");
      if (pid_t child = 0; children >> child) return child;
    }
    return -1;
  }
  // Whether the gateway says within some seconds that it is ready.
  bool ready_again() {
    for (int tries = 0; tries < 1000; ++tries) {
      if (client().get("/ready").status() == 200) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }
};

TEST_F(GatewayAgents, OneThatDiesIsReplaced) {
  start("text-only");
  EXPECT_EQ(client().ask(chat("x")).field("x-offload-endpoint"), "cloud");
  const pid_t first = agent();
  ASSERT_GT(first, 0);
  kill(first, SIGKILL);
  const Message answer = client().ask(chat("x"));
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.field("x-offload-endpoint"), "local");
  EXPECT_EQ(why(), "late");
  EXPECT_EQ(journal("decided").back()["choice"], -1);
  EXPECT_TRUE(ready_again());
  EXPECT_EQ(client().ask(chat("x")).field("x-offload-endpoint"), "cloud");
  EXPECT_EQ(why(), "agent");
  EXPECT_THAT(client().get("/metrics").body, HasSubstr("offload_agent_restarts_total 1"));
}

TEST_F(GatewayAgents, OneThatHangsIsNotWaitedFor) {
  start("text-only", "", "[limits]\ndecision_s = 0.2\n");
  const pid_t first = agent();
  ASSERT_GT(first, 0);
  kill(first, SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(client().ask(chat("x")).status(), 200);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1500));
  EXPECT_EQ(why(), "late");
  for (int tries = 0; tries < 500 && runs(first); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(runs(first));
  EXPECT_TRUE(ready_again());
}

TEST_F(GatewayAgents, OneThatFailsAlwaysIsDoneWithout) {
  std::string text = suite();
  text.insert(text.find("[evaluation]"), "[[row]]\nname = \"bad\"\nplugin = \"" BAD_PLUGINS
                                         "/bad-agent.so\"\nparameters = {fault = \"act\"}\n");
  write("suite.toml", text);
  start("bad");
  for (int turn = 0; turn < 3; ++turn) {
    EXPECT_EQ(client().ask(chat("x")).status(), 200);
    EXPECT_EQ(why(), "late");
  }
}

TEST_F(GatewayAgents, OneThatStepsOutsideTheMaskIsCorrected) {
  // Always the cloud with all views, of which this message has none.
  start("cloud-only");
  EXPECT_EQ(client().ask(chat("x")).field("x-offload-action"), "0");
  EXPECT_EQ(why(), "outside-mask");
}

TEST_F(GatewayAgents, OneThatHasLearnedNothingSaysSo) {
  start("local-only", "", "[[arm]]\nrow = \"epsilon-greedy\"\nshare = 0.5\n");
  const std::string words =
      "row 'epsilon-greedy' learns and no checkpoint is named: it decides as it does before its first step";
  EXPECT_THAT(said(), HasSubstr("serve.toml:8: " + words + "; add checkpoint = \"...\"\n"));
  EXPECT_THAT(client().get("/health").body, HasSubstr("\"untrained\":[\"epsilon-greedy\"]"));
  EXPECT_FALSE(journal("open").back().contains("untrained"));
  EXPECT_EQ(journal("agent").back()["untrained"], true);
  EXPECT_THAT(said(), Not(HasSubstr("row 'local-only'")));
  // A reload, too.
  const std::size_t before = said().size();
  configure("epsilon-greedy");
  kill(pid_, SIGHUP);
  EXPECT_TRUE(says("serve.toml:4: " + words, before));
  stop();
  std::filesystem::remove(folder_ / "journal.jsonl");
  start("epsilon-greedy");
  stop();
  EXPECT_EQ(journal("open").back()["untrained"], true);
  EXPECT_THAT(run("verify journal.jsonl --serve serve.toml").out, HasSubstr("untrained: " + words));
}

TEST_F(GatewayAgents, NoneIsLeftBehind) {
  start("cost-min");
  const pid_t first = agent();
  ASSERT_GT(first, 0);
  stop(SIGKILL);
  for (int tries = 0; tries < 500 && runs(first); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(runs(first));
}

}  // namespace
}  // namespace offload::testing
