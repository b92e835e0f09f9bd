#include <cmath>
#include <map>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "report/comparison/comparison.hpp"
#include "report/formats/json.hpp"
#include "report/text/terminal.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

using text::fixed;
using text::shown;

std::string bound(double value, bool percent) {
  if (std::isnan(value)) return "-";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  return percent ? fmt::format("{:+.1f} %", 100 * value) : fmt::format("{:+.3f}", value);
}

std::string time_text(double ns) {
  for (const auto& [unit, size] : {std::pair{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}}) {
    if (ns >= size) return fmt::format("{:.4g} {}", ns / size, unit);
  }
  return fmt::format("{:.4g} ns", ns);
}

std::vector<std::string> heads_of(bool cells, bool corrected, bool benchmarks = false) {
  std::vector<std::string> heads = {"A", "B", "B - A", "95 %", corrected ? "p (Holm)" : "p", "Verdict"};
  heads.insert(heads.begin(), benchmarks ? "Benchmark" : "Row");
  if (cells) heads.insert(heads.begin(), "Cell");
  return heads;
}

constexpr int kCellMost = 16;

// Cells by how they are shown, cut to a column.
std::map<std::string, std::string> shown_cells(const Comparison& comparison) {
  std::vector<std::string> cells;
  for (const ComparisonLine& line : comparison.lines) cells.push_back(line.cell);
  const std::vector<std::string> cut = text::shown_names(cells, kCellMost);
  std::map<std::string, std::string> out;
  for (std::size_t i = 0; i < cells.size(); ++i) out.emplace(cells[i], cut[i]);
  return out;
}

std::vector<std::string> fields_of(const ComparisonLine& line, bool benchmark) {
  const auto value = [&](double v) { return benchmark ? time_text(v) : fixed(v, 3); };
  std::vector<std::string> fields = {
      line.row,
      value(line.a),
      value(line.b),
      bound(line.difference, benchmark),
      bound(line.interval.low, benchmark) + " .. " + bound(line.interval.high, benchmark),
      text::p_value(line.p_holm),
      word(line.verdict)};
  if (!benchmark && !line.deciding) fields.insert(fields.begin(), line.cell);
  return fields;
}

Style style_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::better:
      return Style::good;
    case Verdict::regression:
      return Style::bad;
    case Verdict::worse:
      return Style::warn;
    case Verdict::none:
      return Style::warn;
    case Verdict::tie:
    case Verdict::unclear:
      break;
  }
  return Style::plain;
}

using Part = std::pair<std::string, bool>;  // measure, and whether it decides

std::vector<Part> parts_of(const Comparison& comparison) {
  std::vector<Part> parts;
  for (const ComparisonLine& line : comparison.lines) {
    const Part part{line.measure, line.deciding};
    if (parts.empty() || parts.back() != part) parts.push_back(part);
  }
  return parts;
}

bool belongs(const ComparisonLine& line, const Part& part) {
  return line.measure == part.first && line.deciding == part.second;
}

// Of what the lines of a measure are; where they differ, CSV and JSON say so of each.
std::string titled(const Comparison& comparison, const Part& part) {
  // Of microbenchmarks of as many repetitions what is behind the count differs by line.
  const auto shared = [](const std::string& a, const std::string& b) {
    const std::string count = a.substr(0, a.find(", P("));
    return a == b ? a : count == b.substr(0, b.find(", P(")) ? count : std::string();
  };
  std::string basis, title = part.first;
  if (!comparison.benchmarks) title += part.second ? ", mean over cells" : ", by cell: exploratory";
  for (const ComparisonLine& line : comparison.lines) {
    if (!belongs(line, part)) continue;
    basis = basis.empty() ? line.basis : shared(basis, line.basis);
    if (basis.empty()) return title;
  }
  return title + " (" + basis + ")";
}

constexpr std::size_t kSettingsShown = 12;

std::string setting_text(const SettingChange& change) {
  return fmt::format("{}: {} in A, {} in B", shown(change.place, 80), shown(change.a, 80),
                     shown(change.b, 80));
}

