#include <fmt/format.h>

#include <set>

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
std::string trials_text(const Report& report) {
  std::string out = "[";
  for (const TrialLine& line : report.trials) {
    out += &line == &report.trials.front() ? "\n  " : ",\n  ";
    out += written(trial_json(line), 2);
  }
  out += report.trials.empty() ? "]" : "\n ]";
  return out;
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

std::string report_json(const Report& report) {
  const auto left_out = [](const LeftOut& out) -> Json {
    return {{"file", out.file}, {"reason", out.reason}};
  };
  std::string out = "{";
  const auto add = [&out](const char* section, const std::string& text) {
    out += fmt::format("{}\n \"{}\": ", out.size() == 1 ? "" : ",", section);
    out += text;
  };
  add("format", fmt::format("\"{}\"", kReportFormat));
  add("headline", written(headline_json(report), 1));
  add("suite", written(suite_json(report), 1));
  add("rows", written(rows_json(report), 1));
  add("cells", cells_text(report));
  add("leaderboard", written(leaderboard_json(report), 1));
  add("references", written(references_json(report), 1));
  if (!report.bounds.cells.empty()) add("bounds", written(bounds_json(report), 1));
  if (has_margins(report)) add("margins", written(margins_json(report), 1));
  if (!report.drifts.empty()) add("drifts", written(drifts_json(report), 1));
  if (!report.log.cell.empty()) add("simulated_log", written(simulated_log_json(report), 1));
  add("tests", written(tests_json(report), 1));
  add("evidence", evidence_text(report));
  add("trials", trials_text(report));
  add("left_out", written(listed(report.left_out, left_out), 1));
  add("timing", written(listed(report.rows, timing_json), 1));
  add("host", written(host_json(report), 1));
  add("statements", written({{"limits", limits_statement(report.plan)}, {"trust", kTrustStatement}}, 1));
  add("provenance", written(provenance_json(report), 1));
  out += "\n}\n";
  return out;
}

}  // namespace offload
