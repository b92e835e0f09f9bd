#include "report/figures/boards.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/statistics/aggregates.hpp"
#include "offload/random.hpp"
#include "report/figures/board_intervals.hpp"
#include "report/figures/flags.hpp"
#include "report/figures/references.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

// Ranks within the tiers; rows of tier 2 stand behind all of tier 1, and those that violate less first.
std::vector<int> ranks(const std::vector<Standing>& standings, const Significance& tests) {
  std::vector<int> rank(standings.size(), 1);
  const auto behind = [&](std::size_t i, std::size_t j) {
    const Standing &a = standings[i], &b = standings[j];
    if (a.complies != b.complies) return b.complies;
    return !a.complies && a.violation_rate > b.violation_rate;
  };
  const auto same_class = [&](std::size_t i, std::size_t j) { return !behind(i, j) && !behind(j, i); };
  for (std::size_t i = 0; i < standings.size(); ++i) {
    for (std::size_t j = 0; j < standings.size(); ++j) rank[i] += behind(i, j);
  }
  std::size_t index = 0;
  for (std::size_t i = 0; i < standings.size(); ++i) {
    for (std::size_t j = i + 1; j < standings.size(); ++j) {
      const PairTest& pair = tests.pairs[index++];
      if (pair.p_holm > kAlpha || pair.difference == 0 || !same_class(i, j)) continue;
      ++rank[pair.difference > 0 ? j : i];
    }
  }
  return rank;
}

class BoardBuilder {
 public:
  BoardBuilder(const ReportPlan& plan, const MatchedTrials& matched, std::size_t view,
               const std::vector<OracleBounds>& bounds, const std::vector<double>& position,
               std::vector<RowFigures>& rows)
      : plan_(plan),
        matched_(matched),
        view_(view),
        position_(position),
        rows_(rows),
        cells_(plan.cells.size()),
        oracle_bounds_(bounds),
        bounds_(mean_bounds(plan, bounds, matched.views[view])) {
    board_.view = matched.views[view];
    for (std::size_t row = 0; row < rows.size(); ++row) {
      if (rows[row].status == RowStatus::complete) ranked_.push_back(row);
    }
  }

  Leaderboard build() {
    set_scores();
    intervals_.emplace(plan_, matched_, view_, oracle_bounds_, rows_);
    test();
    for (std::size_t c = 0; c < cells_; ++c) rank_cell(c);
    rank_board();
    return std::move(board_);
  }

 private:
  ScoreFigures& figures(std::size_t row, std::size_t cell) { return rows_[row].cell[cell].view[view_]; }

  void set_scores() {
    for (const std::size_t row : ranked_) {
      for (std::size_t c = 0; c < cells_; ++c) {
        figures(row, c).score = normalised_score(figures(row, c).reward, bounds_[c]);
        board_.by_score = board_.by_score || figures(row, c).score.has_value();
      }
    }
    const bool computed = board_.by_score || !plan_.references.empty();
    for (std::size_t c = 0; computed && c < cells_; ++c) {
      if (normalised_score(0, bounds_[c])) continue;
      board_.unscored.push_back(
          {plan_.cells[c].name,
           bounds_[c] ? fmt::format("the causal oracle is only {:.3f} above masked random, less than {}",
                                    bounds_[c]->causal - bounds_[c]->masked_random, kLeastBoundsDistance)
                      : "no exact causal oracle on every split"});
    }
  }

  // Run rewards of a ranked row, [runs][cells].
  ScoreMatrix run_rewards(std::size_t row, std::size_t first_cell, std::size_t end_cell) {
    ScoreMatrix matrix{plan_.splits.size(), end_cell - first_cell, {}};
    for (std::size_t split = 0; split < matrix.runs; ++split) {
      for (std::size_t c = first_cell; c < end_cell; ++c) {
        matrix.value.push_back(figures(row, c).run_reward[split]);
      }
    }
    return matrix;
  }

  Significance significance(std::string name, std::size_t first_cell, std::size_t end_cell) {
    Significance result;
    result.cell = std::move(name);
    const PairedValues values = paired_values(intervals_->panel(), cells_, ranked_, first_cell, end_cell);
    result.pairs = sign_flip_tests(values, board_.flips,
                                   stream(kReportSeed, kSignFlipStream, board_.significance.size()));
    result.interval = difference_intervals(values, result.pairs);
    for (PairTest& pair : result.pairs) {
      pair.a = ranked_[pair.a];
      pair.b = ranked_[pair.b];
      result.improvement.push_back(probability_of_improvement(run_rewards(pair.a, first_cell, end_cell),
                                                              run_rewards(pair.b, first_cell, end_cell)));
    }
    return result;
  }

  void test() {
    board_.flips = sign_flips(ranked_.size());
    board_.significance.push_back(significance("", 0, cells_));
    for (std::size_t c = 0; c < cells_; ++c) {
      board_.significance.push_back(significance(plan_.cells[c].name, c, c + 1));
    }
  }

  void rank_cell(std::size_t c) {
    std::vector<Standing> standings;
    std::vector<TradeOff> trade_offs;
    for (const std::size_t row : ranked_) {
      const CellFigures& cell = rows_[row].cell[c];
      const ScoreFigures& view = cell.view[view_];
      standings.push_back({cell.joint.rate <= plan_.max_violation_rate && may_lead(plan_, rows_[row]),
                           cell.joint.rate, view.score, view.reward});
      trade_offs.push_back({view.quality, cell.per_episode[0], cell.per_episode[1]});
    }
    const std::vector<int> rank = ranks(standings, board_.significance[c + 1]);
    const std::vector<bool> front = pareto_front(trade_offs);
    for (std::size_t i = 0; i < ranked_.size(); ++i) {
      ScoreFigures& view = figures(ranked_[i], c);
      view.tier = standings[i].complies ? 1 : 2;
      view.rank = rank[i];
      view.pareto = front[i];
    }
  }

