#include <cmath>

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
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  return percent ? fmt::format("{:+.1f} %", 100 * value) : fmt::format("{:+.3f}", value);
}

std::string p_text(double p) { return p < .001 ? "<.001" : fmt::format("{:.3f}", p); }

std::string time_text(double ns) {
  for (const auto& [unit, size] : {std::pair{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}}) {
    if (ns >= size) return fmt::format("{:.4g} {}", ns / size, unit);
  }
  return fmt::format("{:.4g} ns", ns);
}

std::vector<std::string> heads_of(bool benchmarks) {
  std::vector<std::string> heads = {"A", "B", "B - A", "95 %", "p (Holm)", "Verdict"};
  heads.insert(heads.begin(), benchmarks ? "Benchmark" : "Row");
  if (!benchmarks) heads.insert(heads.begin(), "Cell");
  return heads;
}

std::vector<std::string> fields_of(const ComparisonLine& line, bool benchmark) {
  const auto value = [&](double v) { return benchmark ? time_text(v) : fixed(v, 3); };
  std::vector<std::string> fields = {
      line.row,
      value(line.a),
      value(line.b),
      bound(line.difference, benchmark),
      bound(line.interval.low, benchmark) + " .. " + bound(line.interval.high, benchmark),
      p_text(line.p_holm),
      word(line.verdict)};
  if (!benchmark) fields.insert(fields.begin(), shown(line.cell, 16));
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
    case Verdict::tie:
    case Verdict::unclear:
      break;
  }
  return Style::plain;
}

std::vector<std::string> measures_of(const Comparison& comparison) {
  std::vector<std::string> measures;
  for (const ComparisonLine& line : comparison.lines) {
    if (measures.empty() || measures.back() != line.measure) measures.push_back(line.measure);
  }
  return measures;
}

// Of what the lines of a measure are; where they differ, CSV and JSON say so of each.
std::string titled(const Comparison& comparison, const std::string& measure) {
  std::string basis;
  for (const ComparisonLine& line : comparison.lines) {
    if (line.measure != measure) continue;
    if (!basis.empty() && basis != line.basis) return measure;
    basis = line.basis;
  }
  return measure + " (" + basis + ")";
}

std::string missing_text(const MissingPart& part) {
  return fmt::format("{} '{}' is not in {}", part.what, shown(part.name, 60), shown(part.from, 120));
}

std::string summary_text(const Comparison& comparison) {
  std::string text = fmt::format(
      "{} compared: {} better, {} worse, {} of them a confirmed regression beyond the threshold of {}",
      comparison.lines.size(), comparison.count(Verdict::better),
      comparison.count(Verdict::worse) + comparison.count(Verdict::regression),
      comparison.count(Verdict::regression),
      comparison.benchmarks ? fmt::format("{:g}\u00a0%", 100 * comparison.threshold)
                            : fmt::format("{:g}", comparison.threshold));
  if (!comparison.missing.empty()) text += fmt::format("; {} missing on one side", comparison.missing.size());
  return text + ".";
}

// The first measure is shown whole; of the others, a terminal shows what changed.
void print_measure(Terminal& terminal, const Comparison& comparison, const std::string& measure, bool whole) {
  Table table{heads_of(comparison.benchmarks), comparison.benchmarks ? 0U : 1U, {}};
  std::size_t ties = 0, lines = 0;
  for (const ComparisonLine& line : comparison.lines) {
    if (line.measure != measure) continue;
    ++lines;
    if (!whole && line.verdict == Verdict::tie) {
      ++ties;
      continue;
    }
    table.rows.push_back({fields_of(line, comparison.benchmarks), style_of(line.verdict)});
  }
  terminal.line("");
  terminal.line(shown(titled(comparison, measure), 100), Style::bold);
  if (!table.rows.empty()) terminal.table(table);
  if (ties > 0) terminal.line(fmt::format(" {} of {} lines are ties", ties, lines), Style::dim);
}

}  // namespace

std::string comparison_table(const Comparison& comparison, bool color, int width) {
  Terminal terminal(color, width);
  terminal.paragraph("A:", shown(comparison.a, 200), Style::dim);
  terminal.paragraph("B:", shown(comparison.b, 200), Style::dim);
  const auto measures = measures_of(comparison);
  for (std::size_t i = 0; i < measures.size(); ++i) print_measure(terminal, comparison, measures[i], i == 0);
  terminal.line("");
  for (const std::string& note : comparison.notes) terminal.paragraph("Note:", note, Style::warn);
  for (const MissingPart& part : comparison.missing)
    terminal.paragraph("Missing:", missing_text(part), Style::bad);
  terminal.paragraph("Summary:", summary_text(comparison), comparison.clean() ? Style::good : Style::bad);
  return terminal.take();
}

std::string comparison_csv(const Comparison& comparison) {
  std::string out = "measure,cell,row,a,b,difference,low,high,p,p_holm,verdict,basis\n";
  for (const ComparisonLine& line : comparison.lines) {
    out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\n", text::csv(line.measure), text::csv(line.cell),
                       text::csv(line.row), text::exact(line.a), text::exact(line.b),
                       text::exact(line.difference), text::exact(line.interval.low),
                       text::exact(line.interval.high), text::exact(line.p), text::exact(line.p_holm),
                       word(line.verdict), text::csv(line.basis));
  }
  for (const MissingPart& part : comparison.missing) {
    out += fmt::format("{},,{},,,,,,,,missing,{}\n", text::csv(part.what), text::csv(part.name),
                       text::csv("not in " + part.from));
  }
  return out;
}

std::string comparison_json(const Comparison& comparison) {
  Json lines = Json::array(), missing = Json::array();
  for (const ComparisonLine& line : comparison.lines) {
    lines.push_back({{"measure", line.measure},
                     {"cell", line.cell},
                     {"row", line.row},
                     {"a", line.a},
                     {"b", line.b},
                     {"difference", line.difference},
                     {"low", line.interval.low},
                     {"high", line.interval.high},
                     {"p", line.p},
                     {"p_holm", line.p_holm},
                     {"basis", line.basis},
                     {"verdict", word(line.verdict)}});
  }
  for (const MissingPart& part : comparison.missing) {
    missing.push_back({{"what", part.what}, {"name", part.name}, {"not_in", part.from}});
  }
  const Json document = {{"format", "offload-comparison/1"},
                         {"a", comparison.a},
                         {"b", comparison.b},
                         {"threshold", comparison.threshold},
                         {"regressions", comparison.count(Verdict::regression)},
                         {"notes", comparison.notes},
                         {"missing", missing},
                         {"lines", lines}};
  return written(document) + "\n";
}

std::string comparison_markdown(const Comparison& comparison) {
  std::string out =
      fmt::format("# {} against {}\n\n{}\n", text::markdown(shown(comparison.b)),
                  text::markdown(shown(comparison.a)), text::markdown(summary_text(comparison)));
  for (const std::string& note : comparison.notes) out += "\n- " + text::markdown(note) + "\n";
  for (const MissingPart& part : comparison.missing) {
    out += "\n- Missing: " + text::markdown(missing_text(part)) + "\n";
  }
  for (const std::string& measure : measures_of(comparison)) {
    out += "\n## " + text::markdown(shown(titled(comparison, measure))) + "\n\n|";
    for (const std::string& head : heads_of(comparison.benchmarks)) out += fmt::format(" {} |", head);
    out += comparison.benchmarks ? "\n|---|---:|---:|---:|---:|---:|---|\n"
                                 : "\n|---|---|---:|---:|---:|---:|---:|---|\n";
    for (const ComparisonLine& line : comparison.lines) {
      if (line.measure != measure) continue;
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
