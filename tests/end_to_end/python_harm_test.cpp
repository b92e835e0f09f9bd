// Agents in Python that go wrong: each kind has its reason, and nothing else changes.
#include <regex>

#include "end_to_end/python_agents.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;

class PythonHarmTest : public PythonAgentTest {};

struct PythonHarm {
  std::string name, body;  // of act
  std::string reason;      // a regular expression; empty: contained
  std::string training = {};
};

const std::vector<PythonHarm>& harms() {
  static const std::vector<PythonHarm> list = {
      {"raises", "raise ValueError('my own mistake')",
       R"(^agent 'bad' failed in act: ValueError: my own mistake \(raises.py:\d+\)$)"},
      {"exits", "sys.exit(3)", R"(failed in act: ended the process with 3 \(exits.py:\d+\))"},
      {"ends", "os._exit(3)", "^ended with exit code 3$"},
      {"aborts", "print('the last words'); os.abort()", "was ended by signal 6 .SIGABRT."},
      {"segfault", "ctypes.string_at(0)", "was ended by signal 11 .SIGSEGV."},
      {"loops", "while True: pass", "took longer than its 2 s", "wall_limit_s = 2"},
      {"hogs", "self.kept = np.ones(200_000_000)", "needs more than the 300 MB it may use",
       "memory_limit_mb = 300"},
      {"forks", "os.fork()", "PermissionError"},
      {"starts", "subprocess.run(['/bin/true'])", "PermissionError|FileNotFoundError"},
      {"kills", "os.kill(os.getppid(), 9)", "PermissionError|ProcessLookupError"},
      {"writes", "open('/tmp/left-behind', 'w')", "PermissionError"},
      {"reads", "open('suite.toml')", "FileNotFoundError|PermissionError"},
      {"connects", "socket.socket()", "PermissionError"},
      {"late", "np.load(os.path.join(os.path.dirname(__file__), 'late.npy'))",
       "late.npy is read after create; read it in __init__"},
      {"nothing", "return None", "act wrote no action for row 0"},
      {"shape", "return np.zeros((view.n, 2), int)", R"(act gives shape \(\d+, 2\); expected \(\d+,\))"},
      {"floats", "return np.zeros(view.n)", "act gives float64; expected integers"},
      {"outside", "return np.full(view.n, 99)", R"(row 0: action 99 is outside 0\.\.8)"},
      {"outside32", "return np.full(view.n, -1, np.int32)", R"(row 0: action -1 is outside 0\.\.8)"},
      {"changes", "view.observation[0] = 1", "read-only"},
      {"prints", "print('a' * 100_000); return view.mask.argmax(axis=1)", ""},
      {"closes", "os.closerange(0, 30); return view.mask.argmax(axis=1)", ""},
      {"threads",
       "threading.Thread(target=lambda: time.sleep(99), daemon=True).start(); return "
       "view.mask.argmax(axis=1)",
       ""},
  };
  return list;
}

TEST_F(PythonHarmTest, EachKindOfHarmHasItsReasonAndGoodRowsAreUnchanged) {
  const std::string good = row("good", "agents/good.py:CostMin") + row("random", "random");
  write("suite.toml", in_one_cell(suite(good)));
  ASSERT_EQ(run("run suite.toml --out alone").status, 0);
  std::string rows = good;
  for (const PythonHarm& harm : harms()) {
    std::filesystem::create_directory(folder_ / harm.name);
    write(harm.name + "/late.npy", "");
    write(harm.name + "/" + harm.name + ".py",
          "import ctypes, os, socket, subprocess, sys, threading, time\nimport numpy as np\nclass Bad:\n    "
          "def "
          "act(self, view, explore):\n        " +
              harm.body + "\n");
    rows += row(harm.name, harm.name + "/" + harm.name + ".py:Bad", "training = {" + harm.training + "}");
  }
  const auto broken = [&](const std::string& name, const std::string& text) {
    std::filesystem::create_directory(folder_ / name);
    write(name + "/" + name + ".py", text);
    rows += row(name, name + "/" + name + ".py:Bad");
  };
  broken("syntax", "class Bad:\n    def act(self, view explore): pass\n");
  broken("missing", "import no_such_package\nclass Bad: pass\n");
  broken("creates",
         "class Bad:\n    def __init__(self, env, parameters): self.net = env.network\n    def "
         "act(self, view, explore): pass\n");
  write("suite.toml", in_one_cell(suite(rows)));
  const Outcome outcome = run("run suite.toml --out results --jobs 2");
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  const auto found = trials("results"), alone = trials("alone");
  for (const char* name : {"good", "random"}) EXPECT_TRUE(found.at(name) == alone.at(name)) << name;
  const auto expect_reason = [&](const std::string& name, const std::string& reason) {
    ASSERT_EQ(found.at(name).at("status"), "failed") << name;
    const std::string said = found.at(name).at("failure").at("reason");
    EXPECT_TRUE(std::regex_search(said, std::regex(reason))) << name << ": " << said;
  };
  for (const PythonHarm& harm : harms()) {
    if (!harm.reason.empty()) {
      expect_reason(harm.name, harm.reason);
    } else {
      EXPECT_EQ(found.at(harm.name).at("status"), "ok") << harm.name << found.at(harm.name).at("failure");
    }
  }
  expect_reason("syntax", R"(failed in create: SyntaxError: .*\(syntax.py:2:\d+\))");
  expect_reason("missing", "No module named 'no_such_package'; install it for .*python3");
  expect_reason("creates", R"(failed in create: AttributeError: .*network.* \(creates.py:2\))");
  const std::string words = found.at("aborts").at("failure").at("last_output");
  EXPECT_THAT(words, HasSubstr("the last words"));
  EXPECT_THAT(found.at("raises").at("failure").at("last_output").get<std::string>(),
              HasSubstr("ValueError: my own mistake"));
  EXPECT_FALSE(std::filesystem::exists("/tmp/left-behind"));
}

TEST_F(PythonHarmTest, WhatIsNoAgentIsRefusedInOneSentence) {
  const auto refused = [&](const std::string& plugin, int status, const std::string& words,
                           const std::string& more = "") {
    write("suite.toml", suite(row("x", plugin, more)));
    const Outcome outcome = run("run suite.toml --out refused");
    EXPECT_EQ(outcome.status, status) << plugin << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(words));
  };
  refused("agents/good.py", 4,
          "good.py: names no class or function; name one of its own, as in good.py:MyAgent");
  refused("agents/none.py:X", 4, "none.py: no such file of Python");
  refused("agents/good.py:X", 4, "good.py: has no class or function 'X'; it has CostMin, RandomLike");
  refused("agents/good.py:BySet", 2, "suite.toml:17: unknown key 'epsiln' for agent 'by-set'; known: epsilon",
          "parameters = {epsiln = 1}");
  refused("agents/good.py:BySet", 2, "epsilon of agent 'by-set' is 2; expected a number in [0, 1]",
          "parameters = {epsilon = 2}");
  refused("agents/good.py:route", 2, "python3.77: not found", "python = \"python3.77\"");
  refused("agents/good.py:route", 2, "an agent in Python runs in processes of its own",
          "isolation = \"none\"");
  refused("random", 2, "unknown key 'python'", "python = \"python3\"");
}

}  // namespace
}  // namespace offload::testing
