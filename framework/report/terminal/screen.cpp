#include "report/terminal/screen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/counted.hpp"
#include "report/figures/joined.hpp"
#include "report/terminal/terminal_table.hpp"
#include "report/text/few.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

using text::fixed;
using text::shown;

constexpr int kNameMost = 100;  // of a row, in bytes (suite.hpp)
constexpr std::size_t kRowsLeast = 5;

Table board_table(const Shown& report) {
  const bool score = has_scores(report);
  struct Column {
    const char* head;
    const char* brief;
    bool there;
    int need;  // the least is left out first; 0: never
  };
  const std::string cost = "Cost " + report.cost_unit;
  const std::vector<Column> columns = {{"Tier", "Tier", true, 5},
                                       {"Rank", "Rank", true, 6},
                                       {"Row", "Row", true, 0},
                                       {"S", "S", score, 4},
                                       {"Reward, 95 %", "Reward, 95 %", true, 0},
                                       {"Quality", "Qual.", true, 1},
                                       {"Latency s", "Time s", report.has_latency, 2},
                                       {cost.c_str(), report.cost_unit.c_str(), report.has_cost, 3},
                                       {"Violations", "Viol.", true, 0}};
  Table table{{}, 2, {}, {}, {}};
  std::vector<std::pair<int, std::size_t>> needs;
  for (const Column& column : columns) {
    if (!column.there) continue;
    if (column.need > 0) needs.emplace_back(column.need, table.heads.size());
    table.heads.emplace_back(column.head);
    table.short_heads.emplace_back(column.brief);
  }
  std::ranges::sort(needs);
  for (const auto& [need, column] : needs) table.less_needed.push_back(column);
  for (const ShownRow& row : report.rows) {
    const std::vector<std::string> all = {
        std::to_string(row.tier),
        std::to_string(row.rank),
        shown(row.name, kNameMost),
        fixed(row.score, 3),
        text::plus_minus(row.reward, row.interval.low, row.interval.high, 3),
        fixed(row.quality, 3),
        fixed(row.latency_s, 2),
        text::cost(row.cost),
        text::percent(row.violations)};
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (columns[i].there) cells.push_back(all[i]);
    }
    table.rows.push_back({cells, row.tier == 1 ? Style::plain : Style::warn});
  }
  return table;
}

// Flags first; as many as `most` lines hold, and how many do not.
std::size_t print_sayings(Terminal& terminal, const Shown& report, int most) {
  const int end = terminal.lines() + most;
  std::size_t hidden = 0;
  const auto say = [&](const char* label, const std::string& sentence, Style style, int limit) {
    if (terminal.lines() >= limit) return void(++hidden);
    terminal.paragraph(label, shown(sentence, 400), style);
  };
  for (const std::string& flag : report.flags) say("Flagged:", flag, Style::bad, end + 8);
  for (const std::string& file : report.left_out) say("Left out:", file, Style::bad, end + 8);
  for (const std::string& warning : report.warnings) say("Warning:", warning, Style::warn, end);
  return hidden;
}

// Where the rest is; the command is only broken as shells take it, so that it can be copied.
void print_hint(Terminal& terminal, std::size_t hidden, const std::string& more) {
  const std::string what = fmt::format(" {}cells, oracles, other views:",
                                       hidden > 0 ? counted(hidden, "more warning") + ", " : "");
  const std::string command = shown(more, 400);
  if (text::width(what) + 1 + text::width(command) <= terminal.width())
    return terminal.line(what + " " + command, Style::dim);
  std::string lines = text::shell_line(command, terminal.width());
  lines.pop_back();  // its end
  terminal.line(what + "\n" + lines, Style::dim);
}

// Whether a row ranks better than one of its tier that stands above it.
bool rank_turns(const std::vector<ShownRow>& rows) {
  return std::ranges::adjacent_find(rows, [](const ShownRow& above, const ShownRow& below) {
           return above.tier == below.tier && below.rank < above.rank;
         }) != rows.end();
}

}  // namespace

void print_head(Terminal& terminal, const Shown& report) {
  std::string title = shown(report.suite, 100);
  if (!report.description.empty()) title += ": " + shown(report.description, 200);
  terminal.title(title);
  std::string trials = fmt::format("{} of {} finished", report.finished, counted(report.planned, "trial"));
  if (report.failed > 0) trials += fmt::format(", {} failed", report.failed);
  terminal.paragraph(
      "",
      fmt::format("{}: {}, {}, {} of {}", trials, counted(report.rows.size() + report.unranked.size(), "row"),
                  counted(report.runs, "run"), counted(report.cells, "budget cell"), shown(report.data, 100)),
      Style::dim);
  if (!report.joined.empty()) terminal.paragraph("", joined_sentence(report.joined), Style::dim);
}

