#include <fmt/format.h>

#include <set>

#include "report/figures/world.hpp"
#include "report/formats/formats.hpp"
#include "report/formats/json.hpp"
#include "report/sections/bounds.hpp"
#include "report/sections/drifts.hpp"
#include "report/sections/margins.hpp"
#include "report/sections/simulated_log.hpp"
#include "report/text/statements.hpp"

namespace offload {
namespace {

Json trial_json(const TrialLine& line) {
  const bool failed = line.present && line.status == TrialStatus::failed;
  return {{"row", line.planned.row},
          {"split", line.planned.split},
          {"key", line.planned.key},
          {"status", !line.present ? "missing"
                     : failed      ? "failed"
                                   : "ok"},
          {"seed", line.present ? Json(line.seed) : Json()},
          {"episodes", line.episodes},
          {"reason", failed ? Json(line.failure.reason) : Json()},
          {"exit_code", line.failure.exit_code},
          {"signal", line.failure.signal},
          {"limit", line.failure.limit.empty() ? Json() : Json(line.failure.limit)}};
}

// Written one by one: as JSON values many trials take more memory than all the rest.
void write_trials(const Report& report, const TextSink& sink) {
  sink("[");
  for (std::size_t i = 0; i < report.plan.trials.size(); ++i) {
    sink(i == 0 ? "\n  " : ",\n  ");
    sink(written(trial_json(report.head(i)), 2));
  }
  sink(report.plan.trials.empty() ? "]" : "\n ]");
}

Json timing_json(const RowFigures& row) {
  const RowTiming& t = row.timing;
  return {{"row", row.row.name},
          {"act_p50_us", t.act_p50_us},
          {"act_p95_us", t.act_p95_us},
          {"act_p99_us", t.act_p99_us},
          {"update_us", t.update_us},
          {"environment_steps_per_s", t.steps_per_s},
          {"load_s", t.load_s},
          {"train_s", t.train_s},
          {"evaluate_s", t.evaluate_s},
          {"wall_s", t.wall_s},
          {"cpu_s", t.cpu_s},
          {"tune_cpu_s", t.tune_cpu_s},
          {"peak_memory_mb", t.peak_memory_mb}};
}

Json host_json(const Report& report) {
  std::set<std::map<std::string, std::string>> machines;
  Json output = Json::array();
  for (std::size_t i = 0; i < report.plan.trials.size(); ++i) {
    const TrialLine line = report.head(i);
    if (line.origin && !line.origin->host.empty() && !machines.contains(line.origin->host)) {
      machines.insert(line.origin->host);
    }
    if (line.present && line.status == TrialStatus::failed) {
      output.push_back({{"key", line.planned.key}, {"last_output", line.failure.last_output}});
    }
  }
  Json host = {{"machines", machines}, {"failed_output", output}};
  if (!report.joined.empty()) host["joined"] = joined_json(report);
  return host;
}

Json provenance_json(const Report& report) {
  const auto plugin = [](const RowFigures& row) -> Json {
    return {{"row", row.row.name},
            {"plugin", row.row.plugin},
            {"version", row.plugin_version},
            {"sha256", row.plugin_sha256}};
  };
  return {{"version", report.plan.version},
          {"dataset_sha256", report.plan.data_sha256},
          {"plugins", listed(report.rows, plugin)},
          {"bootstrap_repetitions", kBootstrapRepetitions},
          {"alpha", kAlpha}};
}

}  // namespace

Json joined_json(const Report& report) {
  return listed(report.joined, [](const JoinedFolder& folder) -> Json {
    return {{"folder", folder.name}, {"trials", folder.trials}};
  });
}

void write_report_json(const Report& report, const TextSink& sink) {
  const auto left_out = [](const LeftOut& out) -> Json {
    return {{"file", out.file}, {"reason", out.reason}};
  };
  const auto begin = [&sink](const char* section) { sink(fmt::format(",\n \"{}\": ", section)); };
  const auto add = [&](const char* section, const Json& value) {
    begin(section);
    sink(written(value, 1));
  };
  sink(fmt::format("{{\n \"format\": \"{}\"", kReportFormat));
  add("headline", headline_json(report));
  add("suite", suite_json(report));
  add("rows", rows_json(report));
  begin("cells");
  write_cells(report, sink);
  add("leaderboard", leaderboard_json(report));
  add("references", references_json(report));
  if (!report.bounds.cells.empty()) add("bounds", bounds_json(report));
  if (has_margins(report)) add("margins", margins_json(report));
  if (!report.drifts.empty()) add("drifts", drifts_json(report));
  if (!report.log.cell.empty()) add("simulated_log", simulated_log_json(report));
  add("tests", tests_json(report));
  begin("evidence");
  write_evidence(report, sink);
  begin("trials");
  write_trials(report, sink);
  add("left_out", listed(report.left_out, left_out));
  add("timing", listed(report.rows, timing_json));
  add("host", host_json(report));
  add("statements", {{"limits", limits_statement(report.plan)}, {"trust", kTrustStatement}});
  add("provenance", provenance_json(report));
  sink("\n}\n");
}

std::string report_json(const Report& report) {
  return collected([&report](const TextSink& sink) { write_report_json(report, sink); });
}

std::string collected(const std::function<void(const TextSink&)>& write) {
  std::string out;
  write([&out](std::string_view part) { out += part; });
  return out;
}

}  // namespace offload
