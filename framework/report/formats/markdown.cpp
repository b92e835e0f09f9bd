#include <cmath>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "report/boards/boards.hpp"
#include "report/boards/claims.hpp"
#include "report/boards/reference_figures.hpp"
#include "report/figures/joined.hpp"
#include "report/figures/references.hpp"
#include "report/figures/world.hpp"
#include "report/formats/formats.hpp"
#include "report/sections/bounds.hpp"
#include "report/sections/drifts.hpp"
#include "report/sections/margins.hpp"
#include "report/sections/simulated_log.hpp"
#include "report/text/few.hpp"
#include "report/text/statements.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

using text::cost;
using text::fixed;
using text::markdown;
using text::percent;

std::string row_of(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + cell + " |";
  return line + "\n";
}

// `alignment`: one of l and r per column.
std::string head_of(const std::vector<std::string>& heads, std::string_view alignment) {
  std::string rule = "|";
  for (const char a : alignment) rule += a == 'l' ? ":--|" : "--:|";
  return row_of(heads) + rule + "\n";
}

std::string name_of(const Report& report, std::size_t row) { return markdown(report.rows[row].row.name); }

// Of a row that may not be ranked.
std::string marked_name(const Report& report, std::size_t row) {
  return name_of(report, row) + (report.rows[row].status == RowStatus::complete ? "" : " (incomplete)");
}

std::string with_interval(double value, const Interval& interval, int digits = 3) {
  if (std::isnan(interval.low)) return fixed(value, digits);
  return fmt::format("{} ({} to {})", fixed(value, digits), fixed(interval.low, digits),
                     fixed(interval.high, digits));
}

std::string with_interval(const ViolationRate& rate) {
  if (rate.of == 0) return "-";
  return fmt::format("{} ({} of {}; at most {})", percent(rate.rate), rate.count, rate.of,
                     percent(rate.interval.high));
}

// What may be claimed, before any figure.
std::string claims(const Report& report) {
  std::string out = "\n" + markdown(claim_sentence(report.claim, report.plan.world.has_value())) + "\n\n" +
                    markdown(report.verdict) + "\n";
  for (const std::vector<std::size_t>& group : report.same_decisions) {
    out += "\n- " + markdown(same_decisions_sentence(report.rows, group));
  }
  if (!report.same_decisions.empty()) out += "\n";
  for (const ModelCalibration& model : report.references.calibration) {
    out += "\n- " + markdown(calibration_sentence(model));
  }
  return out + (report.references.calibration.empty() ? "" : "\n");
}

std::string head(const Report& report) {
  const ReportPlan& plan = report.plan;
  std::string out = "# " + markdown(plan.suite) + "\n\n";
  out += "**" + markdown(report.headline.sentence) + "**\n\n";
  if (!plan.description.empty()) out += markdown(plan.description) + "\n\n";
  if (!plan.task.name.empty()) out += fmt::format("- Task: {}\n", markdown(task_sentence(plan.task)));
  out += fmt::format("- Data: {}, SHA-256 {}\n", markdown(data_sentence(plan)), markdown(plan.data_sha256));
  if (const std::string isolated = isolation_sentence(plan); !isolated.empty())
    out += fmt::format("- Isolated: {}\n", markdown(isolated));
  out += fmt::format("- Profile: {}; {}; at most {}\n", markdown(plan.profile),
                     counted(plan.consumption.size(), "action"), counted(plan.turns_max, "turn"));
  for (const std::string& sentence : world_sentences(plan)) out += fmt::format("- {}\n", markdown(sentence));
  out += fmt::format("- Trials: {} planned (rows {}, runs {}), {} finished, {} failed\n", plan.trials.size(),
                     plan.rows.size(), plan.splits.size(), report.finished(), report.failed());
  if (!report.joined.empty()) out += fmt::format("- {}\n", markdown(joined_sentence(report.joined)));
  out += fmt::format("- OffloadBench {}\n", markdown(plan.version));
  out += fmt::format("- {}\n", limits_statement(plan));
  return out;
}

