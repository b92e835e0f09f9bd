#include "remote/creation.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "plugin/answers.hpp"

namespace offload {
namespace {

using Json = nlohmann::json;

const std::string kRequestName = "the request to create a plugin";
const std::string kAnswerName = "what the plugin's process says of itself";

Json number_json(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

double number_from(const Json& json) {
  if (json.is_number()) return json.get<double>();
  const auto text = json.get<std::string>();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  fail(ErrorKind::plugin, "{}: '{}' is no number", kRequestName, printable(text));
}

Json parameter_json(const std::string& key, const Parameter& parameter) {
  Json json = {{"key", key}, {"place", parameter.place}};
  const auto put = [&json](const char* type, Json value) {
    json["type"] = type;
    json["value"] = std::move(value);
  };
  struct Put {
    const decltype(put)& to;
    void operator()(bool held) const { to("boolean", held); }
    void operator()(std::int64_t held) const { to("integer", held); }
    void operator()(double held) const { to("number", number_json(held)); }
    void operator()(const std::string& held) const { to("text", held); }
    void operator()(const std::vector<double>& held) const {
      Json list = Json::array();
      for (const double number : held) list.push_back(number_json(number));
      to("numbers", std::move(list));
    }
  };
  std::visit(Put{put}, parameter.value);
  return json;
}

ParameterValue parameter_from(const std::string& type, const Json& value) {
  if (type == "boolean") return value.get<bool>();
  if (type == "integer") return value.get<std::int64_t>();
  if (type == "number") return number_from(value);
  if (type == "text") return value.get<std::string>();
  std::vector<double> list;
  for (const Json& number : value) list.push_back(number_from(number));
  return list;
}

Json environment_json(const CreationRequest& request) {
  const offload_environment& e = request.environment;
  Json consumption = Json::array();
  for (const double amount : request.consumption) consumption.push_back(number_json(amount));
  return {{"actions", e.actions},
          {"modalities", e.modalities},
          {"tasks", e.tasks},
          {"window", e.window},
          {"frame", e.frame},
          {"turns_max", e.turns_max},
          {"observation", e.observation},
          {"budgets", e.budgets},
          {"evaluation_slots", e.evaluation_slots},
          {"images", request.images},
          {"consumption", std::move(consumption)},
          {"seed", e.seed},
          {"training_steps", e.training_steps}};
}

Json world_json(const HostWorld& world) {
  return {{"arms", world.arms},
          {"names", world.names},
          {"providers", world.providers},
          {"placements", world.placements},
          {"arm", world.arm},
          {"features", world.features}};
}

HostWorld world_from(const Json& json) {
  return {json.at("arms"),       json.at("names"), json.at("providers"),
          json.at("placements"), json.at("arm"),   json.at("features")};
}

void read_environment(const Json& json, CreationRequest& request) {
  offload_environment& e = request.environment;
  e.size = sizeof e;
  e.actions = json.at("actions");
  e.modalities = json.at("modalities");
  e.tasks = json.at("tasks");
  e.window = json.at("window");
  e.frame = json.at("frame");
  e.turns_max = json.at("turns_max");
  e.observation = json.at("observation");
  e.budgets = json.at("budgets");
  e.evaluation_slots = json.at("evaluation_slots");
  request.images = json.at("images").get<std::vector<std::uint32_t>>();
  for (const Json& amount : json.at("consumption")) request.consumption.push_back(number_from(amount));
  e.seed = json.at("seed");
  e.training_steps = json.at("training_steps");
}

// A resolved value goes into the results, which hold finite numbers and texts of bounded length.
ParameterValue resolved_from(const CheckedJson& json) {
  const Json& value = json.value();
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return json.integer();
  if (value.is_number()) return json.number(-std::numeric_limits<double>::max());
  if (value.is_string()) return json.text(kTextMax);
  return json.numbers(json.array_size(kNamesMax), -std::numeric_limits<double>::max());
}

CreatedAgent read_created(const CheckedJson& json) {
  CreatedAgent created;
  const std::string kind = json.at("kind").text(kIdMax);
  if (kind != to_string(PluginKind::agent) && kind != to_string(PluginKind::reward))
    json.at("kind").refuse("agent or reward");
  created.kind = kind == to_string(PluginKind::agent) ? PluginKind::agent : PluginKind::reward;
  created.id = json.at("id").text(kIdMax);
  created.version = printable(json.at("version").text(kTextMax));
  created.summary = printable(json.at("summary").text(kTextMax), kSummaryMax);
  created.training_slots = static_cast<int>(json.at("training_slots").integer(1, kSlotsMax));
  created.trained = json.at("trained").boolean();
  created.checkpoint = json.at("checkpoint").boolean();
  created.policy = json.at("policy").boolean();
  created.portable_bits = json.at("portable_bits").boolean();
  for (const std::string& name : json.at("scalars").texts(kScalarsMax, kTextMax))
    created.scalars.push_back(printable(name));
  const CheckedJson facts = json.at("facts"), parameters = json.at("parameters");
  if (facts.object().size() > kFactsMax) facts.refuse(fmt::format("at most {} facts", kFactsMax));
  for (const auto& [key, value] : facts.object())
    created.facts[printable(key)] = printable(facts.at(key.c_str()).text(kTextMax), kFactBytesMax);
  if (parameters.object().size() > kNamesMax) parameters.refuse("fewer parameters");
  for (const auto& [key, value] : parameters.object())
    created.parameters[key] = resolved_from(parameters.at(key.c_str()));
  if (json.has("declared")) created.declared = parameters_from_json_list(json.at("declared").value().dump());
  return created;
}

}  // namespace

std::string to_json(const CreationRequest& request) {
  Json parameters = Json::array();
  for (const auto& [key, parameter] : request.parameters)
    parameters.push_back(parameter_json(key, parameter));
  return dump_compact({{"library", request.library},
                       {"kind", request.kind},
                       {"memory_limit_mb", request.memory_mb},
                       {"parameters", std::move(parameters)},
                       {"environment", environment_json(request)},
                       {"world", world_json(request.world)}});
}

CreationRequest creation_request_from(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    CreationRequest request;
    request.library = json.at("library");
    request.kind = json.at("kind");
    request.memory_mb = json.at("memory_limit_mb");
    for (const Json& parameter : json.at("parameters")) {
      request.parameters[parameter.at("key")] = {parameter_from(parameter.at("type"), parameter.at("value")),
                                                 parameter.at("place")};
    }
    read_environment(json.at("environment"), request);
    request.world = world_from(json.at("world"));
    return request;
  } catch (const Json::exception& error) {
    fail(ErrorKind::plugin, "{}: {}", kRequestName, error.what());
  }
}

std::string to_json(const CreatedAgent& created) {
  Json parameters = Json::object();
  for (const auto& [key, value] : created.parameters)
    parameters[key] = std::visit([](const auto& held) { return Json(held); }, value);
  return dump_compact({{"kind", to_string(created.kind)},
                       {"id", created.id},
                       {"version", created.version},
                       {"summary", created.summary},
                       {"training_slots", created.training_slots},
                       {"trained", created.trained},
                       {"checkpoint", created.checkpoint},
                       {"policy", created.policy},
                       {"portable_bits", created.portable_bits},
                       {"scalars", created.scalars},
                       {"facts", created.facts},
                       {"parameters", std::move(parameters)}});
}

CreatedAgent created_agent_from(std::string_view text) {
  try {
    const Json json = parse_checked(text, kAnswerName);
    CreatedAgent created = read_created(CheckedJson(json, kAnswerName));
    require_plugin_id(created.id, kAnswerName);
    return created;
  } catch (const Error& error) {
    throw Error(ErrorKind::plugin, error.what());
  }
}

}  // namespace offload
