#include "campaign/planned_plugin.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "files/machine.hpp"
#include "plugin/answers.hpp"
#include "plugin/image.hpp"
#include "plugin/instance.hpp"
#include "plugin/isolated.hpp"
#include "plugin/library.hpp"
#include "plugin/python_source.hpp"
#include "remote/remote_agent.hpp"
#include "remote/remote_reward.hpp"

namespace offload {
namespace {

using Json = nlohmann::ordered_json;

// What one of many may take on a busy machine before all are asked again, each apart.
constexpr double kAnswer_s = 1;

ParameterValue value_of_json(const nlohmann::json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  return json.get<std::vector<double>>();
}

// Plugins' texts may not be UTF-8.
std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

template <typename Instance>
std::string answer_of(const Instance& instance, bool learns, bool has_checkpoint, int slots,
                      const std::map<std::string, std::string>& facts = {}) {
  return dumped({{"info", to_json(instance.info())},
                 {"parameters", parameters_json(instance.resolved())},
                 {"learns", learns},
                 {"has_checkpoint", has_checkpoint},
                 {"slots", slots},
                 {"portable_bits", instance.portable_bits()},
                 {"facts", facts}});
}

// The same of a plugin that is isolated in its trials: nothing of it is loaded here either.
std::string ask_isolated(const PluginQuestion& question, const offload_environment& environment,
                         const Scenario& scenario, Nursery& nursery) {
  const std::filesystem::path& library = question.plugin->file.path;
  const PluginSettings& settings = *question.settings;
  try {
    if (!python_agent(library.native())) check_plugin_image(library);
  } catch (const Error& error) {
    return dumped({{"refused", error.what()}});
  }
  try {
    RemoteSettings remote;
    remote.rows = kSlotsMax;
    remote.python = settings.python;
    // One for all in Python; each library would have another.
    if (python_agent(library.native())) remote.nursery = &nursery;
    remote.world = host_world(scenario);
    if (question.reward) {
      const RemoteReward reward(library, settings.parameters, environment, remote);
      return answer_of(reward, false, false, 0, reward.facts());
    }
    RemoteAgent agent(library, settings.parameters, environment, remote);
    return answer_of(agent, agent.trained(), agent.has_checkpoint(), agent.training_slots(), agent.facts());
  } catch (const NotAnAgent& error) {
    return dumped({{"refused", error.what()}});
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::config) throw;
    return dumped({{"problem", error.what()}});
  } catch (const AgentEnded& end) {
    return dumped({{"problem", end.what()}});
  }
}

// In the child: loads the plugin and makes one instance with the row's parameters. Wrong parameters are
// thrown; that the library is no plugin of this ABI, and what goes wrong inside the plugin, are answers.
std::string ask_here(const PluginQuestion& question, const Scenario& scenario, Nursery& nursery) {
  const PlannedPlugin& plugin = *question.plugin;
  const PluginSettings& settings = *question.settings;
  const bool reward = question.reward;
  const offload_environment environment = plugin_environment(scenario, 0, question.steps);
  if (question.isolated) return ask_isolated(question, environment, scenario, nursery);
  try {
    const bool is_reward = open_plugin(plugin.file.path).kind == OFFLOAD_KIND_REWARD;
    if (is_reward != reward) {
      fail(ErrorKind::plugin, "{} is {}; name {}", plugin.file.path.string(),
           is_reward ? "a reward" : "an agent", reward ? "a reward" : "an agent");
    }
  } catch (const Error& error) {
    return dumped({{"refused", error.what()}});
  }
  try {
    if (reward)
      return answer_of(RewardInstance(plugin.file.path, settings.parameters, environment), false, false, 0);
    const AgentInstance agent(plugin.file.path, settings.parameters, environment, host_world(scenario));
    return answer_of(agent, agent.trained(), agent.has_checkpoint(), agent.training_slots(), agent.facts());
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::config) throw;
    return dumped({{"problem", error.what()}});
  }
}

