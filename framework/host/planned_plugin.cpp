#include "host/planned_plugin.hpp"

#include "core/error.hpp"
#include "host/isolated.hpp"
#include "host/plugin_instance.hpp"
#include "host/plugin_library.hpp"
#include "host/sha256.hpp"

namespace offload {
namespace {

using Json = nlohmann::ordered_json;

ParameterValue value_of_json(const nlohmann::json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  return json.get<std::vector<double>>();
}

template <typename Instance>
std::string answer_of(const Instance& instance, bool learns) {
  return Json{{"info", to_json(instance.info())},
              {"parameters", parameters_json(instance.resolved())},
              {"learns", learns}}
      .dump();
}

// In the child: loads the plugin and makes one instance with the row's parameters. Wrong parameters are
// thrown; that the library is no plugin of this ABI, and what goes wrong inside the plugin, are answers.
std::string ask_here(const PlannedPlugin& plugin, const PluginSettings& settings, bool reward,
                     const Scenario& scenario, std::int64_t steps) {
  try {
    const bool is_reward = open_plugin(plugin.file.path).kind == OFFLOAD_KIND_REWARD;
    if (is_reward != reward) {
      fail(ErrorKind::plugin, "{} is {}; name {}", plugin.file.path.string(),
           is_reward ? "a reward" : "an agent", reward ? "a reward" : "an agent");
    }
  } catch (const Error& error) {
    return Json{{"refused", error.what()}}.dump();
  }
  const offload_environment environment = plugin_environment(scenario, 0, steps);
  try {
    if (reward) return answer_of(RewardInstance(plugin.file.path, settings.parameters, environment), false);
    const AgentInstance agent(plugin.file.path, settings.parameters, environment);
    return answer_of(agent, agent.trained());
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::config) throw;
    return Json{{"problem", error.what()}}.dump();
  }
}

void take_answer(const std::string& answer, const PluginQuestion& question) {
  const Json json = Json::parse(answer);
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
}

template <typename Ask>
std::string ask_apart(const PluginQuestion& question, const Ask& ask_one) {
  try {
    return run_isolated(question.settings->plugin, [&] { return ask_one(question); });
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::plugin) throw;
    return Json{{"problem", error.what()}}.dump();
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

PlannedPlugin locate_plugin(const PluginSettings& settings, const PluginSearch& search,
                            const std::filesystem::path& base) {
  try {
    const auto path = std::filesystem::absolute(search.find(settings.plugin, base));
    PlannedPlugin plugin;
    plugin.file = {path, sha256_of_file(path)};
    plugin.info.id = settings.plugin;
    return plugin;
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", settings.place, error.what()));
  }
}

void ask_plugins(const std::vector<PluginQuestion>& questions, const Scenario& scenario) {
  const auto ask_one = [&scenario](const PluginQuestion& question) {
    return ask_here(*question.plugin, *question.settings, question.reward, scenario, question.steps);
  };
  std::vector<std::string> answers;
  try {
    // One child for all: loading LibTorch once takes a third of a second.
    answers = Json::parse(run_isolated("the suite's plugins", [&] {
                std::vector<std::string> list;
                for (const PluginQuestion& question : questions) list.push_back(ask_one(question));
                return Json(list).dump();
              })).get<std::vector<std::string>>();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::config) throw;
    for (const PluginQuestion& question : questions) answers.push_back(ask_apart(question, ask_one));
  }
  for (std::size_t i = 0; i < questions.size(); ++i) take_answer(answers[i], questions[i]);
}

}  // namespace offload
