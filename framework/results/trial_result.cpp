#include "results/trial_result.hpp"

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "results/parameters_json.hpp"
#include "results/trial_failure_json.hpp"

namespace offload {
namespace {

using nlohmann::json;

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

json written(const std::vector<DriftResult>& drifts) {
  json list = json::array();
  for (const DriftResult& drift : drifts) {
    list.push_back({{"name", drift.name}, {"cells", json::array()}});
    for (const CellResult& cell : drift.cells) list.back()["cells"].push_back(written(cell));
    for (const CellResult& cell : drift.native) list.back()["native"].push_back(written(cell));
  }
  return list;
}

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

// Each decides the same episodes in the same cells as the trial at home.
std::vector<DriftResult> read_drifts(const CheckedJson& value, const TrialResult& result) {
  std::vector<DriftResult> drifts;
  std::set<std::string> seen;
  const std::size_t count = value.array_size(kNamesMax);
  for (std::size_t d = 0; d < count; ++d) {
    const CheckedJson drift = value.at(d);
    drifts.push_back(
        {drift.at("name").text(kTextMax), read_cells(drift.at("cells"), result.episode_ids.size())});
    if (!seen.insert(drifts.back().name).second) drift.at("name").refuse("each drift once");
    if (!std::ranges::equal(drifts.back().cells, result.cells, {}, &CellResult::cell, &CellResult::cell))
      drift.at("cells").refuse("the cells of the trial");
    if (!drift.has("native")) continue;
    drifts.back().native = read_cells(drift.at("native"), result.episode_ids.size());
    if (!std::ranges::equal(drifts.back().native, result.cells, {}, &CellResult::cell, &CellResult::cell))
      drift.at("native").refuse("the cells of the trial");
  }
  return drifts;
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
  if (!result.drifts.empty()) value["drifts"] = written(result.drifts);
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
  result.cells = read_cells(root.at("cells"), result.episode_ids.size());
  if (root.has("drifts")) result.drifts = read_drifts(root.at("drifts"), result);
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
