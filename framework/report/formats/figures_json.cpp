#include <fmt/format.h>

#include <cmath>

#include "report/boards/headline.hpp"
#include "report/figures/action_kinds.hpp"
#include "report/figures/matched.hpp"
#include "report/formats/json.hpp"

namespace offload {
namespace {

// `logged`: actions have kinds.
Json action_mix_json(const std::vector<std::int64_t>& action_count, std::int64_t turns, bool logged) {
  const auto space = logged ? action_space(action_count.size()) : std::nullopt;
  std::vector<double> by_action, by_kind(space ? static_cast<std::size_t>(space->kinds()) : 0, 0.0);
  for (std::size_t a = 0; a < action_count.size(); ++a) {
    by_action.push_back(static_cast<double>(action_count[a]) / static_cast<double>(turns));
    if (space) by_kind[static_cast<std::size_t>(space->kind(static_cast<int>(a)))] += by_action.back();
  }
  return {{"kind", space ? Json(by_kind) : Json()}, {"action", by_action}};
}

// What the row's runs had, [splits], which is not kept with its figures.
class Runs {
 public:
  Runs(const Report& report, std::size_t row, std::size_t cell)
      : splits_(report.plan.splits.size()),
        columns_(report.matched->has_finished(row) ? report.matched->trials.columns(row) : nullptr),
        cell_(cell) {}

  std::vector<double> reward(std::size_t view) const {
    if (columns_ == nullptr) return none();
    return columns_->means(columns_->cells[cell_].view[view].reward);
  }
  std::vector<double> task_reward(std::size_t view, std::size_t task) const {
    if (columns_ == nullptr) return none();
    return columns_->by_split(columns_->cells[cell_].view[view].task_reward[task]);
  }

 private:
  std::vector<double> none() const { return std::vector<double>(splits_, kNan); }

