#include "campaign/debug_trial.hpp"

#include <algorithm>

#include "campaign/planned_plugin.hpp"
#include "core/error.hpp"
#include "files/suggestion.hpp"
#include "plugin/python_source.hpp"
#include "suite/experiment.hpp"

namespace offload {
namespace {

// The one of this name. `names`: how to call the others in a message.
template <typename List, typename Name>
const auto& named(const List& list, const std::string& name, Name List::value_type::*member,
                  const char* what) {
  const auto found = std::ranges::find(list, name, member);
  if (found != list.end()) return *found;
  std::vector<std::string> known;
  for (const auto& one : list) known.push_back(one.*member);
  fail(ErrorKind::config, "--debug: no {} '{}'; known: {}{}", what, printable(name),
       printable(fmt::format("{}", fmt::join(known, ", ")), 400), suggestion(name, known));
}

}  // namespace

TrialResult debug_trial(Suite suite, const std::string& row, const std::string& split,
                        const PluginSearch& search, const std::filesystem::path& cache,
                        const ProgressReport& progress) {
  const auto base = std::filesystem::absolute(suite.file).parent_path();
  RowSettings settings = named(suite.rows, row, &RowSettings::name, "row");
  if (python_agent(settings.agent.plugin)) {
    fail(ErrorKind::config,
         "--debug {}: an agent in Python has a process of its own; call it from a script of yours instead "
         "(plugins/README.md, Debugging a plugin)",
         printable(row));
  }
  settings.training.isolation = Isolation::none;
  settings.candidates.clear();
  suite.rows = {settings};
  const PluginFile agent = locate_plugin(settings.agent, search, base).file;
  const PluginFile reward = locate_plugin(suite.reward, search, base).file;
  std::vector<EpisodeTable> data = open_data(suite, cache_folder(cache));
  const Experiment experiment = make_experiment(std::move(suite), std::move(data));
  const Split& chosen =
      split.empty() ? experiment.splits.front() : named(experiment.splits, split, &Split::name, "split");
  return run_trial(
      experiment, experiment.suite.rows.front(), chosen, agent.path, reward.path, progress,
      [](std::string_view) {}, TrialCopies::none);
}

}  // namespace offload
