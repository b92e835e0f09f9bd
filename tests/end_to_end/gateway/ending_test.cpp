// What is left when it ends, whatever is under way then; and when it has to end.
#include "end_to_end/gateway/gateway_fixture.hpp"
#include "gateway/serve.hpp"
#include "processes.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;

class GatewayEnding : public GatewayTest {
 protected:
  static int threads() {
    const std::filesystem::directory_iterator all("/proc/self/task");
    return static_cast<int>(std::distance(begin(all), end(all)));
  }
  // In a child of the test's own; how it ends says how many threads outlive what it called.
  void start_here() {
    start_as([] {
      const auto serve_it = [] {
        const ServeSettings settings = read_serve_settings("serve.toml");
        serve(settings, PluginSearch(), [](const std::string& line) {
          std::fprintf(stderr, "%s\n", line.c_str());
          std::fflush(stderr);
        });
      };
      try {
        serve_it();
        _exit(threads() - 1);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        _exit(99);
      }
    });
  }
  int signal_twice() {
    kill(pid_, SIGTERM);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return stop();
  }
  static void never(Exchange& exchange) { exchange.keep = !exchange.gone(20000); }
  void wait_for(const ScriptedBackend& server, int calls) {
    for (int tries = 0; tries < 2000 && server.calls() < calls; ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_EQ(server.calls(), calls);
  }
  pid_t agent(pid_t but = -1) const {
    for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid_))) {
      std::ifstream children(thread.path() / "children");
      for (pid_t child = 0; children >> child;) {
        if (child != but) return child;
      }
    }
    return -1;
  }
  // An agent that takes a second to be made.
  void start_slow(const std::string& row) {
    std::string text = suite();
    text.insert(text.find("[evaluation]"), "[[row]]\nname = \"slow\"\nplugin = \"" BAD_PLUGINS
                                           "/bad-agent.so\"\nparameters = {fault = \"slow\"}\n");
    write("suite.toml", text);
    configure(row);
    start_here();
  }
  // Stops the agent that is made beside or after that one, which then hangs.
  pid_t hang_another(pid_t first) const {
    for (int tries = 0; tries < 3000; ++tries) {
      if (const pid_t next = agent(first); next > 0) {
        kill(next, SIGSTOP);
        return next;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return -1;
  }
  // It would be waited for two minutes otherwise.
  void expect_a_soon_end(pid_t hanging) {
    ASSERT_GT(hanging, 0);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(signal_twice(), 0) << said();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
    EXPECT_FALSE(runs(hanging));
  }

  ScriptedBackend small_;
};

// A call under way, a turn of the same session, one that waits for a place, one whose task is being asked
// for.
TEST_F(GatewayEnding, NoThreadOutlivesItWhateverIsUnderWay) {
  configure(
      "cost-min", "",
      fmt::format("[budget]\nlatency_s = 1000\ncost_usd = 1\n[classifier]\nbase_url = \"{}\"\nmodel = \"m\"\n"
                  "price = {{input = 1, output = 2}}\nfirst_byte_s = 100\n"
                  "[limits]\nqueue_s = 100\ndecision_s = 20\n",
                  small_.url()),
      "", "in_flight = 1\n");
  cloud_.script(never);
  small_.script(never);
  start_here();
  const auto named = [](const std::string& session) {
    return Fields{{"x-session-id", session}, {"x-offload-task", "0"}};
  };
  Client first = client(), same = client(), queued = client(), untold = client();
  first.send(chat("one", "", "cloud"), named("a"));
  wait_for(cloud_, 1);
  same.send(chat("two", "", "cloud"), named("a"));
  queued.send(chat("three", "", "cloud"), named("b"));
  untold.send(chat("four", "", "cloud"), {{"x-session-id", "c"}});
  wait_for(small_, 1);
  EXPECT_EQ(signal_twice(), 0) << said();
  EXPECT_EQ(journal().back()["e"], "close");
  start();
  EXPECT_EQ(journal("told").size(), 1u);
  for (const auto& decided : journal("decided")) {
    const auto settled = journal("settled");
    EXPECT_TRUE(std::any_of(settled.begin(), settled.end(),
                            [&](const auto& one) { return one["d"] == decided["d"]; }));
  }
}

TEST_F(GatewayEnding, NoThreadOutlivesItWhileAnAgentIsAsked) {
  configure("cost-min");
  start_here();
  const pid_t asked = agent();
  ASSERT_GT(asked, 0);
  kill(asked, SIGSTOP);
  Client one = client();
  one.send(chat("x"));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(signal_twice(), 0) << said();
  EXPECT_FALSE(runs(asked));
}

TEST_F(GatewayEnding, NoThreadOutlivesItWhileAReloadHangs) {
  start_slow("local-only");
  const pid_t first = agent();
  ASSERT_GT(first, 0);
  std::string text = read_text(folder_ / "serve.toml");
  text.replace(text.find("local-only"), 10, "slow");
  write("serve.toml", text);
  kill(pid_, SIGHUP);
  expect_a_soon_end(hang_another(first));
}

TEST_F(GatewayEnding, NoThreadOutlivesItWhileALostAgentIsMadeAnew) {
  start_slow("slow");
  const pid_t first = agent();
  ASSERT_GT(first, 0);
  kill(first, SIGKILL);
  Client one = client();
  one.send(chat("x"));  // who asks it sees that it is gone
  expect_a_soon_end(hang_another(first));
}

// What is written where nobody looks for it is as good as lost.
TEST_F(GatewayEnding, EndsWhenItsJournalIsMovedAway) {
  start("local-only");
  EXPECT_EQ(client().ask(chat("x")).status(), 200);
  std::filesystem::rename(folder_ / "journal.jsonl", folder_ / "elsewhere.jsonl");
  ASSERT_TRUE(says("moved or removed while it was written"));
  EXPECT_EQ(stop(0), 5);
  std::filesystem::rename(folder_ / "elsewhere.jsonl", folder_ / "journal.jsonl");
  start();
  EXPECT_EQ(client().ask(chat("x")).status(), 200);
}

TEST_F(GatewayEnding, EndsWhenTheDiskIsFull) {
  if (std::system("unshare --mount --map-root-user true 2>/dev/null") != 0)
    GTEST_SKIP() << "no folder of its own can be mounted here";
  std::filesystem::create_directory(folder_ / "small");
  configure("local-only");
  std::string text = read_text(folder_ / "serve.toml");
  text.replace(text.find("journal.jsonl"), 13, "small/journal.jsonl");
  write("serve.toml", text);
  start_as([] {
    execlp("unshare", "unshare", "--mount", "--map-root-user", "sh", "-c",
           "mount -t tmpfs -o size=32k none small && exec " OFFLOAD_BINARY_DIR
           "/bin/offload-bench serve serve.toml",
           nullptr);
  });
  int answered = 0;
  for (int turn = 0; turn < 1000; ++turn) {
    const Message answer = client().ask(chat("x"));
    if (answer.status() != 200) break;
    ++answered;
  }
  EXPECT_GT(answered, 5);
  EXPECT_LT(answered, 100);
  ASSERT_TRUE(says("nothing was served after that"));
  EXPECT_THAT(said(), HasSubstr("No space left on device"));
  EXPECT_EQ(stop(0), 5);
}

// The second one has not read what the first one is about to write.
TEST_F(GatewayEnding, OneJournalHasOneWriter) {
  start("local-only");
  const Outcome second = run("serve serve.toml");
  EXPECT_EQ(second.status, 5);
  EXPECT_THAT(second.err, HasSubstr("another gateway writes this journal"));
  EXPECT_EQ(client().ask(chat("x")).status(), 200);
}

}  // namespace
}  // namespace offload::testing
