#include "leaderboard/site/pages.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "report/text/few.hpp"
#include "report/text/text.hpp"

namespace offload {

extern const char* const kLeaderboardStyle;

namespace {

constexpr int kShownMost = 1000;
constexpr std::size_t kRecent = 20;
constexpr const char* kClaimOfMarks =
    "Ranked is what came out again: a second run of the plugin, isolated and without a network, on the "
    "leaderboard's "
    "machine, to the same bits or within the method's own intervals. Tier 1 keeps every budget; tier 2 does "
    "not and "
    "stands behind it. The rank is 1 plus the number of rows of the tier that are significantly better, so "
    "equal ranks "
    "are ties. In brackets 95 % intervals.";

std::string page(const std::string& title, const std::string& body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "img-src "
      "data:\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<link rel=\"icon\" "
      "href=\"data:,\">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
      escaped_html(title), kLeaderboardStyle, body);
}

std::string head(const std::string& title, const std::string& date) {
  return fmt::format(
      "<header><p class=\"brand\">OffloadBench leaderboard, <span class=\"day\">as of "
      "{}</span></p>\n<h1>{}</h1></header>\n",
      escaped_html(date), escaped_html(title));
}

std::string mark_html(Mark mark) {
  const char* kind = is_ranked(mark) ? " good" : mark == Mark::not_reproduced ? " bad" : "";
  return fmt::format("<span class=\"mark{}\">{}</span>", kind, escaped_html(to_string(mark)));
}

// A table's own box scrolls where the table is wider; what it is about stays in sight.
std::string table_start(const std::string& id, const std::string& caption) {
  return fmt::format(
      "<div class=\"scroll\" tabindex=\"0\"><table{}>{}\n", id.empty() ? "" : fmt::format(" id=\"{}\"", id),
      caption.empty() ? "" : fmt::format("<caption><span>{}</span></caption>", escaped_html(caption)));
}

std::string with_range(const std::string& value, const std::string& low, const std::string& high) {
  return fmt::format("{}<small>[{}, {}]</small>", value, low, high);
}

struct Axis {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();

