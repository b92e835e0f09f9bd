// Agents in Python: the same bits as in C++, an identity that is all that they are made of, and the verbs
// that take them.
#include "end_to_end/python_agents.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;

TEST_F(PythonAgentTest, DecidesToTheBitAsInCpp) {
  write("suite.toml",
        suite(row("cost-min", "cost-min") + row("random", "random") +
              row("greedy-in-python", "agents/good.py:CostMin") +
              row("random-in-python", "agents/good.py:RandomLike") + row("by-rows", "agents/good.py:decide") +
              row("local-only", "local-only") + row("local-in-python", "agents/good.py:route")));
  const Outcome outcome = run("run suite.toml --out results");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  auto found = trials("results");
  for (auto& [name, trial] : found) trial.erase("parameters");
  EXPECT_TRUE(found.at("cost-min") == found.at("greedy-in-python"));
  EXPECT_TRUE(found.at("random") == found.at("random-in-python"));
  EXPECT_TRUE(found.at("local-only") == found.at("local-in-python"));
}

// A start costs a tenth of a second: the plan's process and the trial's have one each for all that they
// begin, but for the agent that is trained.
TEST_F(PythonAgentTest, CopiesAreForksOfWhatHasImportedNumPy) {
  if (!OFFLOAD_PYTHON_NURSERY) GTEST_SKIP() << "sanitizers would have to be loaded before an interpreter";
  write("agents/born.py", R"(class Born:
    def __init__(self, env, parameters):
        with open("/proc/self/cmdline", "rb") as file:
            self.version = "born" if b"--nursery" in file.read() else "started"
    def act(self, view, explore):
        return view.mask.argmax(axis=1)
    def observe(self, step):
        pass
    def save(self):
        return b"nothing"
    def load(self, saved):
        if saved != b"nothing" or self.version != "born":
            raise RuntimeError(self.version)
)");
  write("suite.toml", in_one_cell(suite(row("born", "agents/born.py:Born"))));
  const Outcome outcome = run("run suite.toml --out results");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "results/trials"))
    EXPECT_THAT(read_text(entry.path()), HasSubstr("\"plugin_version\":\"started\""));
  const Outcome checked = run("check agents/born.py:Born");
  EXPECT_EQ(checked.status, 0) << checked.out << checked.err;
}

// All checks are tried together first, and what goes wrong there once more by itself: each time out of a
// nursery, which the caller's own sitecustomize counts.
TEST_F(PythonAgentTest, WhatEndsItsProcessIsCheckedAgainAlone) {
  if (!OFFLOAD_PYTHON_NURSERY) GTEST_SKIP() << "sanitizers would have to be loaded before an interpreter";
  std::filesystem::create_directory(folder_ / "callers");
  write("callers/sitecustomize.py", R"(try:
    with open("/proc/self/cmdline", "rb") as file, open(")" +
                                        (folder_ / "begun").string() + R"(", "a") as begun:
        if b"--nursery" in file.read():
            begun.write(".")
except OSError:
    pass
)");
  write("agents/leaving.py", R"(import os
class Leaving:
    def act(self, view, explore):
        if view.n == 0:
            os._exit(3)
        return view.mask.argmax(axis=1)
class Staying:
    def act(self, view, explore):
        return view.mask.argmax(axis=1)
)");
  const std::string python_path = "PYTHONPATH=" + (folder_ / "callers").string() + " ";
  EXPECT_EQ(run("check agents/leaving.py:Staying", python_path).status, 0);
  const std::string usual = read_text(folder_ / "begun");
  const Outcome checked = run("check agents/leaving.py:Leaving", python_path);
  EXPECT_EQ(checked.status, 4) << checked.out;
  EXPECT_THAT(checked.out, ::testing::ContainsRegex("an empty batch +FAILED"));
  EXPECT_EQ(read_text(folder_ / "begun"), usual + usual + ".");
}

