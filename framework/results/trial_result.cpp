#include "results/trial_result.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "core/error.hpp"
#include "results/parameters_json.hpp"
#include "results/trial_failure_json.hpp"

namespace offload {
namespace {

using nlohmann::json;

constexpr double kAny = -std::numeric_limits<double>::infinity();

struct TimingField {
  const char* name;
  double TrialTiming::*member;
};

constexpr TimingField kTimingFields[] = {
    {"wall_s", &TrialTiming::wall_s},
    {"cpu_s", &TrialTiming::cpu_s},
    {"load_s", &TrialTiming::load_s},
    {"train_s", &TrialTiming::train_s},
    {"evaluate_s", &TrialTiming::evaluate_s},
    {"peak_memory_mb", &TrialTiming::peak_memory_mb},
    {"environment_steps_per_s", &TrialTiming::environment_steps_per_s},
    {"act_p50_us", &TrialTiming::act_p50_us},
    {"act_p95_us", &TrialTiming::act_p95_us},
    {"act_p99_us", &TrialTiming::act_p99_us},
    {"update_mean_us", &TrialTiming::update_mean_us},
};

struct CountField {
  const char* name;
  std::int64_t TrainingResult::*member;
};

constexpr CountField kTrainingFields[] = {
    {"steps", &TrainingResult::steps},
    {"episodes", &TrainingResult::episodes},
    {"gradient_steps", &TrainingResult::gradient_steps},
    {"latency_violations", &TrainingResult::latency_violations},
    {"cost_violations", &TrainingResult::cost_violations},
    {"joint_violations", &TrainingResult::joint_violations},
};

constexpr std::string_view kCopies[] = {"none", "checkpoint", "fork", "process"};  // by EvaluationCopies

json written(const TrainingResult& training) {
  json result = json::object();
  for (const CountField& field : kTrainingFields) result[field.name] = training.*field.member;
  json curve = json::array();
  for (const CurvePoint& point : training.curve) {
    curve.push_back({{"step", point.step}, {"values", point.values}});
  }
  result["curve"] = std::move(curve);
  if (!training.not_finite.empty()) result["not_finite"] = training.not_finite;
  return result;
}

json written(const std::optional<PolicyValue>& policy) {
  if (!policy) return {};
  return {{"value", policy->value},
          {"violation_probability", policy->violation_probability},
          {"masked_actions", policy->masked_actions}};
}

json written(const std::optional<StaticMix>& mix) {
  if (!mix) return {};
  return {{"probability", mix->probability}, {"violation_rate", mix->violation_rate}};
}

json written(const CellResult& cell) {
  json flags = json::array();
  for (const EpisodeFlag flag : cell.flag) flags.push_back(static_cast<int>(flag));
  json scores = json::array();
  for (const EpisodeScores& s : cell.scores) {
    scores.push_back({{"lens", s.lens},
                      {"model", s.model},
                      {"reward", s.reward},
                      {"quality", s.quality},
                      {"association", s.association},
                      {"mix_reward", s.mix_reward},
                      {"task_reward", s.task_reward},
                      {"task_quality", s.task_quality}});
  }
  json result = {{"cell", cell.cell},
                 {"decisions", cell.decisions},
                 {"latency_s", cell.latency_s},
                 {"cost_usd", cell.cost_usd},
                 {"flag", std::move(flags)},
                 {"masked_actions", cell.masked_actions},
                 {"scores", std::move(scores)},
                 {"value", written(cell.value)},
                 {"mix", written(cell.mix)},
                 {"task_actions", cell.task_actions},
                 {"contradictions", cell.contradictions ? json(*cell.contradictions) : json()}};
  if (cell.margin) result["margin"] = written(*cell.margin);
  return result;
}

// Members of an object as checked values; names are bounded in number and length.
template <typename Visit>
void each_member(const CheckedJson& object, const Visit& visit) {
  if (object.object().size() > kNamesMax) object.refuse(fmt::format("at most {} members", kNamesMax));
  for (const auto& [name, value] : object.object()) {
    if (name.size() > kTextMax) object.refuse("shorter names");
    visit(name, object.at(name.c_str()));
  }
}

TrainingResult read_training(const CheckedJson& value) {
  TrainingResult training;
  for (const CountField& field : kTrainingFields) {
    training.*field.member = value.at(field.name).integer(0, kCountMax);
  }
  if (training.joint_violations > training.episodes ||
      training.latency_violations > training.joint_violations ||
      training.cost_violations > training.joint_violations) {
    value.refuse("latency and cost violations <= joint violations <= episodes");
  }
  const CheckedJson curve = value.at("curve");
  const std::size_t points = curve.array_size(kListMax);
  for (std::size_t i = 0; i < points; ++i) {
    CurvePoint point{curve.at(i).at("step").integer(0, kCountMax), {}};
    each_member(curve.at(i).at("values"), [&](const std::string& name, const CheckedJson& number) {
      point.values[name] = number.number_or_nan();
    });
    training.curve.push_back(std::move(point));
  }
  if (value.has("not_finite")) training.not_finite = value.at("not_finite").texts(kNamesMax, kTextMax);
  return training;
}

std::vector<std::vector<std::int64_t>> read_task_actions(const CheckedJson& value) {
  std::vector<std::vector<std::int64_t>> counts(value.array_size(kNamesMax));
  for (std::size_t task = 0; task < counts.size(); ++task) {
    const CheckedJson list = value.at(task);
    const std::size_t actions = list.array_size(kNamesMax);
    for (std::size_t a = 0; a < actions; ++a) counts[task].push_back(list.at(a).integer(0, kCountMax));
  }
  return counts;
}

EpisodeScores read_scores(const CheckedJson& value, std::size_t episodes, std::size_t tasks) {
  const CheckedJson mix = value.at("mix_reward");
  const bool mixed = mix.array_size(kListMax) > 0;
  return {value.at("lens").text(kTextMax),
          value.at("model").text(kTextMax),
          value.at("reward").numbers(episodes, kAny),
          value.at("quality").numbers_or_nan(episodes),
          value.at("association").numbers_or_nan(episodes),
          mix.numbers(mixed ? episodes : 0, kAny),
          value.at("task_reward").numbers(tasks, kAny),
          value.at("task_quality").numbers(tasks, kAny)};
}

PolicyValue read_value(const CheckedJson& value) {
  return {value.at("value").number(kAny), value.at("violation_probability").number(0),
          value.at("masked_actions").number(0)};
}

StaticMix read_mix(const CheckedJson& value) {
  const CheckedJson probability = value.at("probability");
  return {probability.numbers(probability.array_size(1025), 0), value.at("violation_rate").number(0)};
}

CellResult read_cell(const CheckedJson& value, std::size_t episodes) {
  CellResult cell;
  cell.cell = value.at("cell").text(kTextMax);
  const CheckedJson decisions = value.at("decisions"), flags = value.at("flag"), scores = value.at("scores");
  if (decisions.array_size(kListMax) != episodes) decisions.refuse(fmt::format("{} episodes", episodes));
  if (flags.array_size(kListMax) != episodes) flags.refuse(fmt::format("{} flags", episodes));
  for (std::size_t e = 0; e < episodes; ++e) {
    cell.decisions.push_back(read_decisions(decisions.at(e)));
    cell.flag.push_back(static_cast<EpisodeFlag>(flags.at(e).integer(0, 2)));
  }
  cell.latency_s = value.at("latency_s").numbers(episodes, 0);
  cell.cost_usd = value.at("cost_usd").numbers(episodes, 0);
  cell.masked_actions = value.at("masked_actions").integer(0, kCountMax);
  cell.task_actions = read_task_actions(value.at("task_actions"));
  std::set<std::pair<std::string, std::string>> seen;
  const std::size_t count = scores.array_size(kNamesMax);
  for (std::size_t i = 0; i < count; ++i) {
    cell.scores.push_back(read_scores(scores.at(i), episodes, cell.task_actions.size()));
    const EpisodeScores& last = cell.scores.back();
    if (!seen.emplace(last.lens, last.model).second) scores.at(i).refuse("each lens and model once");
  }
  if (value.has("value")) cell.value = read_value(value.at("value"));
  if (value.has("contradictions")) {
    cell.contradictions = value.at("contradictions").integer(0, static_cast<std::int64_t>(episodes));
  }
  if (value.has("mix")) cell.mix = read_mix(value.at("mix"));
  if (value.has("margin")) cell.margin = read_margin(value.at("margin"));
  return cell;
}

void read_cells(const CheckedJson& value, TrialResult& result) {
  std::set<std::string> seen;
  const std::size_t count = value.array_size(kNamesMax);
  for (std::size_t c = 0; c < count; ++c) {
    result.cells.push_back(read_cell(value.at(c), result.episode_ids.size()));
    const CellResult& cell = result.cells.back();
    if (!seen.insert(cell.cell).second) value.at(c).refuse("each cell once");
    for (std::size_t e = 0; e < cell.decisions.size(); ++e) {
      if (cell.decisions[e].size() != result.cells[0].decisions[e].size()) {
        value.at(c).at("decisions").at(e).refuse("as many turns as in the first cell");
      }
    }
  }
}

void read_episode_ids(const CheckedJson& value, std::vector<std::int64_t>& ids) {
  const std::size_t count = value.array_size(kListMax);
  for (std::size_t i = 0; i < count; ++i) {
    ids.push_back(value.at(i).integer());
  }
}

}  // namespace

void add_counts(const TrainingResult& training, TrainingResult& sum) {
  for (const CountField& field : kTrainingFields) sum.*field.member += training.*field.member;
}

json failure_to_json(const TrialFailure& failure) {
  json result = {{"reason", failure.reason}, {"limit", failure.limit}, {"last_output", failure.last_output}};
  result["exit_code"] = failure.exit_code ? json(*failure.exit_code) : json();
  result["signal"] = failure.signal ? json(*failure.signal) : json();
  return result;
}

TrialFailure failure_from_json(const CheckedJson& value) {
  TrialFailure failure;
  failure.reason = value.at("reason").text(kTextMax);
  failure.limit = value.at("limit").text(kTextMax);
  failure.last_output = value.at("last_output").text(kLongTextMax);
  if (value.has("exit_code"))
    failure.exit_code = static_cast<int>(value.at("exit_code").integer(-1000, 1000));
  if (value.has("signal")) failure.signal = static_cast<int>(value.at("signal").integer(0, 1000));
  return failure;
}

std::string to_json(const TrialResult& result) {
  json timing = json::object();
  for (const TimingField& field : kTimingFields) timing[field.name] = result.timing.*field.member;
  json cells = json::array();
  for (const CellResult& cell : result.cells) cells.push_back(written(cell));
  json value = {{"key", result.key},
                {"row", result.row},
                {"plugin", result.plugin},
                {"plugin_version", result.plugin_version},
                {"plugin_sha256", result.plugin_sha256},
                {"parameters", written(result.parameters)},
                {"split", result.split},
                {"seed", result.seed},
                {"status", result.status == TrialStatus::ok ? "ok" : "failed"},
                {"episode_ids", result.episode_ids},
                {"training", written(result.training)},
                {"copies", kCopies[static_cast<std::size_t>(result.copies)]},
                {"cells", std::move(cells)},
                {"timing", std::move(timing)},
                {"host", result.host}};
  if (result.status == TrialStatus::failed) value["failure"] = failure_to_json(result.failure);
  if (result.tuning) {
    value["tuning"] = written(*result.tuning);
    value["timing"]["tune_cpu_s"] = result.timing.tune_cpu_s;
  }
  return dump_compact(value);
}

TrialResult trial_result_from_json(const std::string& text, const std::string& file_name) {
  const json document = parse_checked(text, file_name);
  const CheckedJson root(document, file_name);
  TrialResult result;
  for (const auto& [name, member] : {std::pair{"key", &TrialResult::key},
                                     {"row", &TrialResult::row},
                                     {"plugin", &TrialResult::plugin},
                                     {"plugin_version", &TrialResult::plugin_version},
                                     {"plugin_sha256", &TrialResult::plugin_sha256},
                                     {"split", &TrialResult::split}}) {
    result.*member = root.at(name).text(kTextMax);
  }
  result.seed = root.at("seed").integer();
  result.parameters = read_parameters(root.at("parameters"));
  const std::string status = root.at("status").text(kTextMax);
  if (status != "ok" && status != "failed") root.at("status").refuse("\"ok\" or \"failed\"");
  result.status = status == "ok" ? TrialStatus::ok : TrialStatus::failed;
  if (result.status == TrialStatus::failed) result.failure = failure_from_json(root.at("failure"));
  read_episode_ids(root.at("episode_ids"), result.episode_ids);
  result.training = read_training(root.at("training"));
  // Results from before had none.
  if (root.has("copies")) {
    const auto* const word = std::ranges::find(kCopies, root.at("copies").text(kTextMax));
    if (word == std::end(kCopies))
      root.at("copies").refuse("\"none\", \"checkpoint\", \"fork\" or \"process\"");
    result.copies = static_cast<EvaluationCopies>(word - std::begin(kCopies));
  }
  read_cells(root.at("cells"), result);
  if (result.status == TrialStatus::ok && (result.episode_ids.empty() || result.cells.empty())) {
    root.refuse("a finished trial with episodes and cells");
  }
  for (const TimingField& field : kTimingFields) {
    result.timing.*field.member = root.at("timing").at(field.name).number_or_nan();
  }
  if (root.has("tuning")) {
    result.tuning = read_tuning(root.at("tuning"));
    result.timing.tune_cpu_s = root.at("timing").at("tune_cpu_s").number_or_nan();
  }
  each_member(root.at("host"), [&](const std::string& name, const CheckedJson& value) {
    result.host[name] = value.text(kTextMax);
  });
  return result;
}

}  // namespace offload
