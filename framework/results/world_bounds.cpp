#include "results/world_bounds.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

namespace offload {
namespace {

using nlohmann::json;

json written(const WorldPolicy& policy) {
  return {{"reward", policy.reward},
          {"latency_s_per_episode", policy.latency_s_per_episode},
          {"cost_usd_per_episode", policy.cost_usd_per_episode},
          {"violation_rate", policy.violation_rate}};
}

json written(const WorldCell& cell) {
  return {{"cell", cell.cell},
          {"hindsight", cell.hindsight},
          {"hindsight_upper", cell.hindsight_upper},
          {"inexact", cell.inexact},
          {"constant", cell.constant},
          {"training_reward", cell.training_reward},
          {"per_task", cell.per_task},
          {"best_constant", written(cell.best_constant)},
          {"best_per_task", written(cell.best_per_task)},
          {"random", cell.random}};
}

json written(const ArmMeans& arm) {
  return {{"known", arm.known},     {"timed", arm.timed},         {"priced", arm.priced},
          {"quality", arm.quality}, {"latency_s", arm.latency_s}, {"cost_usd", arm.cost_usd}};
}

json written(const QueryOracle& oracle) {
  return {
      {"queries", oracle.queries},           {"at_low", oracle.at_low},       {"at_high", oracle.at_high},
      {"ties_at_best", oracle.ties_at_best}, {"all_equal", oracle.all_equal}, {"calls", oracle.calls},
      {"quality", oracle.quality},           {"latency_s", oracle.latency_s}, {"cost_usd", oracle.cost_usd}};
}

std::size_t count_at(const CheckedJson& value, const char* name) {
  return static_cast<std::size_t>(value.at(name).integer(0, kCountMax));
}

WorldPolicy read_policy(const CheckedJson& value, std::size_t episodes) {
  return {value.at("reward").numbers_or_nan(episodes), value.at("latency_s_per_episode").number(0),
          value.at("cost_usd_per_episode").number(0), value.at("violation_rate").number(0)};
}

ArmMeans read_arm(const CheckedJson& value) {
  return {count_at(value, "known"),
          count_at(value, "timed"),
          count_at(value, "priced"),
          value.at("quality").number_or_nan(),
          value.at("latency_s").number_or_nan(),
          value.at("cost_usd").number_or_nan()};
}

QueryOracle read_oracle(const CheckedJson& value, std::size_t arms) {
  QueryOracle oracle;
  oracle.queries = count_at(value, "queries");
  oracle.at_low = count_at(value, "at_low");
  oracle.at_high = count_at(value, "at_high");
  oracle.ties_at_best = count_at(value, "ties_at_best");
  oracle.all_equal = count_at(value, "all_equal");
  const CheckedJson calls = value.at("calls");
  if (calls.array_size(kMostArms) != arms) calls.refuse("a number per arm");
  for (std::size_t a = 0; a < arms; ++a) {
    oracle.calls.push_back(static_cast<std::size_t>(calls.at(a).integer(0, kCountMax)));
  }
  oracle.quality = value.at("quality").number_or_nan();
  oracle.latency_s = value.at("latency_s").number_or_nan();
  oracle.cost_usd = value.at("cost_usd").number_or_nan();
  return oracle;
}

WorldCell read_world_cell(const CheckedJson& value, std::size_t episodes, std::size_t arms) {
  const auto last = static_cast<std::int64_t>(arms) - 1;
  WorldCell cell;
  cell.cell = value.at("cell").text(kTextMax);
  cell.hindsight = value.at("hindsight").numbers_or_nan(episodes);
  cell.hindsight_upper = value.at("hindsight_upper").numbers_or_nan(episodes);
  cell.inexact = value.at("inexact").integer(0, static_cast<std::int64_t>(episodes));
  cell.constant = static_cast<int>(value.at("constant").integer(0, last));
  cell.training_reward = value.at("training_reward").numbers_or_nan(arms);
  const CheckedJson tasks = value.at("per_task");
  const std::size_t count = tasks.array_size(kNamesMax);
  for (std::size_t t = 0; t < count; ++t) {
    cell.per_task.push_back(static_cast<int>(tasks.at(t).integer(0, last)));
  }
  cell.best_constant = read_policy(value.at("best_constant"), episodes);
  cell.best_per_task = read_policy(value.at("best_per_task"), episodes);
  cell.random = value.at("random").numbers_or_nan(episodes);
  return cell;
}

}  // namespace

json world_bounds_to_json(const WorldBounds& bounds) {
  json arms = json::array(), cells = json::array();
  for (const ArmMeans& arm : bounds.arms) arms.push_back(written(arm));
  for (const WorldCell& cell : bounds.cells) cells.push_back(written(cell));
  json value = {
      {"arms", std::move(arms)},
      {"oracle", written(bounds.oracle)},
      {"luck", {{"oracle_of_means", bounds.luck.oracle_of_means}, {"one_draw", bounds.luck.one_draw}}},
      {"cells", std::move(cells)}};
  if (!bounds.group.empty()) value["group"] = bounds.group;
  return value;
}

WorldBounds world_bounds_from_json(const CheckedJson& value, std::size_t episodes) {
  WorldBounds bounds;
  const CheckedJson arms = value.at("arms"), cells = value.at("cells");
  const std::size_t arm_count = arms.array_size(kMostArms), cell_count = cells.array_size(kNamesMax);
  if (arm_count == 0) arms.refuse("at least one arm");
  for (std::size_t a = 0; a < arm_count; ++a) bounds.arms.push_back(read_arm(arms.at(a)));
  bounds.oracle = read_oracle(value.at("oracle"), arm_count);
  bounds.luck = {value.at("luck").at("oracle_of_means").number_or_nan(),
                 value.at("luck").at("one_draw").number_or_nan()};
  for (std::size_t c = 0; c < cell_count; ++c) {
    bounds.cells.push_back(read_world_cell(cells.at(c), episodes, arm_count));
  }
  if (value.has("group")) {
    const CheckedJson group = value.at("group");
    if (group.array_size(kListMax) != episodes) group.refuse(fmt::format("{} episodes", episodes));
    for (std::size_t e = 0; e < episodes; ++e)
      bounds.group.push_back(
          static_cast<std::uint32_t>(group.at(e).integer(0, std::numeric_limits<std::uint32_t>::max())));
  }
  return bounds;
}

}  // namespace offload
