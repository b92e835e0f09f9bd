#include "report/sections/bounds.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

Json share_json(const GapShare& share) {
  return {{"row", share.row},     {"static_mix", share.mix},    {"hindsight", share.hindsight},
          {"share", share.share}, {"interval", share.interval}, {"headroom", share.headroom}};
}

Json difference_json(const Difference& d) { return {{"difference", d.mean}, {"interval", d.interval}}; }

Json gain_json(const GainAndGap& figures) {
  return {{"over_best", figures.over_best},
          {"over_random", figures.over_random},
          {"to_oracle", figures.to_oracle}};
}

Json peer_json(const PeerCell& cell) {
  return {{"quality", cell.quality},
          {"usd_per_1k", cell.usd_per_1k},
          {"strong_share", cell.strong_share},
          {"arena_as_published", cell.arena_as_published},
          {"arena_as_defined", cell.arena_as_defined},
          {"gain_and_gap_as_published", gain_json(cell.as_published)},
          {"gain_and_gap_as_defined", gain_json(cell.as_defined)}};
}

Json peer_row_json(const PeerRow& row) {
  return {{"aiq_as_published", row.aiq_as_published},     {"aiq_as_defined", row.aiq_as_defined},
          {"nauc_as_published", row.nauc_as_published},   {"nauc_as_defined", row.nauc_as_defined},
          {"apgr_as_published", row.apgr_as_published},   {"apgr_as_defined", row.apgr_as_defined},
          {"cpt50_as_published", row.cpt50_as_published}, {"cpt50_first", row.cpt50_as_defined.first},
          {"cpt50_lasting", row.cpt50_as_defined.lasting}};
}

std::string shown(double value, int digits) {
  return std::isfinite(value) ? text::fixed(value, digits) : "-";
}

std::string cells_markdown(const Report& report) {
  std::string out =
      "| Cell | Hindsight | Best constant | Over budget | Best per task | Over budget | Random |\n"
      "|:--|--:|:--|--:|--:|--:|--:|\n";
  for (std::size_t c = 0; c < report.bounds.cells.size(); ++c) {
    const BoundCell& cell = report.bounds.cells[c];
    const std::string hindsight =
        cell.inexact == 0 ? shown(cell.hindsight, 4)
                          : fmt::format("{} to {}", shown(cell.hindsight, 4), shown(cell.hindsight_upper, 4));
    out += fmt::format(
        "| {} | {} | {} ({}) | {} | {} | {} | {} |\n", text::markdown(report.plan.cells[c].name), hindsight,
        shown(cell.best_constant, 4), text::markdown(cell.constant), text::percent(cell.constant_violations),
        shown(cell.best_per_task, 4), text::percent(cell.per_task_violations), shown(cell.random, 4));
  }
  return out;
}

std::string shares_markdown(const Report& report) {
  std::string out =
      "\n### Share of the gap from the static mix to hindsight\n\n"
      "The mix spends no more latency and cost per turn than the row and looks at nothing; a share of 0 is "
      "as "
      "good as the mix, 1 is hindsight. 95 % intervals over runs and sessions; - where hindsight does not "
      "beat "
      "the mix by more than chance.\n\n"
      "| Row | Cell | Row's reward | Static mix | Hindsight | Share | 95 % "
      "|\n|:--|:--|--:|--:|--:|--:|:--|\n";
  const auto line = [&](const std::string& row, const std::string& cell, const GapShare& share) {
    if (!std::isfinite(share.row)) return;
    const std::string interval =
        std::isfinite(share.share)
            ? fmt::format("{} to {}", shown(share.interval.low, 3), shown(share.interval.high, 3))
            : "-";
    out +=
        fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", text::markdown(row), cell, shown(share.row, 4),
                    shown(share.mix, 4), shown(share.hindsight, 4), shown(share.share, 3), interval);
  };
  for (std::size_t row = 0; row < report.bounds.share.size(); ++row) {
    const std::string& name = report.rows[row].row.name;
    for (std::size_t c = 0; c < report.bounds.cells.size(); ++c) {
      line(name, text::markdown(report.plan.cells[c].name), report.bounds.share[row][c]);
    }
    if (report.bounds.cells.size() > 1) line(name, "*all*", report.bounds.overall[row]);
  }
  return out;
}

std::string advantages_markdown(const Report& report) {
  std::string out =
      "\n### Against the best constant and the best arm per task\n\n"
      "Both are chosen on the training side, among the arms that keep the cell's budgets. Difference in "
      "reward, with its 95 % interval over runs and sessions.\n\n"
      "| Row | Cell | Over the best constant | Over the best per task |\n|:--|:--|--:|--:|\n";
  const auto told = [](const Difference& d) {
    return fmt::format("{} ({} to {})", shown(d.mean, 3), shown(d.interval.low, 3),
                       shown(d.interval.high, 3));
  };
  for (std::size_t row = 0; row < report.bounds.advantage.size(); ++row) {
    for (std::size_t c = 0; c <= report.plan.cells.size(); ++c) {
      const Advantage& a = report.bounds.advantage[row][c];
      const bool all = c == report.plan.cells.size();
      if (!std::isfinite(a.constant.mean) || (all && c == 1)) continue;
      out += fmt::format("| {} | {} | {} | {} |\n", text::markdown(report.rows[row].row.name),
                         all ? "*all*" : text::markdown(report.plan.cells[c].name), told(a.constant),
                         told(a.per_task));
    }
  }
  for (const std::string& sentence : report.bounds.sentences) out += "\n" + text::markdown(sentence) + "\n";
  return out;
}

