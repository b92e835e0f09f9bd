#include "export/tables.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "report/figures/world.hpp"
#include "report/formats/formats.hpp"
#include "report/text/text.hpp"
#include "results/store.hpp"

namespace offload {
namespace {

// Of the folders where it counts, the first that has it.
std::optional<TrialResult> finished_trial(const std::vector<std::filesystem::path>& folders,
                                          const JoinedKeys& keys, const std::string& key) {
  for (std::size_t i = 0; i < folders.size(); ++i) {
    if (keys.passed_over[i].contains(key)) continue;
    auto trial = Store(folders[i]).read_trial(key);
    if (trial && trial->status == TrialStatus::ok) return trial;
  }
  return std::nullopt;
}

// Of which trial, and what the report calls its row and its actions.
struct Decided {
  const TrialResult& trial;
  const std::string& row;
  const std::vector<std::string>& names;
};

// After which drift it decided, and was trained from the start; empty: at home.
struct Abroad {
  TableValue drift, trained;
};

void write_decisions_of(const Decided& of, const Abroad& abroad, const std::vector<CellResult>& cells,
                        TableWriter& table) {
  for (const CellResult& cell : cells) {
    for (std::size_t e = 0; e < cell.decisions.size(); ++e) {
      for (std::size_t t = 0; t < cell.decisions[e].size(); ++t) {
        const std::uint16_t action = cell.decisions[e][t];
        table.line({of.row, of.trial.split, cell.cell, of.trial.episode_ids[e], static_cast<std::int64_t>(t),
                    std::int64_t{action},
                    action < of.names.size() ? TableValue(of.names[action]) : TableValue(), abroad.drift,
                    abroad.trained});
      }
    }
  }
}

// A field of leaderboard.csv as the value that it stands for.
TableValue value_of(const std::string& column, const std::string& field) {
  static const std::set<std::string> texts = {"lens", "model", "row", "plugin", "status", "static_mix"};
  if (field.empty()) return {};
  if (texts.contains(column)) return field;
  const char* const end = field.data() + field.size();
  std::int64_t whole = 0;
  if (const auto [rest, error] = std::from_chars(field.data(), end, whole);
      error == std::errc() && rest == end)
    return whole;
  double number = 0;
  std::from_chars(field.data(), end, number);
  return number;
}

// Which of several views a table is of.
std::string among_views(const Report& report, std::size_t view) {
  if (report.views.size() == 1) return {};
  const std::size_t headline = headline_view(report);
  if (view == headline) return fmt::format(" (the headline's of {})", counted(report.views.size(), "view"));
  return fmt::format(" (one of {}; the headline is under {})", counted(report.views.size(), "view"),
                     report.views[headline].name());
}

// For a page of a paper; every line stands as it is.
void write_latex(const Report& report, std::size_t view, const TableWriter::Sink& sink) {
  if (report.boards.empty())
    fail(ErrorKind::data, "no row finished, so there is no leaderboard; run the suite to its end");
  const Leaderboard& board = report.boards[view];
  TableWriter table(TableFormat::latex,
                    {"Tier", "Rank", "Row", "Reward [95 %]", "Latency (s)",
                     fmt::format("Cost ({})", cost_unit(report.plan)), "Over budget"},
                    sink, "rrlrrrr");
  for (const LeaderboardEntry& entry : board.entries) {
    table.line({std::int64_t{entry.tier}, std::int64_t{entry.rank}, report.rows[entry.row].row.name,
                fmt::format("{:.3f} [{:.3f}, {:.3f}]", entry.reward, entry.interval.low, entry.interval.high),
                fmt::format("{:.2f}", entry.per_episode[0]), text::cost(entry.per_episode[1]),
                text::percent(entry.joint.rate)});
  }
  table.end();
  sink(fmt::format("% {}, {}{}: means over {} and {}\n", text::shown(report.plan.suite), board.view.name(),
                   among_views(report, view), counted(report.plan.cells.size(), "cell"),
                   counted(report.plan.splits.size(), "run")));
}

}  // namespace

void write_decisions(const Report& report, const ReportFolders& folders, TableFormat format,
                     const TableWriter::Sink& sink) {
  const std::vector<std::string> names = action_names(report.plan);
  const JoinedKeys keys = joined_plan(folders.folders, folders.names).keys;
  TableWriter table(format, {"row", "split", "cell", "episode", "turn", "action", "name", "drift", "trained"},
                    sink);
  for (std::size_t i = 0; i < report.plan.trials.size(); ++i) {
    const TrialLine line = report.head(i);
    if (!line.present || line.status != TrialStatus::ok) continue;
    const auto trial = finished_trial(folders.folders, keys, line.planned.key);
    if (!trial) continue;
    const Decided of{*trial, line.planned.row, names};
    write_decisions_of(of, {}, trial->cells, table);
    for (const DriftResult& drift : trial->drifts) {
      write_decisions_of(of, {drift.name, {}}, drift.cells, table);
      write_decisions_of(of, {drift.name, drift.name}, drift.native, table);
    }
  }
  table.end();
}

void write_curves(const Report& report, TableFormat format, const TableWriter::Sink& sink) {
  TableWriter table(format, {"row", "split", "step", "name", "value"}, sink);
  for (std::size_t i = 0; i < report.plan.trials.size(); ++i) {
    if (!report.has_curve(i)) continue;
    const TrialLine line = report.line(i);
    for (const CurvePoint& point : line.curve) {
      for (const auto& [name, value] : point.values)
        table.line({line.planned.row, line.planned.split, point.step, name, value});
    }
  }
  table.end();
}

void write_leaderboard(const Report& report, std::optional<std::size_t> view, TableFormat format,
                       const TableWriter::Sink& sink) {
  if (format == TableFormat::latex) return write_latex(report, view.value_or(headline_view(report)), sink);
  const std::vector<std::vector<std::string>> lines = leaderboard_lines(report);
  TableWriter table(format, lines.front(), sink);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const bool of_view =
        !view || (lines[i][0] == report.views[*view].lens && lines[i][1] == report.views[*view].model);
    if (!of_view) continue;
    std::vector<TableValue> values;
    for (std::size_t c = 0; c < lines[i].size(); ++c)
      values.push_back(value_of(lines.front()[c], lines[i][c]));
    table.line(values);
  }
  table.end();
}

std::size_t headline_view(const Report& report) { return report.headline.board.value_or(0); }

std::size_t view_named(const Report& report, const std::string& name) {
  std::vector<std::string> known;
  for (std::size_t v = 0; v < report.views.size(); ++v) {
    known.push_back(report.views[v].name());
    if (known.back() == name) return v;
  }
  fail(ErrorKind::config, "--view: no view '{}'; known: {}", printable(name), fmt::join(known, ", "));
}

}  // namespace offload