  std::size_t splits_;
  std::shared_ptr<const RowColumns> columns_;
  std::size_t cell_;
};

Json score_json(const ScoreView& view, const ScoreFigures& figures, const std::vector<double>& run_reward) {
  return {{"lens", view.lens},
          {"model", view.model},
          {"reward", figures.reward},
          {"reward_interval", figures.interval},
          {"run_reward", run_reward},
          {"quality", figures.quality},
          {"quality_interval", figures.quality_interval},
          {"association", figures.association},
          {"association_interval", figures.association_interval},
          {"score", figures.score},
          {"score_interval", figures.score_interval},
          {"tier", figures.tier > 0 ? Json(figures.tier) : Json()},
          {"rank", figures.rank > 0 ? Json(figures.rank) : Json()},
          {"pareto", figures.pareto}};
}

// Lists run over the views of the suite. `large`: of a report whose runs by task and view would be most of
// it; only the first view's are kept.
Json task_figures_json(const TaskFigures& task, bool large, bool logged, const Runs& runs,
                       std::size_t index) {
  using View = TaskFigures::View;
  return {{"turns", task.turns},
          {"action_mix", action_mix_json(task.action_count, task.turns, logged)},
          {"reward", listed(task.view, [](const View& view) -> Json { return view.reward; })},
          {"run_reward", listed_to(task.view.size(),
                                   [&](std::size_t v) -> Json {
                                     const bool kept = !large || v == 0;
                                     return kept ? Json(runs.task_reward(v, index)) : Json::array();
                                   })},
          {"quality", listed(task.view, [](const View& view) -> Json { return view.quality; })}};
}

Json cell_row_json(const Report& report, std::size_t r, std::size_t c) {
  const RowFigures& row = report.rows[r];
  const CellFigures& figures = row.cell[c];
  const Runs runs(report, r, c);
  const bool large = !report.boards.empty() && !report.boards[0].all_pairs, logged = !report.plan.world;
  return {{"row", row.row.name},
          {"runs", figures.runs},
          {"episodes", figures.episodes},
          {"tests", figures.tests},
          {"turns", figures.turns},
          {"latency_s_per_episode", figures.per_episode[0]},
          {"latency_s_per_episode_interval", figures.per_episode_interval[0]},
          {"latency_s_per_turn", figures.per_turn[0]},
          {"cost_usd_per_episode", figures.per_episode[1]},
          {"cost_usd_per_episode_interval", figures.per_episode_interval[1]},
          {"cost_usd_per_turn", figures.per_turn[1]},
          {"latency", figures.budget[0]},
          {"cost", figures.budget[1]},
          {"joint_violations", figures.joint},
          {"infeasible", figures.infeasible},
          {"departed", figures.departed},
          {"masked_actions", figures.masked_actions},
          {"action_mix", action_mix_json(figures.action_count, figures.turns, logged)},
          {"tasks", listed_to(figures.task.size(),
                              [&](std::size_t t) {
                                return task_figures_json(figures.task[t], large, logged, runs, t);
                              })},
          {"scores", listed_to(report.views.size(), [&](std::size_t v) {
             return score_json(report.views[v], figures.view[v], runs.reward(v));
           })}};
}

Json entry_json(const Report& report, const LeaderboardEntry& e) {
  return {{"row", report.rows[e.row].row.name},
          {"tier", e.tier},
          {"rank", e.rank},
          {"score", e.score},
          {"score_interval", e.score_interval},
          {"reward", e.reward},
          {"reward_interval", e.interval},
          {"stratified_interval", e.stratified},
          {"quality", e.quality},
          {"quality_interval", e.quality_interval},
          {"association", e.association},
          {"association_interval", e.association_interval},
          {"latency_s_per_episode", e.per_episode[0]},
          {"latency_s_per_episode_interval", e.per_episode_interval[0]},
          {"cost_usd_per_episode", e.per_episode[1]},
          {"cost_usd_per_episode_interval", e.per_episode_interval[1]},
          {"joint_violations", e.joint},
          {"interquartile_mean", e.interquartile_mean},
          {"interquartile_mean_interval", e.iqm_interval},
          {"median", e.median},
          {"median_interval", e.median_interval},
          {"optimality_gap", e.optimality_gap},
          {"optimality_gap_interval", e.gap_interval},
          {"area", e.area},
          {"area_interval", e.area_interval},
          {"normalised_area", e.normalised_area},
          {"normalised_area_interval", e.normalised_area_interval},
          {"pareto", e.pareto}};
}

Json significance_json(const Report& report, const Leaderboard& board, const Significance& significance) {
  const auto listed_pair = [&](std::size_t i) -> Json {
    const PairTest& pair = significance.pairs[i];
    return {{"a", report.rows[pair.a].row.name},
            {"b", report.rows[pair.b].row.name},
            {"difference", pair.difference},
            {"difference_interval", pair.interval},
            {"p", pair.p},
            {"p_holm", pair.p_holm},
            {"fresh_data", {{"interval", pair.fresh.interval}, {"p", pair.fresh.p}}},
            {"probability_of_improvement", significance.improvement[i]}};
  };
  return {{"lens", board.view.lens},
          {"model", board.view.model},
          {"cell", significance.cell.empty() ? Json() : Json(significance.cell)},
          {"exploratory", !significance.deciding},
          {"all_pairs", board.all_pairs},
          {"pairs", listed_to(significance.pairs.size(), listed_pair)}};
}

}  // namespace

// Written row by row: as one value the cells of many rows take more memory than all the rest.
void write_cells(const Report& report, const TextSink& sink) {
  sink("[");
  for (std::size_t c = 0; c < report.plan.cells.size(); ++c) {
    sink(fmt::format("{}\n  {{\n   \"cell\": {},\n   \"rows\": [", c == 0 ? "" : ",",
                     compact(report.plan.cells[c].name)));
    for (std::size_t row = 0; row < report.rows.size(); ++row) {
      sink(row == 0 ? "\n    " : ",\n    ");
      sink(compact(cell_row_json(report, row, c)));
    }
    sink("]\n  }");
  }
  sink("]");
}

Json headline_json(const Report& report) {
  const Headline& h = report.headline;
  const auto row = [&report](const std::optional<std::size_t>& index) {
    return index ? Json(report.rows[*index].row.name) : Json();
  };
  const auto view = [](const ScoreView& v) -> Json { return {{"lens", v.lens}, {"model", v.model}}; };
  const bool tested = !std::isnan(h.difference);
  return {{"view", h.board ? view(report.boards[*h.board].view) : Json()},
          {"evidence", word(h.support)},
          {"leader", row(h.leader)},
          {"runner_up", row(h.runner_up)},
          {"difference", tested ? Json(h.difference) : Json()},
          {"interval", tested ? Json(h.interval) : Json()},
          {"significant", h.significant},
          {"survives", {{"holds", h.holds}, {"views", h.views}}},
          {"regret", h.regret},
          {"sentence", h.sentence}};
}

Json leaderboard_json(const Report& report) {
  const auto unscored = [](const UnscoredCell& c) -> Json {
    return {{"cell", c.cell}, {"reason", c.reason}};
  };
  return listed(report.boards, [&](const Leaderboard& board) -> Json {
    const auto row = [&](const LeaderboardEntry& e) { return entry_json(report, e); };
    return {{"lens", board.view.lens},
            {"model", board.view.model},
            {"ranked_by", board.by_score ? "score" : "reward"},
            {"unscored", listed(board.unscored, unscored)},
            {"rows", listed(board.entries, row)}};
  });
}

Json tests_json(const Report& report) {
  Json list = Json::array();
  for (const Leaderboard& board : report.boards) {
    for (const Significance& significance : board.significance) {
      list.push_back(significance_json(report, board, significance));
    }
  }
  return list;
}

}  // namespace offload
