// What the C++ environment goes through, as bytes: the reference of the Python package's environments, which
// it shares no code with above BatchEnvironment and TrainingSource.
//
//   python_trace SUITE REWARD_LIBRARY BUDGETS SLOTS SEED STEPS [CALLS] < actions > trace
//
// Plays the first split's training episodes; BUDGETS is "uniform", "per_cell" (the first cell) or
// "tmo-extreme-aware". Actions are int32 [steps][slots]. The trace is, first for the start and then for every
// step, the view's observation, mask, limit, spent and episode ids (int64), and of steps before them the
// transition's reward, terminal, quality, association, consumed and final observation. With CALLS it says
// instead how many microseconds of processor time a step takes, the actions over and over: the least of
// rounds of CALLS.
#include <offload/random.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "plugin/instance.hpp"
#include "suite/experiment.hpp"
#include "trial/training_source.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kGymPurpose = 0x67796d;  // what reset(seed) is documented to draw from
constexpr std::uint64_t kPluginPurpose = 0x706c7567;

class NamedSource final : public EpisodeSource {
 public:
  NamedSource(const Scenario& scenario, TrainingSource source, int slots)
      : id(static_cast<std::size_t>(slots)), scenario_(scenario), source_(source) {}
  bool next(int slot, EpisodeStart& start) override {
    source_.next(slot, start);
    id[static_cast<std::size_t>(slot)] = scenario_.data().id[start.episode];
    return true;
  }
  std::vector<std::int64_t> id;  // [slots] of the running episode

 private:
  const Scenario& scenario_;
  TrainingSource source_;
};

template <typename Value>
void write(const Value* values, int count) {
  std::fwrite(values, sizeof(Value), static_cast<std::size_t>(count), stdout);
}

TrainingBudgets budgets_named(const std::string& name) {
  using Kind = TrainingBudgets::Kind;
  if (name == "per_cell") return {.kind = Kind::per_cell};
  if (name == "tmo-extreme-aware") return {.kind = Kind::tmo_extreme_aware};
  return {.kind = Kind::uniform};
}

struct Setting {
  explicit Setting(char** arguments)
      : experiment(experiment_of(arguments[1])),
        slots(std::atoi(arguments[4])),
        reward(
            arguments[2], experiment.suite.reward.parameters,
            plugin_environment(scenario, stream(split.stream_of(experiment.suite.seed), kPluginPurpose), 0)),
        model(make_response_model(experiment.suite.response_model, scenario, split.train, experiment.truth)),
        memo(*model, scenario.actions().size(), scenario.tasks(), scenario.turns_max()),
        source(scenario,
               {scenario, split.train, budgets_named(arguments[3]), experiment.cells.front(),
                stream(std::strtoull(arguments[5], nullptr, 10), kGymPurpose)},
               slots),
        environment(scenario, memo, reward, source, nullptr, BatchEnvironment::Purpose::training, slots, 0) {}

  static Experiment experiment_of(const char* file) {
    Suite suite = read_suite(file);
    std::vector<EpisodeTable> sets = open_data(suite, cache_folder({}));
    return make_experiment(std::move(suite), std::move(sets));
  }

  Experiment experiment;
  const Split& split = experiment.splits.front();
  const Scenario& scenario = experiment.scenario_of(split);
  int slots;
  RewardInstance reward;
  std::unique_ptr<ResponseModel> model;
  ResponseMemo memo;
  NamedSource source;
  BatchEnvironment environment;
};

using Actions = std::vector<std::vector<std::int32_t>>;  // [steps][slots]

Actions read_actions(int steps, int slots) {
  Actions actions(static_cast<std::size_t>(steps),
                  std::vector<std::int32_t>(static_cast<std::size_t>(slots)));
  for (auto& row : actions) {
    if (std::fread(row.data(), sizeof(std::int32_t), row.size(), stdin) != row.size()) std::exit(2);
  }
  return actions;
}

void trace(Setting& setting, const Actions& actions) {
  const int slots = setting.slots, size = setting.scenario.layout().size(),
            arms = setting.scenario.actions().size();
  const auto write_view = [&] {
    const offload_view& view = setting.environment.view();
    write(view.observation, slots * size);
    write(view.mask, slots * arms);
    write(view.limit, slots * kResources);
    write(view.spent, slots * kResources);
    write(setting.source.id.data(), slots);
  };
  write_view();
  for (const auto& action : actions) {
    const offload_transition& step = setting.environment.step(action);
    write(step.reward, slots);
    write(step.terminal, slots);
    write(step.quality, slots);
    write(step.association, slots);
    write(step.consumed, slots * kResources);
    write(step.after->observation, slots * size);
    write_view();
  }
}

// The least of several rounds, the first of which fill the memory of what the response model said.
void time(Setting& setting, const Actions& actions, long calls) {
  constexpr int kRounds = 30;
  std::clock_t least = std::numeric_limits<std::clock_t>::max();
  for (int round = 0; round < kRounds; ++round) {
    const std::clock_t start = std::clock();
    for (long i = 0; i < calls; ++i)
      setting.environment.step(actions[static_cast<std::size_t>(i) % actions.size()]);
    least = std::min(least, std::clock() - start);
  }
  std::cout << static_cast<double>(least) * 1e6 / CLOCKS_PER_SEC / static_cast<double>(calls) << '\n';
}

}  // namespace
}  // namespace offload

int main(int count, char** arguments) {
  if (count != 7 && count != 8) return 2;
  try {
    offload::Setting setting(arguments);
    const auto actions = offload::read_actions(std::atoi(arguments[6]), setting.slots);
    count == 7 ? trace(setting, actions) : time(setting, actions, std::atol(arguments[7]));
  } catch (const offload::Error& error) {
    std::cerr << error.what() << '\n';
    return error.exit_status();
  }
  return 0;
}
