// A test with some agents in Python in its folder; skipped by name where there is no Python with NumPy.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "end_to_end/command.hpp"
#include "test_python.hpp"

namespace offload::testing {

inline constexpr const char* kGood = R"(import numpy as np
import rule

class CostMin:
    """the cheapest allowed action, then the fastest"""
    def __init__(self, env, parameters):
        spent = env.consumption
        self.order = np.lexsort((np.arange(env.actions), spent[:, 0], spent[:, 1])).astype(np.int32)
    def act(self, view, explore):
        return self.order[view.mask[:, self.order].argmax(axis=1)]

class RandomLike:
    def __init__(self, env, parameters):
        self.cloud = 0.5 / (env.actions - 1)
    def act(self, view, explore):
        for i in range(view.n):
            weights = [0.5] + [self.cloud] * (view.mask.shape[1] - 1)
            mass = 0.0
            for weight in weights:
                mass += weight
            left = view.random(i).uniform() * mass
            drawn = 0
            for action, weight in enumerate(weights):
                if left < 0:
                    break
                left -= weight
                drawn = action
            view.action[i] = drawn

class BySet:
    """learns in the order in which a set of texts is walked"""
    def __init__(self, env, parameters):
        self.names = {"action %d" % a for a in range(env.actions)}
        self.mean = np.zeros(env.actions)
        self.epsilon = parameters.number("epsilon", 0.2, 0, 1, "how often anything")
    def act(self, view, explore):
        first = int(next(iter(self.names)).split()[1])
        masked = np.where(view.mask, self.mean, -np.inf)
        masked[:, first] += 1e-3
        return masked.argmax(axis=1)
    def observe(self, step):
        np.add.at(self.mean, step.action, 0.1 * step.reward)
    def update(self):
        return 1
    def scalars(self):
        return {"mean": self.mean.mean()}
    def save(self):
        return self.mean.tobytes()
    def load(self, saved):
        self.mean = np.frombuffer(saved).copy()

def route(view):
    return np.full(view.n, rule.ACTION)

def decide(observation, mask, rng):
    return int(np.flatnonzero(mask)[0])
)";

class PythonAgentTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    if (python_.empty()) GTEST_SKIP() << test::kNoPython;
    setenv("OFFLOAD_BENCH_PYTHON", python_.c_str(), 1);
    std::filesystem::create_directory(folder_ / "agents");
    write("agents/good.py", kGood);
    write("agents/rule.py", "ACTION = 0\n");
  }

  static std::string suite(const std::string& rows, const std::string& more = "") {
    return R"([suite]
name = "python"
seed = 7
[data]
source = "synthetic:40"
split = {test_ratio = 0.25}
[budgets]
cells = [{name = "open"}, {name = "tight", latency_s = 12, cost_usd = 0.012}]
[training]
steps = 300
wall_limit_s = 120
[evaluation]
oracle_nodes = 0
)" + more + rows;
  }
  // Without the open cell, where one is enough: every pass begins a process.
  static std::string in_one_cell(std::string text) {
    const std::string open = "{name = \"open\"}, ";
    return text.replace(text.find(open), open.size(), "");
  }
  static std::string row(const std::string& name, const std::string& plugin, const std::string& more = "") {
    return fmt::format("[[row]]\nname = \"{}\"\nplugin = \"{}\"\n{}\n", name, plugin, more);
  }
  // Trials by row, without what says who decided.
  std::map<std::string, nlohmann::json> trials(const std::string& folder) const {
    std::map<std::string, nlohmann::json> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / folder / "trials")) {
      nlohmann::json trial = nlohmann::json::parse(read_text(entry.path())).at("trial");
      const std::string name = trial.at("row");
      for (const char* key :
           {"key", "timing", "host", "copies", "row", "plugin", "plugin_version", "plugin_sha256"})
        trial.erase(key);
      all[name] = trial;
    }
    return all;
  }

  const std::string python_ = test::test_python();  // empty: there is none
};

}  // namespace offload::testing
