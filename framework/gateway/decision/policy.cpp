#include "gateway/decision/policy.hpp"

#include <offload/random.hpp>

#include <algorithm>

#include "core/environment/text_features.hpp"
#include "core/error.hpp"
#include "files/suggestion.hpp"
#include "plugin/python_source.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kServedPlugin = 0x73706c75;  // "splu"

constexpr std::size_t kNamesMost = 400;  // bytes of a message

// What to name in place of a name that is not there.
template <typename Items>
std::string known_names(const std::string& name, const Items& items) {
  std::vector<std::string> known;
  for (const auto& item : items) known.push_back(item.name);
  return fmt::format("; known: {}{}", printable(fmt::format("{}", fmt::join(known, ", ")), kNamesMost),
                     suggestion(name, known));
}

std::size_t row_of(const Experiment& experiment, const ServeSettings& settings) {
  const auto& rows = experiment.suite.rows;
  const auto found = std::ranges::find(rows, settings.row, &RowSettings::name);
  if (found == rows.end())
    fail(ErrorKind::config, "{}: the suite has no row '{}'{}", settings.place, printable(settings.row),
         known_names(settings.row, rows));
  return static_cast<std::size_t>(found - rows.begin());
}

Amounts limit_of(const Experiment& experiment, const ServeSettings& settings) {
  if (settings.limit) return *settings.limit;
  if (settings.cell.empty()) return {kUnlimited, kUnlimited};
  const auto found = std::ranges::find(experiment.cells, settings.cell, &BudgetCell::name);
  if (found == experiment.cells.end())
    fail(ErrorKind::config, "{}: the suite has no budget cell '{}'{}", settings.cell_place,
         printable(settings.cell), known_names(settings.cell, experiment.cells));
  return found->limit;
}

// A checkpoint of the same agent, last trained on a data set of this suite.
void check(const ServedPolicy& policy, const ServeSettings& settings) {
  const Checkpoint& checkpoint = policy.checkpoint;
  // An agent in Python says who it is once it runs.
  const bool python = python_agent(policy.agent_file.native()).has_value();
  const std::string id = python ? checkpoint.plugin : policy.agent_file.stem().string();
  const std::string shown = printable(settings.checkpoint.native());
  if (checkpoint.plugin != id)
    fail(ErrorKind::config, "{}: {} is a checkpoint of agent '{}', and row '{}' is of '{}'", settings.place,
         shown, printable(checkpoint.plugin), printable(settings.row), printable(id));
  if (checkpoint.lineage.stages.empty()) return;
  const std::string& trained = checkpoint.lineage.stages.back().data_sha256;
  const auto& scenarios = policy.experiment->scenarios;
  const bool known =
      std::ranges::any_of(scenarios, [&](const auto& s) { return s->data().sha256 == trained; });
  if (!known)
    fail(ErrorKind::config,
         "{}: {} was trained on other data than this suite's; name the suite that it is of", settings.place,
         shown);
}

}  // namespace

std::string ServedPolicy::untrained_words() const {
  return fmt::format(
      "row '{}' learns and no checkpoint is named: it decides as it does before its first step",
      printable(settings().name));
}

offload_environment ServedPolicy::environment(std::uint64_t seed) const {
  return plugin_environment(scenario(), stream(seed, kServedPlugin), checkpoint.steps);
}

bool ServedPolicy::reads_text() const {
  const std::size_t made = static_cast<std::size_t>(experiment->suite.data.text_features) + 1;
  return made > 1 && scenario().world() != nullptr &&
         scenario().world()->table().feature_names.size() == made;
}

HostWorld ServedPolicy::world() const {
  HostWorld world = host_world(scenario());
  if (!reads_text()) world.features.clear();
  return world;
}

std::vector<float> ServedPolicy::features(const std::string& text) const {
  if (!reads_text()) return {};
  return text_features(text, experiment->suite.data.text_features);
}

int ServedPolicy::task(const std::string& name) const {
  const auto& tasks = scenario().data().tasks;
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    if (name == tasks[t] || name == std::to_string(t)) return static_cast<int>(t);
  }
  return -1;
}