std::string view_text(const Comparison& comparison) {
  return fmt::format("rewards under {} decide, {}; --view names another", shown(comparison.view, 60),
                     comparison.view_is);
}

std::string missing_text(const MissingPart& part) {
  if (!part.why.empty()) {
    return fmt::format("{} '{}' {}, in {}", part.what, shown(part.name, 60), shown(part.why, 260),
                       shown(part.from, 120));
  }
  return fmt::format("{} '{}' is not in {}", part.what, shown(part.name, 60), shown(part.from, 120));
}

// Lines of an exploratory part in which nothing changed.
struct Quiet {
  std::size_t parts = 0, lines = 0;
};

// What decides is shown whole; of the rest, a terminal shows what changed.
void print_part(Terminal& terminal, const Comparison& comparison, const Part& part, Quiet& quiet) {
  const bool cells = !comparison.benchmarks && !part.second;
  Table table{heads_of(cells, part.second, comparison.benchmarks), cells ? 1U : 0U, {}};
  const std::size_t row = table.name_column;
  table.less_needed = {row + 5, row + 1, row + 2, row + 3};  // p, A, B, B - A
  const std::map<std::string, std::string> cell_names = shown_cells(comparison);
  std::size_t ties = 0, lines = 0;
  for (const ComparisonLine& line : comparison.lines) {
    if (!belongs(line, part)) continue;
    ++lines;
    if (!part.second && line.verdict == Verdict::tie) {
      ++ties;
      continue;
    }
    table.rows.push_back({fields_of(line, comparison.benchmarks), style_of(line.verdict)});
    if (cells) table.rows.back().first.front() = cell_names.at(line.cell);
  }
  if (!part.second && ties == lines) {
    ++quiet.parts;
    quiet.lines += lines;
    return;
  }
  terminal.line("");
  terminal.title(shown(titled(comparison, part), 400));
  terminal.table(table);
  if (ties > 0)
    terminal.line(
        fmt::format(" {} of {} {}", ties, counted(lines, "line"), ties == 1 ? "is a tie" : "are ties"),
        Style::dim);
}

}  // namespace

std::string comparison_table(const Comparison& comparison, bool color, int width) {
  Terminal terminal(color, width);
  terminal.paragraph("A:", shown(comparison.a, 200), Style::dim);
  terminal.paragraph("B:", shown(comparison.b, 200), Style::dim);
  Quiet quiet;
  for (const Part& part : parts_of(comparison)) print_part(terminal, comparison, part, quiet);
  terminal.line("");
  if (quiet.parts > 0) {
    terminal.paragraph("Ties:",
                       fmt::format("{}{} of {} (single cells, other views); --format md shows more",
                                   quiet.lines == 1 ? "" : "all ", counted(quiet.lines, "line"),
                                   counted(quiet.parts, "exploratory table")),
                       Style::dim);
  }
  if (!comparison.view_is.empty()) terminal.paragraph("View:", view_text(comparison), Style::dim);
  if (!comparison.claim.empty()) terminal.paragraph("Claim:", comparison.claim, Style::dim);
  for (std::size_t i = 0; i < std::min(kSettingsShown, comparison.settings.size()); ++i) {
    terminal.paragraph("Setting:", setting_text(comparison.settings[i]), Style::warn);
  }
  if (comparison.settings.size() > kSettingsShown) {
    terminal.paragraph(
        "Setting:",
        fmt::format("{} more differ; --format json names them", comparison.settings.size() - kSettingsShown),
        Style::warn);
  }
  for (const std::string& note : comparison.notes) terminal.paragraph("Note:", note, Style::warn);
  for (const MissingPart& part : comparison.missing)
    terminal.paragraph("Missing:", missing_text(part), Style::bad);
  terminal.paragraph("Summary:", overall(comparison), comparison.clean() ? Style::good : Style::bad);
  return terminal.take();
}

