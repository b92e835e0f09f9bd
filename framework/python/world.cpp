#include "python/world.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <vector>

#include "core/error.hpp"
#include "core/simulation/rollout.hpp"
#include "files/suggestion.hpp"
#include "plugin/python_source.hpp"
#include "plugin/search.hpp"
#include "trial/values/rewards.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPluginPurpose = 0x706c7567;  // "plug", as of a trial

Suite suite_of(const OpenedWorldSettings& settings) {
  Suite suite = read_suite(settings.suite, settings.dataset);
  if (!settings.reward.empty()) {
    const bool python = python_agent(settings.reward).has_value();
    suite.reward = {python ? fs::absolute(settings.reward).string() : settings.reward, {}, "reward"};
    suite.reward_isolation = python ? Isolation::process : Isolation::none;
  }
  if (suite.reward.python.empty()) suite.reward.python = settings.python;
  if (!settings.compat.empty()) {
    suite.compat_name = settings.compat;
    suite.scenario.compat = compat_preset(settings.compat);
  }
  return suite;
}

// The lens simulated_log hides outcomes from rows that learn; who plays here has them happen.
void play_on_all_outcomes(Suite& suite) {
  if (!suite.evaluation.log) return;
  suite.evaluation.log.reset();
  suite.response_model = kExactModel;
  for (RowSettings& row : suite.rows) row.training.model = kExactModel;
}

Experiment experiment_of(const OpenedWorldSettings& settings) {
  Suite suite = suite_of(settings);
  play_on_all_outcomes(suite);
  std::error_code error;
  const fs::path cache = cache_folder(fs::temp_directory_path(error) / "offload-bench-cache");
  std::vector<EpisodeTable> sets = open_data(suite, cache);
  return make_experiment(std::move(suite), std::move(sets));
}

// The library of the suite's reward. One with a path is somebody's own, which a suite from elsewhere could
// name: nothing of it runs here unasked, but in a process of its own.
fs::path library_of(const Suite& suite, const OpenedWorldSettings& settings) {
  const std::string& name = suite.reward.plugin;
  if (python_agent(name)) return PluginSearch().find(name, settings.suite.parent_path());
  const bool path = name.find('/') != std::string::npos || name.ends_with(".so");
  if (!path) {
    const fs::path library = settings.plugins / (name + ".so");
    std::error_code error;
    if (fs::is_regular_file(library, error)) return library;
    fail(ErrorKind::plugin, "{}: no shipped reward '{}' in {}; name tmo-weighted or budget-aware",
         suite.reward.place, printable(name), printable(settings.plugins.string(), 400));
  }
  const fs::path library = fs::absolute(settings.suite.parent_path() / name);
  if (settings.trust_reward || suite.reward_isolation == Isolation::process) return library;
  fail(ErrorKind::plugin,
       "{}: the reward {} is native code that is not a part of this package; to load it into this process "
       "pass trust_reward=True, else say isolation = \"process\" there, name a shipped reward, or use run(), "
       "which loads it in a worker",
       suite.reward.place, printable(library.string(), 400));
}

template <typename List, typename NameOf>
std::size_t index_of(const List& list, const std::string& name, const char* what, const NameOf& name_of) {
  if (name.empty()) return 0;
  std::vector<std::string> known;
  for (const auto& entry : list) {
    if (name_of(entry) == name) return known.size();
    known.push_back(name_of(entry));
  }
  fail(ErrorKind::config, "no {} '{}'; known: {}", what, printable(name), fmt::join(known, ", "));
}

}  // namespace

Played::Played(const Experiment& experiment, std::size_t index, const fs::path& reward_library)
    : scenario(experiment.scenario_of(experiment.splits[index])),
      environment(plugin_environment(
          scenario, stream(experiment.splits[index].stream_of(experiment.suite.seed), kPluginPurpose), 0)),
      reward(reward_library, experiment.suite.reward.parameters, environment,
             reward_place(experiment.suite, 0)),
      model(scenario.world() ? nullptr
                             : make_response_model(experiment.suite.response_model, scenario,
                                                   experiment.splits[index].train, experiment.truth)) {
  if (model) memo.emplace(*model, scenario.actions().size(), scenario.tasks(), scenario.turns_max());
}

World::World(const OpenedWorldSettings& settings)
    : experiment_(experiment_of(settings)), reward_library_(library_of(experiment_.suite, settings)) {}

std::size_t World::split_index(const std::string& name) const {
  return index_of(experiment_.splits, name, "split", [](const Split& split) { return split.name; });
}

std::size_t World::cell_index(const std::string& name) const {
  return index_of(experiment_.cells, name, "budget cell", [](const BudgetCell& cell) { return cell.name; });
}

Played& World::played(std::size_t split) {
  const std::lock_guard lock(making_);
  std::unique_ptr<Played>& made = played_[split];
  if (made == nullptr) made = std::make_unique<Played>(experiment_, split, reward_library_);
  return *made;
}

TrainingBudgets parse_budgets(const std::string& text) {
  // A suite with nothing in it but the budgets, so that what is wrong with them is said in its words.
  const std::string suite = fmt::format(
      "[training]\nbudgets = {}\n[data]\nsource = \"synthetic:2\"\n[[row]]\nname = \"random\"\n", text);
  return parse_suite(suite, "budgets", ".").rows.front().training.budgets;
}

}  // namespace offload
