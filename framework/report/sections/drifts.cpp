#include "report/sections/drifts.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "report/figures/world.hpp"
#include "report/text/few.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

Json shifted_json(const Shifted& value) {
  return {{"home", value.home},
          {"away", value.away},
          {"away_interval", value.away_interval},
          {"difference", value.difference},
          {"interval", value.interval}};
}

// The figures of a row in a cell or over all of them, behind `head`.
Json cell_json(const char* head, const std::string& name, const DriftCell& cell) {
  Json json = {{head, name},
               {"reward", shifted_json(cell.reward)},
               {"quality", shifted_json(cell.quality)},
               {"violations", shifted_json(cell.violations)},
               {"latency_s_per_episode", shifted_json(cell.per_episode[0])},
               {"cost_usd_per_episode", shifted_json(cell.per_episode[1])},
               {"tests", cell.tests},
               {"masked_actions", cell.masked_actions},
               {"same_decisions", cell.same_decisions}};
  if (cell.regret) {
    json["native"] = {{"reward", cell.regret->away},
                      {"reward_interval", cell.regret->away_interval},
                      {"violations", cell.native_violations->away},
                      {"regret", cell.regret->difference},
                      {"regret_interval", cell.regret->interval}};
  }
  return json;
}

Json actions_json(const ReportDrift& drift, const std::vector<std::string>& names) {
  return listed_to(names.size(), [&](std::size_t a) -> Json {
    return {
        {"name", names[a]}, {"latency_s", drift.consumption[a][0]}, {"cost_usd", drift.consumption[a][1]}};
  });
}

std::string sees_sentence(const ReportDrift& drift) {
  return drift.sees == "new" ? "agents and masks see what turns take there"
                             : "agents and masks go on believing what turns took at home";
}

// "-.012 (-.020 to -.004)".
std::string and_interval(double value, const Interval& interval) {
  if (std::isnan(interval.low)) return text::fixed(value, 3);
  return fmt::format("{} ({} to {})", text::fixed(value, 3), text::fixed(interval.low, 3),
                     text::fixed(interval.high, 3));
}

// "-" where the row was not trained there.
std::string regret_of(const DriftCell& cell) {
  return cell.regret ? and_interval(cell.regret->difference, cell.regret->interval) : "-";
}

std::string from_to(const std::string& home, const std::string& away) {
  return fmt::format("{} -> {}", home, away);
}

// Visits the rows that have runs, best away first.
template <typename Visit>
void each_row(const Report& report, std::size_t drift, const Visit& visit) {
  std::vector<std::size_t> order;
  for (std::size_t r = 0; r < report.rows.size(); ++r) {
    if (!report.drifts[drift].row[r].empty()) order.push_back(r);
  }
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return report.drifts[drift].row[a].back().reward.away > report.drifts[drift].row[b].back().reward.away;
  });
  for (const std::size_t r : order) visit(report.rows[r], report.drifts[drift].row[r]);
}

std::string few(const Report& report) {
  return text::few(report.evidence.design.tests(), report.evidence.design.runs);
}

std::string markdown_line(const std::string& row, const std::string& cell, const DriftCell& figures) {
  return fmt::format(
      "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", row, cell, text::fixed(figures.reward.home, 3),
      text::fixed(figures.reward.away, 3), and_interval(figures.reward.difference, figures.reward.interval),
      from_to(text::percent(figures.violations.home), text::percent(figures.violations.away)),
      from_to(text::fixed(figures.per_episode[0].home, 2), text::fixed(figures.per_episode[0].away, 2)),
      from_to(text::cost(figures.per_episode[1].home), text::cost(figures.per_episode[1].away)),
      figures.same_decisions ? "as at home" : "otherwise", regret_of(figures));
}

void add_fields(const Shifted& value, std::vector<std::string>& fields) {
  for (const double number : {value.home, value.away, value.away_interval.low, value.away_interval.high,
                              value.difference, value.interval.low, value.interval.high}) {
    fields.push_back(text::exact(number));
  }
}

std::string csv_text(const std::string& drift, const std::string& sees, const std::string& row,
                     const std::string& cell, const DriftCell& figures) {
  std::vector<std::string> fields = {drift, sees, row, cell};
  for (const Shifted* value : {&figures.reward, &figures.quality, &figures.violations,
                               &figures.per_episode[0], &figures.per_episode[1]}) {
    add_fields(*value, fields);
  }
  fields.push_back(std::to_string(figures.tests));
  fields.push_back(std::to_string(figures.masked_actions));
  fields.emplace_back(figures.same_decisions ? "1" : "0");
  for (const double number :
       {figures.regret ? figures.regret->away : kNan, figures.regret ? figures.regret->difference : kNan,
        figures.regret ? figures.regret->interval.low : kNan,
        figures.regret ? figures.regret->interval.high : kNan,
        figures.native_violations ? figures.native_violations->away : kNan})
    fields.push_back(text::exact(number));
  return text::csv_line(fields);
}

}  // namespace

Json drifts_json(const Report& report) {
  const std::vector<std::string> names = action_names(report.plan);
  return listed_to(report.drifts.size(), [&](std::size_t d) -> Json {
    const ReportDrift& drift = report.plan.drifts[d];
    Json rows = Json::array();
    for (std::size_t r = 0; r < report.rows.size(); ++r) {
      const std::vector<DriftCell>& cells = report.drifts[d].row[r];
      if (cells.empty()) continue;
      Json row = cell_json("row", report.rows[r].row.name, cells.back());
      row["cells"] = listed_to(cells.size() - 1, [&](std::size_t c) {
        return cell_json("cell", report.plan.cells[c].name, cells[c]);
      });
      rows.push_back(std::move(row));
    }
    return {{"name", drift.name},
            {"profile", drift.profile},
            {"sees", drift.sees},
            {"lens", report.views.front().lens},
            {"model", report.views.front().model},
            {"actions", actions_json(drift, names)},
            {"rows", std::move(rows)}};
  });
}