  LeaderboardEntry entry(std::size_t row, Standing& standing) {
    LeaderboardEntry entry;
    entry.row = row;
    entry.per_episode_interval = rows_[row].per_episode_interval;
    std::int64_t violations = 0, tests = 0;
    std::vector<BudgetPoint> curve, causal;
    double score = 0;
    std::size_t scored = 0;
    const double share = 1 / static_cast<double>(cells_);
    standing.complies = may_lead(plan_, rows_[row]);
    for (std::size_t c = 0; c < cells_; ++c) {
      const CellFigures& cell = rows_[row].cell[c];
      const ScoreFigures& view = figures(row, c);
      entry.reward += share * view.reward;
      entry.quality += share * view.quality;
      entry.association += share * view.association;
      for (std::size_t k = 0; k < 2; ++k) entry.per_episode[k] += share * cell.per_episode[k];
      violations += cell.joint.count;
      tests += cell.joint.of;
      standing.complies = standing.complies && cell.joint.rate <= plan_.max_violation_rate;
      curve.push_back({position_[c], view.reward});
      if (bounds_[c]) causal.push_back({position_[c], bounds_[c]->causal});
      if (view.score) score += *view.score, ++scored;
    }
    if (scored > 0) entry.score = score / static_cast<double>(scored);
    entry.joint = {violations, tests, static_cast<double>(violations) / static_cast<double>(tests),
                   wilson(violations, tests)};
    entry.area = area_under_curve(curve);
    if (causal.size() == cells_ && area_under_curve(causal) > 0) {
      entry.normalised_area = entry.area / area_under_curve(causal);
    }
    set_aggregates(entry);
    intervals_->set(entry, position_);
    standing.violation_rate = entry.joint.rate;
    standing.score = entry.score;
    standing.reward = entry.reward;
    return entry;
  }

  void set_aggregates(LeaderboardEntry& entry) {
    const std::uint64_t seed = stream(kReportSeed, kStratifiedStream);
    const ScoreMatrix rewards = run_rewards(entry.row, 0, cells_);
    entry.interquartile_mean = interquartile_mean(rewards);
    entry.median = median_of_task_means(rewards);
    const auto intervals = stratified_bootstrap(
        rewards, {mean_score, interquartile_mean, median_of_task_means}, kBootstrapRepetitions, seed);
    entry.stratified = intervals[0];
    entry.iqm_interval = intervals[1];
    entry.median_interval = intervals[2];
    entry.gap_interval = {kNan, kNan};
    const ScoreMatrix scores = run_scores(rewards);
    if (scores.tasks == 0) return;
    entry.optimality_gap = optimality_gap(scores);
    entry.gap_interval = stratified_bootstrap(scores, {optimality_gap}, kBootstrapRepetitions, seed)[0];
  }

  // S of every run, [runs][cells with bounds].
  ScoreMatrix run_scores(const ScoreMatrix& rewards) const {
    ScoreMatrix scores{rewards.runs, 0, {}};
    for (std::size_t c = 0; c < cells_; ++c) scores.tasks += normalised_score(0, bounds_[c]).has_value();
    for (std::size_t run = 0; run < rewards.runs; ++run) {
      for (std::size_t c = 0; c < cells_; ++c) {
        if (const auto score = normalised_score(rewards(run, c), bounds_[c])) scores.value.push_back(*score);
      }
    }
    return scores;
  }

  void rank_board() {
    std::vector<Standing> standings(ranked_.size());
    std::vector<LeaderboardEntry> entries;
    std::vector<TradeOff> trade_offs;
    for (std::size_t i = 0; i < ranked_.size(); ++i) {
      entries.push_back(entry(ranked_[i], standings[i]));
      trade_offs.push_back({entries[i].quality, entries[i].per_episode[0], entries[i].per_episode[1]});
    }
    const std::vector<int> rank = ranks(standings, board_.significance[0]);
    const std::vector<bool> front = pareto_front(trade_offs);
    for (const std::size_t i : leaderboard_order(standings)) {
      entries[i].tier = standings[i].complies ? 1 : 2;
      entries[i].rank = rank[i];
      entries[i].pareto = front[i];
      board_.entries.push_back(entries[i]);
    }
  }

  const ReportPlan& plan_;
  const MatchedTrials& matched_;
  const std::size_t view_;
  const std::vector<double>& position_;
  std::vector<RowFigures>& rows_;
  const std::size_t cells_;
  const std::vector<OracleBounds>& oracle_bounds_;
  const std::vector<std::optional<CellBounds>> bounds_;  // [cells]
  std::vector<std::size_t> ranked_;                      // complete rows
  std::optional<BoardIntervals> intervals_;
  Leaderboard board_;
};

}  // namespace

Leaderboard make_leaderboard(const ReportPlan& plan, const MatchedTrials& matched, std::size_t view,
                             const std::vector<OracleBounds>& bounds, const std::vector<double>& position,
                             std::vector<RowFigures>& rows) {
  return BoardBuilder(plan, matched, view, bounds, position, rows).build();
}

std::string unscored_sentence(const Leaderboard& board) {
  std::string out = "Left out of S:";
  for (const UnscoredCell& c : board.unscored) {
    out += fmt::format("{} cell {} ({})", &c == &board.unscored[0] ? "" : ",", text::shown(c.cell, 40),
                       c.reason);
  }
  return out + ".";
}

}  // namespace offload