  explicit Axis(const std::vector<StandingLine>& lines) {
    for (const StandingLine& line : lines) {
      for (const double value : {line.interval.low, line.interval.high, line.reward}) {
        if (!std::isfinite(value)) continue;
        low = std::min(low, value);
        high = std::max(high, value);
      }
    }
  }
  double at(double value) const { return high > low ? 2 + 96 * (value - low) / (high - low) : 50; }
};

// The reward and its interval as a dot on a line, on one scale for the whole table.
std::string bar(const StandingLine& line, const Axis& axis) {
  if (!std::isfinite(line.reward)) return "";
  std::string text = "<svg viewBox=\"0 0 100 12\" preserveAspectRatio=\"none\" aria-hidden=\"true\">";
  if (std::isfinite(line.interval.low) && std::isfinite(line.interval.high))
    text += fmt::format("<path d=\"M{:.2f} 6H{:.2f}\"/>", axis.at(line.interval.low),
                        axis.at(line.interval.high));
  return text +
         fmt::format("<rect x=\"{:.2f}\" y=\"2\" width=\"2\" height=\"8\"/></svg>", axis.at(line.reward) - 1);
}

std::string tier_html(int tier) {
  if (tier == 0) return "-";
  return fmt::format("<span class=\"tier{}\">{}</span>", tier > 1 ? " two" : "", tier);
}

std::string line_html(const StandingLine& line, const Axis& axis, bool by_score) {
  using text::fixed;
  std::string flags;
  for (const std::string& flag : line.flags) flags += fmt::format("<small>{}</small>", escaped_html(flag));
  if (line.candidates > 0)
    flags += fmt::format("<small>tuned among {}</small>",
                         counted(static_cast<std::size_t>(line.candidates), "candidate"));
  if (!line.same.empty())
    flags += fmt::format("<small>same decisions as {}</small>", escaped_html(line.same));
  std::string html = fmt::format(
      "<tr{}><td>{}</td><td>{}</td><td class=\"text who\"><a "
      "href=\"entries/{}.html\">{}</a><small>{}</small>{}</td>",
      line.tier > 1 ? " class=\"second\"" : "", line.rank > 0 ? std::to_string(line.rank) : "-",
      tier_html(line.tier), line.entry, escaped_html(line.entrant),
      escaped_html(line.row + " · " + line.plugin), flags);
  if (by_score) html += fmt::format("<td>{}</td>", line.score ? fixed(*line.score, 3) : "-");
  html += fmt::format(
      "<td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td "
      "class=\"text\">{}</td><td>{}</td>"
      "</tr>\n",
      with_range(fixed(line.reward, 4), fixed(line.interval.low, 4), fixed(line.interval.high, 4)),
      bar(line, axis), fixed(line.quality, 3), fixed(line.latency_s, 2),
      escaped_html(text::cost(line.cost_usd)),
      with_range(escaped_html(text::percent(line.violations)),
                 escaped_html(text::percent(line.violation_interval.low)),
                 escaped_html(text::percent(line.violation_interval.high))),
      mark_html(line.mark), escaped_html(line.date));
  return html;
}

std::string table_html(const char* id, const std::string& caption, const std::vector<StandingLine>& lines,
                       bool by_score) {
  const Axis axis(lines);
  std::string html = fmt::format(
      "{}<thead><tr><th>Rank</th><th>Tier</th>"
      "<th class=\"text\">Entrant</th>{}<th>Reward</th><th></th><th>Quality</th><th>Latency, s</th>"
      "<th>Cost, USD</th><th>Over budget</th><th "
      "class=\"text\">Mark</th><th>Since</th></tr></thead>\n<tbody>\n",
      table_start(id, caption), by_score ? "<th>S</th>" : "");
  for (const StandingLine& line : lines) html += line_html(line, axis, by_score);
  return html + "</tbody></table></div>\n";
}

std::string entry_list(const std::vector<Entry>& entries, const std::string& base, bool with_task) {
  std::string html = table_start("", "") + "<thead><tr><th>Entry</th><th class=\"text\">Entrant</th>";
  if (with_task) html += "<th class=\"text\">Task</th>";
  html += "<th class=\"text\">Mark</th><th class=\"text\">Why</th><th>Date</th></tr></thead>\n<tbody>\n";
  for (const Entry& entry : entries) {
    const std::string why = entry.withdrawn ? "withdrawn: " + entry.withdrawn->reason : entry.why;
    html += fmt::format("<tr><td><a href=\"{}entries/{}.html\">{}</a></td><td class=\"text\">{}</td>", base,
                        entry.id, entry.id, escaped_html(entry.entrant));
    if (with_task)
      html += fmt::format("<td class=\"text\"><a href=\"{}{}.html\">{}</a></td>", base,
                          escaped_html(entry.task), escaped_html(entry.task));
    html += fmt::format("<td class=\"text\">{}</td><td class=\"text why\">{}</td><td>{}</td></tr>\n",
                        mark_html(entry.mark), escaped_html(why),
                        escaped_html(entry.withdrawn ? entry.withdrawn->date : entry.date));
  }
  return html + "</tbody></table></div>\n";
}

std::string fact(const char* name, const std::string& value) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name, value);
}

std::string code(const std::string& value) { return "<code>" + escaped_html(value) + "</code>"; }

std::string card(const TaskStanding& standing, const std::string& base) {
  return fmt::format(
      "<li><h3><a href=\"{}{}.html\">{}</a></h3><p>{}</p><p class=\"note\">{}; {}{}</p></li>\n", base,
      escaped_html(standing.task.name), escaped_html(standing.task.name), escaped_html(standing.description),
      counted(standing.ranked.size(), "ranked row"), escaped_html(standing.leader),
      standing.task.commitment.empty() ? "" : "; hidden episodes");
}

std::string hidden_html(const TaskStanding& standing) {
  const BoardTask& task = standing.task;
  if (task.commitment.empty()) return "";
  std::string html = fmt::format(
      "<h2 id=\"hidden\">Hidden episodes</h2>\n<p>The same rows on episodes that only the leaderboard's "
      "machine has. They "
      "were committed to before anybody entered: {}. Entries that an entrant may have, withdrawn ones "
      "included: {}.</p>\n",
      code(task.commitment), task.per_entrant == 0 ? "any number" : std::to_string(task.per_entrant));
  if (!task.opened.empty())
    html += fmt::format("<p class=\"box\">Opened on {}: {}; the data set's SHA-256 is {}.</p>\n",
                        escaped_html(task.opened), code(task.secret), code(standing.hidden_data_sha256));
  if (standing.hidden.empty()) return html + "<p class=\"note\">No entry yet.</p>\n";
  return html + table_html("hidden-board", "Means over all hidden tests", standing.hidden, false);
}

