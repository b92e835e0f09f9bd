// What isolation costs: a decision's round trip to a process of its own, in C++ and in Python, training there
// beside training in this process, and rewards scored there. CPU is that of both processes together.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "check/sample_turns.hpp"
#include "core/error.hpp"
#include "cpu.hpp"
#include "plugin/environment.hpp"
#include "plugin/instance.hpp"
#include "plugin/search.hpp"
#include "remote/remote_agent.hpp"
#include "remote/remote_reward.hpp"
#include "setting.hpp"

namespace offload::micro {
namespace {

constexpr const char* kPlugins = R"(def idle(view):
    view.action[:] = 0

def weighted(outcomes):
    third, relative = 1.0 / 3, outcomes.consumed_relative
    return (outcomes.quality + third * outcomes.association - third * relative[:, 0]
            - third * relative[:, 1])
)";

// A rule that does nothing and tmo-weighted, in Python.
class InPython {
 public:
  InPython() : folder_((std::filesystem::temp_directory_path() / "offload-bench-XXXXXX").string()) {
    if (mkdtemp(folder_.data()) == nullptr) folder_.clear();
    std::ofstream(folder_ + "/plugins.py") << kPlugins;
  }
  ~InPython() {
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }
  InPython(const InPython&) = delete;
  InPython& operator=(const InPython&) = delete;
  std::filesystem::path plugin(const std::string& name) const { return folder_ + "/plugins.py:" + name; }

 private:
  std::string folder_;
};

constexpr const char* kInPython = "";

// As in a trial.
const RemoteSettings kSettings{.rows = 256, .one_processor = true};

std::filesystem::path in_python(const std::string& name) {
  static const InPython plugins;
  return plugins.plugin(name);
}

std::unique_ptr<AnyAgent> make_agent(const char* id, bool isolated) {
  const offload_environment environment = plugin_environment(setting().scenario, 1, 1 << 20);
  if (std::string_view(id) == kInPython)
    return std::make_unique<RemoteAgent>(in_python("idle"), Parameters(), environment, kSettings);
  const std::filesystem::path library = PluginSearch().find(id);
  if (!isolated) return std::make_unique<AgentInstance>(library, Parameters(), environment);
  return std::make_unique<RemoteAgent>(library, Parameters(), environment, kSettings);
}

std::unique_ptr<AnyReward> make_reward(const char* id, bool isolated) {
  const offload_environment environment = plugin_environment(setting().scenario, 0, 0);
  if (std::string_view(id) == kInPython)
    return std::make_unique<RemoteReward>(in_python("weighted"), Parameters(), environment);
  const std::filesystem::path library = PluginSearch().find(id);
  if (isolated) return std::make_unique<RemoteReward>(library, Parameters(), environment);
  return std::make_unique<RewardInstance>(library, Parameters(), environment);
}

Cpu cpu_of(const char* id, bool isolated) {
  return Cpu([&] { make_agent(id, isolated)->end(); });
}

void round_trip(benchmark::State& state, const char* id, bool isolated) try {
  const Cpu cpu = cpu_of(id, isolated);
  const auto agent = make_agent(id, isolated);
  RewardInstance reward(PluginSearch().find("tmo-weighted"), {},
                        plugin_environment(setting().scenario, 0, 0));
  ResponseMemo memo(*setting().model, setting().scenario.actions().size(), setting().scenario.tasks(),
                    setting().scenario.turns_max());
  EndlessSource source(kUnlimitedCell);
  const auto rows = static_cast<int>(state.range(0));
  const BatchEnvironment environment(setting().scenario, memo, reward, source, nullptr,
                                     BatchEnvironment::Purpose::training, rows, 0);
  std::vector<std::int32_t> action(static_cast<std::size_t>(rows));
  for (auto _ : state) agent->act(environment.view(), OFFLOAD_EVALUATE, action.data());
  agent->end();
  cpu.report(state);
  state.counters["start_cpu_s"] = cpu.start_s();
} catch (const Error& error) {
  state.SkipWithError(error.what());  // no Python is here, or none with NumPy
}

void training(benchmark::State& state, const char* id, bool isolated) {
  const auto slots = static_cast<int>(state.range(0));
  const Cpu cpu = cpu_of(id, isolated);
  const auto agent = make_agent(id, isolated);
  RewardInstance reward(PluginSearch().find("tmo-weighted"), {},
                        plugin_environment(setting().scenario, 0, 0));
  ResponseMemo memo(*setting().model, setting().scenario.actions().size(), setting().scenario.tasks(),
                    setting().scenario.turns_max());
  EndlessSource source(kTightCell);
  BatchEnvironment environment(setting().scenario, memo, reward, source, nullptr,
                               BatchEnvironment::Purpose::training, slots, 0);
  std::vector<std::int32_t> action(static_cast<std::size_t>(slots));
  agent->act(environment.view(), OFFLOAD_EXPLORE, action.data());
  for (auto _ : state) {
    const offload_transition& step = environment.step(action);
    agent->learn(step, &environment.view(), action.data());
  }
  agent->end();
  cpu.report(state);
  state.SetItemsProcessed(state.iterations() * slots);
}

// Of one batch; the same outcomes again and again.
void score(benchmark::State& state, const char* id, bool isolated) try {
  const Cpu cpu([&] { make_reward(id, isolated)->end(); });
  const std::unique_ptr<AnyReward> reward = make_reward(id, isolated);
  const auto rows = static_cast<std::size_t>(state.range(0));
  const SampleOutcomes outcomes(rows);
  const offload_outcomes raw = outcomes.raw();
  std::vector<double> rewards(rows);
  for (auto _ : state) reward->score(raw, rewards.data());
  benchmark::DoNotOptimize(rewards.data());
  reward->end();
  cpu.report(state);
  state.counters["start_cpu_s"] = cpu.start_s();
  state.SetItemsProcessed(state.iterations() * state.range(0));
} catch (const Error& error) {
  state.SkipWithError(error.what());
}

void register_score(const char* where, const char* id, bool isolated) {
  benchmark::RegisterBenchmark(fmt::format("isolation/{}/score", where).c_str(),
                               [=](benchmark::State& state) { score(state, id, isolated); })
      ->Arg(1)
      ->Arg(32)
      ->Arg(1000)
      ->UseRealTime();
}

const bool registered = [] {
  register_score("python", kInPython, true);
  benchmark::RegisterBenchmark("isolation/python/act",
                               [](benchmark::State& state) { round_trip(state, kInPython, true); })
      ->Arg(1)
      ->Arg(64)
      ->UseRealTime();
  for (const bool isolated : {false, true}) {
    const char* const where = isolated ? "process" : "none";
    benchmark::RegisterBenchmark(
        fmt::format("isolation/{}/act", where).c_str(),
        [isolated](benchmark::State& state) { round_trip(state, "local-only", isolated); })
        ->Arg(1)
        ->Arg(64)
        ->UseRealTime();
    register_score(where, "tmo-weighted", isolated);
    for (const char* id : {"epsilon-greedy", "rc-ppo", "rc-a2c", "rc-dqn"}) {
      benchmark::RegisterBenchmark(fmt::format("isolation/{}/train/{}", where, id).c_str(),
                                   [=](benchmark::State& state) { training(state, id, isolated); })
          ->Arg(1)
          ->Arg(8)
          ->Arg(32)
          ->Arg(64)
          ->Arg(256)
          ->UseRealTime();
    }
  }
  return true;
}();

}  // namespace
}  // namespace offload::micro
