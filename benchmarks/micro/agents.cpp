#include "agents.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "check/sample_turns.hpp"
#include "core/error.hpp"
#include "cpu.hpp"
#include "fma_peak.hpp"
#include "plugin/instance.hpp"
#include "plugin/search.hpp"
#include "remote/placed.hpp"
#include "setting.hpp"
#include "suite/experiment.hpp"

namespace offload::micro {
namespace {

constexpr int kLargestBatch = 512;
// Never reached: at the end of its training an agent learns from the few steps that it has left.
constexpr std::int64_t kTrainingSteps = std::int64_t{1} << 40;
constexpr int kMostSteps = 30000;  // to wait for a gradient step

offload_environment environment() {
  offload_environment raw = plugin_environment(setting().scenario, 1, kTrainingSteps);
  raw.evaluation_slots = kLargestBatch;
  return raw;
}

// Everything that a running environment needs beside the agent.
struct World {
  World(BatchEnvironment::Purpose purpose, int slots, int first_slot)
      : raw(micro::environment()),
        reward(PluginSearch().find("tmo-weighted"), {}, raw),
        memo(*setting().model, setting().scenario.actions().size(), setting().scenario.tasks(),
             setting().scenario.turns_max()),
        source(kTightCell),
        environment(setting().scenario, memo, reward, source, nullptr, purpose, slots, first_slot) {}