std::string notes(const Report& report) {
  std::string out;
  for (const std::string& warning : report.warnings) {
    out += out.empty() ? "\n" : ">\n";
    out += fmt::format("> **Warning:** {}\n", markdown(warning));
  }
  return out;
}

std::string board(const Report& report, const Leaderboard& board) {
  std::string out = fmt::format("\n### {}\n\n", markdown(board.view.name()));
  if (board.entries.empty()) return out + "No row finished all of its runs.\n";
  // Of worlds nothing is associated with images: no column.
  const auto line = [&](std::vector<std::string> fields) {
    if (report.plan.world) fields.erase(fields.begin() + 6);
    return fields;
  };
  out += head_of(line({"Tier", "Rank", "Row", "S", "Reward", "Quality", "Association", "Latency s",
                       "Cost " + cost_unit(report.plan), "Violations", "Tests", "Pareto"}),
                 report.plan.world ? "rrlrrrrrrrl" : "rrlrrrrrrrrl");
  for (const LeaderboardEntry& e : board.entries) {
    out += row_of(line(
        {std::to_string(e.tier), std::to_string(e.rank), name_of(report, e.row),
         e.score ? with_interval(*e.score, e.score_interval) : "-", with_interval(e.reward, e.interval),
         with_interval(e.quality, e.quality_interval), with_interval(e.association, e.association_interval),
         is_charged(report.plan, 0) ? with_interval(e.per_episode[0], e.per_episode_interval[0], 2) : "-",
         is_charged(report.plan, 1) ? with_interval(e.per_episode[1], e.per_episode_interval[1], 5) : "-",
         percent(e.joint.rate), std::to_string(e.joint.of), e.pareto ? "yes" : ""}));
  }
  for (std::size_t v = 0; v < report.references.view.size(); ++v) {
    if (!(report.views[v] == board.view)) continue;
    for (const ReferenceRow& row : report.references.view[v].rows) {
      out += row_of({"", "", "*" + markdown(reference_name(report.plan, row, board.view)) + "*",
                     row.score ? fixed(*row.score, 3) : "-", fixed(row.reward, 3), "-", "-",
                     fixed(row.per_episode[0], 2), cost(row.per_episode[1]), "-", "", ""});
    }
  }
  if (!board.unscored.empty()) out += "\n" + markdown(unscored_sentence(board)) + "\n";
  return out;
}

std::string comparison_lines(const Report& report) {
  if (report.comparisons.empty()) return {};
  std::string out = "\n### Does the ranking survive?\n\n" +
                    head_of({"Against", "Held", "Became ties", "Reversed", "New", "First row"}, "lrrrrl");
  for (const ViewComparison& c : report.comparisons) {
    out += row_of({markdown(c.view.name()), std::to_string(c.held), std::to_string(c.tied),
                   std::to_string(c.reversed), std::to_string(c.fresh), name_of(report, c.first_row)});
  }
  return out;
}

std::string leaderboards(const Report& report) {
  std::string out = "\n## Leaderboard\n\n";
  out += fmt::format(
      "Tier 1 breaks a budget in at most {} of the episodes of every cell{}; tier 2 breaks more and stands "
      "behind. "
      "Figures are means over the {}; latency and cost are per episode. Rank is 1 + the number "
      "of "
      "rows of the tier that are significantly better, so rows of equal rank are ties; as S orders the rows "
      "and tests of their "
      "rewards rank them, a row may stand above one of a lower rank. In brackets: 95 % intervals, claim {}. "
      "Ranks under {} follow from the one family of tests that decides (below); those of other "
      "views and of single cells are exploratory. The view of the headline stands first. Rows in "
      "italics are exact references, never ranked{}.\n",
      percent(report.plan.max_violation_rate), tier_rule(report.plan),
      counted(report.plan.cells.size(), "budget cell"), claim_name(report.claim),
      report.views.empty() ? "the first view" : markdown(report.views[0].name()),
      report.references.view.empty()
          ? ""
          : "; the causal oracle is the best that can be expected under what it planned on alone");
  const std::size_t first = report.headline.board.value_or(0);
  if (first < report.boards.size()) out += board(report, report.boards[first]);
  for (std::size_t i = 0; i < report.boards.size(); ++i) {
    if (i != first) out += board(report, report.boards[i]);
  }
  if (report.boards.empty()) out += "\nNo trial has finished.\n";
  return out + comparison_lines(report);
}

