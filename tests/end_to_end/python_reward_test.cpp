// Rewards in Python: the same bits as in C++ wherever they are asked, an identity that is all that they are
// made of, the verbs that take them, and every kind of harm.
#include <functional>
#include <regex>

#include "end_to_end/forger.hpp"
#include "end_to_end/python_agents.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kPrices = "parameters = {lambda_usd = 20, lambda_s = 0.01}\n";

constexpr const char* kRewards = R"(import scale

class Priced:
    """quality less prices"""
    def __init__(self, env, parameters):
        self.usd = parameters.number("lambda_usd", 0, 0, 1e12, "quality that a US dollar is worth")
        self.s = parameters.number("lambda_s", 0, 0, 1e12, "quality that a second is worth")
    def score(self, outcomes):
        quality = scale.ONE * outcomes.quality
        return quality - self.usd * outcomes.consumed[:, 1] - self.s * outcomes.consumed[:, 0]

def plain(outcomes):
    return outcomes.quality
)";

class PythonRewardTest : public PythonAgentTest {
 protected:
  void SetUp() override {
    PythonAgentTest::SetUp();
    if (IsSkipped()) return;
    std::filesystem::create_directory(folder_ / "rewards");
    write("rewards/mine.py", kRewards);
    write("rewards/scale.py", "ONE = 1.0\n");
  }
  static std::string reward(const std::string& plugin, const std::string& more = "") {
    return "oracle_nodes = 200000\n[reward]\nplugin = \"" + plugin + "\"\n" + more;
  }
  // The suite with exact policies, unlike the agents' own.
  static std::string exact(const std::string& rows, const std::string& more) {
    std::string text = suite(rows, more);
    text.replace(text.find("oracle_nodes = 0\n"), std::string("oracle_nodes = 0\n").size(), "");
    return text;
  }
  nlohmann::json references(const std::string& folder) const {
    nlohmann::json all;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / folder / "references")) {
      nlohmann::json reference = nlohmann::json::parse(read_text(entry.path())).at("reference");
      for (const char* key : {"key", "wall_s"}) reference.erase(key);
      all.push_back(reference);
    }
    return all;
  }
};

