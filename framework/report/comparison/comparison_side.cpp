#include "report/comparison/comparison_side.hpp"

#include <algorithm>
#include <fstream>
#include <istream>
#include <limits>

#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "report/formats/formats.hpp"
#include "report/report.hpp"
#include "report/text/text.hpp"
#include "results/plan/listed_json.hpp"

namespace offload {
namespace {

constexpr std::size_t kReportMax = std::size_t{512} << 20;
constexpr std::int64_t kRunsMax = 1'000'000'000;

template <typename Visit>
void each(const CheckedJson& list, const Visit& visit) {
  const std::size_t count = list.array_size(kListMax);
  for (std::size_t i = 0; i < count; ++i) visit(list.at(i));
}

std::string name_in(const CheckedJson& object, const char* member) {
  return object.at(member).text(kLongTextMax);
}

std::string view_in(const CheckedJson& object) {
  return name_in(object, "lens") + " / " + name_in(object, "model");
}

double number_or(const CheckedJson& object, const char* name, double fallback) {
  return object.has(name) ? object.at(name).number_or_nan() : fallback;
}

Interval interval_in(const CheckedJson& object) {
  return {object.at("low").number_or_nan(), object.at("high").number_or_nan()};
}

void read_suite(const CheckedJson& suite, ComparisonSide& side) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  side.data_sha256 = name_in(suite.at("dataset"), "sha256");
  side.settings = suite.at("resolved").value();
  side.known_outcomes = suite.has("world") && !suite.at("world").value().is_null();
  each(suite.at("cells"), [&](const CheckedJson& cell) {
    side.budgets[name_in(cell, "name")] =
        text::budget(number_or(cell, "latency_s", kInfinity), number_or(cell, "cost_usd", kInfinity));
  });
  const CheckedJson claim = suite.at("claim");
  const std::string letter = name_in(claim, "claim");
  if (letter != "P" && letter != "D" && letter != "F") claim.at("claim").refuse("\"P\", \"D\" or \"F\"");
  side.rule.claim = letter == "P" ? Claim::policies : letter == "D" ? Claim::method : Claim::fresh_data;
  side.rule.runs_have_data = claim.at("runs_have_data").boolean();
  side.rule.one_training_set = claim.at("one_training_set").boolean();
}

void read_cell(const CheckedJson& cell, ComparisonSide& side) {
  side.cells.push_back(name_in(cell, "cell"));
  each(cell.at("rows"), [&](const CheckedJson& row) {
    const std::string name = name_in(row, "row");
    if (!side.runs.contains(name)) row.at("row").refuse("a row that `rows` of the report lists");
    if (row.at("runs").integer(0, kRunsMax) == 0) return;
    if (std::find(side.rows.begin(), side.rows.end(), name) == side.rows.end()) side.rows.push_back(name);
    const CheckedJson violations = row.at("joint_violations");
    side.means[{kViolations, side.cells.back(), name}] = {violations.at("rate").number_or_nan(),
                                                          interval_in(violations)};
    each(row.at("scores"), [&](const CheckedJson& score) {
      side.means[{reward_measure(view_in(score)), side.cells.back(), name}] = {
          score.at("reward").number_or_nan(), interval_in(score.at("reward_interval"))};
    });
  });
}

// Intervals away from home are under the report's claim.
void read_drift(const CheckedJson& drift, ComparisonSide& side) {
  side.drifts.push_back(name_in(drift, "name"));
  const std::vector<std::string> measures = drift_measures(side.drifts.back());
  each(drift.at("rows"), [&](const CheckedJson& row) {
    each(row.at("cells"), [&](const CheckedJson& cell) {
      for (std::size_t m = 0; m < measures.size(); ++m) {
        const CheckedJson figure = cell.at(m == 0 ? "reward" : "violations");
        side.means[{measures[m], name_in(cell, "cell"), name_in(row, "row")}] = {
            figure.at("away").number_or_nan(), interval_in(figure.at("away_interval"))};
      }
    });
  });
}

std::vector<std::uint32_t> indices(const CheckedJson& list, std::size_t below) {
  std::vector<std::uint32_t> result;
  each(list, [&](const CheckedJson& value) {
    result.push_back(static_cast<std::uint32_t>(value.integer(0, static_cast<std::int64_t>(below) - 1)));
  });
  return result;
}

void read_evidence(const CheckedJson& evidence, ComparisonSide& side) {
  side.run_name = evidence.at("runs").texts(kListMax, kLongTextMax);
  std::vector<std::string>& views = side.evident_views;
  each(evidence.at("views"), [&](const CheckedJson& view) { views.push_back(view_in(view)); });
  side.design.runs = side.run_name.size();
  side.design.run = indices(evidence.at("run"), side.run_name.size());
  std::map<std::pair<std::uint32_t, std::int64_t>, std::uint32_t> episodes;
  each(evidence.at("episode"), [&](const CheckedJson& id) {
    side.episode.push_back(id.integer());
    if (side.episode.size() > side.design.run.size()) id.refuse("one episode for every test");
    const std::uint32_t data = side.rule.runs_have_data ? side.design.run[side.episode.size() - 1] : 0;
    side.design.episode.push_back(
        episodes.emplace(std::pair(data, side.episode.back()), static_cast<std::uint32_t>(episodes.size()))
            .first->second);
  });
  side.design.episodes = episodes.size();
  if (side.episode.size() != side.design.run.size()) evidence.at("run").refuse("one run for every test");
  evidence.at("rows").array_size(kListMax);
}

void read_evidence_row(const CheckedJson& row, ComparisonSide& side) {
  const std::vector<std::string>& views = side.evident_views;
  const std::string name = name_in(row, "row");
  side.add_series(kViolations, name, row.at("violation").numbers_or_nan(side.design.tests()));
  const CheckedJson rewards = row.at("reward");
  if (rewards.array_size(kListMax) != views.size()) rewards.refuse("one list for every view");
  for (std::size_t v = 0; v < views.size(); ++v)
    side.add_series(reward_measure(views[v]), name, rewards.at(v).numbers_or_nan(side.design.tests()));
}

std::string headline_in(const CheckedJson& root, const std::vector<std::string>& views) {
  if (root.has("headline") && !root.at("headline").at("view").value().is_null()) {
    const std::string view = view_in(root.at("headline").at("view"));
    if (std::ranges::count(views, view) == 0) root.at("headline").at("view").refuse("a view of the suite");
    return view;
  }
  return views.empty() ? std::string() : views.front();
}

ComparisonSide side_of_report(std::istream& text, const std::string& name) {
  // What there is of every trial or test and is not read, or row by row.
  const ListedJson document(
      text, name, "evidence/rows",
      {"trials", "timing", "tests", "cells/rows/tasks", "cells/rows/scores/run_reward"});
  const CheckedJson root(document.rest(), name);
  if (name_in(root, "format") != kReportFormat) {
    root.at("format").refuse(
        fmt::format("\"{}\": make the report again with `offload-bench report`", kReportFormat));
  }
  ComparisonSide side;
  side.name = name;
  read_suite(root.at("suite"), side);
  side.version = name_in(root.at("provenance"), "version");
  side.left_out = root.at("left_out").array_size(kListMax);
  each(root.at("suite").at("views"), [&](const CheckedJson& view) { side.views.push_back(view_in(view)); });
  side.headline = headline_in(root, side.views);
  each(root.at("rows"), [&](const CheckedJson& row) {
    const CheckedJson trials = row.at("trials");
    side.runs[name_in(row, "row")] = {static_cast<std::size_t>(trials.at("planned").integer(0, kRunsMax)),
                                      static_cast<std::size_t>(trials.at("finished").integer(0, kRunsMax))};
  });
  each(root.at("cells"), [&](const CheckedJson& cell) { read_cell(cell, side); });
  side.margins = root.has("margins");
  if (root.has("drifts")) each(root.at("drifts"), [&](const CheckedJson& drift) { read_drift(drift, side); });
  read_evidence(root.at("evidence"), side);
  document.for_each([&](std::size_t i, const nlohmann::json& row) {
    read_evidence_row(CheckedJson(row, name, fmt::format("/evidence/rows/{}", i)), side);
  });
  return side;
}

}  // namespace