bool has_scores(const Shown& report) {
  return std::ranges::any_of(report.rows, [](const ShownRow& r) { return std::isfinite(r.score); });
}

void print_legend(Terminal& terminal, const Shown& report, bool scored) {
  if (report.rows.empty()) return;
  terminal.line("");
  const auto word = [&terminal](const char* label, const std::string& meaning) {
    terminal.paragraph(label, meaning, Style::dim);
  };
  word("Tier  ", fmt::format("1: over a budget in at most {} of tests{}; 2: in more, the fewest first",
                             text::percent(report.max_violation_rate),
                             report.known_outcomes ? ", by the rate's upper end" : ""));
  word("Rank  ", fmt::format("1 + rows that earn significantly more, in tier 2 also those over less often{}",
                             rank_turns(report.rows)
                                 ? "; a row may rank better than one above it, where it is less certain"
                                 : ""));
  if (scored) word("S     ", "0: random within the budgets; 1: the best policy that sees as agents do");
  word("Reward", "of a turn, mean over the budget cells; ± half the 95 % interval");
  word("Viol. ",
       fmt::format("share of tests, episodes of runs, over a budget; s, {} per episode", report.cost_unit));
  word("View  ", report.known_outcomes ? "one: every outcome is looked up, none is modelled"
                                       : "lens / response model: what says how other answers had scored");
}

void print_unranked(Terminal& terminal, const std::vector<ShownUnranked>& rows, std::size_t most) {
  constexpr int kShortName = 26;
  std::vector<std::string> names;
  for (const ShownUnranked& row : rows) names.push_back(row.name);
  names = text::shown_names(names, kShortName);
  if (!rows.empty()) terminal.line("");
  for (std::size_t i = 0; i < std::min(most, rows.size()); ++i) {
    terminal.paragraph(names[i] + ":", shown(rows[i].fact, 400), rows[i].failed ? Style::bad : Style::dim);
  }
  if (rows.size() > most)
    terminal.paragraph("", counted(rows.size() - most, "more row") + " not ranked either", Style::bad);
}

void print_notes(Terminal& terminal, const Shown& report, std::size_t most) {
  for (std::size_t i = 0; i < std::min(most, report.notes.size()); ++i)
    terminal.paragraph("Note:", shown(report.notes[i], 300), Style::warn);
}

void print_board(Terminal& terminal, const Shown& report, std::size_t most) {
  terminal.line("");
  if (!report.headline.empty()) terminal.paragraph("", shown(report.headline, 1000), Style::bold);
  if (report.rows.empty()) return;
  Table table = board_table(report);
  const std::size_t all = table.rows.size(), kept = std::min(all, most);
  table.rows.resize(kept);
  terminal.title(
      fmt::format("Leaderboard: {}{}{}", shown(report.view.name(), 60), text::few(report.tests, report.runs),
                  kept < all ? fmt::format(", the first {} of {}", kept, counted(all, "row")) : ""));
  terminal.table(table);
  std::string exact;
  for (const ShownReference& policy : report.exact) {
    exact +=
        fmt::format("{}{} {}", exact.empty() ? "" : ", ", shown(policy.name, 40), fixed(policy.reward, 3));
    if (!policy.planned.empty()) exact += fmt::format(" ({}: no bound here)", shown(policy.planned, 60));
  }
  if (!exact.empty()) terminal.paragraph(" Computed rewards:", exact, Style::dim);
}

std::string terminal_screen(const Shown& report, const TerminalLook& look) {
  constexpr int kSayings = 6;
  constexpr std::size_t kUnranked = 3, kNotes = 3;
  Terminal above(look.color, look.width);
  print_head(above, report);
  print_legend(above, report, has_scores(report));
  if (!report.flags.empty() || !report.warnings.empty() || !report.left_out.empty()) above.line("");
  const std::size_t hidden = print_sayings(above, report, kSayings);
  print_unranked(above, report.unranked, kUnranked);
  const auto below = [&](std::size_t rows) {
    Terminal terminal(look.color, look.width);
    print_board(terminal, report, rows);
    print_notes(terminal, report, kNotes);
    if (!look.more.empty()) print_hint(terminal, hidden, look.more);
    return terminal;
  };
  // What does not fit is left out of the rows alone.
  std::size_t rows = report.rows.size();
  Terminal last = below(rows);
  const int over = above.lines() + last.lines() - look.lines;
  if (over > 0 && rows > kRowsLeast) {
    rows = std::max(kRowsLeast, rows - std::min(rows, static_cast<std::size_t>(over)));
    last = below(rows);
  }
  return above.take() + last.take();
}

}  // namespace offload
