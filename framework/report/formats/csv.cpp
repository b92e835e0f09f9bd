#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "report/figures/report.hpp"
#include "report/figures/world.hpp"
#include "report/formats/formats.hpp"
#include "report/sections/drifts.hpp"
#include "report/sections/margins.hpp"
#include "report/sections/simulated_log.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

using text::csv_line;
using text::exact;

std::string number(const std::optional<double>& value) { return value ? exact(*value) : ""; }

std::string number(const std::optional<int>& value) { return value ? std::to_string(*value) : ""; }

std::string status_of(const TrialLine& line) {
  return !line.present ? "missing" : line.status == TrialStatus::ok ? "ok" : "failed";
}

// The columns of leaderboard.csv, in order. A line sets what it has; the rest is empty.
constexpr std::array kBoardColumns = {"lens",
                                      "model",
                                      "tier",
                                      "rank",
                                      "row",
                                      "plugin",
                                      "score",
                                      "score_low",
                                      "score_high",
                                      "reward",
                                      "reward_low",
                                      "reward_high",
                                      "stratified_low",
                                      "stratified_high",
                                      "quality",
                                      "quality_low",
                                      "quality_high",
                                      "association",
                                      "association_low",
                                      "association_high",
                                      "latency_s",
                                      "latency_s_low",
                                      "latency_s_high",
                                      "cost_usd",
                                      "cost_usd_low",
                                      "cost_usd_high",
                                      "joint_violation_rate",
                                      "joint_violation_low",
                                      "joint_violation_high",
                                      "interquartile_mean",
                                      "interquartile_mean_low",
                                      "interquartile_mean_high",
                                      "median",
                                      "median_low",
                                      "median_high",
                                      "optimality_gap",
                                      "optimality_gap_low",
                                      "optimality_gap_high",
                                      "area",
                                      "area_low",
                                      "area_high",
                                      "normalised_area",
                                      "normalised_area_low",
                                      "normalised_area_high",
                                      "pareto",
                                      "runs",
                                      "tests",
                                      "status",
                                      "causal_model_value",
                                      "causal_share",
                                      "constraint_regret",
                                      "foresight_regret",
                                      "learning_regret",
                                      "static_mix"};

class BoardLine {
 public:
  explicit BoardLine(const ScoreView& view) {
    set("lens", view.lens);
    set("model", view.model);
  }

  void set(const char* column, std::string text) {
    fields_[static_cast<std::size_t>(std::find_if(kBoardColumns.begin(), kBoardColumns.end(),
                                                  [&](std::string_view name) { return name == column; }) -
                                     kBoardColumns.begin())] = std::move(text);
  }
  void set(const char* column, double value) { set(column, exact(value)); }
  void set(const char* column, const std::optional<double>& value) { set(column, number(value)); }
  // And the columns NAME_low and NAME_high; `value` is a number or an optional one.
  template <typename Value>
  void set(const std::string& name, const Value& value, const Interval& interval) {
    set(name.c_str(), value);
    set_ends(name, interval);
  }
  void set_ends(const std::string& name, const Interval& interval) {
    set((name + "_low").c_str(), interval.low);
    set((name + "_high").c_str(), interval.high);
  }
  const std::vector<std::string>& fields() const { return fields_; }

 private:
  std::vector<std::string> fields_ = std::vector<std::string>(kBoardColumns.size());
};

// Value under the causal model, regret and static mix of a ranked row.
void set_exact_fields(const Report& report, std::size_t v, std::size_t row, BoardLine& line) {
  const ReferenceFigures& references = report.references;
  if (references.causal.empty()) return;
  if (references.value[row].known) line.set("causal_model_value", references.value[row].value);
  line.set("causal_share", references.value[row].causal_share);
  const ViewReferences& view = references.view[v];
  if (view.regret[row]) {
    line.set("constraint_regret", view.regret[row]->constraint);
    line.set("foresight_regret", view.regret[row]->foresight);
    line.set("learning_regret", view.regret[row]->learning);
  }
  if (view.mix[row]) line.set("static_mix", view.mix[row]->verdict);
}

std::vector<std::string> ranked_line(const Report& report, std::size_t v, const LeaderboardEntry& e) {
  const RowFigures& row = report.rows[e.row];
  BoardLine line(report.views[v]);
  line.set("tier", std::to_string(e.tier));
  line.set("rank", std::to_string(e.rank));
  line.set("row", row.row.name);
  line.set("plugin", row.row.plugin);
  line.set("score", e.score, e.score_interval);
  line.set("reward", e.reward, e.interval);
  line.set_ends("stratified", e.stratified);
  line.set("quality", e.quality, e.quality_interval);
  line.set("association", e.association, e.association_interval);
  line.set("latency_s", e.per_episode[0], e.per_episode_interval[0]);
  line.set("cost_usd", e.per_episode[1], e.per_episode_interval[1]);
  line.set("joint_violation_rate", e.joint.rate);
  line.set_ends("joint_violation", e.joint.interval);
  line.set("interquartile_mean", e.interquartile_mean, e.iqm_interval);
  line.set("median", e.median, e.median_interval);
  line.set("optimality_gap", e.optimality_gap, e.gap_interval);
  line.set("area", e.area, e.area_interval);
  line.set("normalised_area", e.normalised_area, e.normalised_area_interval);
  line.set("pareto", e.pareto ? "1" : "0");
  line.set("runs", std::to_string(row.finished));
  line.set("tests", std::to_string(e.joint.of));
  line.set("status", "complete");
  set_exact_fields(report, v, e.row, line);
  return line.fields();
}

