#include "campaign/resolved_suite.hpp"

#include <map>

#include "campaign/plan.hpp"

namespace offload {
namespace {

using Json = nlohmann::ordered_json;

// `cost`: how the second budget is called.
Json limit_json(const Amounts& limit, const char* cost = "cost_usd") {
  const auto one = [&limit](std::size_t k) {
    return limit[k] == kUnlimited ? Json(nullptr) : Json(from_amount(limit[k], static_cast<int>(k)));
  };
  return {{"latency_s", one(0)}, {cost, one(1)}};
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
  return {{"model", training.model},
          {"steps", training.steps},
          {"slots", training.slots},
          {"budgets", budgets},
          {"wall_limit_s", training.wall_limit_s},
          {"memory_limit_mb", training.memory_limit_mb},
          {"curve_every", training.curve_every},
          {"isolation", to_string(training.isolation)},
          {"checkpoints", training.checkpoints}};
}

Json sweep_json(const Suite& suite, const RowSettings& row) {
  Json candidates = Json::array();
  for (const Candidate& candidate : row.candidates) {
    ResolvedParameters parameters;
    for (const auto& [key, parameter] : candidate.parameters) parameters[key] = parameter.value;
    candidates.push_back({{"name", candidate.name}, {"parameters", parameters_json(parameters)}});
  }
  return {
      {"validation", suite.tuning.validation}, {"measure", suite.tuning.measure}, {"candidates", candidates}};
}

Json environment_json(const Experiment& experiment) {
  const Suite& suite = experiment.suite;
  const Compat& compat = suite.scenario.compat;
  static const char* const kObservations[] = {"offload", "conference", "journal"};
  return {{"window", suite.scenario.window},
          {"t_max", experiment.environment().turns_max()},
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

Json drifts_json(const Suite& suite) {
  Json list = Json::array();
  for (const DriftSettings& drift : suite.evaluation.drifts) {
    Json json = {{"name", drift.name}, {"sees", drift.sees_new ? "new" : "trained"}};
    if (drift.trained) json["trained"] = true;
    const bool world = !drift.world.prices.empty() || !drift.world.latency_times.empty();
    if (!world) {
      json["device"] = drift.profile.device;
      json["network"] = drift.profile.network;
      json["kind"] = drift.profile.kind;
      if (!drift.profile.cloud_cost_usd.empty()) json["cloud_cost_usd"] = drift.profile.cloud_cost_usd;
    }
    for (const auto& [arm, price] : drift.world.prices) {
      const auto per_million = [](std::int64_t pusd) { return static_cast<double>(pusd) / 1e6; };
      json["prices"][arm] = {{"input", per_million(price.input_pusd)},
                             {"output", per_million(price.output_pusd)}};
    }
    for (const auto& [arm, times] : drift.world.latency_times) json["latency_times"][arm] = times;
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

Json resolved_suite(const Plan& plan) {
  const Suite& suite = plan.experiment.suite;
  Json cells = Json::array(), rows = Json::array(), splits = Json::array();
  for (const BudgetCell& cell : plan.experiment.cells) {
    Json json = {{"name", cell.name}};
    json.update(limit_json(cell.limit, suite.scenario.world.calls_of.empty() ? "cost_usd" : "calls"));
    cells.push_back(json);
  }
  for (std::size_t r = 0; r < suite.rows.size(); ++r) {
    rows.push_back({{"name", suite.rows[r].name},
                    {"plugin", plan.agents[r].info.id},
                    {"version", plan.agents[r].info.version},
                    {"sha256", plan.agents[r].file.sha256},
                    {"machine", plan.agents[r].file.machine},
                    {"parameters", parameters_json(plan.agents[r].parameters)},
                    {"training", training_json(suite.rows[r].training)}});
    if (!suite.rows[r].checkpoint.empty()) rows.back()["checkpoint"] = suite.rows[r].checkpoint_sha256;
    if (!suite.rows[r].candidates.empty()) rows.back()["sweep"] = sweep_json(suite, suite.rows[r]);
  }
  for (const Split& split : plan.experiment.splits) {
    splits.push_back({{"name", split.name},
                      {"seed", split.seed},
                      {"train", split.train.size()},
                      {"test", split.test.size()}});
    if (!split.calibration.empty()) splits.back()["calibration"] = split.calibration.size();
  }
  Json data = {{"source", suite.data.source}};
  if (suite.data.seeds.empty())
    data["seed"] = suite.data.seed;
  else
    data["seeds"] = suite.data.seeds;
  if (suite.data.sessions > 0) {
    data["sessions"] = suite.data.sessions;
    data["session_seed"] = suite.data.session_seed;
  }
  if (suite.data.text_features > 0) data["text_features"] = suite.data.text_features;
  if (!suite.data.hidden.empty()) data["hidden"] = suite.data.hidden;
  data["splits"] = splits;
  const ProfileSettings& profile = suite.scenario.profile;
  Json profile_json = {{"device", profile.device}, {"network", profile.network}, {"kind", profile.kind}};
  Json budgets = {{"cells", cells}};
  if (plan.experiment.environment().world() != nullptr) {
    const WorldSettings& world = suite.scenario.world;
    profile_json = {{"declared", world.declared}, {"unknown", world.mask_unknown ? "mask" : "refuse"}};
    budgets["calls_of"] = world.calls_of;
  }
  Json evaluation = {{"lenses", suite.evaluation.lenses},
                     {"models", suite.evaluation.models},
                     {"max_violation_rate", suite.evaluation.max_violation_rate},
                     {"oracle_nodes", suite.evaluation.oracle_nodes}};
  if (const auto& margin = suite.evaluation.margin)
    evaluation["margin"] = {{"share", margin->share}, {"calibration", margin->calibration}};
  if (const auto& log = suite.evaluation.log)
    evaluation["log"] = {{"policy", log->policy}, {"model", log->model}};
  if (!suite.evaluation.drifts.empty()) evaluation["drift"] = drifts_json(suite);
  Json reward = {{"plugin", plan.reward.info.id},
                 {"version", plan.reward.info.version},
                 {"sha256", plan.reward.file.sha256},
                 {"machine", plan.reward.file.machine},
                 {"parameters", parameters_json(plan.reward.parameters)}};
  if (suite.reward_isolation == Isolation::process) reward["isolation"] = to_string(suite.reward_isolation);
  Json resolved = {
      {"suite", {{"name", suite.name}, {"description", suite.description}, {"seed", suite.seed}}},
      {"data", data},
      {"environment", environment_json(plan.experiment)},
      {"profile", profile_json},
      {"reward", reward},
      {"budgets", budgets},
      {"rows", rows},
      {"evaluation", evaluation}};
  // How candidates are tried and compared is part of the method: a board holds it against its task.
  const TuningSettings usual, &tuning = suite.tuning;
  if (tuning.validation != usual.validation || tuning.measure != usual.measure ||
      tuning.unequal != usual.unequal) {
    resolved["tuning"] = {
        {"validation", tuning.validation}, {"measure", tuning.measure}, {"unequal", tuning.unequal}};
  }
  return resolved;
}

}  // namespace offload
