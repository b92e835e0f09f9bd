#include "export/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "export/tables.hpp"
#include "report/figures/references.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

constexpr int kNameColumns = 22;

// Indices into Report::rows, in the order of `candidates`: those named, else the first.
std::vector<std::size_t> chosen_rows(const Report& report, const std::vector<std::size_t>& candidates,
                                     const std::vector<std::string>& names, const char* what) {
  if (candidates.empty()) fail(ErrorKind::data, "no row has {}", what);
  std::vector<std::size_t> chosen;
  for (const std::string& name : names) {
    const auto found =
        std::ranges::find_if(candidates, [&](std::size_t row) { return report.rows[row].row.name == name; });
    if (found != candidates.end()) {
      chosen.push_back(*found);
      continue;
    }
    std::vector<std::string> known;
    for (const std::size_t row : candidates) known.push_back(report.rows[row].row.name);
    fail(ErrorKind::config, "--row {}: no such row has {}; known: {}", printable(name), what,
         printable(fmt::format("{}", fmt::join(known, ", ")), 400));
  }
  if (!names.empty()) return chosen;
  chosen = candidates;
  if (chosen.size() > kFigureRows) chosen.resize(kFigureRows);
  return chosen;
}

// Rows in the order in which the page gives them colours: as they stand under the view, then the others.
std::vector<std::size_t> by_rank(const Report& report, std::size_t view) {
  std::vector<std::size_t> order;
  if (view < report.boards.size()) {
    for (const LeaderboardEntry& entry : report.boards[view].entries) order.push_back(entry.row);
  }
  for (std::size_t row = 0; row < report.rows.size(); ++row) {
    if (std::ranges::count(order, row) == 0) order.push_back(row);
  }
  return order;
}

// As the page has it (reports/page/rows.js): of no more rows than there are colours each has its own,
// whatever is shown; of more the first ones by rank, and what is shown besides takes what is free.
std::vector<ChartSeries> series_of(const Report& report, std::size_t view,
                                   const std::vector<std::size_t>& rows) {
  std::vector<std::string> names;
  for (const std::size_t row : rows) names.push_back(report.rows[row].row.name);
  names = text::shown_names(names, kNameColumns);
  const std::vector<std::size_t> order = by_rank(report, view);
  const bool few = report.rows.size() <= kChartColours;
  std::vector<ChartSeries> series;
  std::set<std::size_t> taken;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto place = static_cast<std::size_t>(std::ranges::find(order, rows[i]) - order.begin());
    series.push_back({names[i], few ? rows[i] : place, rows[i]});
    if (series[i].colour < kChartColours) taken.insert(series[i].colour);
  }
  for (ChartSeries& one : series) {
    if (one.colour < kChartColours) continue;
    for (one.colour = 0; taken.contains(one.colour);) ++one.colour;
    taken.insert(one.colour);
  }
  return series;
}

// Of a mark, and of a row in the legend.
std::string over_words(double max_violation_rate) {
  if (max_violation_rate == 0) return "over a budget";
  return "over in > " + text::percent(max_violation_rate) + " of tests";
}

const Curve* curve_of(const RowFigures& row, const std::string& name) {
  const auto found = std::ranges::find(row.curves, name, &Curve::name);
  return found == row.curves.end() || found->points.empty() ? nullptr : &*found;
}

}  // namespace

Chart budget_chart(const Report& report, std::size_t view, const std::vector<std::string>& names) {
  std::vector<std::size_t> ranked;
  if (view < report.boards.size()) {
    for (const LeaderboardEntry& entry : report.boards[view].entries) ranked.push_back(entry.row);
  }
  const std::vector<std::size_t> rows = chosen_rows(report, ranked, names, "finished all its runs");
  Chart chart;
  chart.title =
      fmt::format("{}: reward by budget, {}", text::shown(report.plan.suite, 60), report.views[view].name());
  chart.x_label = "budget cell";
  chart.y_label = "mean reward, 95 % interval";
  chart.series = series_of(report, view, rows);
  for (const ReportCell& cell : report.plan.cells) chart.categories.push_back(text::shown(cell.name, 12));
  chart.panels.emplace_back();
  bool any_over = false;
  for (std::size_t s = 0; s < rows.size(); ++s) {
    ChartLine line{s, {}};
    for (std::size_t c = 0; c < report.plan.cells.size(); ++c) {
      const CellFigures& cell = report.rows[rows[s]].cell[c];
      const ScoreFigures& figures = cell.view[view];
      const bool over = cell.joint.rate > report.plan.max_violation_rate;
      line.points.push_back(
          {static_cast<double>(c), figures.reward, figures.interval.low, figures.interval.high, over});
      any_over = any_over || over;
    }
    chart.panels.front().lines.push_back(std::move(line));
    const auto& entries = report.boards[view].entries;
    chart.series[s].open = std::ranges::find(entries, rows[s], &LeaderboardEntry::row)->tier != 1;
    if (chart.series[s].open) chart.series[s].name += " (tier 2)";
    any_over = any_over || chart.series[s].open;
  }
  if (any_over) {
    chart.filled_means = "keeps the budgets";
    chart.open_means = over_words(report.plan.max_violation_rate);
  }
  return chart;
}

Chart curves_chart(const Report& report, const std::vector<std::string>& names) {
  std::vector<std::size_t> learners;
  for (std::size_t row = 0; row < report.rows.size(); ++row) {
    const bool has = std::ranges::any_of(report.plan.cells, [&](const ReportCell& cell) {
      return curve_of(report.rows[row], "reward/" + cell.name) != nullptr;
    });
    if (has) learners.push_back(row);
  }
  const std::vector<std::size_t> rows = chosen_rows(
      report, learners, names, "a learning curve; give [training] curve_every, no more than its steps");
  Chart chart;
  chart.title = fmt::format("{}: learning curves, {}", text::shown(report.plan.suite, 60),
                            training_view(report.plan).value_or(report.views.at(0)).name());
  chart.x_label = "training step";
  chart.y_label = "mean test reward; band: lowest to highest run";
  chart.bands = true;
  chart.series = series_of(report, headline_view(report), rows);
  for (const ReportCell& cell : report.plan.cells) {
    ChartPanel panel{text::shown(cell.name, 30), {}};
    for (std::size_t s = 0; s < rows.size(); ++s) {
      const Curve* curve = curve_of(report.rows[rows[s]], "reward/" + cell.name);
      if (curve == nullptr) continue;
      ChartLine line{s, {}};
      for (const Curve::Point& point : curve->points)
        line.points.push_back({static_cast<double>(point.step), point.mean, point.min, point.max});
      panel.lines.push_back(std::move(line));
    }
    chart.panels.push_back(std::move(panel));
  }
  return chart;
}

}  // namespace offload