std::string unfinished(const Report& report) {
  std::string out;
  for (std::size_t i = 0; i < report.plan.trials.size(); ++i) {
    const TrialLine line = report.head(i);
    if (!line.present || line.status != TrialStatus::failed) continue;
    const auto code = [](const std::optional<int>& value) { return value ? std::to_string(*value) : "-"; };
    out += row_of({markdown(line.planned.row), markdown(line.planned.split), markdown(line.failure.reason),
                   code(line.failure.exit_code), code(line.failure.signal),
                   line.failure.limit.empty() ? "-" : markdown(line.failure.limit)});
  }
  if (!out.empty()) {
    out = "\n## Failed trials\n\n" +
          head_of({"Row", "Run", "Reason", "Exit code", "Signal", "Limit"}, "lllrrl") + out;
  }
  std::string left;
  for (const LeftOut& file : report.left_out) left += row_of({markdown(file.file), markdown(file.reason)});
  if (!left.empty()) out += "\n## Files left out\n\n" + head_of({"File", "Reason"}, "ll") + left;
  return out;
}

std::string cell_table(const Report& report, std::size_t c) {
  const ReportCell& cell = report.plan.cells[c];
  std::string out = fmt::format("\n### {}: {}\n\n", markdown(cell.name),
                                text::budget(cell.latency_s, cell.cost_usd, cost_unit(report.plan)));
  out += head_of({"Row", "Runs", "Reward (95 % interval)", "Quality", "Latency s", "of budget",
                  "Cost " + cost_unit(report.plan), "of budget", "Violations", "Excess s",
                  "Excess " + cost_unit(report.plan), "Outside mask"},
                 "lrrrrrrrrrrr");
  for (std::size_t r = 0; r < report.rows.size(); ++r) {
    const CellFigures& f = report.rows[r].cell[c];
    if (f.runs == 0) continue;
    out += row_of(
        {marked_name(report, r), std::to_string(f.runs), with_interval(f.view[0].reward, f.view[0].interval),
         fixed(f.view[0].quality, 3), is_charged(report.plan, 0) ? fixed(f.per_episode[0], 2) : "-",
         percent(f.budget[0].utilisation), is_charged(report.plan, 1) ? cost(f.per_episode[1]) : "-",
         percent(f.budget[1].utilisation), with_interval(f.joint),
         fixed(f.budget[0].excess.given_violation, 2), cost(f.budget[1].excess.given_violation),
         std::to_string(f.masked_actions)});
  }
  return out;
}

std::string cells(const Report& report) {
  if (report.views.empty()) return {};
  std::string out = fmt::format(
      "\n## Budget cells ({}{})\n\nExploratory: intervals are not corrected for the number of cells and "
      "rows. "
      "Violations: share of episodes that broke a budget, and the upper end of its 95 % interval, in which "
      "repeated tests of an episode count as one cluster. Excess: mean over the violating episodes. Outside "
      "mask: decisions after which no "
      "continuation fits the budgets.\n",
      markdown(report.views[0].name()),
      text::few(report.evidence.design.tests(), report.evidence.design.runs));
  for (std::size_t c = 0; c < report.plan.cells.size(); ++c) out += cell_table(report, c);
  return out;
}