// Which are alike in all forks of one process.
TEST_F(PythonAgentTest, WhoDecidesByAddressesIsFound) {
  write("agents/addresses.py", R"(import zlib
import numpy as np
class Thing:
    def __init__(self, number):
        self.number = number
def chosen(view, seed):
    rows = (view.observation.sum(axis=1) * 1000).astype(np.int64) + seed
    return np.where(view.mask, rows[:, None] * np.arange(1, view.mask.shape[1] + 1) % 10007, -1).argmax(axis=1)
class Sets:
    def __init__(self, env, parameters):
        self.things = {Thing(number) for number in range(200)}
    def act(self, view, explore):
        return chosen(view, zlib.crc32(bytes(thing.number for thing in self.things)))
    def observe(self, step):
        pass
class ById(Sets):
    def act(self, view, explore):
        return chosen(view, zlib.crc32(b"%d" % id(self.things)))
)");
  const Outcome checked = run("check agents/addresses.py:Sets");
  EXPECT_EQ(checked.status, 4) << checked.out;
  EXPECT_THAT(checked.out, ::testing::ContainsRegex("same seed, same trace +FAILED"));
  write("suite.toml", in_one_cell(suite(row("by-id", "agents/addresses.py:ById"))));
  EXPECT_THAT(run("run suite.toml --out results").err,
              HasSubstr("a new process that was trained likewise decides otherwise"));
}

