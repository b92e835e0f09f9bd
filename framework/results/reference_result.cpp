#include "results/reference_result.hpp"

#include <limits>

#include "core/error.hpp"
#include "results/trial_failure_json.hpp"

namespace offload {
namespace {

using nlohmann::json;

json written(const Estimate& estimate) {
  return {{"value", estimate.value}, {"standard_error", estimate.standard_error}};
}

json written(const CausalCell& cell) {
  return {{"exact", cell.exact},
          {"inexact_reason", cell.inexact_reason},
          {"lower", cell.lower},
          {"upper", cell.upper},
          {"lower_standard_error", cell.lower_standard_error},
          {"masked_random", written(cell.masked_random)},
          {"nodes", cell.nodes}};
}

json written(const ReferenceScores& scores) {
  return {{"lens", scores.lens},
          {"model", scores.model},
          {"causal", scores.causal},
          {"hindsight_exact", scores.hindsight_exact},
          {"hindsight", scores.hindsight},
          {"hindsight_upper", scores.hindsight_upper},
          {"masked_random", scores.masked_random},
          {"masked_random_standard_error", scores.masked_random_standard_error},
          {"constant", scores.constant}};
}

json written(const ReferenceCell& cell) {
  json scores = json::array();
  for (const ReferenceScores& s : cell.scores) scores.push_back(written(s));
  return {{"cell", cell.cell},
          {"causal", written(cell.causal)},
          {"causal_latency_s", cell.causal_latency_s},
          {"causal_cost_usd", cell.causal_cost_usd},
          {"causal_tied_states", cell.causal_tied_states},
          {"constant",
           {{"action", cell.constant.action},
            {"training_reward", cell.constant.training_reward},
            {"latency_s_per_episode", cell.constant.latency_s_per_episode},
            {"cost_usd_per_episode", cell.constant.cost_usd_per_episode},
            {"violation_rate", cell.constant.violation_rate}}},
          {"scores", std::move(scores)}};
}

json written(const ModelCalibration& model) {
  const Calibration& c = model.figures;
  return {{"model", model.model}, {"r2", c.r2},       {"bias", c.bias},
          {"turns", c.turns},     {"folds", c.folds}, {"repeats", c.repeats}};
}

CausalCell read_causal(const CheckedJson& value) {
  CausalCell cell;
  cell.exact = value.at("exact").boolean();
  cell.inexact_reason = value.at("inexact_reason").text(kTextMax);
  cell.lower = value.at("lower").number_or_nan();
  cell.upper = value.at("upper").number_or_nan();
  cell.lower_standard_error = value.at("lower_standard_error").number(0);
  cell.masked_random = {value.at("masked_random").at("value").number_or_nan(),
                        value.at("masked_random").at("standard_error").number(0)};
  cell.nodes = value.at("nodes").integer(0, kCountless);
  return cell;
}

ReferenceScores read_scores(const CheckedJson& value, std::size_t episodes, bool exact) {
  ReferenceScores scores;
  scores.lens = value.at("lens").text(kTextMax);
  scores.model = value.at("model").text(kTextMax);
  scores.causal = value.at("causal").numbers_or_nan(exact ? episodes : 0);
  scores.hindsight_exact = value.at("hindsight_exact").boolean();
  scores.hindsight = value.at("hindsight").numbers_or_nan(episodes);
  scores.hindsight_upper = value.at("hindsight_upper").numbers_or_nan(episodes);
  scores.masked_random = value.at("masked_random").numbers_or_nan(episodes);
  scores.masked_random_standard_error = value.at("masked_random_standard_error").number(0);
  scores.constant = value.at("constant").numbers_or_nan(episodes);
  return scores;
}

ReferenceConstant read_constant(const CheckedJson& value) {
  ReferenceConstant constant;
  const CheckedJson rewards = value.at("training_reward");
  constant.training_reward = rewards.numbers_or_nan(rewards.array_size(kNamesMax));
  constant.action = static_cast<int>(
      value.at("action").integer(0, static_cast<std::int64_t>(constant.training_reward.size()) - 1));
  constant.latency_s_per_episode = value.at("latency_s_per_episode").number(0);
  constant.cost_usd_per_episode = value.at("cost_usd_per_episode").number(0);
  constant.violation_rate = value.at("violation_rate").number(0);
  return constant;
}

ReferenceCell read_reference_cell(const CheckedJson& value, std::size_t episodes) {
  ReferenceCell cell;
  cell.cell = value.at("cell").text(kTextMax);
  cell.causal = read_causal(value.at("causal"));
  cell.causal_latency_s = value.at("causal_latency_s").number_or_nan();
  cell.causal_cost_usd = value.at("causal_cost_usd").number_or_nan();
  cell.causal_tied_states =
      static_cast<int>(value.at("causal_tied_states").integer(0, std::numeric_limits<int>::max()));
  cell.constant = read_constant(value.at("constant"));
  const CheckedJson scores = value.at("scores");
  const std::size_t count = scores.array_size(kNamesMax);
  for (std::size_t i = 0; i < count; ++i) {
    cell.scores.push_back(read_scores(scores.at(i), episodes, cell.causal.exact));
  }
  return cell;
}

ModelCalibration read_calibration(const CheckedJson& value) {
  ModelCalibration model;
  model.model = value.at("model").text(kTextMax);
  model.figures.r2 = value.at("r2").number_or_nan();
  const CheckedJson turns = value.at("turns");
  const std::size_t kinds = turns.array_size(kNamesMax);
  for (std::size_t k = 0; k < kinds; ++k) model.figures.turns.push_back(turns.at(k).integer(0, kCountMax));
  model.figures.bias = value.at("bias").numbers_or_nan(kinds);
  model.figures.folds = static_cast<int>(value.at("folds").integer(0, 1'000'000));
  model.figures.repeats = static_cast<int>(value.at("repeats").integer(0, 1'000'000));
  return model;
}

void read_lists(const CheckedJson& root, ReferenceResult& result) {
  const CheckedJson ids = root.at("episode_ids"), cells = root.at("cells"), unlimited = root.at("unlimited"),
                    calibration = root.at("calibration");
  const std::size_t episodes = ids.array_size(kListMax);
  for (std::size_t i = 0; i < episodes; ++i) {
    result.episode_ids.push_back(ids.at(i).integer());
  }
  const std::size_t cell_count = cells.array_size(kNamesMax);
  for (std::size_t i = 0; i < cell_count; ++i)
    result.cells.push_back(read_reference_cell(cells.at(i), episodes));
  const std::size_t views = unlimited.array_size(kNamesMax);
  for (std::size_t i = 0; i < views; ++i) {
    const CheckedJson view = unlimited.at(i);
    result.unlimited.push_back({view.at("lens").text(kTextMax), view.at("model").text(kTextMax),
                                view.at("exact").boolean(), view.at("reward").numbers_or_nan(episodes)});
  }
  const std::size_t models = calibration.array_size(kNamesMax);
  for (std::size_t i = 0; i < models; ++i) result.calibration.push_back(read_calibration(calibration.at(i)));
}

}  // namespace

std::string to_json(const ReferenceResult& result) {
  json cells = json::array(), unlimited = json::array(), calibration = json::array();
  for (const ReferenceCell& cell : result.cells) cells.push_back(written(cell));
  for (const UnlimitedHindsight& view : result.unlimited) {
    unlimited.push_back(
        {{"lens", view.lens}, {"model", view.model}, {"exact", view.exact}, {"reward", view.reward}});
  }
  for (const ModelCalibration& model : result.calibration) calibration.push_back(written(model));
  json value = {{"key", result.key},
                {"split", result.split},
                {"status", result.status == TrialStatus::ok ? "ok" : "failed"},
                {"episode_ids", result.episode_ids},
                {"cells", std::move(cells)},
                {"unlimited", std::move(unlimited)},
                {"calibration", std::move(calibration)},
                {"wall_s", result.wall_s}};
  if (result.status == TrialStatus::failed) value["failure"] = failure_to_json(result.failure);
  if (result.world) value["world"] = world_bounds_to_json(*result.world);
  return dump_compact(value);
}

ReferenceResult reference_result_from_json(const std::string& text, const std::string& file_name) {
  const json document = parse_checked(text, file_name);
  const CheckedJson root(document, file_name);
  ReferenceResult result;
  result.key = root.at("key").text(kTextMax);
  result.split = root.at("split").text(kTextMax);
  const std::string status = root.at("status").text(kTextMax);
  if (status != "ok" && status != "failed") root.at("status").refuse("\"ok\" or \"failed\"");
  result.status = status == "ok" ? TrialStatus::ok : TrialStatus::failed;
  if (result.status == TrialStatus::failed) result.failure = failure_from_json(root.at("failure"));
  read_lists(root, result);
  if (root.has("world")) result.world = world_bounds_from_json(root.at("world"), result.episode_ids.size());
  const bool cells =
      result.world ? !result.world->cells.empty() && result.cells.empty() : !result.cells.empty();
  if (result.status == TrialStatus::ok && (result.episode_ids.empty() || !cells)) {
    root.refuse("a finished reference with episodes and cells");
  }
  result.wall_s = root.at("wall_s").number(0);
  return result;
}

}  // namespace offload
