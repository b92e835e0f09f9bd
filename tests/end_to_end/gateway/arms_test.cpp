// Several agents at once, other ones while it serves, and a small model that tells tasks.
#include "end_to_end/gateway/gateway_fixture.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;

class GatewayArms : public GatewayTest {
 protected:
  // The endpoint that answers a turn of the session.
  std::string endpoint_of(const std::string& session) {
    return client().ask(chat("x"), {{"x-session-id", session}}).field("x-offload-endpoint");
  }
  void replace_in_settings(const std::string& what, const std::string& by) {
    std::string text = read_text(folder_ / "serve.toml");
    text.replace(text.find(what), what.size(), by);
    write("serve.toml", text);
  }
  // Asks for a reload and waits until it says something that holds `word`.
  void reload(const std::string& word) {
    const std::size_t before = read_text(folder_ / "serve.txt").size();
    kill(pid_, SIGHUP);
    for (int tries = 0; tries < 3000; ++tries) {
      if (read_text(folder_ / "serve.txt").find(word, before) != std::string::npos) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL() << read_text(folder_ / "serve.txt");
  }
  Outcome verify() { return run("verify journal.jsonl --serve serve.toml"); }
};

// Whole sessions, the same ones after a restart.
TEST_F(GatewayArms, AShareOfTheSessionsHasAnotherAgent) {
  start("local-only", "journal_sync = false\n", "[[arm]]\nrow = \"text-only\"\nshare = 0.5\n");
  std::map<std::string, std::string> endpoint;
  int cloud = 0;
  for (int s = 0; s < 40; ++s) {
    const std::string session = fmt::format("s{}", s);
    endpoint[session] = endpoint_of(session);
    cloud += endpoint[session] == "cloud";
    EXPECT_EQ(endpoint_of(session), endpoint[session]);
  }
  EXPECT_GT(cloud, 8);
  EXPECT_LT(cloud, 32);
  EXPECT_EQ(journal("agent").size(), 1u);
  EXPECT_EQ(journal("agent").back()["row"], "text-only");
  EXPECT_EQ(journal("agent").back()["share_ppm"], 500'000);
  EXPECT_EQ(stop(), 143);
  start();
  for (const auto& [session, one] : endpoint) EXPECT_EQ(endpoint_of(session), one);
  EXPECT_EQ(stop(), 143);
  const Outcome verified = verify();
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  EXPECT_THAT(verified.out, HasSubstr("all of it agrees"));

  replace_in_settings("[[arm]]\nrow = \"text-only\"\nshare = 0.5\n", "");
  EXPECT_THAT(verify().out, HasSubstr("it served row 'text-only', and serve.toml has none of it"));
}

TEST_F(GatewayArms, SharesAreChecked) {
  configure("local-only", "",
            "[[arm]]\nrow = \"text-only\"\nshare = 0.7\n[[arm]]\nrow = \"random\"\nshare = 0.4\n");
  const Outcome refused = run("serve serve.toml");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("the arms together have more than all sessions"));
  configure("local-only", "", "[[arm]]\nrow = \"none\"\nshare = 0.7\n");
  EXPECT_THAT(run("serve serve.toml").err, HasSubstr("serve.toml:8: the suite has no row 'none'; known: "));
  configure("local-onyl", "", "[budget]\ncell = \"thigt\"\n");
  EXPECT_THAT(run("serve serve.toml").err,
              HasSubstr("serve.toml:4: the suite has no row 'local-onyl'; known: cost-min, local-only, "
                        "cloud-only, text-only, random, random-masked, epsilon-greedy; did you mean "
                        "'local-only'?"));
  replace_in_settings("local-onyl", "local-only");
  EXPECT_THAT(run("serve serve.toml").err, HasSubstr("serve.toml:8: the suite has no budget cell 'thigt'; "
                                                     "known: open, tight; did you mean 'tight'?"));
}

TEST_F(GatewayArms, AReloadIsForNewSessions) {
  start("local-only");
  EXPECT_EQ(endpoint_of("old"), "local");
  replace_in_settings("row = \"local-only\"", "row = \"text-only\"");
  reload("new sessions get agents 1");
  EXPECT_EQ(endpoint_of("new"), "cloud");
  const std::string second =
      R"({"model":"offload-auto","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"w"},)"
      R"({"role":"user","content":"y"}]})";
  EXPECT_EQ(client().ask(second, {{"x-session-id", "old"}}).field("x-offload-endpoint"), "local");
  EXPECT_EQ(journal("decided").back()["agent"].is_null(), true);
  EXPECT_EQ(stop(), 143);
  // The first agent is gone from serve.toml: what it decided is believed.
  const Outcome verified = verify();
  EXPECT_EQ(verified.status, 6) << verified.out << verified.err;
  EXPECT_THAT(verified.out, HasSubstr("2 of agents that a reload replaced"));
}