void take_answer(const Json& json, const PluginQuestion& question) {
  PlannedPlugin& plugin = *question.plugin;
  if (json.contains("refused")) {
    fail(ErrorKind::plugin, "{}: {}", question.settings->place, json["refused"].get<std::string>());
  }
  if (json.contains("problem")) {
    plugin.problem = json["problem"].get<std::string>();
    return;
  }
  plugin.info = plugin_info_from_json(json["info"]);
  plugin.parameters = parameters_from_json(json["parameters"]);
  plugin.learns = json["learns"].get<bool>();
  plugin.has_checkpoint = json["has_checkpoint"].get<bool>();
  plugin.slots = json["slots"].get<int>();
  if (json["portable_bits"].get<bool>()) {
    plugin.file.machine.clear();
  } else {
    plugin.file.machine.merge(json["facts"].get<std::map<std::string, std::string>>());
  }
}

template <typename Ask>
std::string ask_apart(const PluginQuestion& question, const Ask& ask_one) {
  try {
    IsolationLimits limits;
    limits.timeout_s = std::min(question.limit_s, kLongestAnswer_s);
    return run_isolated(
        question.settings->plugin, [&] { return ask_one(question); }, limits);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::plugin) throw;
    return dumped({{"problem", error.what()}});
  }
}

// A plugin that writes to descriptors that are not its own can spoil the answer.
void take_answer_or_note(const std::string& answer, const PluginQuestion& question) {
  try {
    take_answer(Json::parse(answer), question);
  } catch (const Json::exception&) {
    question.plugin->problem = "what it answered cannot be read";
  }
}

}  // namespace

Json parameters_json(const ResolvedParameters& parameters) {
  Json json = Json::object();
  for (const auto& [key, value] : parameters) {
    json[key] = std::visit([](const auto& held) { return Json(held); }, value);
  }
  return json;
}

ResolvedParameters parameters_from_json(const nlohmann::json& json) {
  ResolvedParameters parameters;
  for (const auto& [key, value] : json.items()) parameters[key] = value_of_json(value);
  return parameters;
}

// With other parameters it may have a checkpoint, and so may one that could not be asked.
TrialCopies copies_of(const PlannedPlugin& plugin, const RowSettings& row) {
  const bool known = plugin.problem.empty() && row.candidates.empty();
  return known && !plugin.has_checkpoint ? TrialCopies::forks : TrialCopies::fresh;
}

PlannedPlugin locate_plugin(const PluginSettings& settings, const PluginSearch& search,
                            const std::filesystem::path& base) {
  try {
    const auto path = std::filesystem::absolute(search.find(settings.plugin, base));
    PlannedPlugin plugin;
    plugin.file = {path, sha256_of_plugin(path), {{"instruction_set", instruction_set()}}};
    plugin.info.id = settings.plugin;
    return plugin;
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", settings.place, error.what()));
  }
}

void ask_plugins(const std::vector<PluginQuestion>& questions, const Scenario& scenario) {
  Nursery nursery;  // begun in the child that asks
  const auto ask_one = [&](const PluginQuestion& question) { return ask_here(question, scenario, nursery); };
  std::vector<std::string> answers;
  try {
    // One child for all: loading LibTorch, which a row may ask for, takes a third of a second.
    const auto ask_all = [&] {
      std::vector<std::string> list;
      for (const PluginQuestion& question : questions) list.push_back(ask_one(question));
      return dumped(list);
    };
    IsolationLimits limits;
    limits.timeout_s += static_cast<double>(questions.size()) * kAnswer_s;
    answers =
        Json::parse(run_isolated("the suite's plugins", ask_all, limits)).get<std::vector<std::string>>();
    if (answers.size() != questions.size()) answers.clear();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::config) throw;
  } catch (const Json::exception&) {
    answers.clear();
  }
  for (std::size_t i = 0; i < questions.size(); ++i) {
    take_answer_or_note(answers.empty() ? ask_apart(questions[i], ask_one) : answers[i], questions[i]);
  }
}

}  // namespace offload
