#include "host/plan.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "host/isolated.hpp"
#include "host/packed.hpp"
#include "host/plugin_instance.hpp"
#include "host/plugin_library.hpp"
#include "host/sha256.hpp"
#include "host/task.hpp"

namespace offload {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const ParameterValue& value) {
  return std::visit([](const auto& held) { return Json(held); }, value);
}

ParameterValue value_of_json(const nlohmann::json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  return json.get<std::vector<double>>();
}

PlannedPlugin locate(const PluginSettings& settings, const PluginSearch& search,
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

template <typename Instance>
std::string answer_of(const Instance& instance, bool learns) {
  Json parameters = Json::object();
  for (const auto& [key, value] : instance.resolved()) parameters[key] = to_json(value);
  return Json{{"info", to_json(instance.info())}, {"parameters", parameters}, {"learns", learns}}.dump();
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

struct Question {
  PlannedPlugin* plugin;
  const PluginSettings* settings;
  bool reward;
  std::int64_t steps;
};

void take_answer(const std::string& answer, const Question& question) {
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
std::string ask_apart(const Question& question, const Ask& ask_one) {
  try {
    return run_isolated(question.settings->plugin, [&] { return ask_one(question); });
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::plugin) throw;
    return Json{{"problem", error.what()}}.dump();
  }
}

// Asks all plugins of the suite. One that takes the child down with it is asked apart and, when it does so
// again, left to its trials.
void ask(std::vector<Question> questions, const Scenario& scenario) {
  const auto ask_one = [&scenario](const Question& question) {
    return ask_here(*question.plugin, *question.settings, question.reward, scenario, question.steps);
  };
  std::vector<std::string> answers;
  try {
    // One child for all: loading LibTorch once takes a third of a second.
    answers = Json::parse(run_isolated("the suite's plugins", [&] {
                std::vector<std::string> list;
                for (const Question& question : questions) list.push_back(ask_one(question));
                return Json(list).dump();
              })).get<std::vector<std::string>>();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::config) throw;
    for (const Question& question : questions) answers.push_back(ask_apart(question, ask_one));
  }
  for (std::size_t i = 0; i < questions.size(); ++i) take_answer(answers[i], questions[i]);
}

Json parameters_json(const ResolvedParameters& parameters) {
  Json json = Json::object();
  for (const auto& [key, value] : parameters) json[key] = to_json(value);
  return json;
}

Json limit_json(const Amounts& limit) {
  const auto one = [&limit](std::size_t k) {
    return limit[k] == kUnlimited ? Json(nullptr) : Json(from_amount(limit[k], static_cast<int>(k)));
  };
  return {{"latency_s", one(0)}, {"cost_usd", one(1)}};
}

Json training_json(const TrainingSettings& training) {
  static const std::map<TrainingBudgets::Kind, const char*> names = {
      {TrainingBudgets::Kind::none, "none"},
      {TrainingBudgets::Kind::fixed, "fixed"},
      {TrainingBudgets::Kind::uniform, "uniform"},
      {TrainingBudgets::Kind::tmo_uniform, "tmo-uniform"},
      {TrainingBudgets::Kind::tmo_normal, "tmo-normal"},
      {TrainingBudgets::Kind::tmo_extreme_aware, "tmo-extreme-aware"},
      {TrainingBudgets::Kind::per_cell, "per_cell"},
  };
  Json budgets = {{"kind", names.at(training.budgets.kind)}};
  if (training.budgets.kind == TrainingBudgets::Kind::fixed)
    budgets["fixed"] = limit_json(training.budgets.fixed);
  if (training.budgets.kind == TrainingBudgets::Kind::uniform) {
    budgets["low"] = training.budgets.rho_low;
    budgets["high"] = training.budgets.rho_high;
  }
  return {{"steps", training.steps},
          {"slots", training.slots},
          {"budgets", budgets},
          {"wall_limit_s", training.wall_limit_s},
          {"memory_limit_mb", training.memory_limit_mb},
          {"curve_every", training.curve_every},
          {"checkpoints", training.checkpoints}};
}

Json environment_json(const Experiment& experiment) {
  const Suite& suite = experiment.suite;
  const Compat& compat = suite.scenario.compat;
  static const char* const kObservations[] = {"offload", "conference", "journal"};
  return {{"window", suite.scenario.window},
          {"t_max", experiment.scenario->turns_max()},
          {"refusal", suite.refusal.phrases},
          {"response_model", suite.response_model},
          {"compat", suite.compat_name},
          {"quirks",
           {{"logged_next_state", compat.logged_next_state},
            {"evaluation_model_on_test", compat.evaluation_model_on_test},
            {"raw_evaluation_association", compat.raw_evaluation_association},
            {"evaluation_with_replacement", compat.evaluation_with_replacement},
            {"zero_reward_over_budget", compat.zero_reward_over_budget},
            {"totals_within_window", compat.totals_within_window},
            {"observation", kObservations[static_cast<int>(compat.observation)]}}}};
}

// Every setting with every default, as the results folder keeps it.
Json resolved_suite(const Plan& plan) {
  const Suite& suite = plan.experiment.suite;
  Json cells = Json::array(), rows = Json::array(), splits = Json::array();
  for (const BudgetCell& cell : plan.experiment.cells) {
    Json json = {{"name", cell.name}};
    json.update(limit_json(cell.limit));
    cells.push_back(json);
  }
  for (std::size_t r = 0; r < suite.rows.size(); ++r) {
    rows.push_back({{"name", suite.rows[r].name},
                    {"plugin", plan.agents[r].info.id},
                    {"version", plan.agents[r].info.version},
                    {"sha256", plan.agents[r].file.sha256},
                    {"parameters", parameters_json(plan.agents[r].parameters)},
                    {"training", training_json(suite.rows[r].training)}});
    if (!suite.rows[r].checkpoint.empty()) rows.back()["checkpoint"] = suite.rows[r].checkpoint_sha256;
  }
  for (const Split& split : plan.experiment.splits) {
    splits.push_back({{"name", split.name},
                      {"seed", split.seed},
                      {"train", split.train.size()},
                      {"test", split.test.size()}});
  }
  const ProfileSettings& profile = suite.scenario.profile;
  return {{"suite", {{"name", suite.name}, {"description", suite.description}, {"seed", suite.seed}}},
          {"data", {{"source", suite.data.source}, {"seed", suite.data.seed}, {"splits", splits}}},
          {"environment", environment_json(plan.experiment)},
          {"profile", {{"device", profile.device}, {"network", profile.network}, {"kind", profile.kind}}},
          {"reward",
           {{"plugin", plan.reward.info.id},
            {"version", plan.reward.info.version},
            {"sha256", plan.reward.file.sha256},
            {"parameters", parameters_json(plan.reward.parameters)}}},
          {"budgets", {{"cells", cells}}},
          {"rows", rows},
          {"evaluation",
           {{"lenses", suite.evaluation.lenses},
            {"models", suite.evaluation.models},
            {"max_violation_rate", suite.evaluation.max_violation_rate},
            {"oracle_nodes", suite.evaluation.oracle_nodes}}}};
}

}  // namespace

