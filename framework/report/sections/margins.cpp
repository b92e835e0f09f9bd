#include "report/sections/margins.hpp"
#include "core/counted.hpp"
#include "report/text/few.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

struct MarginSums {
  std::int64_t kept = 0, sessions = 0, groups = 0;  // runs; the fewest of any run
  int least = 100, most = 0;                        // percent, over the runs that kept it
};

MarginSums sums_of(const std::vector<CellMargin>& margins) {
  MarginSums sums{0, margins.front().sessions, margins.front().groups};
  for (const CellMargin& margin : margins) {
    sums.sessions = std::min(sums.sessions, margin.sessions);
    sums.groups = std::min(sums.groups, margin.groups);
    if (!margin.kept) continue;
    ++sums.kept;
    sums.least = std::min(sums.least, margin.margin_percent);
    sums.most = std::max(sums.most, margin.margin_percent);
  }
  return sums;
}

// What the tests say of the promise, which is one of means: of single runs it may be broken.
const char* verdict_on(const CellFigures& cell, const MarginSums& sums) {
  if (sums.kept < static_cast<std::int64_t>(cell.margin.size())) return "no margin is enough";
  return cell.joint.interval.low > cell.margin.front().share ? "contradicted" : "not contradicted";
}

// "10 %", "5 to 10 %"; "-" where no margin was enough.
std::string range_of(const MarginSums& sums) {
  return sums.kept == 0            ? "-"
         : sums.least == sums.most ? fmt::format("{} %", sums.least)
                                   : fmt::format("{} to {} %", sums.least, sums.most);
}

template <typename Visit>
void each_margin(const Report& report, const Visit& visit) {
  for (std::size_t r = 0; r < report.rows.size(); ++r) {
    for (std::size_t c = 0; c < report.rows[r].cell.size(); ++c) {
      if (!report.rows[r].cell[c].margin.empty()) visit(r, c, report.rows[r].cell[c]);
    }
  }
}

}  // namespace

bool has_margins(const Report& report) {
  bool any = false;
  each_margin(report, [&any](std::size_t, std::size_t, const CellFigures&) { any = true; });
  return any;
}

Json margins_json(const Report& report) {
  Json list = Json::array();
  each_margin(report, [&](std::size_t r, std::size_t c, const CellFigures& cell) {
    const MarginSums sums = sums_of(cell.margin);
    const auto percent = [&sums](int value) { return sums.kept > 0 ? Json(value) : Json(); };
    list.push_back({{"row", report.rows[r].row.name},
                    {"cell", report.plan.cells[c].name},
                    {"share", cell.margin.front().share},
                    {"runs", cell.margin.size()},
                    {"runs_with_margin", sums.kept},
                    {"least_percent", percent(sums.least)},
                    {"most_percent", percent(sums.most)},
                    {"calibration_sessions", sums.sessions},
                    {"calibration_groups", sums.groups},
                    {"realised", cell.joint},
                    {"promise", verdict_on(cell, sums)}});
  });
  return list;
}

std::string margins_markdown(const Report& report) {
  if (!has_margins(report)) return {};
  std::string out =
      "\n## Margins\n\nAgents and masks saw each cell's limits lowered by the least margin under which a "
      "session to come breaks one of them, as they are, with at most the promised probability. The promise "
      "is "
      "of the trained policy as it is, over the draw of calibration and test sessions alike; it assumes of "
      "sessions only that groups which share prompts are exchangeable, and nothing of the policy. It was "
      "calibrated on sessions of the training side that neither fitted nor trained anything. Where no margin "
      "is enough nothing is promised, and the limits stayed as they are.\n\n"
      "| Row | Cell | Promised | Runs with a margin | Margin | Calibrated on | Over in tests | Promise "
      "|\n|:--|:--|--:|--:|--:|--:|--:|:--|\n";
  each_margin(report, [&](std::size_t r, std::size_t c, const CellFigures& cell) {
    const MarginSums sums = sums_of(cell.margin);
    out += fmt::format("| {} | {} | at most {} | {} of {} | {} | {}, {} | {} ({} to {}) | {} |\n",
                       text::markdown(report.rows[r].row.name), text::markdown(report.plan.cells[c].name),
                       text::percent(cell.margin.front().share), sums.kept, cell.margin.size(),
                       range_of(sums), counted(sums.sessions, "session"), counted(sums.groups, "group"),
                       text::percent(cell.joint.rate), text::percent(cell.joint.interval.low),
                       text::percent(cell.joint.interval.high), verdict_on(cell, sums));
  });
  return out;
}

std::string margins_csv(const Report& report) {
  if (!has_margins(report)) return {};
  std::string out = text::csv_line({"row", "cell", "share", "runs", "runs_with_margin", "least_percent",
                                    "most_percent", "calibration_sessions", "calibration_groups", "realised",
                                    "realised_low", "realised_high", "promise"});
  each_margin(report, [&](std::size_t r, std::size_t c, const CellFigures& cell) {
    const MarginSums sums = sums_of(cell.margin);
    const auto percent = [&sums](int value) { return sums.kept > 0 ? std::to_string(value) : ""; };
    out += text::csv_line({report.rows[r].row.name, report.plan.cells[c].name,
                           text::exact(cell.margin.front().share), std::to_string(cell.margin.size()),
                           std::to_string(sums.kept), percent(sums.least), percent(sums.most),
                           std::to_string(sums.sessions), std::to_string(sums.groups),
                           text::exact(cell.joint.rate), text::exact(cell.joint.interval.low),
                           text::exact(cell.joint.interval.high), verdict_on(cell, sums)});
  });
  return out;
}

void print_margins(Terminal& terminal, const Report& report) {
  if (!has_margins(report)) return;
  terminal.line("");
  terminal.title("Margins: by how much limits were lowered so that few sessions break them as they are" +
                 text::few(report.evidence.design.tests(), report.evidence.design.runs));
  Table table{{"Row", "Cell", "Promised", "Runs", "Margin", "Over in tests, 95 %", "Promise"},
              0,
              {},
              {"Row", "Cell", "Most", "Runs", "Margin", "Over, 95 %", "Promise"},
              {3, 2, 4}};
  each_margin(report, [&](std::size_t r, std::size_t c, const CellFigures& cell) {
    const MarginSums sums = sums_of(cell.margin);
    const std::string verdict = verdict_on(cell, sums);
    table.rows.push_back(
        {{text::shown(report.rows[r].row.name), text::shown(report.plan.cells[c].name, 20),
          text::percent(cell.margin.front().share), fmt::format("{}/{}", sums.kept, cell.margin.size()),
          range_of(sums),
          fmt::format("{} ({} to {})", text::percent(cell.joint.rate), text::percent(cell.joint.interval.low),
                      text::percent(cell.joint.interval.high)),
          verdict},
         verdict == "not contradicted" ? Style::plain : Style::warn});
  });
  terminal.table(table);
}

}  // namespace offload