std::string reward_measure(const std::string& view) { return "reward: " + view; }

bool less_is_better(const std::string& measure) { return measure.starts_with(kViolations); }

std::vector<std::string> drift_measures(const std::string& drift) {
  return {"reward: drift " + drift, std::string(kViolations) + ": drift " + drift};
}

ComparisonSide comparison_side(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) {
    std::ifstream file = open_bounded(path, kReportMax);
    return side_of_report(file, path.string());
  }
  Spool text;
  write_report_json(report_of(folders_of_report(path)),
                    [&text](std::string_view part) { text.append(part); });
  SpoolBuffer buffer(text);
  std::istream in(&buffer);
  return side_of_report(in, path.string());
}

void ComparisonSide::add_series(const std::string& measure, const std::string& row,
                                const std::vector<double>& values) {
  const auto* const bytes = reinterpret_cast<const char*>(values.data());
  series_at_[{measure, row}] = spool_->append({bytes, values.size() * sizeof(double)});
}

std::optional<std::vector<double>> ComparisonSide::series(const std::string& measure,
                                                          const std::string& row) const {
  const auto found = series_at_.find({measure, row});
  if (found == series_at_.end()) return std::nullopt;
  std::vector<double> values(design.tests());
  std::string bytes;
  spool_->read(found->second, values.size() * sizeof(double), bytes);
  bytes.copy(reinterpret_cast<char*>(values.data()), bytes.size());
  return values;
}

}  // namespace offload
