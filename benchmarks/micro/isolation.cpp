// What isolation costs: a decision's round trip to a process of its own, and training there beside training
// in this process. CPU is that of both processes together.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "files/machine.hpp"
#include "plugin/environment.hpp"
#include "plugin/instance.hpp"
#include "plugin/search.hpp"
#include "remote/remote_agent.hpp"
#include "setting.hpp"

namespace offload::micro {
namespace {

std::unique_ptr<AnyAgent> make_agent(const char* id, bool isolated) {
  const offload_environment environment = plugin_environment(setting().scenario, 1, 1 << 20);
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
  void report(benchmark::State& state, AnyAgent& agent) const {
    agent.end();
    const double took_s = offload::cpu_seconds() - before_ - start_s_;
    state.counters["cpu_us"] = took_s * 1e6 / static_cast<double>(state.iterations());
  }

 private:
  double start_s_, before_;
};

void round_trip(benchmark::State& state, bool isolated) {
  const Cpu cpu("local-only", isolated);
  const auto agent = make_agent("local-only", isolated);
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
  for (const bool isolated : {false, true}) {
    const char* const where = isolated ? "process" : "none";
    benchmark::RegisterBenchmark(fmt::format("isolation/{}/act", where).c_str(),
                                 [isolated](benchmark::State& state) { round_trip(state, isolated); })
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