TEST_F(PythonAgentTest, SameSeedSameBitsWithAnyHashSeed) {
  write("suite.toml",
        in_one_cell(suite(row("learner", "agents/good.py:BySet", "training = {curve_every = 100}"))));
  for (const char* seed : {"1", "77", "random"}) {
    const Outcome outcome =
        run(std::string("run suite.toml --out ") + seed, std::string("PYTHONHASHSEED=") + seed + " ");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  EXPECT_TRUE(trials("1") == trials("77"));
  EXPECT_TRUE(trials("1") == trials("random"));
  EXPECT_EQ(trials("1").at("learner").at("training").at("gradient_steps"), 300);
}

TEST_F(PythonAgentTest, AnythingThatItIsMadeOfMakesItAnotherAgent) {
  write("agents/reading.py", R"(import numpy as np
from pathlib import Path
class Reading:
    def __init__(self, env, parameters):
        self.action = int(np.load(Path(__file__).parent / "weights.npy")[0])
    def act(self, view, explore):
        return np.full(view.n, self.action)
)");
  const auto save = [&](int action) {
    const std::string command = python_ + " -c 'import numpy; numpy.save(\"" +
                                (folder_ / "agents/weights.npy").string() + "\", [" + std::to_string(action) +
                                "])'";
    ASSERT_EQ(std::system(command.c_str()), 0);
  };
  save(0);
  write("suite.toml", in_one_cell(suite(row("route", "agents/good.py:route") +
                                        row("reading", "agents/reading.py:Reading"))));
  const auto said = [&] {
    const Outcome outcome = run("run suite.toml --out results");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out + outcome.err;
  };
  said();
  EXPECT_THAT(said(), HasSubstr("2 already done"));
  write("agents/notes.json", "{}");
  EXPECT_THAT(said(), HasSubstr("2 already done"));
  const auto before = trials("results");
  save(1);
  EXPECT_THAT(said(), HasSubstr("1 already done"));
  write("agents/unused.py", "");
  EXPECT_THAT(said(), HasSubstr("0 already done"));
  std::filesystem::remove(folder_ / "agents/unused.py");
  write("agents/rule.py", "ACTION = 1\n");  // a helper's
  EXPECT_THAT(said(), HasSubstr("0 already done"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "results/inputs/python/good.py"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "results/inputs/python/rule.py"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "results/inputs/python/weights.npy"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "results/inputs/python/unused.py"));
  const Outcome again = run("run results/suite.toml --out again");
  EXPECT_EQ(again.status, 0) << again.err;
  const Outcome verified = run("verify again --run-plugins --train");
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

TEST_F(PythonAgentTest, EqualNamesOfHelpersInTwoFoldersAreTwoHelpers) {
  std::filesystem::create_directory(folder_ / "others");
  write("others/good.py", kGood);
  write("others/rule.py", "ACTION = 1\n");
  write("suite.toml", suite(row("zero", "agents/good.py:route") + row("one", "others/good.py:route") +
                            row("local-only", "local-only")));
  const Outcome outcome = run("run suite.toml --out results");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto found = trials("results");
  EXPECT_TRUE(found.at("zero").at("cells") == found.at("local-only").at("cells"));
  EXPECT_FALSE(found.at("one").at("cells") == found.at("local-only").at("cells"));
}

TEST_F(PythonAgentTest, RunsInAnEnvironmentThatIsNamedByItsPath) {
  if (std::system((python_ + " -m venv --system-site-packages --without-pip '" + (folder_ / "venv").string() +
                   "' >/dev/null 2>&1")
                      .c_str()) != 0)
    GTEST_SKIP() << "needs the module venv (apt-get install python3-venv)";
  write("agents/where.py",
        "import sys\ndef decide(observation, mask, rng):\n    return int(sys.prefix.endswith('venv'))\n");
  write("suite.toml", suite(row("local-only", "local-only") +
                                row("row", "agents/where.py:decide", "python = \"venv/bin/python\"") +
                                row("table", "agents/where.py:decide"),
                            "[python]\ninterpreter = \"" + python_ + "\"\n"));
  const Outcome outcome = run("run suite.toml --out results");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto found = trials("results");
  EXPECT_FALSE(found.at("row").at("cells") == found.at("local-only").at("cells"));
  EXPECT_TRUE(found.at("table").at("cells") == found.at("local-only").at("cells"));
}

TEST_F(PythonAgentTest, IsStartedCheckedAndDescribed) {
  const Outcome made = run("plugin new thrifty-one --language python");
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("thrifty-one/thrifty_one.py:ThriftyOne is ready"));
  const Outcome described = run("describe thrifty-one/thrifty_one.py:ThriftyOne");
  EXPECT_EQ(described.status, 0) << described.err;
  EXPECT_THAT(described.out, HasSubstr("agent thrifty-one 0.1.0: best mean reward so far"));
  EXPECT_THAT(described.out, HasSubstr("epsilon = 0.1  (number, [0, 1])"));
  EXPECT_THAT(described.out, HasSubstr("trained, checkpoint"));
  const Outcome checked = run("check thrifty-one/thrifty_one.py:ThriftyOne");
  EXPECT_EQ(checked.status, 0) << checked.out << checked.err;
  write("agents/clock.py", R"(import time
import numpy as np
class Clock:
    def act(self, view, explore):
        return np.full(view.n, time.time_ns() // 1000 % 2)
)");
  const Outcome found = run("check agents/clock.py:Clock");
  EXPECT_EQ(found.status, 4) << found.out;
  EXPECT_THAT(found.out, ::testing::ContainsRegex("same seed, same trace +FAILED"));
}

TEST_F(PythonAgentTest, KnowsTheArmsAndQueriesOfAWorld) {
  write("agents/worldly.py", R"(import numpy as np
class Large:
    def __init__(self, env, parameters):
        self.action = [action.name for action in env.action].index("cloud-large")
        assert env.action[self.action].placement == "cloud" and env.arms == env.actions
    def act(self, view, explore):
        return np.full(view.n, self.action)
class Long:
    """asks the small model where the question is short"""
    def __init__(self, env, parameters):
        names = [action.name for action in env.action]
        self.small, self.large = names.index("cloud-small"), names.index("cloud-large")
        self.words = env.features.index("f1")
    def act(self, view, explore):
        words = view.features[:, self.words]
        assert words.min() > 0
        return np.where(words < 60, self.small, self.large)
)");
  write("suite.toml", R"([suite]
name = "routing"
seed = 3
[data]
source = ")" OFFLOAD_SOURCE_DIR R"(/datasets/routing.csv"
sessions = 4
split = {test_ratio = 0.25}
[reward]
plugin = "quality"
[budgets]
cells = [{name = "open"}, {name = "tight", latency_s = 10, cost_usd = 0.0008}]
[training]
steps = 0
[evaluation]
oracle_nodes = 0
)" + row("large", "constant", "parameters = {arm = \"cloud-large\"}") +
                          row("small", "constant", "parameters = {arm = \"cloud-small\"}") +
                          row("in-python", "agents/worldly.py:Large") +
                          row("by-features", "agents/worldly.py:Long"));
  const Outcome outcome = run("run suite.toml --out results");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto found = trials("results");
  EXPECT_TRUE(found.at("large").at("cells") == found.at("in-python").at("cells"));
  for (const char* other : {"large", "small"})
    EXPECT_FALSE(found.at("by-features").at("cells") == found.at(other).at("cells")) << other;
}

// The first block of plugins/README.md after this word, as it stands there.
std::string readme_example(const std::string& name) {
  const std::string text = read_text(OFFLOAD_SOURCE_DIR "/plugins/README.md");
  const std::size_t at = text.find("class " + name), fence = text.rfind("```python\n", at) + 10;
  return at == std::string::npos ? "" : text.substr(fence, text.find("```", at) - fence);
}

TEST_F(PythonAgentTest, TheExampleOfTheReadmeIsARowOfAShippedSuite) {
  write("agents/short.py", readme_example("ShortOnes"));
  const Outcome checked = run("check agents/short.py:ShortOnes");
  EXPECT_EQ(checked.status, 0) << checked.out << checked.err;
  // In place of the suite's own rows, in fewer folds.
  std::string text = read_text(OFFLOAD_SOURCE_DIR "/benchmarks/suites/routing.toml");
  text = text.substr(0, text.find("[[row]]")) + row("short", "agents/short.py:ShortOnes") +
         row("cloud-small", "constant", "parameters = {arm = \"cloud-small\"}") +
         row("phone", "constant", "parameters = {arm = \"phone-3b\"}");
  write("suite.toml", text);
  const Outcome outcome =
      run("run suite.toml --out results --dataset " OFFLOAD_SOURCE_DIR
          "/datasets/routing.csv --set data.split.folds=2 --set evaluation.oracle_nodes=0");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto found = trials("results");
  for (const char* other : {"cloud-small", "phone"})
    EXPECT_FALSE(found.at("short").at("cells") == found.at(other).at("cells")) << other;
}

// The package is not here to be tested with: one that answers as its documentation says stands for it.
TEST_F(PythonAgentTest, ATrainedModelOfStableBaselinesIsARow) {
  std::filesystem::create_directory(folder_ / "agents/stable_baselines3");
  write("agents/stable_baselines3/__init__.py", R"(import zipfile
import numpy as np
class Space: pass
class Policy:
    def set_training_mode(self, mode): self.training = mode
class PPO:
    @classmethod
    def load(cls, path, device):
        model = cls()
        model.action = int(zipfile.ZipFile(path).read("data"))
        model.policy, model.observation_space, model.action_space = Policy(), Space(), Space()
        model.observation_space.shape, model.action_space.n = (28,), 9
        return model
    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        assert deterministic and not self.policy.training
        return np.full(len(observation), self.action), None
)");
  write("agents/mine.py", "from offloadbench.agents import SB3\nMine = SB3('model.zip')\n");
  const std::string zip = python_ + " -c 'import zipfile; zipfile.ZipFile(\"" +
                          (folder_ / "agents/model.zip").string() + "\", \"w\").writestr(\"data\", \"0\")'";
  ASSERT_EQ(std::system(zip.c_str()), 0);
  write("suite.toml", suite(row("mine", "agents/mine.py:Mine") + row("local-only", "local-only")));
  const Outcome outcome = run("run suite.toml --out results");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto found = trials("results");
  EXPECT_TRUE(found.at("mine").at("cells") == found.at("local-only").at("cells"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "results/inputs/python/model.zip"));
}

}  // namespace
}  // namespace offload::testing
