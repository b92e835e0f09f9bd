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

std::string count_of(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// Tables fit it to their width.
std::string name_of(const RowFigures& row) { return shown(row.row.name, kLongestName); }

void print_head(Terminal& terminal, const Report& report) {
  const ReportPlan& plan = report.plan;
  terminal.line(shown(plan.suite, terminal.width()), Style::bold);
  if (!plan.description.empty()) terminal.line(shown(plan.description, terminal.width()));
  if (!plan.task.name.empty()) terminal.paragraph("Task   ", shown(task_sentence(plan.task)), Style::dim);
  terminal.paragraph("Data   ",
                     fmt::format("{}; profile {}", shown(data_sentence(plan)), shown(plan.profile, 80)),
                     Style::dim);
  std::string trials = fmt::format("{} of {} finished", report.finished(), plan.trials.size());
  if (report.failed() > 0) trials += fmt::format(", {} failed", report.failed());
  trials += fmt::format(" ({}, {}, {})", count_of(plan.rows.size(), "row"),
                        count_of(plan.splits.size(), "run"), count_of(plan.cells.size(), "budget cell"));
  terminal.paragraph("Trials ", trials, Style::dim);
}

Style style_of(int tier) { return tier == 1 ? Style::plain : Style::warn; }

// Ranked rows have all their runs, so as many tests each.
std::string tests_text(const Leaderboard& board) {
  return board.entries.empty() ? "" : fmt::format(", {} tests per row", board.entries[0].joint.of);
}

void print_board(Terminal& terminal, const Report& report, const Leaderboard& board) {
  terminal.line("");
  terminal.title(fmt::format("Leaderboard, means over {}{}: {}",
                             count_of(report.plan.cells.size(), "budget cell"), tests_text(board),
                             shown(board.view.name(), 60)));
  Table table{
      {"Tier", "Rank", "Row", "S", "Reward, 95 %", "Quality", "Latency s", "Cost " + cost_unit(report.plan),
       "Violations"},
      2,
      {},
      {"Tier", "Rank", "Row", "S", "Reward, 95 %", "Qual.", "Time s", cost_unit(report.plan), "Viol."}};
  for (const LeaderboardEntry& e : board.entries) {
    std::vector<std::string> cells = {std::to_string(e.tier),
                                      std::to_string(e.rank),
                                      name_of(report.rows[e.row]),
                                      e.score ? fixed(*e.score, 3) : "-",
                                      plus_minus(e.reward, e.interval.low, e.interval.high, 3),
                                      fixed(e.quality, 3),
                                      is_charged(report.plan, 0) ? fixed(e.per_episode[0], 2) : "-",
                                      is_charged(report.plan, 1) ? cost(e.per_episode[1]) : "-",
                                      percent(e.joint.rate)};
    table.rows.push_back({cells, style_of(e.tier)});
  }
  for (std::size_t v = 0; v < report.references.view.size(); ++v) {
    if (!(report.views[v] == board.view)) continue;
    for (const ReferenceRow& row : report.references.view[v].rows) {
      table.rows.push_back({{"-", "-", row.name, row.score ? fixed(*row.score, 3) : "-", fixed(row.reward, 3),
                             "-", fixed(row.per_episode[0], 2), cost(row.per_episode[1]), "-"},
                            Style::dim});
    }
  }
  terminal.table(table);
  if (!board.unscored.empty()) terminal.paragraph("Note:", unscored_sentence(board), Style::warn);
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
      {"Row", "Value", "Causal", "Broken", "Mask", "Constr.", "Foresight", "Learning", "Mix"}};
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
}

// Failed and unfinished rows, with what is known of them.
void print_unranked(Terminal& terminal, const Report& report) {
  constexpr int kNameMost = 26;
  std::vector<std::string> names;
  for (const RowFigures& row : report.rows) names.push_back(row.row.name);
  names = text::shown_names(names, kNameMost);
  for (std::size_t r = 0; r < names.size(); ++r) {
    const RowFigures& row = report.rows[r];
    if (row.status == RowStatus::complete) continue;
    std::string fact = fmt::format("{} of {} runs", row.finished, report.plan.splits.size());
    for (const TrialLine& line : report.trials) {
      if (!line.present || line.planned.row != row.row.name || line.status != TrialStatus::failed) continue;
      fact += fmt::format("; {}: {}", shown(line.planned.split, 20), shown(line.failure.reason, 160));
      break;
    }
    if (row.failed > 1) fact += fmt::format(" (and {} more)", row.failed - 1);
    const bool failed = row.failed > 0;
    terminal.paragraph(fmt::format("    -     -  {}  {}", names[r], failed ? "failed:" : "not run:"), fact,
                       failed ? Style::bad : Style::dim);
  }
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
  terminal.line(fmt::format("Cell {}, exploratory: {}{}", shown(cell.name, 40),
                            text::budget(cell.latency_s, cell.cost_usd, cost_unit(report.plan)),
                            std::isinf(cell.latency_s) && std::isinf(cell.cost_usd) ? "" : " per episode"),
                Style::bold);
  const bool latency = !std::isinf(cell.latency_s), usd = !std::isinf(cell.cost_usd);
  Table table{{"Tier", "Rank", "Row", "Reward, 95 %", "Quality"}, 2, {}, {}};
  table.short_heads = {"Tier", "Rank", "Row", "Reward, 95 %", "Qual."};
  const auto add_head = [&table](const std::string& head, const std::string& brief) {
    table.heads.push_back(head);
    table.short_heads.push_back(brief);
  };
  add_head("Latency s", "Time s");
  if (latency) add_head("used", "used");
  add_head("Cost " + cost_unit(report.plan), cost_unit(report.plan));
  if (usd) add_head("used", "used");
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

void print_notes(Terminal& terminal, const Report& report) {
  terminal.line("");
  terminal.paragraph(
      "Reading:",
      fmt::format("tier 1 breaks a budget in at most {} of the episodes of every cell{}, tier 2 in more. S "
                  "orders the rows of a tier; rank is 1 + the number of them with a significantly better "
                  "reward (Holm, 5 %), so equal ranks are ties; ranks within cells are exploratory. Latency "
                  "and cost are per episode; ± is half the 95 % interval.",
                  percent(report.plan.max_violation_rate), tier_rule(report.plan)),
      Style::dim);
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
  // The sentences of the flags come first among the warnings.
  for (std::size_t i = 0; i < report.warnings.size(); ++i) {
    const bool flag = i < report.flags.size();
    terminal.paragraph(flag ? "Flagged:" : "Warning:", report.warnings[i], flag ? Style::bad : Style::warn);
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

std::string terminal_table(const Report& report, bool color, int width) {
  Terminal terminal(color, width);
  print_head(terminal, report);
  const bool ranked = !report.boards.empty() && !report.boards[0].entries.empty();
  if (ranked) print_board(terminal, report, report.boards[0]);
  if (!ranked) terminal.line("");
  print_unranked(terminal, report);
  if (ranked) print_exact(terminal, report);
  print_margins(terminal, report);
  print_drifts(terminal, report);
  for (std::size_t c = 0; ranked && c < report.plan.cells.size(); ++c) print_cell(terminal, report, c);
  print_notes(terminal, report);
  return terminal.take();
}

}  // namespace offload