TEST_F(GatewayArms, ABadReloadChangesNothing) {
  start("local-only");
  replace_in_settings("row = \"local-only\"", "row = \"nobody\"");
  reload(
      "the suite has no row 'nobody'; known: cost-min, local-only, cloud-only, text-only, random, "
      "random-masked, epsilon-greedy; the agents stay as they were");
  EXPECT_EQ(endpoint_of("a"), "local");
  replace_in_settings("[serve]", "[serve");
  reload("the agents stay as they were");
  EXPECT_EQ(endpoint_of("b"), "local");
  write("serve.toml", "");
  EXPECT_EQ(client().get("/ready").status(), 200);
  EXPECT_TRUE(journal("agent").empty());
}

// Without a signal, once the file lies still; a bad one is told once.
TEST_F(GatewayArms, AChangedFileIsAReloadWhereThatIsWanted) {
  start("local-only", "reload_on_change = true\n");
  EXPECT_EQ(endpoint_of("old"), "local");
  const auto told = [&](const std::string& word) {
    for (int tries = 0; tries < 3000; ++tries) {
      if (read_text(folder_ / "serve.txt").find(word) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  };
  replace_in_settings("row = \"local-only\"", "row = \"nobody\"");
  ASSERT_TRUE(
      told("the suite has no row 'nobody'; known: cost-min, local-only, cloud-only, text-only, random, "
           "random-masked, epsilon-greedy; the agents stay as they were"));
  EXPECT_EQ(endpoint_of("between"), "local");
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  const std::string said = read_text(folder_ / "serve.txt");
  EXPECT_EQ(said.find("nobody"), said.rfind("nobody"));
  replace_in_settings("row = \"nobody\"", "row = \"text-only\"");
  ASSERT_TRUE(told("new sessions get agents 1"));
  EXPECT_EQ(endpoint_of("new"), "cloud");
  EXPECT_EQ(endpoint_of("old"), "local");
}

// Half of a file may be a good one: the arm that follows is not there yet. It is written on until that is
// told, however late a busy machine reads it.
TEST_F(GatewayArms, AFileThatIsBeingWrittenIsNotTaken) {
  start("local-only");
  const std::string before = read_text(folder_ / "serve.toml");
  std::string half = before;
  half.replace(half.find("row = \"local-only\""), 18, "row = \"text-only\"");
  write("serve.toml", half);
  kill(pid_, SIGHUP);
  const auto write_on = [&](const char* text) {
    std::ofstream(folder_ / "serve.toml", std::ios::app) << text << std::flush;
  };
  const std::string refused = "was written while it was read";
  for (int tries = 0; tries < 3000 && said().find(refused) == std::string::npos; ++tries) {
    write_on("# more\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  write_on("[[arm]]\nrow = \"local-only\"\nshare = 1.0\n");
  ASSERT_TRUE(says(refused));
  EXPECT_EQ(endpoint_of("a"), "local");
  EXPECT_TRUE(journal("agent").empty());
  reload("new sessions get agents 1");
  EXPECT_EQ(endpoint_of("b"), "local");
  EXPECT_EQ(journal("decided").back()["agent"], 2);
}

// Who asks while one is under way is not forgotten.
TEST_F(GatewayArms, AReloadFollowsTheOneThatIsUnderWay) {
  start("local-only");
  kill(pid_, SIGHUP);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  kill(pid_, SIGHUP);
  EXPECT_TRUE(says("new sessions get agents 1"));
  EXPECT_TRUE(says("new sessions get agents 2"));
}

// A process each: as long as sessions have them they stay, and no more come. What was refused comes once one
// has gone.
TEST_F(GatewayArms, OlderAgentsAreBounded) {
  start("local-only", "journal_sync = false\n", "[limits]\nsessions = 17\ndecision_s = 20\n");
  for (int one = 0; one < 16; ++one) {
    endpoint_of(fmt::format("s{}", one));
    reload(fmt::format("new sessions get agents {}", one + 1));
  }
  endpoint_of("s16");
  reload("sessions have 16 agents of before still");
  EXPECT_EQ(said().find("new sessions get agents 17"), std::string::npos);
  endpoint_of("s17");  // the first one makes room for it
  EXPECT_TRUE(says("new sessions get agents 17"));
}

// The agent is started again from its file: another file is another agent, and the journal names the first.
TEST_F(GatewayArms, AnAgentIsNotReplacedByWhatItsFileHasBecome) {
  const std::filesystem::path plugins = OFFLOAD_BINARY_DIR "/lib/offload-bench/plugins";
  std::filesystem::copy_file(plugins / "local-only.so", folder_ / "mine.so");
  std::string text = suite();
  text.insert(text.find("[evaluation]"), "[[row]]\nname = \"mine\"\nplugin = \"./mine.so\"\n");
  write("suite.toml", text);
  start("mine");
  std::filesystem::copy_file(plugins / "cloud-only.so", folder_ / "other.so");
  std::filesystem::rename(folder_ / "other.so", folder_ / "mine.so");
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid_))) {
    std::ifstream children(thread.path() / "children");
    if (pid_t child = 0; children >> child) kill(child, SIGKILL);
  }
  EXPECT_EQ(client().ask(chat("x")).status(), 200);
  ASSERT_TRUE(says("it has changed since it was read"));
  EXPECT_EQ(client().ask(chat("x")).status(), 200);
  EXPECT_EQ(journal("decided").back()["why"], "late");
}

