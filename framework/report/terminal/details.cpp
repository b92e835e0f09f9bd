#include <algorithm>
#include <cmath>
#include <tuple>

#include "core/error.hpp"
#include "report/boards/boards.hpp"
#include "report/boards/claims.hpp"
#include "report/boards/reference_figures.hpp"
#include "report/figures/references.hpp"
#include "report/figures/world.hpp"
#include "report/formats/formats.hpp"
#include "report/sections/drifts.hpp"
#include "report/sections/margins.hpp"
#include "report/sections/simulated_log.hpp"
#include "report/terminal/screen.hpp"
#include "report/terminal/terminal_table.hpp"
#include "report/text/statements.hpp"
#include "report/text/terminal.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

using text::cost;
using text::fixed;
using text::percent;
using text::plus_minus;
using text::shown;

constexpr int kLongestName = 100;  // of a row, in bytes (suite.hpp)

// Tables fit it to their width.
std::string name_of(const RowFigures& row) { return shown(row.row.name, kLongestName); }

Style style_of(int tier) { return tier == 1 ? Style::plain : Style::warn; }

// Those of the first view, which are what S is made of.
void print_references(Terminal& terminal, const Report& report) {
  if (report.references.view.empty() || report.references.view[0].rows.empty()) return;
  terminal.line("");
  terminal.title(fmt::format("Computed policies, never ranked: {}", shown(report.views[0].name(), 60)));
  Table table{{"Policy", "S", "Reward", "Latency s", "Cost USD"}, 0, {}, {}, {4, 3}};
  for (const ReferenceRow& row : report.references.view[0].rows) {
    table.rows.push_back(
        {{reference_name(report.plan, row, report.views[0]), row.score ? fixed(*row.score, 3) : "-",
          fixed(row.reward, 3), fixed(row.per_episode[0], 2), cost(row.per_episode[1])},
         Style::dim});
  }
  terminal.table(table);
}

// What the columns mean that have a figure in some ranked row.
void print_exact_legend(Terminal& terminal, const Report& report) {
  bool value = false, unbounded = false, regret = false, mix = false;
  for (const LeaderboardEntry& e : report.boards[0].entries) {
    const RowValue& of = report.references.value[e.row];
    value = value || of.known;
    unbounded = unbounded || (of.causal_share && !of.bounded);
    regret = regret || report.references.view[0].regret[e.row];
    mix = mix || report.references.view[0].mix[e.row];
  }
  const auto word = [&terminal](bool shows, const char* label, const char* meaning) {
    if (shows) terminal.paragraph(label, meaning, Style::dim);
  };
  word(value, " Value  ",
       "exact reward of a turn where tasks come as in training; causal: share of the oracle's");
  word(unbounded, "      * ", "no bound for it: it breaks a budget or takes an action outside the mask");
  word(value, " Broken ", "share of episodes over a budget; mask: actions of an episode outside the mask");
  word(regret, " Constr.",
       "reward lost to the budgets; foresight: to not knowing the future; learning: the rest "
       "up to the causal oracle, of rows that break no budget");
  word(mix, " Mix    ", "against the best fixed probabilities that take no more latency and cost");
}

// Values under the causal model, regret and static mixes of the ranked rows, means over cells.
void print_exact(Terminal& terminal, const Report& report) {
  const ReferenceFigures& references = report.references;
  if (references.causal.empty() || references.view.empty()) return;
  terminal.line("");
  terminal.title(fmt::format("Against the exact policies: value under the causal model; regret under {}",
                             shown(report.views[0].name(), 40)));
  Table table{
      {"Row", "Value", "Of causal", "Broken", "Off mask", "Constraint", "Foresight", "Learning", "Mix"},
      0,
      {},
      {"Row", "Value", "Causal", "Broken", "Mask", "Constr.", "Foresight", "Learning", "Mix"},
      {4, 5, 6, 3, 7}};
  for (const LeaderboardEntry& e : report.boards[0].entries) {
    const RowValue& value = references.value[e.row];
    const auto& regret = references.view[0].regret[e.row];
    const auto& mix = references.view[0].mix[e.row];
    table.rows.push_back(
        {{name_of(report.rows[e.row]), value.known ? fixed(value.value, 3) : "-", share_text(value),
          value.known ? percent(value.violation_probability) : "-",
          value.known ? fixed(value.masked_actions, 2) : "-", regret ? fixed(regret->constraint, 3) : "-",
          regret ? fixed(regret->foresight, 3) : "-",
          regret && regret->learning ? fixed(*regret->learning, 3) : "-", mix ? mix->verdict : "-"},
         style_of(e.tier)});
  }
  terminal.table(table);
  print_exact_legend(terminal, report);
}

