#include "report/formats/pairs.hpp"

#include <algorithm>
#include <cmath>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "report/boards/evidence.hpp"
#include "report/formats/json.hpp"
#include "report/text/terminal.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

struct PairLine {
  RowPair rows;
  std::string view, claim;
  CrossedMoments moments;
  ClaimedMean difference;
};

EvidenceRow row_named(const Report& report, const TestSeries& tests, const std::string& name) {
  std::vector<std::string> known;
  for (const std::size_t row : report.evidence.rows) {
    known.push_back(report.plan.rows[row].name);
    if (known.back() == name) return evidence_row(report, tests, row);
  }
  fail(ErrorKind::config, "--pairs: '{}' is no row with a finished run; known: {}", printable(name),
       printable(fmt::format("{}", fmt::join(known, ", ")), 2000));
}

std::vector<PairLine> lines_of(const Report& report, const std::vector<RowPair>& pairs) {
  const Evidence& evidence = report.evidence;
  if (evidence.rows.empty() && report.finished() > 0) {
    fail(ErrorKind::config,
         "--pairs: the report is too large to keep every test of its rows; report fewer rows");
  }
  const TestSeries tests(report.plan, *report.matched);
  std::vector<PairLine> lines;
  for (const RowPair& pair : pairs) {
    if (pair.first == pair.second) {
      fail(ErrorKind::config, "--pairs: '{}' twice; name two rows", printable(pair.first));
    }
    const EvidenceRow a = row_named(report, tests, pair.first), b = row_named(report, tests, pair.second);
    for (std::size_t v = 0; v < evidence.views.size(); ++v) {
      std::vector<double> difference = a.reward[v];
      for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= b.reward[v][i];
      const CrossedMoments moments = crossed_moments(evidence.design, difference);
      for (const auto& [letter, claim] :
           {std::pair{"P", Claim::policies}, {"D", Claim::method}, {"F", Claim::fresh_data}}) {
        ClaimRule rule = evidence.rule;
        rule.claim = claim;
        lines.push_back({pair, evidence.views[v].name(), letter, moments, claimed(moments, rule)});
      }
    }
  }
  return lines;
}

std::string interval_text(const ClaimedMean& mean) {
  if (std::isnan(mean.interval.low)) return "nothing can be said";
  return fmt::format("{:+.4f} .. {:+.4f}", mean.interval.low, mean.interval.high);
}

std::vector<std::string> heads() { return {"View", "Claim", "a - b", "95 %", "p"}; }

std::vector<std::string> fields(const PairLine& line) {
  return {text::shown(line.view, 30), line.claim, fmt::format("{:+.4f}", line.difference.mean),
          interval_text(line.difference), text::p_value(line.difference.p)};
}

std::string title(const PairLine& line) {
  return fmt::format("{} - {}: mean over cells, {} of {} in {}", text::shown(line.rows.first, 40),
                     text::shown(line.rows.second, 40), counted(line.moments.tests, "test"),
                     counted(line.moments.episodes, "episode"), counted(line.moments.runs, "run"));
}

constexpr const char* kReading =
    "P: these trained policies; D: these methods on this data set; F: on fresh data, approximate. "
    "Exploratory: "
    "not corrected for the number of pairs looked at.";

std::string table(const std::vector<PairLine>& lines, bool color, int width) {
  Terminal terminal(color, width);
  for (std::size_t i = 0; i < lines.size();) {
    const RowPair rows = lines[i].rows;
    terminal.title(title(lines[i]));
    Table table{heads(), 0, {}};
    for (std::string view; i < lines.size() && lines[i].rows == rows; ++i) {
      table.rows.push_back({fields(lines[i]), Style::plain});
      if (lines[i].view == view) table.rows.back().first[0].clear();
      view = lines[i].view;
    }
    terminal.table(table);
    terminal.line("");
  }
  terminal.paragraph("Reading:", kReading, Style::dim);
  return terminal.take();
}

std::string markdown(const std::vector<PairLine>& lines) {
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i == 0 || lines[i].rows != lines[i - 1].rows) {
      out += "\n### " + text::markdown(title(lines[i])) + "\n\n|";
      for (const std::string& head : heads()) out += " " + head + " |";
      out += "\n|:--|:--|--:|--:|--:|\n";
    }
    out += "|";
    for (const std::string& field : fields(lines[i])) out += " " + text::markdown(field) + " |";
    out += "\n";
  }
  return out + "\n" + text::markdown(kReading) + "\n";
}

std::string csv(const std::vector<PairLine>& lines) {
  std::string out = "a,b,view,claim,tests,episodes,runs,difference,low,high,p\n";
  for (const PairLine& line : lines) {
    out += fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", text::csv(line.rows.first),
                       text::csv(line.rows.second), text::csv(line.view), line.claim, line.moments.tests,
                       line.moments.episodes, line.moments.runs, text::exact(line.difference.mean),
                       text::exact(line.difference.interval.low), text::exact(line.difference.interval.high),
                       text::exact(line.difference.p));
  }
  return out;
}

std::string json(const std::vector<PairLine>& lines) {
  return written(listed(lines,
                        [](const PairLine& line) -> Json {
                          return {{"a", line.rows.first},
                                  {"b", line.rows.second},
                                  {"view", line.view},
                                  {"claim", line.claim},
                                  {"tests", line.moments.tests},
                                  {"episodes", line.moments.episodes},
                                  {"runs", line.moments.runs},
                                  {"difference", line.difference.mean},
                                  {"interval", line.difference.interval},
                                  {"p", line.difference.p}};
                        })) +
         "\n";
}

}  // namespace

std::string pairs_text(const Report& report, const std::vector<RowPair>& pairs, const std::string& format,
                       bool color, int width) {
  const std::vector<PairLine> lines = lines_of(report, pairs);
  if (format == "csv") return csv(lines);
  if (format == "json") return json(lines);
  if (format == "md") return markdown(lines);
  return table(lines, color, width);
}

}  // namespace offload