std::string peers_markdown(const Report& report) {
  const BoundFigures& bounds = report.bounds;
  std::string out =
      "\n### Figures of other routing benchmarks\n\nAs published / as defined (reports/README.md). AIQ, "
      "nAUC, APGR "
      "and CPT take a row's cells as the points of its curve.\n\n"
      "| Row | Cell | Arena score | Gain over best | Gain over random | Gap to oracle |\n"
      "|:--|:--|--:|--:|--:|--:|\n";
  const auto both = [](double published, double defined) {
    return shown(published, 4) + " / " + shown(defined, 4);
  };
  for (std::size_t row = 0; row < bounds.peers.size(); ++row) {
    for (std::size_t c = 0; c < bounds.peers[row].size(); ++c) {
      const PeerCell& cell = bounds.peers[row][c];
      out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", text::markdown(report.rows[row].row.name),
                         text::markdown(report.plan.cells[c].name),
                         both(cell.arena_as_published, cell.arena_as_defined),
                         both(cell.as_published.over_best, cell.as_defined.over_best),
                         both(cell.as_published.over_random, cell.as_defined.over_random),
                         both(cell.as_published.to_oracle, cell.as_defined.to_oracle));
    }
  }
  out += "\n| Row | AIQ | nAUC | APGR | CPT 50 % (first, lasting) |\n|:--|--:|--:|--:|--:|\n";
  for (std::size_t row = 0; row < bounds.peer_rows.size(); ++row) {
    if (bounds.peers[row].empty()) continue;
    const PeerRow& p = bounds.peer_rows[row];
    out +=
        fmt::format("| {} | {} | {} | {} | {} / {}, {} |\n", text::markdown(report.rows[row].row.name),
                    both(p.aiq_as_published, p.aiq_as_defined), both(p.nauc_as_published, p.nauc_as_defined),
                    both(p.apgr_as_published, p.apgr_as_defined), shown(p.cpt50_as_published, 4),
                    shown(p.cpt50_as_defined.first, 4), shown(p.cpt50_as_defined.lasting, 4));
  }
  return out;
}

}  // namespace

Json bounds_json(const Report& report) {
  const BoundFigures& bounds = report.bounds;
  const auto cell = [&](std::size_t c) -> Json {
    const BoundCell& f = bounds.cells[c];
    return {{"cell", report.plan.cells[c].name},
            {"hindsight", f.hindsight},
            {"hindsight_upper", f.hindsight_upper},
            {"inexact", f.inexact},
            {"constant", f.constant},
            {"best_constant", f.best_constant},
            {"constant_violations", f.constant_violations},
            {"best_per_task", f.best_per_task},
            {"per_task_violations", f.per_task_violations},
            {"random", f.random}};
  };
  const auto row = [&](std::size_t r) -> Json {
    const auto of_cell = [&](std::size_t c) -> Json {
      return {{"cell", report.plan.cells[c].name},
              {"gap", share_json(bounds.share[r][c])},
              {"against_constant", difference_json(bounds.advantage[r][c].constant)},
              {"against_per_task", difference_json(bounds.advantage[r][c].per_task)},
              {"peers", bounds.peers[r].empty() ? Json() : peer_json(bounds.peers[r][c])}};
    };
    return {{"row", report.rows[r].row.name},
            {"gap", share_json(bounds.overall[r])},
            {"against_constant", difference_json(bounds.advantage[r].back().constant)},
            {"against_per_task", difference_json(bounds.advantage[r].back().per_task)},
            {"peers", peer_row_json(bounds.peer_rows[r])},
            {"cells", listed_to(bounds.cells.size(), of_cell)}};
  };
  return {{"oracle_quality", bounds.oracle_quality},
          {"luck", bounds.luck},
          {"sentences", bounds.sentences},
          {"cost_range_usd", {bounds.range.low, bounds.range.high}},
          {"cells", listed_to(bounds.cells.size(), cell)},
          {"rows", listed_to(bounds.share.size(), row)}};
}

std::string bounds_markdown(const Report& report) {
  if (report.bounds.cells.empty()) return {};
  return "\n## Against the bounds of the table\n\n" + text::markdown(report.bounds.luck) + "\n\n" +
         cells_markdown(report) + advantages_markdown(report) + shares_markdown(report) +
         peers_markdown(report);
}

}  // namespace offload