std::string significance(const Report& report) {
  if (report.boards.empty() || report.boards[0].significance[0].pairs.empty()) return {};
  const Leaderboard& board = report.boards[0];
  std::string out = fmt::format(
      "\n## Differences between rows ({}{})\n\nDifferences of mean rewards over cells, first row less "
      "second, "
      "under claim {}; p after Holm's correction over {}{}. This family alone decides ranks; cells and "
      "other views are exploratory. F: the same for a fresh data set, approximate and uncorrected. "
      "Improvement: probability that a run of the first row beats a run of the second.\n\n",
      markdown(board.view.name()), text::few(report.evidence.design.tests(), report.evidence.design.runs),
      claim_name(report.claim), counted(board.significance[0].pairs.size(), "pair"),
      board.all_pairs ? "" : " with the best and the reference rows (`report --pairs` tests others)");
  out += head_of(
      {"Row", "against", "Difference (95 % interval)", "p", "Verdict", "F (95 % interval)", "Improvement"},
      "llrrlrr");
  for (std::size_t i = 0; i < board.significance[0].pairs.size(); ++i) {
    const PairTest& pair = board.significance[0].pairs[i];
    out += row_of(
        {name_of(report, pair.a), name_of(report, pair.b), with_interval(pair.difference, pair.interval),
         text::p_value(pair.p_holm),
         std::isnan(pair.p_holm)     ? "no verdict"
         : !pair.significant(kAlpha) ? "tie"
         : pair.difference > 0       ? "better"
                                     : "worse",
         std::isnan(pair.fresh.interval.low)
             ? "-"
             : fmt::format("{} to {}", fixed(pair.fresh.interval.low, 3), fixed(pair.fresh.interval.high, 3)),
         fixed(board.significance[0].improvement[i], 2)});
  }
  return out;
}

std::string training(const Report& report) {
  std::string out;
  for (std::size_t r = 0; r < report.rows.size(); ++r) {
    const TrainingResult& t = report.rows[r].training;
    if (t.episodes == 0) continue;
    const auto share = [&](std::int64_t n) {
      return percent(static_cast<double>(n) / static_cast<double>(t.episodes));
    };
    out += row_of({name_of(report, r), std::to_string(t.steps), std::to_string(t.episodes),
                   std::to_string(t.gradient_steps), share(t.latency_violations), share(t.cost_violations),
                   share(t.joint_violations)});
  }
  if (out.empty()) return out;
  return "\n## Training\n\nSums over runs; shares of training episodes that broke a budget.\n\n" +
         head_of({"Row", "Steps", "Episodes", "Gradient steps", "Latency broken", "Cost broken", "Either"},
                 "lrrrrrr") +
         out;
}

std::string timing(const Report& report) {
  std::string out;
  for (std::size_t r = 0; r < report.rows.size(); ++r) {
    if (report.rows[r].finished == 0) continue;
    const RowTiming& t = report.rows[r].timing;
    out += row_of({name_of(report, r), fixed(t.act_p50_us, 2), fixed(t.act_p95_us, 2), fixed(t.act_p99_us, 2),
                   fixed(t.update_us, 1), fixed(t.steps_per_s, 0), fixed(t.wall_s, 2), fixed(t.cpu_s, 2),
                   fixed(t.peak_memory_mb, 0)});
  }
  if (out.empty()) return out;
  return "\n## Timing\n\nOf this machine; medians over runs, wall and CPU time summed, memory the largest. "
         "These "
         "figures differ from run to run.\n\n" +
         head_of({"Row", "Decision p50 us", "p95 us", "p99 us", "Update us", "Steps/s", "Wall s", "CPU s",
                  "Memory MB"},
                 "lrrrrrrrr") +
         out;
}

}  // namespace

std::string report_markdown(const Report& report) {
  return head(report) + claims(report) + notes(report) + leaderboards(report) + references_markdown(report) +
         bounds_markdown(report) + margins_markdown(report) + drifts_markdown(report) +
         simulated_log_markdown(report) + unfinished(report) + cells(report) + significance(report) +
         training(report) + timing(report) + fmt::format("\n{}\n", kTrustStatement) +
         "\nEvery figure with its unit and definition: reports/README.md of OffloadBench.\n";
}

}  // namespace offload