ResolvedParameters parameters_from_json(const nlohmann::json& json) {
  ResolvedParameters parameters;
  for (const auto& [key, value] : json.items()) parameters[key] = value_of_json(value);
  return parameters;
}

Plan make_plan(Suite suite, const PluginSearch& search, const std::filesystem::path& folder) {
  Plan plan;
  const auto base = std::filesystem::absolute(suite.file).parent_path();
  for (const RowSettings& row : suite.rows) plan.agents.push_back(locate(row.agent, search, base));
  plan.reward = locate(suite.reward, search, base);
  plan.packed = make_packed(suite, cache_folder(folder / "cache"));
  plan.experiment = make_experiment(std::move(suite), open_packed(plan.packed));
  std::vector<Question> questions;
  const std::vector<RowSettings>& rows = plan.experiment.suite.rows;
  questions.push_back({&plan.reward, &plan.experiment.suite.reward, true, 0});
  for (std::size_t r = 0; r < rows.size(); ++r) {
    questions.push_back({&plan.agents[r], &rows[r].agent, false, rows[r].training.steps});
  }
  ask(std::move(questions), *plan.experiment.scenario);
  plan_jobs(plan);
  return plan;
}

void plan_jobs(Plan& plan) {
  const Experiment& experiment = plan.experiment;
  const std::vector<RowSettings>& rows = experiment.suite.rows;
  const std::size_t splits = experiment.splits.size();
  plan.trials.reserve(rows.size() * splits);
  for (std::uint32_t r = 0; r < rows.size(); ++r) {
    for (std::uint32_t s = 0; s < splits; ++s) {
      plan.trials.push_back(
          {false, r, s,
           trial_key(experiment, rows[r], experiment.splits[s], plan.agents[r].file, plan.reward.file)});
    }
  }
  for (std::uint32_t s = 0; experiment.suite.evaluation.oracle_nodes > 0 && s < splits; ++s) {
    plan.references.push_back({true, 0, s, reference_key(experiment, s, plan.reward.file)});
  }
}

