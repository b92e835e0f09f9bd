// What isolation costs: a decision's round trip to a process of its own, in C++ and in Python, and training
// there beside training in this process. CPU is that of both processes together.
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

#include "core/error.hpp"
#include "files/machine.hpp"
#include "plugin/environment.hpp"
#include "plugin/instance.hpp"
#include "plugin/search.hpp"
#include "remote/remote_agent.hpp"
#include "setting.hpp"

namespace offload::micro {
namespace {

// A rule that does nothing, in Python.
class Idle {
 public:
  Idle() : folder_((std::filesystem::temp_directory_path() / "offload-bench-XXXXXX").string()) {
    if (mkdtemp(folder_.data()) == nullptr) folder_.clear();
    std::ofstream(folder_ + "/idle.py") << "def idle(view):\n    view.action[:] = 0\n";
  }
  ~Idle() {
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }
  Idle(const Idle&) = delete;
  Idle& operator=(const Idle&) = delete;
  std::filesystem::path agent() const { return folder_ + "/idle.py:idle"; }

 private:
  std::string folder_;
};

constexpr const char* kInPython = "";

std::unique_ptr<AnyAgent> make_agent(const char* id, bool isolated) {
  const offload_environment environment = plugin_environment(setting().scenario, 1, 1 << 20);
  if (std::string_view(id) == kInPython) {
    static const Idle idle;
    return std::make_unique<RemoteAgent>(idle.agent(), Parameters(), environment, RemoteSettings{64});
  }
  const std::filesystem::path library = PluginSearch().find(id);
  if (!isolated) return std::make_unique<AgentInstance>(library, Parameters(), environment);
  return std::make_unique<RemoteAgent>(library, Parameters(), environment, RemoteSettings{64});
}

// CPU time per iteration of what lies between construction and report, in microseconds.
class Cpu {
 public:
  // The agent's process counts once it has ended; what it took to start is measured and taken off.
  explicit Cpu(const char* id, bool isolated) {
    const double before = offload::cpu_seconds();
    make_agent(id, isolated)->end();
    start_s_ = offload::cpu_seconds() - before;
    before_ = offload::cpu_seconds();
  }
  // Of the agent's start, in seconds.
  double start_s() const { return start_s_; }
  void report(benchmark::State& state, AnyAgent& agent) const {
    agent.end();
    const double took_s = offload::cpu_seconds() - before_ - start_s_;
    state.counters["cpu_us"] = took_s * 1e6 / static_cast<double>(state.iterations());
  }

 private:
  double start_s_, before_;
};

void round_trip(benchmark::State& state, const char* id, bool isolated) try {
  const Cpu cpu(id, isolated);
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
  cpu.report(state, *agent);
  state.counters["start_cpu_s"] = cpu.start_s();
} catch (const Error& error) {
  state.SkipWithError(error.what());  // no Python is here, or none with NumPy
}

void training(benchmark::State& state, const char* id, bool isolated) {
  const auto slots = static_cast<int>(state.range(0));
  const Cpu cpu(id, isolated);
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
  cpu.report(state, *agent);
  state.SetItemsProcessed(state.iterations() * slots);
}

const bool registered = [] {
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
    for (const char* id : {"epsilon-greedy", "rc-ppo"}) {
      benchmark::RegisterBenchmark(fmt::format("isolation/{}/train/{}", where, id).c_str(),
                                   [=](benchmark::State& state) { training(state, id, isolated); })
          ->Arg(1)
          ->Arg(8)
          ->Arg(32)
          ->UseRealTime();
    }
  }
  return true;
}();

}  // namespace
}  // namespace offload::micro