// In training, in copies of a process, in isolated rows, in exact policies and walks.
TEST_F(PythonRewardTest, ScoresToTheBitAsInCpp) {
  const std::string rows = row("random", "random") +
                           row("learner", "epsilon-greedy", "training = {curve_every = 100, slots = 4}") +
                           row("apart", "epsilon-greedy", "isolation = \"process\"") +
                           row("in-python", "agents/good.py:BySet");
  write("cpp.toml", exact(rows, reward("quality-price", kPrices)));
  write("process.toml",
        exact(rows, reward("quality-price", std::string(kPrices) + "isolation = \"process\"\n")));
  write("python.toml", exact(rows, reward("rewards/mine.py:Priced", kPrices)));
  for (const char* name : {"cpp", "process", "python"}) {
    const Outcome outcome = run(std::string("run ") + name + ".toml --out " + name);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  const auto cpp = trials("cpp"), python = trials("python"), process = trials("process");
  ASSERT_EQ(cpp.size(), 4U);
  for (const auto& [name, trial] : cpp) {
    EXPECT_TRUE(python.at(name) == trial) << name;
    EXPECT_TRUE(process.at(name) == trial) << name;
  }
  EXPECT_TRUE(references("cpp") == references("python"));
  EXPECT_TRUE(references("cpp") == references("process"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "python/inputs/mine.py"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "python/inputs/python/mine.py"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "python/inputs/python/scale.py"));
  const Outcome believed = run("verify python");
  EXPECT_EQ(believed.status, 6) << believed.out << believed.err;
  EXPECT_THAT(believed.out, HasSubstr("--run-plugins"));
  const Outcome verified = run("verify python --run-plugins --train");
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  EXPECT_EQ(run("verify process").status, 6);
}

// Somebody changes what a folder says of its reward, or the reward itself, and reports anew.
TEST_F(PythonRewardTest, ForgeriesDoNotEndWithSuccess) {
  write("suite.toml", in_one_cell(exact(row("random", "random"), reward("rewards/mine.py:Priced", kPrices))));
  ASSERT_EQ(run("run suite.toml --out honest").status, 0);
  ASSERT_EQ(run("verify honest --run-plugins --train").status, 0);
  const auto forged = [this](const std::function<void(const Forger&)>& change) {
    std::filesystem::remove_all(folder_ / "results");
    std::filesystem::copy(folder_ / "honest", folder_ / "results", std::filesystem::copy_options::recursive);
    change(Forger(folder_ / "results"));
    run("report results");
    const Outcome outcome = run("verify results --run-plugins --train");
    return outcome.status;
  };
  const auto twice = [](const Forger& forger) {
    write_text(forger.folder() / "inputs" / "python" / "scale.py", "ONE = 2.0\n");
  };
  EXPECT_EQ(forged(twice), 1);
  EXPECT_EQ(forged([&](const Forger& forger) {
              twice(forger);
              forger.plan(
                  [](nlohmann::json& plan) { plan["resolved"]["reward"]["sha256"] = std::string(64, 'a'); });
            }),
            1);
  EXPECT_NE(forged([](const Forger& forger) {
              write_text(forger.folder() / "inputs" / "python" / "scales.py", "ONE = 2.0\n");
            }),
            0);
  EXPECT_EQ(forged([](const Forger& forger) {
              write_text(forger.folder() / "inputs" / "python" / "weights.bin", "x");
            }),
            6);
  EXPECT_EQ(forged([](const Forger& forger) {
              forger.seal("trial", [](nlohmann::json& trial) {
                for (auto& value : trial["cells"][0]["scores"][0]["reward"]) value = 2 * value.get<double>();
                return true;
              });
            }),
            1);
  EXPECT_EQ(forged([](const Forger& forger) {
              forger.seal("trial", [](nlohmann::json& trial) {
                trial["host"]["isolation.missing"] = "nothing at all";
                return true;
              });
            }),
            6);
  EXPECT_EQ(forged([](const Forger& forger) {
              forger.seal("trial", [](nlohmann::json& trial) {
                trial["host"]["reward.python"] = "cpython 9.9";
                return true;
              });
            }),
            1);
  EXPECT_NE(
      forged([](const Forger& forger) { forger.replace("suite.toml", "lambda_usd = 20", "lambda_usd = 2"); }),
      0);
}

TEST_F(PythonRewardTest, AnythingThatItIsMadeOfMakesItAnother) {
  write("suite.toml", suite(row("random", "random"), "[reward]\nplugin = \"rewards/mine.py:Priced\"\n"));
  const auto said = [&] {
    const Outcome outcome = run("run suite.toml --out results");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out + outcome.err;
  };
  said();
  EXPECT_THAT(said(), HasSubstr("1 already done"));
  write("rewards/scale.py", "ONE = 2.0\n");
  EXPECT_THAT(said(), HasSubstr("0 already done"));
}

TEST_F(PythonRewardTest, IsStartedCheckedAndDescribed) {
  const Outcome made = run("plugin new thrifty-sum --kind reward --language python");
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("thrifty-sum/thrifty_sum.py:ThriftySum is ready"));
  EXPECT_THAT(made.out, HasSubstr("under [reward]"));
  const Outcome described = run("describe thrifty-sum/thrifty_sum.py:ThriftySum");
  EXPECT_EQ(described.status, 0) << described.err;
  EXPECT_THAT(described.out, HasSubstr("reward thrifty-sum 0.1.0: quality less cost in cents"));
  EXPECT_THAT(described.out, HasSubstr("price = 1  (number, [0, 1000])"));
  const Outcome checked = run("check thrifty-sum/thrifty_sum.py:ThriftySum");
  EXPECT_EQ(checked.status, 0) << checked.out << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("rows depend on themselves alone"));
  write("rewards/mean.py", "def mean(outcomes):\n    return outcomes.quality - outcomes.quality.mean()\n");
  const Outcome found = run("check rewards/mean.py:mean");
  EXPECT_EQ(found.status, 4) << found.out;
  EXPECT_THAT(found.out, ::testing::ContainsRegex("rows depend on themselves alone +FAILED"));
}