std::string comparison_csv(const Comparison& comparison) {
  std::string out = "measure,cell,row,a,b,difference,low,high,p,p_holm,verdict,basis,deciding\n";
  for (const ComparisonLine& line : comparison.lines) {
    out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", text::csv(line.measure),
                       text::csv(line.cell), text::csv(line.row), text::exact(line.a), text::exact(line.b),
                       text::exact(line.difference), text::exact(line.interval.low),
                       text::exact(line.interval.high), text::exact(line.p), text::exact(line.p_holm),
                       word(line.verdict), text::csv(line.basis), line.deciding ? "yes" : "no");
  }
  for (const MissingPart& part : comparison.missing) {
    out += fmt::format("{},,{},,,,,,,,missing,{},yes\n", text::csv(part.what), text::csv(part.name),
                       text::csv(part.why.empty() ? "not in " + part.from : part.why + ", in " + part.from));
  }
  return out;
}

std::string comparison_json(const Comparison& comparison) {
  const auto line_json = [](const ComparisonLine& line) -> Json {
    return {{"measure", line.measure},
            {"cell", line.cell.empty() ? Json() : Json(line.cell)},
            {"row", line.row},
            {"deciding", line.deciding},
            {"a", line.a},
            {"b", line.b},
            {"difference", line.difference},
            {"low", line.interval.low},
            {"high", line.interval.high},
            {"p", line.p},
            {"p_holm", line.p_holm},
            {"basis", line.basis},
            {"verdict", word(line.verdict)}};
  };
  const auto missing_json = [](const MissingPart& part) -> Json {
    return {{"what", part.what},
            {"name", part.name},
            {"not_in", part.from},
            {"why", part.why.empty() ? Json() : Json(part.why)}};
  };
  const auto setting_json = [](const SettingChange& change) -> Json {
    return {{"place", change.place}, {"a", change.a}, {"b", change.b}};
  };
  const Json document = {{"format", "offload-comparison/2"},
                         {"a", comparison.a},
                         {"b", comparison.b},
                         {"overall", overall(comparison)},
                         {"clean", comparison.clean()},
                         {"claim", comparison.claim},
                         {"view", comparison.view.empty() ? Json() : Json(comparison.view)},
                         {"threshold", comparison.threshold},
                         {"regressions", comparison.count(Verdict::regression)},
                         {"notes", comparison.notes},
                         {"settings", listed(comparison.settings, setting_json)},
                         {"missing", listed(comparison.missing, missing_json)},
                         {"lines", listed(comparison.lines, line_json)}};
  return written(document) + "\n";
}

std::string comparison_markdown(const Comparison& comparison) {
  std::string out = fmt::format("# {} against {}\n\n{}\n", text::markdown(shown(comparison.b)),
                                text::markdown(shown(comparison.a)), text::markdown(overall(comparison)));
  if (!comparison.view_is.empty()) out += "\nView: " + text::markdown(view_text(comparison)) + "\n";
  if (!comparison.claim.empty()) out += "\n" + text::markdown(comparison.claim) + "\n";
  for (const std::string& note : comparison.notes) out += "\n- " + text::markdown(note) + "\n";
  for (const SettingChange& change : comparison.settings) {
    out += "\n- Setting " + text::markdown(setting_text(change)) + "\n";
  }
  for (const MissingPart& part : comparison.missing) {
    out += "\n- Missing: " + text::markdown(missing_text(part)) + "\n";
  }
  for (const Part& part : parts_of(comparison)) {
    const bool cells = !comparison.benchmarks && !part.second;
    out += "\n## " + text::markdown(shown(titled(comparison, part))) + "\n\n|";
    for (const std::string& head : heads_of(cells, part.second, comparison.benchmarks))
      out += fmt::format(" {} |", head);
    out += cells ? "\n|---|---|---:|---:|---:|---:|---:|---|\n" : "\n|---|---:|---:|---:|---:|---:|---|\n";
    for (const ComparisonLine& line : comparison.lines) {
      if (!belongs(line, part)) continue;
      out += "|";
      for (const std::string& field : fields_of(line, comparison.benchmarks)) {
        out += " " + text::markdown(shown(field)) + " |";
      }
      out += "\n";
    }
  }
  return out;
}

}  // namespace offload