std::vector<std::string> reference_line(const ReferenceRow& row, const ScoreView& view) {
  BoardLine line(view);
  line.set("row", row.name);
  line.set("score", row.score);
  line.set("reward", row.reward);
  line.set("latency_s", row.per_episode[0]);
  line.set("cost_usd", row.per_episode[1]);
  line.set("status", "reference");
  return line.fields();
}

// Rows that no board ranks follow with what is known of them.
std::vector<std::string> unranked_line(const RowFigures& row, const ScoreView& view) {
  BoardLine line(view);
  line.set("row", row.row.name);
  line.set("plugin", row.row.plugin);
  line.set("runs", std::to_string(row.finished));
  line.set("status", row.status == RowStatus::failed    ? "failed"
                     : row.status == RowStatus::pending ? "pending"
                                                        : "incomplete");
  return line.fields();
}

// A head, or a line of them: what counts calls is not called dollars.
std::string in_unit(const ReportPlan& plan, std::string heads) {
  constexpr std::string_view kUsd = "cost_usd";
  if (cost_unit(plan) == "USD") return heads;
  for (std::size_t at = heads.find(kUsd); at != std::string::npos; at = heads.find(kUsd, at)) {
    heads.replace(at, kUsd.size(), "cost_" + cost_unit(plan));
  }
  return heads;
}

}  // namespace

std::vector<std::vector<std::string>> leaderboard_lines(const Report& report) {
  std::vector<std::vector<std::string>> lines(1);
  for (const char* column : kBoardColumns) lines.front().push_back(in_unit(report.plan, column));
  const auto unranked = [&](const ScoreView& view) {
    for (const RowFigures& row : report.rows) {
      if (row.status != RowStatus::complete) lines.push_back(unranked_line(row, view));
    }
  };
  for (std::size_t v = 0; v < report.boards.size(); ++v) {
    for (const LeaderboardEntry& e : report.boards[v].entries) lines.push_back(ranked_line(report, v, e));
    if (!report.references.view.empty()) {
      for (const ReferenceRow& row : report.references.view[v].rows)
        lines.push_back(reference_line(row, report.views[v]));
    }
    unranked(report.views[v]);
  }
  if (report.boards.empty()) unranked({});
  return lines;
}

std::string leaderboard_csv(const Report& report) {
  std::string out;
  for (const std::vector<std::string>& line : leaderboard_lines(report)) out += csv_line(line);
  return out;
}

namespace {

void write_trials_csv(const Report& report, const TextSink& sink) {
  std::string heads =
      "row,split,seed,key,status,reason,exit_code,signal,limit,cell,lens,model,episodes,reward,quality,"
      "association,"
      "latency_s,cost_usd,latency_violations,cost_violations,joint_violations,infeasible,departed,masked_"
      "actions\n";
  sink(in_unit(report.plan, std::move(heads)));
  for (std::size_t i = 0; i < report.plan.trials.size(); ++i) {
    const TrialLine line = report.line(i);
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
      sink(csv_line(fields));
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
        sink(csv_line(fields));
      }
    }
  }
}

void write_timing_csv(const Report& report, const TextSink& sink) {
  sink(
      "row,split,key,status,wall_s,cpu_s,load_s,train_s,evaluate_s,peak_memory_mb,environment_steps_per_s,"
      "act_p50_us,act_p95_us,act_p99_us,update_mean_us\n");
  for (std::size_t i = 0; i < report.plan.trials.size(); ++i) {
    const TrialLine line = report.line(i);
    if (!line.present) continue;
    const TrialTiming& t = line.timing;
    std::vector<std::string> fields = {line.planned.row, line.planned.split, line.planned.key,
                                       status_of(line)};
    for (const double value :
         {t.wall_s, t.cpu_s, t.load_s, t.train_s, t.evaluate_s, t.peak_memory_mb, t.environment_steps_per_s,
          t.act_p50_us, t.act_p95_us, t.act_p99_us, t.update_mean_us}) {
      fields.push_back(exact(value));
    }
    sink(csv_line(fields));
  }
}

CsvFile small_file(const char* name, std::string text) {
  const bool present = !text.empty();
  return {name, present, [text = std::move(text)](const TextSink& sink) { sink(text); }};
}

}  // namespace

std::string trials_csv(const Report& report) {
  return collected([&report](const TextSink& sink) { write_trials_csv(report, sink); });
}

std::string timing_csv(const Report& report) {
  return collected([&report](const TextSink& sink) { write_timing_csv(report, sink); });
}

std::vector<CsvFile> csv_files(const Report& report) {
  return {small_file("leaderboard.csv", leaderboard_csv(report)),
          {"trials.csv", true, [&report](const TextSink& sink) { write_trials_csv(report, sink); }},
          {"timing.csv", true, [&report](const TextSink& sink) { write_timing_csv(report, sink); }},
          small_file("margins.csv", margins_csv(report)),
          small_file("drifts.csv", drifts_csv(report)),
          small_file("simulated_log.csv", simulated_log_csv(report))};
}

}  // namespace offload
