#include "report/comparison/comparison_side.hpp"

#include <algorithm>
#include <limits>

#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "report/figures/matched.hpp"
#include "report/formats/formats.hpp"
#include "report/report.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

constexpr std::size_t kReportMax = std::size_t{512} << 20;

double number_or(const CheckedJson& object, const char* name, double fallback) {
  return object.has(name) ? object.at(name).number_or_nan() : fallback;
}

void read_row(const CheckedJson& row, const std::string& cell, ComparisonSide& side) {
  const std::string name = row.at("row").text(kLongTextMax);
  if (row.at("runs").integer(0, 1'000'000'000) == 0) return;
  if (std::find(side.rows.begin(), side.rows.end(), name) == side.rows.end()) side.rows.push_back(name);
  const CheckedJson violations = row.at("joint_violations");
  side.estimates[{kViolations, cell, name}] = {
      violations.at("rate").number_or_nan(),
      {violations.at("low").number_or_nan(), violations.at("high").number_or_nan()}};
  const CheckedJson scores = row.at("scores");
  const std::size_t views = scores.array_size(kListMax);
  for (std::size_t v = 0; v < views; ++v) {
    const CheckedJson score = scores.at(v);
    const std::string measure =
        "reward: " + score.at("lens").text(kLongTextMax) + " / " + score.at("model").text(kLongTextMax);
    if (std::find(side.measures.begin(), side.measures.end(), measure) == side.measures.end()) {
      side.measures.push_back(measure);
    }
    const CheckedJson interval = score.at("reward_interval");
    side.estimates[{measure, cell, name}] = {
        score.at("reward").number_or_nan(),
        {interval.at("low").number_or_nan(), interval.at("high").number_or_nan()}};
  }
}

ComparisonSide side_of_report(const std::string& text, const std::string& name) {
  const nlohmann::json document = parse_checked(text, name);
  const CheckedJson root(document, name);
  if (root.at("format").text(kLongTextMax) != "offload-report/1")
    root.at("format").refuse("\"offload-report/1\"");
  ComparisonSide side;
  side.name = name;
  const CheckedJson suite = root.at("suite");
  side.data_sha256 = suite.at("dataset").at("sha256").text(kLongTextMax);
  side.version = root.at("provenance").at("version").text(kLongTextMax);
  side.left_out = root.at("left_out").array_size(kListMax);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const CheckedJson budgets = suite.at("cells");
  const std::size_t budget_count = budgets.array_size(kListMax);
  for (std::size_t c = 0; c < budget_count; ++c) {
    const CheckedJson cell = budgets.at(c);
    side.budgets[cell.at("name").text(kLongTextMax)] =
        text::budget(number_or(cell, "latency_s", kInfinity), number_or(cell, "cost_usd", kInfinity));
  }
  const CheckedJson cells = root.at("cells");
  const std::size_t count = cells.array_size(kListMax);
  for (std::size_t c = 0; c < count; ++c) {
    side.cells.push_back(cells.at(c).at("cell").text(kLongTextMax));
    const CheckedJson rows = cells.at(c).at("rows");
    const std::size_t row_count = rows.array_size(kListMax);
    for (std::size_t r = 0; r < row_count; ++r) read_row(rows.at(r), side.cells.back(), side);
  }
  side.measures.push_back(kViolations);
  return side;
}

void add_samples(const ReportPlan& plan, const std::vector<ScoreView>& views, const CondensedTrial& trial,
                 const std::string& row, const std::string& split, ComparisonSide& side) {
  for (std::size_t c = 0; c < plan.cells.size(); ++c) {
    const CondensedCell& cell = trial.cells[c];
    const std::string& name = plan.cells[c].name;
    for (std::size_t e = 0; e < trial.episode_ids->size(); ++e) {
      const ComparisonSide::Test test = {split, (*trial.episode_ids)[e]};
      side.samples[{kViolations, name, row}][test] = cell.violated[e];
      for (const ScoreView& view : views) {
        side.samples[{"reward: " + view.name(), name, row}][test] = scores_of(cell, view).reward[e];
      }
    }
  }
}

}  // namespace

ComparisonSide comparison_side(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path))
    return side_of_report(read_bounded(path, kReportMax), path.string());
  const Report report = report_of({path});
  ComparisonSide side = side_of_report(report_json(report), path.string());
  const ReportPlan& plan = report.plan;
  const MatchedTrials matched = match_results(plan, {path}).trials;
  for (std::size_t row = 0; row < plan.rows.size(); ++row) {
    for (std::size_t split = 0; split < plan.splits.size(); ++split) {
      const CondensedTrial* trial = matched.finished(row, split);
      if (trial) add_samples(plan, matched.views, *trial, plan.rows[row].name, plan.splits[split], side);
    }
  }
  return side;
}

}  // namespace offload