std::string cells_html(const StandingLine& line) {
  using text::fixed;
  std::string html = fmt::format(
      "{}<thead><tr><th class=\"text\">Budget cell</th><th>Reward</th><th>Quality</th><th>Latency, s</th>"
      "<th>Cost, USD</th><th>Over budget</th></tr></thead>\n<tbody>\n",
      table_start("", line.row + " · " + line.plugin + " " + line.plugin_version));
  for (const StandingCell& cell : line.cells) {
    html += fmt::format(
        "<tr><td class=\"text\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        escaped_html(cell.cell),
        with_range(fixed(cell.reward, 4), fixed(cell.interval.low, 4), fixed(cell.interval.high, 4)),
        fixed(cell.quality, 3), fixed(cell.latency_s, 2), escaped_html(text::cost(cell.cost_usd)),
        escaped_html(text::percent(cell.violations)));
  }
  return html + "</tbody></table></div>\n";
}

using Provenance = nlohmann::ordered_json;

std::string words_of(const Provenance& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, Provenance::error_handler_t::replace);
}

// A machine's facts, or a list of names, in a line.
std::string facts_of(const Provenance& value) {
  std::string line;
  for (const auto& [name, fact] : value.items()) {
    line += line.empty() ? "" : ", ";
    line += value.is_object() ? name + " " + words_of(fact) : words_of(fact);
  }
  return line;
}

// Of what the bundle and the board said when it was added.
std::string provenance_html(const Entry& entry) {
  const Provenance document = Provenance::parse(entry.provenance, nullptr, false);
  if (!document.is_object()) return "";
  std::string html = "<h2>Provenance</h2>\n<dl>\n";
  for (const auto& [key, title] : {std::pair("submitted_from", "Submitted from"),
                                   {"checked_on", "Run again on"},
                                   {"sources", "With the source of"},
                                   {"libraries", "With the library of"}}) {
    if (document.contains(key) && !document[key].empty())
      html += fact(title, escaped_html(facts_of(document[key])));
  }
  html +=
      "</dl>\n" + table_start("", "As they were submitted") +
      "<thead><tr><th class=\"text\">Row</th><th class=\"text\">Plugin</th><th class=\"text\">Isolation</th>"
      "<th class=\"text\">Plugin, SHA-256</th></tr></thead>\n<tbody>\n";
  for (const Provenance& row : document.value("rows", Provenance::array())) {
    const auto text = [&](const char* key) { return row.value(key, ""); };
    html += fmt::format(
        "<tr><td class=\"text\">{}</td><td class=\"text\">{}</td><td class=\"text\">{}</td>"
        "<td class=\"text\">{}</td></tr>\n",
        escaped_html(text("row")), escaped_html(text("plugin") + " " + text("version")),
        escaped_html(text("isolation")), code(text("sha256")));
  }
  return html + "</tbody></table></div>\n";
}

}  // namespace

std::string escaped_html(const std::string& text) {
  constexpr std::string_view kActing = "&<>\"'";
  constexpr std::array<const char*, 5> kEscapes = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
  std::string out;
  for (const char c : text::shown(text, kShownMost)) {
    const std::size_t at = kActing.find(c);
    if (at == std::string_view::npos)
      out += c;
    else
      out += kEscapes[at];
  }
  return out;
}

std::string index_page(const std::vector<TaskStanding>& standings, const std::vector<Entry>& entries,
                       const std::string& date, const std::vector<std::string>& snapshots,
                       const std::string& base) {
  std::string body = head("Tasks", date);
  body += fmt::format("<main>\n<p>{}</p>\n<ul class=\"cards\">\n", escaped_html(kClaimOfMarks));
  for (const TaskStanding& standing : standings) body += card(standing, base);
  body += "</ul>\n<h2>Newest entries</h2>\n";
  std::vector<Entry> newest(
      entries.rbegin(), entries.rbegin() + static_cast<std::ptrdiff_t>(std::min(kRecent, entries.size())));
  body += newest.empty() ? "<p class=\"note\">No entry yet.</p>\n" : entry_list(newest, base, true);
  body += fmt::format("<p><a href=\"{0}feed.json\">JSON</a> · <a href=\"{0}feed.csv\">CSV</a></p>\n", base);
  if (!snapshots.empty()) {
    body += "<h2>Snapshots</h2>\n<p>A new entry changes everybody's ranks: cite a day.</p>\n<p>";
    for (const std::string& day : snapshots)
      body += fmt::format("<a href=\"{0}/index.html\">{0}</a> ", escaped_html(day));
    body += "</p>\n";
  }
  return page("OffloadBench leaderboard", body + "</main>\n");
}