// The ranked rows as they stand in one cell, where S orders them as the reward does.
std::vector<std::size_t> cell_order(const Report& report, std::size_t c) {
  std::vector<std::size_t> order;
  for (const LeaderboardEntry& e : report.boards[0].entries) order.push_back(e.row);
  const auto key = [&](std::size_t row) {
    const CellFigures& cell = report.rows[row].cell[c];
    const ScoreFigures& view = cell.view[0];
    return std::tuple(view.tier, view.tier == 1 ? 0.0 : cell.joint.rate, -view.reward);
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  return order;
}

void print_cell(Terminal& terminal, const Report& report, std::size_t c) {
  const ReportCell& cell = report.plan.cells[c];
  terminal.line("");
  terminal.title(fmt::format("Cell {}, exploratory: {}{}", shown(cell.name, 40),
                             text::budget(cell.latency_s, cell.cost_usd, cost_unit(report.plan)),
                             std::isinf(cell.latency_s) && std::isinf(cell.cost_usd) ? "" : " per episode"));
  const bool latency = !std::isinf(cell.latency_s), usd = !std::isinf(cell.cost_usd);
  Table table{{"Tier", "Rank", "Row", "Reward, 95 %", "Quality"}, 2, {}, {}, {4}};
  table.short_heads = {"Tier", "Rank", "Row", "Reward, 95 %", "Qual."};
  const auto add_head = [&table](const std::string& head, const std::string& brief) {
    table.heads.push_back(head);
    table.short_heads.push_back(brief);
  };
  add_head("Latency s", "Time s");
  if (latency) add_head("used", "used");
  add_head("Cost " + cost_unit(report.plan), cost_unit(report.plan));
  if (usd) add_head("used", "used");
  // Amounts before their shares of the budgets.
  for (std::size_t i = 5; i < table.heads.size(); ++i) {
    if (table.heads[i] != "used") table.less_needed.push_back(i);
  }
  for (std::size_t i = 5; i < table.heads.size(); ++i) {
    if (table.heads[i] == "used") table.less_needed.push_back(i);
  }
  add_head("Violations", "Viol.");
  for (const std::size_t row : cell_order(report, c)) {
    const CellFigures& figures = report.rows[row].cell[c];
    const ScoreFigures& view = figures.view[0];
    std::vector<std::string> cells = {
        std::to_string(view.tier), std::to_string(view.rank),
        name_of(report.rows[row]), plus_minus(view.reward, view.interval.low, view.interval.high, 3),
        fixed(view.quality, 3),    is_charged(report.plan, 0) ? fixed(figures.per_episode[0], 2) : "-"};
    const auto used = [](const BudgetFigures& b) { return fixed(100 * b.utilisation, 0) + " %"; };
    if (latency) cells.push_back(used(figures.budget[0]));
    cells.push_back(is_charged(report.plan, 1) ? cost(figures.per_episode[1]) : "-");
    if (usd) cells.push_back(used(figures.budget[1]));
    cells.push_back(percent(figures.joint.rate));
    table.rows.push_back({cells, style_of(view.tier)});
  }
  terminal.table(table);
}

void print_grounds(Terminal& terminal, const Report& report) {
  terminal.line("");
  terminal.paragraph("Reading:",
                     fmt::format("a row keeps the budgets (tier 1) where it breaks them in at most {} of the "
                                 "episodes of every cell{}. S orders the rows of a tier; ranks count what is "
                                 "significant after Holm's correction (5 %), and those within cells and of "
                                 "other views than {} are exploratory.",
                                 percent(report.plan.max_violation_rate), tier_rule(report.plan),
                                 report.views.empty() ? "the first" : shown(report.views[0].name(), 60)),
                     Style::dim);
  terminal.paragraph(
      "Data:   ",
      fmt::format("{}; profile {}", shown(data_sentence(report.plan)), shown(report.plan.profile, 80)),
      Style::dim);
  if (!report.plan.task.name.empty())
    terminal.paragraph("Task:   ", shown(task_sentence(report.plan.task)), Style::dim);
  for (const std::string& sentence : world_sentences(report.plan))
    terminal.paragraph("World:  ", shown(sentence, 1000), Style::dim);
  terminal.paragraph("Claim:  ", claim_sentence(report.claim, report.plan.world.has_value()), Style::dim);
  for (const std::string& sentence : report.bounds.sentences)
    terminal.paragraph("Text:   ", shown(sentence, 1000), Style::dim);
  for (const std::vector<std::size_t>& group : report.same_decisions) {
    terminal.paragraph("Same:   ", shown(same_decisions_sentence(report.rows, group), 1000), Style::dim);
  }
  if (!report.verdict.empty()) terminal.paragraph("Models: ", shown(report.verdict, 4000), Style::dim);
  for (const ViewComparison& c : report.comparisons) {
    terminal.paragraph(
        "        ",
        fmt::format("{}: {} held, {} became ties, {} reversed, {} new; first {}", shown(c.view.name(), 40),
                    c.held, c.tied, c.reversed, c.fresh, name_of(report.rows[c.first_row])),
        Style::dim);
  }
  for (const ModelCalibration& model : report.references.calibration) {
    terminal.paragraph("Model:  ", shown(calibration_sentence(model), 300), Style::dim);
  }
  if (const std::string isolated = isolation_sentence(report.plan); !isolated.empty())
    terminal.paragraph("Isolated", shown(isolated, 1000), Style::dim);
  terminal.paragraph("Limits: ", limits_statement(report.plan), Style::dim);
  if (!report.boards.empty() && !report.boards[0].unscored.empty())
    terminal.paragraph("Note:   ", unscored_sentence(report.boards[0]), Style::warn);
  // The sentences of the flags come first among the warnings.
  for (std::size_t i = 0; i < report.warnings.size(); ++i) {
    const bool flag = i < report.flags.size();
    terminal.paragraph(flag ? "Flagged:" : "Warning:", shown(report.warnings[i], 1000),
                       flag ? Style::bad : Style::warn);
  }
  constexpr std::size_t kShown = 10;
  for (std::size_t i = 0; i < std::min(kShown, report.left_out.size()); ++i) {
    terminal.paragraph(
        "Left out:", shown(report.left_out[i].file, 120) + ": " + shown(report.left_out[i].reason, 300),
        Style::bad);
  }
  if (report.left_out.size() > kShown) {
    terminal.paragraph("Left out:", fmt::format("{} more, see report.json", report.left_out.size() - kShown),
                       Style::bad);
  }
}

}  // namespace

std::string terminal_long(const Report& report, const TerminalLook& look) {
  Terminal terminal(look.color, look.width);
  const Shown summary = shown_of(report);
  print_head(terminal, summary);
  bool scored = has_scores(summary);
  const bool ranked = !report.boards.empty() && !report.boards[0].entries.empty();
  if (ranked) {
    // S is of the first view, where the headline may be of another.
    if (!(report.views[0] == summary.view)) {
      const Shown first = shown_of(report, report.views[0]);
      print_board(terminal, first, first.rows.size());
      scored = scored || has_scores(first);
    }
    print_references(terminal, report);
    print_exact(terminal, report);
    print_margins(terminal, report);
    print_drifts(terminal, report);
    print_simulated_log(terminal, report);
    for (std::size_t c = 0; c < report.plan.cells.size(); ++c) print_cell(terminal, report, c);
  }
  print_grounds(terminal, report);
  print_legend(terminal, summary, scored);
  print_unranked(terminal, summary.unranked, summary.unranked.size());
  print_board(terminal, summary, summary.rows.size());
  print_notes(terminal, summary, summary.notes.size());
  return terminal.take();
}

}  // namespace offload