TEST_F(PythonRewardTest, WhatIsNoRewardIsRefusedInOneSentence) {
  const auto refused = [&](const std::string& table, int status, const std::string& words) {
    write("suite.toml", suite(row("random", "random"), "[reward]\n" + table + "\n"));
    const Outcome outcome = run("run suite.toml --out refused");
    EXPECT_EQ(outcome.status, status) << table << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(words));
  };
  refused("plugin = \"agents/good.py:CostMin\"", 4, "'CostMin' is an agent, not a reward; name another");
  refused("plugin = \"rewards/mine.py:Other\"", 4, "has no class or function 'Other'; it has Priced, plain");
  refused("plugin = \"rewards/mine.py:Priced\"\nparameters = {price = 1}", 2,
          "unknown key 'price' for reward 'priced'; known: lambda_usd, lambda_s");
  refused("plugin = \"rewards/mine.py:plain\"\nisolation = \"none\"", 2,
          "a reward in Python runs in processes of its own");
  refused("plugin = \"quality\"\npython = \"python3\"", 2, "unknown key 'python'");
  write("suite.toml", suite(row("x", "rewards/mine.py:plain")));
  EXPECT_THAT(run("run suite.toml --out refused").err, HasSubstr("'plain' is a reward, not an agent"));
}

struct Harm {
  std::string name, body;  // of score
  std::string reason;      // a regular expression; empty: contained
  std::string wall_limit_s = "5";
};

TEST_F(PythonRewardTest, EachKindOfHarmHasItsReason) {
  const std::vector<Harm> harms = {
      {"raises", "raise ValueError('my own mistake')",
       R"(^reward 'bad' failed in score: ValueError: my own mistake \(raises.py:\d+\)$)"},
      {"exits", "sys.exit(3)", R"(failed in score: ended the process with 3 \(exits.py:\d+\))"},
      {"ends", "os._exit(3)", "ended with exit code 3$"},
      {"segfault", "ctypes.string_at(0)", "was ended by signal 11 .SIGSEGV."},
      {"loops", "while True: pass", "took longer than its 2 s", "2"},
      {"hogs", "self.kept = np.ones(200_000_000)", "needs more than the 400 MB it may use"},
      {"forks", "os.fork()", "PermissionError"},
      {"reads", "open('suite.toml')", "FileNotFoundError|PermissionError"},
      {"nothing", "return None", "reward is NaN for outcome 0"},
      {"shape", "return np.zeros((outcomes.n, 2))", R"(score gives shape \(\d+, 2\); expected \(\d+,\))"},
      {"texts", "return np.full(outcomes.n, 'x')", "score gives <U1; expected numbers"},
      {"nan", "return outcomes.quality * np.nan", "reward is NaN for outcome 0"},
      {"infinite", "return outcomes.quality + np.inf", "reward is infinite for outcome 0"},
      {"changes", "outcomes.quality[0] = 1", "read-only"},
      {"prints", "print('a' * 100_000); return outcomes.quality", ""},
      {"closes", "os.closerange(0, 30); return outcomes.quality", ""},
      {"threads",
       "if threading.active_count() < 9: threading.Thread(target=lambda: time.sleep(99), "
       "daemon=True).start()\n        return outcomes.quality",
       ""},
  };
  const auto rows = [](const std::string& wall_limit_s) {
    return row("random", "random", "training = {wall_limit_s = " + wall_limit_s + ", memory_limit_mb = 400}");
  };
  write("suite.toml", in_one_cell(suite(rows("5"), "[reward]\nplugin = \"quality\"\n")));
  ASSERT_EQ(run("run suite.toml --out alone").status, 0);
  for (const Harm& harm : harms) {
    std::filesystem::create_directory(folder_ / harm.name);
    write(harm.name + "/" + harm.name + ".py",
          "import ctypes, os, sys, threading, time\nimport numpy as np\nclass Bad:\n    def score(self, "
          "outcomes):\n        " +
              harm.body + "\n");
    const std::string named = harm.name + "/" + harm.name + ".py:Bad";
    write("suite.toml",
          in_one_cell(suite(rows(harm.wall_limit_s), "[reward]\nplugin = \"" + named + "\"\n")));
    const Outcome outcome = run("run suite.toml --out out-" + harm.name);
    EXPECT_EQ(outcome.status, harm.reason.empty() ? 0 : 1) << harm.name << outcome.err;
    const auto trial = trials("out-" + harm.name).at("random");
    if (harm.reason.empty()) {
      EXPECT_TRUE(trial == trials("alone").at("random")) << harm.name;
      continue;
    }
    ASSERT_EQ(trial.at("status"), "failed") << harm.name;
    const std::string said = trial.at("failure").at("reason");
    EXPECT_TRUE(std::regex_search(said, std::regex(harm.reason))) << harm.name << ": " << said;
  }
}

}  // namespace
}  // namespace offload::testing
