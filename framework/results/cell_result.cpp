#include "results/cell_result.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "core/error.hpp"
#include "results/cell_log.hpp"

namespace offload {
namespace {

using nlohmann::json;

constexpr double kAny = -std::numeric_limits<double>::infinity();

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
  if (value.has("log")) cell.log = read_log_verdict(value.at("log"), episodes);
  return cell;
}

}  // namespace

nlohmann::json written(const CellResult& cell) {
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
  if (cell.log) result["log"] = written(*cell.log);
  return result;
}

std::vector<CellResult> read_cells(const CheckedJson& value, std::size_t episodes) {
  std::vector<CellResult> cells;
  std::set<std::string> seen;
  const std::size_t count = value.array_size(kNamesMax);
  for (std::size_t c = 0; c < count; ++c) {
    cells.push_back(read_cell(value.at(c), episodes));
    const CellResult& cell = cells.back();
    if (!seen.insert(cell.cell).second) value.at(c).refuse("each cell once");
    for (std::size_t e = 0; e < cell.decisions.size(); ++e) {
      if (cell.decisions[e].size() != cells[0].decisions[e].size()) {
        value.at(c).at("decisions").at(e).refuse("as many turns as in the first cell");
      }
    }
  }
  return cells;
}

}  // namespace offload
