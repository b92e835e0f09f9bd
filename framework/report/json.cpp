#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/action_space.hpp"
#include "report/json_value.hpp"
#include "report/references.hpp"

namespace offload {
namespace {

using json = nlohmann::ordered_json;

json numbers(const std::vector<double>& values) {
  json list = json::array();
  for (const double v : values) list.push_back(number_or_null(v));
  return list;
}

json interval(const Interval& value) { return {{"low", number_or_null(value.low)}, {"high", number_or_null(value.high)}}; }

json rate(const ViolationRate& value) {
  return {{"count", value.count},
          {"of", value.of},
          {"rate", number_or_null(value.rate)},
          {"low", number_or_null(value.interval.low)},
          {"high", number_or_null(value.interval.high)}};
}

json budget(const BudgetFigures& value) {
  return {{"violations", rate(value.violation)},
          {"excess_mean", number_or_null(value.excess.mean)},
          {"excess_given_violation", number_or_null(value.excess.given_violation)},
          {"excess_max", number_or_null(value.excess.max)},
          {"excess_reference", number_or_null(value.excess.reference)},
          {"utilisation", number_or_null(value.utilisation)}};
}

json parameters(const ResolvedParameters& values) {
  json object = json::object();
  for (const auto& [name, value] : values) {
    std::visit([&, &key = name](const auto& v) { object[key] = v; }, value);
  }
  return object;
}

const char* word(RowStatus status) {
  switch (status) {
    case RowStatus::complete:
      return "complete";
    case RowStatus::incomplete:
      return "incomplete";
    case RowStatus::failed:
      return "failed";
    case RowStatus::pending:
      return "pending";
  }
  return "";
}

// 1 + 2^M actions have kinds; any other number of them has none.
std::optional<ActionSpace> action_space(std::size_t actions) {
  for (int modalities = 0; modalities <= kMaxModalities; ++modalities) {
    if (actions == 1 + (std::size_t{1} << modalities)) return ActionSpace(modalities);
  }
  return std::nullopt;
}

json action_list(const ReportPlan& plan) {
  const auto space = action_space(plan.consumption.size());
  json list = json::array();
  for (std::size_t a = 0; a < plan.consumption.size(); ++a) {
    list.push_back({{"action", a},
                    {"kind", space ? json(space->kind(static_cast<int>(a))) : json()},
                    {"images", space ? json(space->images()[a]) : json()},
                    {"latency_s", plan.consumption[a][0]},
                    {"cost_usd", plan.consumption[a][1]}});
  }
  return list;
}

json comparisons(const Report& report) {
  json list = json::array();
  for (const ViewComparison& c : report.comparisons) {
    list.push_back({{"lens", c.view.lens},
                    {"model", c.view.model},
                    {"held", c.held},
                    {"tied", c.tied},
                    {"reversed", c.reversed},
                    {"new", c.fresh},
                    {"first", report.rows[c.first_row].row.name}});
  }
  return list;
}

// The official task of the suite's name, NAME-vN.
json task(const ReportPlan& plan) {
  if (plan.task.name.empty()) return {};
  return {{"name", plan.task.name},
          {"version", plan.task.version},
          {"unaltered", plan.task.altered.empty()},
          {"altered", plan.task.altered}};
}

json suite_section(const Report& report) {
  const ReportPlan& plan = report.plan;
  json cells = json::array(), rows = json::array(), views = json::array();
  for (std::size_t c = 0; c < plan.cells.size(); ++c) {
    cells.push_back({{"name", plan.cells[c].name},
                     {"latency_s", number_or_null(plan.cells[c].latency_s)},
                     {"cost_usd", number_or_null(plan.cells[c].cost_usd)},
                     {"position", number_or_null(report.position[c])}});
  }
  for (const ReportRow& row : plan.rows) rows.push_back(row.name);
  for (const ScoreView& view : report.views) views.push_back({{"lens", view.lens}, {"model", view.model}});
  return {{"name", plan.suite},
          {"description", plan.description},
          {"task", task(plan)},
          {"dataset",
           {{"source", plan.data_source},
            {"sha256", plan.data_sha256},
            {"episodes", plan.data_episodes},
            {"turns", plan.data_turns}}},
          {"profile", plan.profile},
          {"tasks", plan.tasks},
          {"turns_max", plan.turns_max},
          {"actions", action_list(plan)},
          {"cells", cells},
          {"lenses", plan.lenses},
          {"models", plan.models},
          {"views", views},
          {"rows", rows},
          {"splits", plan.splits},
          {"seeds", plan.seeds},
          {"max_violation_rate", plan.max_violation_rate},
          {"trials",
           {{"planned", plan.trials.size()},
            {"finished", report.finished()},
            {"failed", report.failed()},
            {"missing", plan.trials.size() - report.finished() - report.failed()}}},
          {"verdict", report.verdict},
          {"comparisons", comparisons(report)},
          {"warnings", report.warnings},
          {"resolved", nlohmann::json::parse(plan.resolved_suite)}};
}

json curves(const RowFigures& row) {
  json list = json::array();
  for (const Curve& curve : row.curves) {
    json points = json::array();
    for (const Curve::Point& p : curve.points) {
      points.push_back({{"step", p.step},
                        {"runs", p.runs},
                        {"mean", number_or_null(p.mean)},
                        {"min", number_or_null(p.min)},
                        {"max", number_or_null(p.max)}});
    }
    list.push_back({{"name", curve.name}, {"points", points}});
  }
  return list;
}

json rows_section(const Report& report) {
  json list = json::array();
  for (const RowFigures& row : report.rows) {
    const TrainingResult& t = row.training;
    const auto share = [&](std::int64_t count) {
      return t.episodes > 0 ? json(static_cast<double>(count) / static_cast<double>(t.episodes)) : json();
    };
    list.push_back(
        {{"row", row.row.name},
         {"plugin", row.row.plugin},
         {"kind", row.row.kind},
         {"summary", row.row.summary},
         {"status", word(row.status)},
         {"trials", {{"planned", row.planned}, {"finished", row.finished}, {"failed", row.failed}}},
         {"parameters", parameters(row.parameters)},
         {"training",
          {{"steps", t.steps},
           {"episodes", t.episodes},
           {"gradient_steps", t.gradient_steps},
           {"latency_violations", t.latency_violations},
           {"cost_violations", t.cost_violations},
           {"joint_violations", t.joint_violations},
           {"joint_violation_rate", share(t.joint_violations)},
           {"curves", curves(row)}}}});
  }
  return list;
}

json action_mix(const std::vector<std::int64_t>& action_count, std::int64_t turns) {
  const auto space = action_space(action_count.size());
  std::vector<double> by_action, by_kind(space ? static_cast<std::size_t>(space->kinds()) : 0, 0.0);
  for (std::size_t a = 0; a < action_count.size(); ++a) {
    by_action.push_back(static_cast<double>(action_count[a]) / static_cast<double>(turns));
    if (space) by_kind[static_cast<std::size_t>(space->kind(static_cast<int>(a)))] += by_action.back();
  }
  return {{"kind", space ? numbers(by_kind) : json()}, {"action", numbers(by_action)}};
}

json view_figures(const ScoreView& view, const ScoreFigures& figures) {
  return {{"lens", view.lens},
          {"model", view.model},
          {"reward", number_or_null(figures.reward)},
          {"reward_interval", interval(figures.interval)},
          {"run_reward", numbers(figures.run_reward)},
          {"quality", number_or_null(figures.quality)},
          {"association", number_or_null(figures.association)},
          {"score", value_or_null(figures.score)},
          {"tier", figures.tier > 0 ? json(figures.tier) : json()},
          {"rank", figures.rank > 0 ? json(figures.rank) : json()},
          {"pareto", figures.pareto}};
}

// Lists run over the views of the suite.
json tasks(const CellFigures& figures) {
  json list = json::array();
  for (const TaskFigures& task : figures.task) {
    std::vector<double> reward, quality;
    json runs = json::array();
    for (const TaskFigures::View& view : task.view) {
      reward.push_back(view.reward);
      quality.push_back(view.quality);
      runs.push_back(numbers(view.run_reward));
    }
    list.push_back({{"turns", task.turns},
                    {"action_mix", action_mix(task.action_count, task.turns)},
                    {"reward", numbers(reward)},
                    {"run_reward", runs},
                    {"quality", numbers(quality)}});
  }
  return list;
}

json cell_row(const Report& report, const RowFigures& row, const CellFigures& figures) {
  json scores = json::array();
  for (std::size_t v = 0; v < report.views.size(); ++v) {
    scores.push_back(view_figures(report.views[v], figures.view[v]));
  }
  return {{"row", row.row.name},
          {"runs", figures.runs},
          {"episodes", figures.episodes},
          {"tests", figures.tests},
          {"turns", figures.turns},
          {"latency_s_per_episode", number_or_null(figures.per_episode[0])},
          {"latency_s_per_turn", number_or_null(figures.per_turn[0])},
          {"cost_usd_per_episode", number_or_null(figures.per_episode[1])},
          {"cost_usd_per_turn", number_or_null(figures.per_turn[1])},
          {"latency", budget(figures.budget[0])},
          {"cost", budget(figures.budget[1])},
          {"joint_violations", rate(figures.joint)},
          {"infeasible", figures.infeasible},
          {"departed", figures.departed},
          {"masked_actions", figures.masked_actions},
          {"action_mix", action_mix(figures.action_count, figures.turns)},
          {"tasks", tasks(figures)},
          {"scores", scores}};
}

json cells_section(const Report& report) {
  json list = json::array();
  for (std::size_t c = 0; c < report.plan.cells.size(); ++c) {
    json rows = json::array();
    for (const RowFigures& row : report.rows) rows.push_back(cell_row(report, row, row.cell[c]));
    list.push_back({{"cell", report.plan.cells[c].name}, {"rows", rows}});
  }
  return list;
}

json leaderboard_section(const Report& report) {
  json boards = json::array();
  for (const Leaderboard& board : report.boards) {
    json rows = json::array(), unscored = json::array();
    for (const UnscoredCell& c : board.unscored) unscored.push_back({{"cell", c.cell}, {"reason", c.reason}});
    for (const LeaderboardEntry& e : board.entries) {
      rows.push_back({{"row", report.rows[e.row].row.name},
                      {"tier", e.tier},
                      {"rank", e.rank},
                      {"score", value_or_null(e.score)},
                      {"reward", number_or_null(e.reward)},
                      {"reward_interval", interval(e.interval)},
                      {"stratified_interval", interval(e.stratified)},
                      {"quality", number_or_null(e.quality)},
                      {"association", number_or_null(e.association)},
                      {"latency_s_per_episode", number_or_null(e.per_episode[0])},
                      {"cost_usd_per_episode", number_or_null(e.per_episode[1])},
                      {"joint_violations", rate(e.joint)},
                      {"interquartile_mean", number_or_null(e.interquartile_mean)},
                      {"median", number_or_null(e.median)},
                      {"optimality_gap", value_or_null(e.optimality_gap)},
                      {"area", number_or_null(e.area)},
                      {"normalised_area", value_or_null(e.normalised_area)},
                      {"pareto", e.pareto}});
    }
    boards.push_back({{"lens", board.view.lens},
                      {"model", board.view.model},
                      {"ranked_by", board.by_score ? "score" : "reward"},
                      {"unscored", unscored},
                      {"rows", rows}});
  }
  return boards;
}

json tests_section(const Report& report) {
  json list = json::array();
  for (const Leaderboard& board : report.boards) {
    for (const Significance& significance : board.significance) {
      json pairs = json::array();
      for (std::size_t i = 0; i < significance.pairs.size(); ++i) {
        const PairTest& pair = significance.pairs[i];
        pairs.push_back({{"a", report.rows[pair.a].row.name},
                         {"b", report.rows[pair.b].row.name},
                         {"difference", number_or_null(pair.difference)},
                         {"p", pair.p},
                         {"p_holm", pair.p_holm},
                         {"probability_of_improvement", number_or_null(significance.improvement[i])}});
      }
      list.push_back({{"lens", board.view.lens},
                      {"model", board.view.model},
                      {"cell", significance.cell.empty() ? json() : json(significance.cell)},
                      {"flips", board.flips},
                      {"pairs", pairs}});
    }
  }
  return list;
}

json trial_section(const TrialLine& line) {
  const bool failed = line.present && line.status == TrialStatus::failed;
  return {{"row", line.planned.row},
          {"split", line.planned.split},
          {"key", line.planned.key},
          {"status", !line.present ? "missing"
                     : failed      ? "failed"
                                   : "ok"},
          {"seed", line.present ? json(line.seed) : json()},
          {"episodes", line.episodes},
          {"reason", failed ? json(line.failure.reason) : json()},
          {"exit_code", value_or_null(line.failure.exit_code)},
          {"signal", value_or_null(line.failure.signal)},
          {"limit", line.failure.limit.empty() ? json() : json(line.failure.limit)}};
}

// As a part of a larger text: every line but the first is indented.
void append(std::string& out, const json& value, std::size_t indentation) {
  const std::string line_break = "\n" + std::string(indentation, ' ');
  for (const char c : value.dump(1, ' ', false, json::error_handler_t::replace)) {
    c == '\n' ? out += line_break : out += c;
  }
}

// Written one by one: as JSON values many trials take more memory than all the rest.
void append_trials(std::string& out, const Report& report) {
  out += '[';
  for (const TrialLine& line : report.trials) {
    out += &line == &report.trials.front() ? "\n  " : ",\n  ";
    append(out, trial_section(line), 2);
  }
  out += report.trials.empty() ? "]" : "\n ]";
}

json timing_section(const Report& report) {
  json list = json::array();
  for (const RowFigures& row : report.rows) {
    const RowTiming& t = row.timing;
    list.push_back({{"row", row.row.name},
                    {"act_p50_us", number_or_null(t.act_p50_us)},
                    {"act_p95_us", number_or_null(t.act_p95_us)},
                    {"act_p99_us", number_or_null(t.act_p99_us)},
                    {"update_us", number_or_null(t.update_us)},
                    {"environment_steps_per_s", number_or_null(t.steps_per_s)},
                    {"load_s", number_or_null(t.load_s)},
                    {"train_s", number_or_null(t.train_s)},
                    {"evaluate_s", number_or_null(t.evaluate_s)},
                    {"wall_s", number_or_null(t.wall_s)},
                    {"cpu_s", number_or_null(t.cpu_s)},
                    {"peak_memory_mb", number_or_null(t.peak_memory_mb)}});
  }
  return list;
}

json host_section(const Report& report) {
  std::set<std::map<std::string, std::string>> machines;
  json output = json::array();
  for (const TrialLine& line : report.trials) {
    if (line.origin && !line.origin->host.empty() && !machines.contains(line.origin->host)) {
      machines.insert(line.origin->host);
    }
    if (line.present && line.status == TrialStatus::failed) {
      output.push_back({{"key", line.planned.key}, {"last_output", line.failure.last_output}});
    }
  }
  return {{"machines", machines}, {"failed_output", output}};
}

json provenance_section(const Report& report) {
  json plugins = json::array();
  for (const RowFigures& row : report.rows) {
    plugins.push_back({{"row", row.row.name},
                       {"plugin", row.row.plugin},
                       {"version", row.plugin_version},
                       {"sha256", row.plugin_sha256}});
  }
  return {{"version", report.plan.version},
          {"dataset_sha256", report.plan.data_sha256},
          {"plugins", plugins},
          {"bootstrap_repetitions", kBootstrapRepetitions},
          {"alpha", kAlpha}};
}

}  // namespace

std::string report_json(const Report& report) {
  json left_out = json::array();
  for (const LeftOut& out : report.left_out) left_out.push_back({{"file", out.file}, {"reason", out.reason}});
  std::string out = "{";
  const auto name = [&](const char* section) {
    out += fmt::format("{}\n \"{}\": ", out.size() == 1 ? "" : ",", section);
  };
  const auto add = [&](const char* section, const json& value) {
    name(section);
    append(out, value, 1);
  };
  add("format", "offload-report/1");
  add("suite", suite_section(report));
  add("rows", rows_section(report));
  add("cells", cells_section(report));
  add("leaderboard", leaderboard_section(report));
  add("references", json::parse(references_json(report)));
  add("tests", tests_section(report));
  name("trials");
  append_trials(out, report);
  add("left_out", left_out);
  add("timing", timing_section(report));
  add("host", host_section(report));
  add("provenance", provenance_section(report));
  return out + "\n}\n";
}

}  // namespace offload