  offload_environment raw;
  RewardInstance reward;
  ResponseMemo memo;
  EndlessSource source;
  BatchEnvironment environment;
};

// Of a vector of the kernels that a learner states as a fact; 0: it has none.
int kernel_bits(const PlacedAgent& agent) {
  const auto kernels = agent.facts().find("kernels");
  if (kernels == agent.facts().end()) return 0;
  const std::string& name = kernels->second;
  return name == "fused avx512" ? 512 : name == "fused avx2" ? 256 : name == "fused baseline" ? 128 : 0;
}

// The learners' networks for a decision: observation-64-64-actions.
double decision_flop(const offload_environment& environment) {
  return 2.0 * (64.0 * environment.observation + 64.0 * 64 + 64.0 * environment.actions);
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Of a plugin apart this process's CPU is that of waiting.
auto clock_of(const PluggedIn& plugin) { return plugin.apart() ? wall_seconds : cpu_seconds; }

// Of a plugin apart; nothing of one in this process.
std::optional<Cpu> cpu_of(const PluggedIn& plugin, const std::function<void()>& start_and_end) {
  return plugin.apart() ? std::optional<Cpu>(start_and_end) : std::nullopt;
}

void act(benchmark::State& state, const PluggedIn& plugin, const Parameters& parameters) {
  const auto raw = environment();
  const auto cpu = cpu_of(plugin, [&] { PlacedAgent(plugin, parameters, raw).end(); });
  PlacedAgent agent(plugin, parameters, raw);
  World world(BatchEnvironment::Purpose::evaluation, static_cast<int>(state.range(0)),
              agent.training_slots());
  std::vector<std::int32_t> action(kLargestBatch);
  const auto now = clock_of(plugin);
  const double begin_s = now();
  for (auto _ : state) {
    agent.act(world.environment.view(), OFFLOAD_EVALUATE, action.data());
    benchmark::DoNotOptimize(action.data());
  }
  const double spent_s = now() - begin_s;
  const std::int64_t rows = state.iterations() * state.range(0);
  state.SetItemsProcessed(rows);
  if (const int bits = kernel_bits(agent); bits > 0) {
    state.counters["fma_peak_share"] =
        decision_flop(raw) * static_cast<double>(rows) / spent_s / fma_peak(bits);
  }
  agent.end();
  if (cpu) cpu->report(state);
}

// An agent in training.
class Lesson {
 public:
  Lesson(const PluggedIn& plugin, const Parameters& parameters)
      : raw_(environment()),
        agent_(plugin, parameters, raw_),
        world_(BatchEnvironment::Purpose::training, agent_.training_slots(), 0),
        action_(static_cast<std::size_t>(agent_.training_slots())) {}

  struct Spent {
    std::int64_t gradient_steps = 0;
    double observe_s = 0, update_s = 0;
  };
  // One step of every slot, timed by this clock.
  Spent step(double (*now)()) {
    const offload_view& view = world_.environment.view();
    agent_.act(view, OFFLOAD_EXPLORE, action_.data());
    const auto outcomes = world_.environment.step({action_.data(), static_cast<std::size_t>(view.n)});
    const double begin = now();
    agent_.observe(outcomes);
    const double observed = now();
    const std::int64_t gradient_steps = agent_.update();
    return {gradient_steps, observed - begin, now() - observed};
  }

 private:
  offload_environment raw_;
  PlacedAgent agent_;
  World world_;
  std::vector<std::int32_t> action_;
};

// CPU time per gradient step, elapsed time apart: a rollout is gathered outside the clock, and one call may
// do many steps. Of an agent that learns without gradients, the time in which it learns from one step, by the
// wall clock, as asking for CPU time takes longer than that.
void update(benchmark::State& state, const PluggedIn& plugin, const Parameters& parameters) {
  Lesson lesson(plugin, parameters);
  Lesson::Spent spent;
  for (int tries = 0; spent.gradient_steps == 0 && tries < kMostSteps; ++tries)
    spent = lesson.step(wall_seconds);
  const bool by_gradients = spent.gradient_steps > 0;
  std::int64_t steps_left = 0;
  for (auto _ : state) {
    if (!by_gradients) {
      spent = lesson.step(wall_seconds);
      state.SetIterationTime(spent.observe_s + spent.update_s);
      continue;
    }
    while (steps_left == 0) {
      spent = lesson.step(clock_of(plugin));
      steps_left = spent.gradient_steps;
    }
    --steps_left;
    state.SetIterationTime(spent.update_s / static_cast<double>(spent.gradient_steps));
  }
  if (!by_gradients) state.SetLabel("observe and update after one step: it does no gradient steps");
}

// A way to compute that this build lacks fails its own benchmarks alone, and so does a process that ends.
template <typename Body>
void guarded(benchmark::State& state, const Body& body) {
  try {
    body();
  } catch (const std::runtime_error& error) {
    state.SkipWithError(error.what());
  }
}

void register_variant(const std::string& name, const PluggedIn& plugin, const Parameters& parameters,
                      bool learns) {
  auto* acting = benchmark::RegisterBenchmark((name + "/act").c_str(), [=](benchmark::State& state) {
    guarded(state, [&] { act(state, plugin, parameters); });
  });
  for (const int batch : {1, 8, 64, kLargestBatch}) acting->Arg(batch);
  acting->ArgName("batch");
  if (plugin.apart()) acting->UseRealTime();
  if (!learns) return;
  const auto* batch = parameters.contains("batch_size") ? &parameters.at("batch_size").value : nullptr;
  const std::string size = batch == nullptr ? "" : "/batch:" + to_text(*batch);
  benchmark::RegisterBenchmark(
      (name + "/update" + size).c_str(),
      [=](benchmark::State& state) { guarded(state, [&] { update(state, plugin, parameters); }); })
      ->UseManualTime()
      ->Unit(benchmark::kMicrosecond);
}

void score(benchmark::State& state, const PluggedIn& plugin) {
  const auto cpu = cpu_of(plugin, [&] { PlacedReward(plugin, {}, environment()).end(); });
  PlacedReward reward(plugin, {}, environment());
  const SampleOutcomes outcomes(static_cast<std::size_t>(state.range(0)));
  const offload_outcomes raw = outcomes.raw();
  std::vector<double> rewards(outcomes.n);
  for (auto _ : state) {
    reward.score(raw, rewards.data());
    benchmark::DoNotOptimize(rewards.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  reward.end();
  if (cpu) cpu->report(state);
}

void register_reward(const std::string& id, const PluggedIn& plugin) {
  auto* scoring = benchmark::RegisterBenchmark(
      ("reward:" + id + "/score").c_str(),
      [plugin](benchmark::State& state) { guarded(state, [&] { score(state, plugin); }); });
  for (const int batch : {1, 64, kLargestBatch}) scoring->Arg(batch);
  scoring->ArgName("batch");
  if (plugin.apart()) scoring->UseRealTime();
}

}  // namespace

void register_plugin(const PluggedIn& plugin) {
  const PluginInfo info = describe_placed(plugin.library, environment());
  if (info.kind == PluginKind::reward) return register_reward(info.id, plugin);
  const std::string name = "agent:" + info.id;
  const bool learns =
      std::find(info.capabilities.begin(), info.capabilities.end(), "trained") != info.capabilities.end();
  Parameters parameters;
  const ParameterInfo* compute = nullptr;
  for (const ParameterInfo& parameter : info.parameters) {
    if (parameter.key == "batch_size") parameters["batch_size"] = {parameter.fallback, {}};
    if (parameter.key == "compute") compute = &parameter;
  }
  if (compute == nullptr) return register_variant(name, plugin, parameters, learns);
  for (const std::string& way : compute->choices) {
    parameters["compute"] = {way, {}};
    register_variant(name + "/" + way, plugin, parameters, learns);
  }
}

}  // namespace offload::micro