std::unique_ptr<RemoteAgent> ServedPolicy::start(std::uint64_t seed, int rows,
                                                 std::chrono::milliseconds answer_limit) const {
  RemoteSettings remote;
  remote.rows = rows;
  remote.memory_mb = settings().training.memory_limit_mb;
  remote.python = settings().agent.python;
  remote.answer_limit = answer_limit;
  remote.world = world();
  auto agent =
      std::make_unique<RemoteAgent>(agent_file, settings().agent.parameters, environment(seed), remote);
  // An agent may be started again long after its file was read.
  if (sha256_of_plugin(agent_file) != plugin_sha256)
    fail(ErrorKind::plugin,
         "{}: it has changed since it was read; a reload gives new sessions what it is now",
         printable(agent_file.native(), 400));
  if (checkpoint.plugin.empty()) return agent;
  if (checkpoint.plugin != agent->info().id)
    fail(ErrorKind::config, "row '{}': its checkpoint is of agent '{}', and this one is '{}'",
         printable(settings().name), printable(checkpoint.plugin), printable(agent->info().id));
  agent->load_checkpoint(checkpoint.bytes);
  return agent;
}

namespace {

std::shared_ptr<const Experiment> read_experiment(const ServeSettings& settings) {
  Suite suite = read_suite(settings.suite, settings.dataset);
  std::vector<EpisodeTable> sets = open_data(suite, cache_folder(settings.suite.parent_path() / "cache"));
  return std::make_shared<const Experiment>(make_experiment(std::move(suite), std::move(sets)));
}

ServedPolicy policy_of(std::shared_ptr<const Experiment> experiment, const ServeSettings& settings,
                       const PluginSearch& search) {
  ServedPolicy policy;
  policy.experiment = std::move(experiment);
  policy.row = row_of(*policy.experiment, settings);
  policy.place = settings.place;
  policy.cell = settings.limit ? "" : settings.cell;
  policy.limit = limit_of(*policy.experiment, settings);
  policy.agent_file = search.find(policy.settings().agent.plugin, settings.suite.parent_path());
  policy.plugin_sha256 = sha256_of_plugin(policy.agent_file);
  for (const TaskRule& rule : settings.rules) {
    if (policy.task(rule.task) < 0)
      fail(ErrorKind::config, "{}: the suite's data has no task '{}'", rule.place, printable(rule.task));
  }
  if (settings.unknown == ServeSettings::Unknown::fallback && policy.task(settings.unknown_task) < 0)
    fail(ErrorKind::config, "{}: [tasks] unknown: the suite's data has no task '{}'; name one, or \"refuse\"",
         settings.file, printable(settings.unknown_task));
  if (settings.checkpoint.empty()) return policy;
  policy.checkpoint = read_checkpoint(settings.checkpoint);
  check(policy, settings);
  return policy;
}

// What the planner of turns knows of an environment.
bool same_environment(const ServedPolicy& a, const ServedPolicy& b) {
  const Scenario &x = a.scenario(), &y = b.scenario();
  if (a.experiment->data_sha256 != b.experiment->data_sha256 || x.tasks() != y.tasks() ||
      x.actions().size() != y.actions().size() || x.actions().modalities() != y.actions().modalities() ||
      x.turns_max() != y.turns_max() || x.layout().size() != y.layout().size())
    return false;
  for (int action = 0; action < x.actions().size(); ++action) {
    if (x.consumption().of_action(action) != y.consumption().of_action(action)) return false;
  }
  return true;
}

}  // namespace

ServedPolicy load_policy(const ServeSettings& settings, const PluginSearch& search) {
  return policy_of(read_experiment(settings), settings, search);
}

ServedPolicies load_policies(const ServeSettings& settings, const PluginSearch& search,
                             const ServedPolicy* like) {
  ServedPolicies policies;
  const auto experiment = read_experiment(settings);
  ServeSettings one = settings;
  for (std::size_t i = 0; i <= settings.arms.size(); ++i) {
    if (i > 0) {
      one.row = settings.arms[i - 1].row;
      one.checkpoint = settings.arms[i - 1].checkpoint;
      one.place = settings.arms[i - 1].place;
    }
    policies.push_back(std::make_shared<const ServedPolicy>(policy_of(experiment, one, search)));
    if (!same_environment(like == nullptr ? *policies.front() : *like, *policies.back()))
      fail(ErrorKind::config, "{}: the suite's environment is not the one that is served; start anew with it",
           one.place);
  }
  return policies;
}

}  // namespace offload