std::string drifts_markdown(const Report& report) {
  if (report.drifts.empty()) return {};
  std::string out = fmt::format(
      "\n## Drift\n\nThe trained agents once more, a fresh copy of each, on the same test episodes in the "
      "same "
      "budgets, but charged what turns take in another world ({}). Rewards are on the scale of home: what is "
      "relative in them is relative to what turns take at home, cut to 0 to 1. Difference: away less home, "
      "test by test, with its 95 % interval; regret: the same row trained there from the start less the one "
      "that moved; exploratory.\n",
      text::markdown(report.views.front().name()));
  for (std::size_t d = 0; d < report.drifts.size(); ++d) {
    const ReportDrift& drift = report.plan.drifts[d];
    out += fmt::format(
        "\n### {}: {}\n\nAt home {}; {}{}.\n\n| Row | Cell | Reward home | away | Difference | Violations | "
        "Latency s | Cost {} | Decides | Regret |\n|:--|:--|--:|--:|--:|--:|--:|--:|:--|--:|\n",
        text::markdown(drift.name), text::markdown(drift.profile), text::markdown(report.plan.profile),
        sees_sentence(drift), few(report), cost_unit(report.plan));
    each_row(report, d, [&](const RowFigures& row, const std::vector<DriftCell>& cells) {
      out += markdown_line(text::markdown(row.row.name), "all", cells.back());
      for (std::size_t c = 0; cells.size() > 2 && c + 1 < cells.size(); ++c)
        out += markdown_line("", text::markdown(report.plan.cells[c].name), cells[c]);
    });
  }
  return out;
}

std::string drifts_csv(const Report& report) {
  if (report.drifts.empty()) return {};
  std::vector<std::string> heads = {"drift", "sees", "row", "cell"};
  const std::string cost = cost_unit(report.plan) == "USD" ? "cost_usd" : "cost_" + cost_unit(report.plan);
  for (const std::string& figure : {std::string("reward"), std::string("quality"),
                                    std::string("joint_violation_rate"), std::string("latency_s"), cost}) {
    for (const char* part :
         {"home", "away", "away_low", "away_high", "difference", "difference_low", "difference_high"}) {
      heads.push_back(fmt::format("{}_{}", figure, part));
    }
  }
  heads.insert(heads.end(), {"tests", "masked_actions", "same_decisions", "native_reward", "regret",
                             "regret_low", "regret_high", "native_joint_violation_rate"});
  std::string out = text::csv_line(heads);
  for (std::size_t d = 0; d < report.drifts.size(); ++d) {
    const ReportDrift& drift = report.plan.drifts[d];
    each_row(report, d, [&](const RowFigures& row, const std::vector<DriftCell>& cells) {
      out += csv_text(drift.name, drift.sees, row.row.name, "", cells.back());
      for (std::size_t c = 0; c + 1 < cells.size(); ++c)
        out += csv_text(drift.name, drift.sees, row.row.name, report.plan.cells[c].name, cells[c]);
    });
  }
  return out;
}

namespace {

void print_regret(Terminal& terminal, const Report& report, std::size_t d) {
  if (!report.plan.drifts[d].trained) return;
  terminal.title("Trained there from the start; regret: what who moved earns less");
  Table table{{"Row", "Moved", "Trained there", "Regret, 95 %", "Violations"}, 0, {}, {}};
  each_row(report, d, [&](const RowFigures& row, const std::vector<DriftCell>& cells) {
    const DriftCell& all = cells.back();
    if (!all.regret) return;
    table.rows.push_back(
        {{text::shown(row.row.name), text::fixed(all.regret->home, 3), text::fixed(all.regret->away, 3),
          text::plus_minus(all.regret->difference, all.regret->interval.low, all.regret->interval.high, 3),
          from_to(text::percent(all.native_violations->home), text::percent(all.native_violations->away))},
         all.regret->interval.low > 0 ? Style::warn : Style::plain});
  });
  terminal.table(table);
}

}  // namespace

void print_drifts(Terminal& terminal, const Report& report) {
  for (std::size_t d = 0; d < report.drifts.size(); ++d) {
    const ReportDrift& drift = report.plan.drifts[d];
    terminal.line("");
    terminal.title(fmt::format("Drift {}, exploratory: {}; {}{}", text::shown(drift.name, 40),
                               text::shown(drift.profile, 200), sees_sentence(drift), few(report)));
    Table table{{"Row", "Home", "Away", "Difference, 95 %", "Violations", "Latency s",
                 "Cost " + cost_unit(report.plan)},
                0,
                {},
                {"Row", "Home", "Away", "Diff., 95 %", "Viol.", "Time s", cost_unit(report.plan)}};
    each_row(report, d, [&](const RowFigures& row, const std::vector<DriftCell>& cells) {
      const DriftCell& all = cells.back();
      const bool breaks_more = all.violations.away > all.violations.home;
      table.rows.push_back(
          {{text::shown(row.row.name), text::fixed(all.reward.home, 3), text::fixed(all.reward.away, 3),
            text::plus_minus(all.reward.difference, all.reward.interval.low, all.reward.interval.high, 3),
            from_to(text::percent(all.violations.home), text::percent(all.violations.away)),
            from_to(text::fixed(all.per_episode[0].home, 1), text::fixed(all.per_episode[0].away, 1)),
            text::cost(all.per_episode[1].away)},
           breaks_more ? Style::warn : Style::plain});
    });
    terminal.table(table);
    print_regret(terminal, report, d);
  }
}

}  // namespace offload