std::string task_page(const TaskStanding& standing, const std::string& date) {
  const std::string& name = standing.task.name;
  std::string body = head(name, date);
  body += fmt::format(
      "<nav aria-label=\"Pages\"><a href=\"index.html\">All tasks</a><a href=\"{0}.json\">JSON</a>"
      "<a href=\"{0}.csv\">CSV</a></nav>\n<main>\n<p>{1}</p>\n<p class=\"note\">{2}; {3} of every "
      "row{5}; budget cells {4}.</p>\n",
      escaped_html(name), escaped_html(standing.description), escaped_html(standing.data),
      counted(standing.runs, "run"), escaped_html(fmt::format("{}", fmt::join(standing.cells, ", "))),
      text::few(standing.tests, standing.runs));
  if (standing.ranked.empty()) {
    body += "<p class=\"note\">No ranked entry yet.</p>\n";
  } else {
    body += fmt::format("<div class=\"box\"><p>{}</p><p>{}</p>{}</div>\n", escaped_html(standing.verdict),
                        escaped_html(standing.claim),
                        standing.tuning.empty() ? "" : "<p>" + escaped_html(standing.tuning) + "</p>");
    body += table_html("board", kClaimOfMarks, standing.ranked, standing.by_score);
  }
  body += hidden_html(standing);
  if (!standing.replayed.empty()) {
    body += "<h2>Replayed, not run again</h2>\n";
    body += table_html(
        "replayed",
        "Their figures follow from their decisions; that a plugin took these is believed. Not ranked.",
        standing.replayed, false);
  }
  if (!standing.unmarked.empty())
    body += "<h2>Not reproduced</h2>\n" + entry_list(standing.unmarked, "", false);
  if (!standing.withdrawn.empty()) body += "<h2>Withdrawn</h2>\n" + entry_list(standing.withdrawn, "", false);
  return page(name + ": OffloadBench leaderboard", body + "</main>\n");
}

std::string entry_page(const Entry& entry, const std::vector<const StandingLine*>& lines,
                       const std::string& date) {
  std::string body = head(fmt::format("Entry {}: {}", entry.id, entry.entrant), date);
  body += fmt::format(
      "<nav aria-label=\"Pages\"><a href=\"../index.html\">All tasks</a><a href=\"../{0}.html\">{0}</a>"
      "</nav>\n<main>\n",
      escaped_html(entry.task));
  if (entry.withdrawn)
    body += fmt::format("<p class=\"box bad\">Withdrawn on {}: {}</p>\n", escaped_html(entry.withdrawn->date),
                        escaped_html(entry.withdrawn->reason));
  body += fmt::format("<p class=\"box\">{} {}</p>\n<dl>\n", mark_html(entry.mark), escaped_html(entry.why));
  body += fact("Date", escaped_html(entry.date)) + fact("OffloadBench", escaped_html(entry.version)) +
          fact("Bundle, SHA-256", code(entry.bundle));
  if (!entry.results.empty()) body += fact("Results, SHA-256", code(entry.results));
  if (!entry.note.empty()) body += fact("Note", escaped_html(entry.note));
  body += "</dl>\n";
  for (const StandingLine* line : lines) {
    for (const std::string& flag : line->flags)
      body += fmt::format("<p class=\"box warn\">{}</p>\n", escaped_html(flag));
  }
  if (!lines.empty()) body += "<h2>Figures</h2>\n";
  for (const StandingLine* line : lines) body += cells_html(*line);
  body += provenance_html(entry);
  return page(fmt::format("Entry {}: OffloadBench leaderboard", entry.id), body + "</main>\n");
}

}  // namespace offload