ReportPlan report_plan_of(const Plan& plan) {
  const Suite& suite = plan.experiment.suite;
  const Scenario& scenario = *plan.experiment.scenario;
  ReportPlan report;
  report.suite = suite.name;
  report.description = suite.description;
  report.task =
      claimed_task(suite.name, task_parts(plan.experiment, plan.reward.info, plan.reward.parameters));
  report.data_source = suite.data.source;
  report.data_sha256 = scenario.data().sha256;
  report.data_episodes = static_cast<std::int64_t>(scenario.data().episodes());
  report.data_turns = static_cast<std::int64_t>(scenario.data().turns());
  const ProfileSettings& profile = suite.scenario.profile;
  report.profile = profile.kind == "measured"
                       ? "measured on the data set's own turns"
                       : fmt::format("{}, {}, {}", profile.kind, profile.device, profile.network);
  for (const BudgetCell& cell : plan.experiment.cells) {
    report.cells.push_back({cell.name, from_amount(cell.limit[0], 0), from_amount(cell.limit[1], 1)});
  }
  report.tasks = scenario.data().tasks;
  report.lenses = suite.evaluation.lenses;
  report.models = suite.evaluation.models;
  for (std::size_t r = 0; r < suite.rows.size(); ++r) {
    const PluginInfo& info = plan.agents[r].info;
    report.rows.push_back(
        {suite.rows[r].name, info.id, info.summary, plan.agents[r].learns ? "learns" : "rule"});
  }
  for (const Split& split : plan.experiment.splits) {
    report.splits.push_back(split.name);
    report.seeds.push_back(split.seed);
  }
  report.turns_max = scenario.turns_max();
  report.counted_turns = scenario.compat().totals_within_window
                             ? std::min(scenario.turns_max(), scenario.layout().window() + 1)
                             : scenario.turns_max();
  report.max_violation_rate = suite.evaluation.max_violation_rate;
  const std::vector<double>& consumption = scenario.consumption().values();
  for (std::size_t i = 0; i < consumption.size(); i += kResources) {
    report.consumption.push_back({consumption[i], consumption[i + 1]});
  }
  report.version = OFFLOAD_VERSION;
  for (const PlannedJob& trial : plan.trials) {
    report.trials.push_back({report.rows[trial.row].name, report.splits[trial.split], trial.key.hex()});
  }
  for (const PlannedJob& reference : plan.references) {
    report.references.push_back({report.splits[reference.split], reference.key.hex()});
  }
  report.resolved_suite = resolved_suite(plan).dump();
  return report;
}

}  // namespace offload
