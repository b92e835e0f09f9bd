// The plugins of a suite as its plan has them: found, hashed, and asked in a child process what they are and
// what their parameters come to, so that every row's parameters are checked before anything runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/simulation/scenario.hpp"
#include "plugin/info.hpp"
#include "plugin/search.hpp"
#include "suite/experiment.hpp"
#include "trial/trial.hpp"

namespace offload {

struct PlannedPlugin {
  PluginFile file;                // its machine: the instruction set and the facts, if bits are not portable
  PluginInfo info;                // id is the reference where the plugin could not be asked
  ResolvedParameters parameters;  // empty likewise
  bool learns = false;            // an agent that is trained before it is evaluated
  bool has_checkpoint = false;    // likewise, and can say what it learned
  int slots = 0;                  // that it asks for in training; 0 where it could not be asked
  std::string problem;            // why it could not be asked; its trials will fail with the true reason
};

// By what trials of a row with it decide their passes.
TrialCopies copies_of(const PlannedPlugin& plugin, const RowSettings& row);

// Finds and hashes the library; `base` is where relative paths start. Throws Error(config) with the setting's
// place.
PlannedPlugin locate_plugin(const PluginSettings& settings, const PluginSearch& search,
                            const std::filesystem::path& base);

// However long the trial itself may take.
inline constexpr double kLongestAnswer_s = 60;

struct PluginQuestion {
  PlannedPlugin* plugin;  // takes the answer
  const PluginSettings* settings;
  bool reward;
  bool isolated;       // asked in a process like that of its trials
  std::int64_t steps;  // of training
  double limit_s;      // for its answer when it is asked apart, at most kLongestAnswer_s
};

// Asks all plugins of the suite in one child. One that takes the child down with it is asked apart and, when
// it does so again, left to its trials. Throws Error: config for a wrong parameter, plugin for a library that
// is no plugin of this ABI or of the other kind.
void ask_plugins(const std::vector<PluginQuestion>& questions, const Scenario& scenario);

// Resolved parameters as plans write them; of other JSON values, what is neither boolean, number nor text is
// read as a list of numbers and throws.
nlohmann::ordered_json parameters_json(const ResolvedParameters& parameters);
ResolvedParameters parameters_from_json(const nlohmann::json& json);

}  // namespace offload