TEST_F(GatewayArms, AChangedFileIsNoneUnlessToldSo) {
  start("local-only");
  replace_in_settings("row = \"local-only\"", "row = \"text-only\"");
  std::this_thread::sleep_for(std::chrono::milliseconds(2000));
  EXPECT_EQ(endpoint_of("new"), "local");
}

class GatewayClassifier : public GatewayArms {
 protected:
  void serve(const std::string& more = "") {
    start("local-only", "",
          fmt::format("[classifier]\nbase_url = \"{}\"\nmodel = \"small\"\n{}", small_.url(), more) +
              "[[task_rule]]\npattern = \"brew\"\ntask = \"2\"\n");
  }
  std::string task_of(const std::string& text, const Fields& fields = {}) {
    EXPECT_EQ(client().ask(chat(text), fields).status(), 200);
    const auto decided = journal("decided").back();
    return fmt::format("{} {}", decided["task"].get<int>(), decided["task_from"].get<std::string>());
  }
  void answer(const std::string& text) {
    small_.script([text](Exchange& exchange) {
      exchange.answer(200, fmt::format(R"({{"choices":[{{"message":{{"content":"{}"}}}}]}})", text));
    });
  }

  ScriptedBackend small_;
};

TEST_F(GatewayClassifier, IsAskedWhereNobodyTold) {
  serve();
  answer(" 3.\\n");
  EXPECT_EQ(task_of("what of this"), "3 classifier");
  EXPECT_THAT(small_.last().body, HasSubstr("what of this"));
  EXPECT_THAT(small_.last().body, HasSubstr(R"("max_tokens":16)"));
  EXPECT_EQ(task_of("brew it"), "2 rule");
  EXPECT_EQ(task_of("what", {{"x-offload-task", "1"}}), "1 header");
  EXPECT_EQ(small_.calls(), 1);
}

TEST_F(GatewayClassifier, WithoutAnAnswerTheDefaultCounts) {
  serve("first_byte_s = 0.2\n");
  answer("I could not say");
  EXPECT_EQ(task_of("a"), "0 default");
  small_.script([](Exchange& exchange) { exchange.answer(500, "{}"); });
  EXPECT_EQ(task_of("b"), "0 default");
  small_.script([](Exchange& exchange) { exchange.keep = !exchange.gone(5000); });
  EXPECT_EQ(task_of("c"), "0 default");
  EXPECT_EQ(small_.calls(), 3);
  EXPECT_THAT(client().get("/metrics").body, HasSubstr("offload_classified_total{outcome=\"none\"} 3"));
}

// The profile knows of none.
TEST_F(GatewayClassifier, MayCostNothingWhereTheProfileIsBooked) {
  configure("local-only", "",
            "[budget]\naccounting = \"profile\"\n"
            "[classifier]\nbase_url = \"http://127.0.0.1:1\"\nmodel = \"m\"\nprice = {input = 1}\n");
  const Outcome refused = run("serve serve.toml");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("it has to be free"));
}

}  // namespace
}  // namespace offload::testing
