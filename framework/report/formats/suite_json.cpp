#include "report/figures/action_kinds.hpp"
#include "report/figures/world.hpp"
#include "report/formats/json.hpp"

namespace offload {
namespace {

Json actions_json(const ReportPlan& plan) {
  const auto space = plan.world ? std::nullopt : action_space(plan.consumption.size());
  const std::vector<std::string> names = action_names(plan);
  return listed_to(plan.consumption.size(), [&](std::size_t a) -> Json {
    return {{"action", a},
            {"name", names[a]},
            {"kind", space ? Json(space->kind(static_cast<int>(a))) : Json()},
            {"images", space ? Json(space->images()[a]) : Json()},
            {"latency_s", plan.consumption[a][0]},
            {"cost_usd", plan.consumption[a][1]}};
  });
}

Json world_json(const ReportPlan& plan) {
  if (!plan.world) return {};
  const ReportWorld& world = *plan.world;
  return {
      {"arms", listed(world.arms,
                      [](const ReportArm& arm) -> Json {
                        return {{"name", arm.name}, {"provider", arm.provider}, {"placement", arm.placement}};
                      })},
      {"declared", world.declared},
      {"cost_unit", cost_unit(plan)},
      {"calls_of", world.calls_of},
      {"latency", world.latency},
      {"cost", world.cost},
      {"unknown_cells", world.unknown_cells},
      {"unknown_masked", world.unknown_masked},
      {"same_arm", world.same_arm},
      {"quality_scale", {world.quality_low, world.quality_high}},
      {"draws_per_cell", world.draws_per_cell},
      {"source", world.source},
      {"commit", world.commit},
      {"licence", world.licence},
      {"price_date", world.price_date},
      {"inventions", world.inventions},
      {"sentences", world_sentences(plan)}};
}

// The official task of the suite's name, NAME-vN.
Json task_json(const ReportPlan& plan) {
  if (plan.task.name.empty()) return {};
  return {{"name", plan.task.name},
          {"version", plan.task.version},
          {"unaltered", plan.task.altered.empty()},
          {"altered", plan.task.altered}};
}

Json dataset_json(const ReportPlan& plan) {
  return {{"source", plan.data_source},
          {"sha256", plan.data_sha256},
          {"episodes", plan.data_episodes},
          {"turns", plan.data_turns},
          {"fresh_per_run", plan.fresh_data}};
}

Json budgets_json(const Report& report) {
  return listed_to(report.plan.cells.size(), [&](std::size_t c) -> Json {
    const ReportCell& cell = report.plan.cells[c];
    return {{"name", cell.name},
            {"latency_s", cell.latency_s},
            {"cost_usd", cell.cost_usd},
            {"position", report.position[c]}};
  });
}

Json trials_json(const Report& report) {
  return {{"planned", report.plan.trials.size()},
          {"finished", report.finished()},
          {"failed", report.failed()},
          {"missing", report.plan.trials.size() - report.finished() - report.failed()}};
}

Json comparisons_json(const Report& report) {
  return listed(report.comparisons, [&](const ViewComparison& c) -> Json {
    return {{"lens", c.view.lens},
            {"model", c.view.model},
            {"held", c.held},
            {"tied", c.tied},
            {"reversed", c.reversed},
            {"new", c.fresh},
            {"first", report.rows[c.first_row].row.name}};
  });
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

Json parameters_json(const ResolvedParameters& values) {
  Json object = Json::object();
  for (const auto& [name, value] : values) {
    std::visit([&, &key = name](const auto& v) { object[key] = v; }, value);
  }
  return object;
}

Json point_json(const Curve::Point& p) {
  return {{"step", p.step}, {"runs", p.runs}, {"mean", p.mean}, {"min", p.min}, {"max", p.max}};
}

Json curve_json(const Curve& curve) {
  return {{"name", curve.name}, {"points", listed(curve.points, point_json)}};
}

Json training_json(const RowFigures& row) {
  const TrainingResult& t = row.training;
  const auto share = [&](std::int64_t count) {
    return t.episodes > 0 ? Json(static_cast<double>(count) / static_cast<double>(t.episodes)) : Json();
  };
  return {{"steps", t.steps},
          {"episodes", t.episodes},
          {"gradient_steps", t.gradient_steps},
          {"latency_violations", t.latency_violations},
          {"cost_violations", t.cost_violations},
          {"joint_violations", t.joint_violations},
          {"joint_violation_rate", share(t.joint_violations)},
          {"curves", listed(row.curves, curve_json)}};
}

Json lineage_json(const RowLineage& lineage) {
  if (lineage.training == "none") return {};
  Json value = {{"training", lineage.training}, {"seen_tests", lineage.seen_tests}, {"tests", lineage.tests}};
  if (lineage.validation == 0) return value;
  value["seen_validation"] = lineage.seen_validation;
  value["validation"] = lineage.validation;
  return value;
}

Json flags_json(const Report& report) {
  static const char* const kWhat[] = {"no_fresh_copies", "above_causal", "contradiction"};
  return listed(report.flags, [&](const Flag& flag) -> Json {
    return {{"row", report.rows[flag.row].row.name},
            {"cell", flag.cell ? Json(report.plan.cells[*flag.cell].name) : Json()},
            {"what", kWhat[static_cast<std::size_t>(flag.what)]},
            {"amount", flag.amount},
            {"p", flag.p},
            {"sentence", flag.sentence}};
  });
}

// Null of a row without a sweep.
Json tuning_json(const RowFigures& row) {
  if (row.row.candidates == 0) return {};
  return {{"candidates", row.row.candidates},
          {"steps", row.tuning_steps},
          {"tried", listed(row.candidates, [](const CandidateFigures& candidate) -> Json {
             return {{"name", candidate.name},
                     {"chosen", candidate.chosen},
                     {"failed", candidate.failed},
                     {"reward", candidate.reward}};
           })}};
}

Json row_json(const RowFigures& row) {
  return {{"row", row.row.name},
          {"plugin", row.row.plugin},
          {"kind", row.row.kind},
          {"summary", row.row.summary},
          {"lineage", lineage_json(row.row.lineage)},
          {"training_model", row.row.training_model.empty() ? Json() : Json(row.row.training_model)},
          {"isolation", row.row.isolation},
          {"status", word(row.status)},
          {"fresh_copies", row.fresh_copies},
          {"trials", {{"planned", row.planned}, {"finished", row.finished}, {"failed", row.failed}}},
          {"parameters", parameters_json(row.parameters)},
          {"training", training_json(row)},
          {"tuning", tuning_json(row)},
          {"notes", row.notes}};
}

}  // namespace

Json suite_json(const Report& report) {
  const ReportPlan& plan = report.plan;
  const auto view = [](const ScoreView& v) -> Json { return {{"lens", v.lens}, {"model", v.model}}; };
  return {{"name", plan.suite},
          {"description", plan.description},
          {"task", task_json(plan)},
          {"dataset", dataset_json(plan)},
          {"profile", plan.profile},
          {"tasks", plan.tasks},
          {"turns_max", plan.turns_max},
          {"world", world_json(plan)},
          {"actions", actions_json(plan)},
          {"cells", budgets_json(report)},
          {"lenses", plan.lenses},
          {"models", plan.models},
          {"views", listed(report.views, view)},
          {"rows", listed(plan.rows, [](const ReportRow& row) -> Json { return row.name; })},
          {"splits", plan.splits},
          {"trainings", plan.trainings},
          {"claim", claim_json(report.claim, report.plan.world.has_value())},
          {"seeds", plan.seeds},
          {"max_violation_rate", plan.max_violation_rate},
          {"trials", trials_json(report)},
          {"verdict", report.verdict},
          {"same_decisions", listed(report.same_decisions,
                                    [&](const std::vector<std::size_t>& group) {
                                      return listed(group, [&](std::size_t row) -> Json {
                                        return report.rows[row].row.name;
                                      });
                                    })},
          {"comparisons", comparisons_json(report)},
          {"flags", flags_json(report)},
          {"warnings", report.warnings},
          {"resolved", nlohmann::json::parse(plan.resolved_suite)}};
}

Json rows_json(const Report& report) { return listed(report.rows, row_json); }

}  // namespace offload
