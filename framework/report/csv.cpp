#include <cmath>

#include "core/error.hpp"
#include "report/report.hpp"
#include "report/text.hpp"

namespace offload {
namespace {

using text::csv;
using text::exact;

std::string joined(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    line += csv(fields[i]);
  }
  return line + "\n";
}

std::string number(const std::optional<double>& value) { return value ? exact(*value) : ""; }

std::string number(const std::optional<int>& value) { return value ? std::to_string(*value) : ""; }

std::string status_of(const TrialLine& line) {
  return !line.present ? "missing" : line.status == TrialStatus::ok ? "ok" : "failed";
}

// Value under the causal model, regret and static mix of a ranked row.
std::vector<std::string> exact_fields(const Report& report, const Leaderboard& board, std::size_t row) {
  std::vector<std::string> fields(6);
  const ReferenceFigures& references = report.references;
  if (references.causal.empty()) return fields;
  if (references.value[row].known) fields[0] = exact(references.value[row].value);
  fields[1] = number(references.value[row].causal_share);
  for (std::size_t v = 0; v < report.views.size(); ++v) {
    if (!(report.views[v] == board.view)) continue;
    const ViewReferences& view = references.view[v];
    if (view.regret[row]) {
      fields[2] = exact(view.regret[row]->constraint);
      fields[3] = exact(view.regret[row]->foresight);
      fields[4] = number(view.regret[row]->learning);
    }
    if (view.mix[row]) fields[5] = view.mix[row]->verdict;
  }
  return fields;
}

std::string reference_line(const ReferenceRow& row, const ScoreView& view) {
  std::vector<std::string> fields(30);
  fields[0] = view.lens;
  fields[1] = view.model;
  fields[4] = row.name;
  fields[6] = number(row.score);
  fields[7] = exact(row.reward);
  fields[14] = exact(row.per_episode[0]);
  fields[15] = exact(row.per_episode[1]);
  fields[23] = "reference";
  return joined(fields);
}

// Rows that no board ranks follow with what is known of them.
std::string unranked_line(const RowFigures& row, const ScoreView& view) {
  std::vector<std::string> fields = {view.lens, view.model, "", "", row.row.name, row.row.plugin};
  fields.resize(22);
  fields.push_back(std::to_string(row.finished));
  fields.push_back(row.status == RowStatus::failed    ? "failed"
                   : row.status == RowStatus::pending ? "pending"
                                                      : "incomplete");
  fields.resize(30);
  return joined(fields);
}

}  // namespace

std::string leaderboard_csv(const Report& report) {
  std::string out =
      "lens,model,tier,rank,row,plugin,score,reward,reward_low,reward_high,stratified_low,stratified_high,"
      "quality,"
      "association,latency_s,cost_usd,joint_violation_rate,interquartile_mean,median,area,normalised_area,"
      "pareto,"
      "runs,status,causal_model_value,causal_share,constraint_regret,foresight_regret,learning_regret,static_mix\n";
  for (const Leaderboard& board : report.boards) {
    for (const LeaderboardEntry& e : board.entries) {
      const RowFigures& row = report.rows[e.row];
      std::vector<std::string> fields = {board.view.lens,
                     board.view.model,
                     std::to_string(e.tier),
                     std::to_string(e.rank),
                     row.row.name,
                     row.row.plugin,
                     number(e.score),
                     exact(e.reward),
                     exact(e.interval.low),
                     exact(e.interval.high),
                     exact(e.stratified.low),
                     exact(e.stratified.high),
                     exact(e.quality),
                     exact(e.association),
                     exact(e.per_episode[0]),
                     exact(e.per_episode[1]),
                     exact(e.joint.rate),
                     exact(e.interquartile_mean),
                     exact(e.median),
                     exact(e.area),
                     number(e.normalised_area),
                     e.pareto ? "1" : "0",
                     std::to_string(row.finished),
                     "complete"};
      const auto exact_policies = exact_fields(report, board, e.row);
      fields.insert(fields.end(), exact_policies.begin(), exact_policies.end());
      out += joined(fields);
    }
    for (std::size_t v = 0; v < report.references.view.size(); ++v) {
      if (!(report.views[v] == board.view)) continue;
      for (const ReferenceRow& row : report.references.view[v].rows) out += reference_line(row, board.view);
    }
    for (const RowFigures& row : report.rows) {
      if (row.status != RowStatus::complete) out += unranked_line(row, board.view);
    }
  }
  if (report.boards.empty()) {
    for (const RowFigures& row : report.rows) out += unranked_line(row, {});
  }
  return out;
}

std::string trials_csv(const Report& report) {
  std::string out =
      "row,split,seed,key,status,reason,exit_code,signal,limit,cell,lens,model,episodes,reward,quality,"
      "association,"
      "latency_s,cost_usd,latency_violations,cost_violations,joint_violations,infeasible,departed,masked_"
      "actions\n";
  for (const TrialLine& line : report.trials) {
    const std::vector<std::string> head = {line.planned.row,
                                           line.planned.split,
                                           line.present ? std::to_string(line.seed) : "",
                                           line.planned.key,
                                           status_of(line),
                                           line.failure.reason,
                                           number(line.failure.exit_code),
                                           number(line.failure.signal),
                                           line.failure.limit};
    if (line.cell.empty()) {
      std::vector<std::string> fields = head;
      fields.resize(24);
      out += joined(fields);
    }
    for (std::size_t c = 0; c < line.cell.size(); ++c) {
      const TrialCell& cell = line.cell[c];
      for (std::size_t v = 0; v < cell.view.size(); ++v) {
        std::vector<std::string> fields = head;
        fields.insert(fields.end(),
                      {report.plan.cells[c].name, report.views[v].lens, report.views[v].model,
                       std::to_string(line.episodes), exact(cell.view[v][0]), exact(cell.view[v][1]),
                       exact(cell.view[v][2]), exact(cell.latency_s), exact(cell.cost_usd),
                       std::to_string(cell.violations[0]), std::to_string(cell.violations[1]),
                       std::to_string(cell.joint_violations), std::to_string(cell.infeasible),
                       std::to_string(cell.departed), std::to_string(cell.masked_actions)});
        out += joined(fields);
      }
    }
  }
  return out;
}

std::string timing_csv(const Report& report) {
  std::string out =
      "row,split,key,status,wall_s,cpu_s,load_s,train_s,evaluate_s,peak_memory_mb,environment_steps_per_s,"
      "act_p50_us,act_p95_us,act_p99_us,update_mean_us\n";
  for (const TrialLine& line : report.trials) {
    if (!line.present) continue;
    const TrialTiming& t = line.timing;
    std::vector<std::string> fields = {line.planned.row, line.planned.split, line.planned.key,
                                       status_of(line)};
    for (const double value :
         {t.wall_s, t.cpu_s, t.load_s, t.train_s, t.evaluate_s, t.peak_memory_mb, t.environment_steps_per_s,
          t.act_p50_us, t.act_p95_us, t.act_p99_us, t.update_mean_us}) {
      fields.push_back(exact(value));
    }
    out += joined(fields);
  }
  return out;
}

}  // namespace offload
