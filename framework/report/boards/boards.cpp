#include "report/boards/boards.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/statistics/aggregates.hpp"
#include "offload/random.hpp"
#include "report/boards/claimed_figures.hpp"
#include "report/boards/flags.hpp"
#include "report/figures/references.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

// Past this every row is compared with the best and the reference rows only: among 125,000 pairs none could
// be significant.
constexpr std::uint64_t kStratifiedSeed = 0x0ff10ad;
constexpr std::size_t kAllPairsMost = 50, kReferencesMost = 16;
constexpr std::size_t kBootstrapsAtOnce = 16;  // rows; each takes what its drawings come to

// Ranks within the tiers; rows of tier 2 stand behind all of tier 1, and those that violate less first.
// `tests`: of pairs of indices into `standings`.
std::vector<int> ranks(const std::vector<Standing>& standings, const std::vector<PairTest>& tests) {
  std::vector<int> rank(standings.size(), 1);
  const auto behind = [&](std::size_t i, std::size_t j) {
    const Standing &a = standings[i], &b = standings[j];
    if (a.complies != b.complies) return b.complies;
    return !a.complies && a.violation_rate > b.violation_rate;
  };
  for (std::size_t i = 0; i < standings.size(); ++i) {
    for (std::size_t j = 0; j < standings.size(); ++j) rank[i] += behind(i, j);
  }
  for (const PairTest& pair : tests) {
    if (!pair.significant(kAlpha) || behind(pair.a, pair.b) || behind(pair.b, pair.a)) continue;
    ++rank[pair.difference > 0 ? pair.b : pair.a];
  }
  return rank;
}

class BoardBuilder {
 public:
  BoardBuilder(const ReportPlan& plan, const MatchedTrials& matched, const TestSeries& tests,
               std::size_t view, const std::vector<OracleBounds>& bounds, const std::vector<double>& position,
               std::vector<RowFigures>& rows)
      : plan_(plan),
        matched_(matched),
        tests_(tests),
        view_(view),
        position_(position),
        rows_(rows),
        cells_(plan.cells.size()),
        oracle_bounds_(bounds),
        bounds_(scoring_bounds(plan, bounds, matched.views[view])),
        claimed_(plan, matched, tests, view, bounds) {
    board_.view = matched.views[view];
    for (const ReportCell& cell : plan.cells)
      run_bounds_.push_back(bounds_by_split(plan, bounds, board_.view, cell.name));
    for (std::size_t row = 0; row < rows.size(); ++row) {
      if (rows[row].status == RowStatus::complete) ranked_.push_back(row);
    }
    board_.all_pairs = ranked_.size() <= kAllPairsMost;
  }

  Leaderboard build() {
    set_scores();
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      for (std::size_t c = 0; rows_[row].finished > 0 && c < cells_; ++c)
        claimed_.set(row, c, figures(row, c));
    }
    rank_board();
    for (std::size_t c = 0; c < cells_; ++c) rank_cell(c);
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
    const bool computed = !oracle_bounds_.empty() || !plan_.references.empty();
    for (std::size_t c = 0; computed && c < cells_; ++c) {
      if (normalised_score(0, bounds_[c])) continue;
      board_.unscored.push_back(
          {plan_.cells[c].name,
           plan_.world                       ? "there is no causal oracle where outcomes are looked up"
           : !planned_on(plan_, board_.view) ? "the exact policies planned on another view"
           : bounds_[c] ? fmt::format("the causal oracle is only {:.3f} above masked random, less than {}",
                                      bounds_[c]->causal - bounds_[c]->masked_random, kLeastBoundsDistance)
                        : "no exact causal oracle on every split"});
    }
  }

  // Run rewards of a ranked row, [runs][cells].
  ScoreMatrix run_rewards(std::size_t row, std::size_t first_cell, std::size_t end_cell) {
    ScoreMatrix matrix{plan_.splits.size(), end_cell - first_cell, {}};
    matrix.value.reserve(matrix.runs * matrix.tasks);
    const auto columns = matched_.trials.columns(row);
    for (std::size_t split = 0; split < matrix.runs; ++split) {
      for (std::size_t c = first_cell; c < end_cell; ++c)
        matrix.value.push_back(mean_of(columns->of_split(columns->cells[c].view[view_].reward, split)));
    }
    return matrix;
  }

  // Every row against the best of them and the reference rows, or all pairs.
  std::vector<PairOf> pairs_of(const std::vector<Standing>& standings) const {
    if (board_.all_pairs) return all_pairs(ranked_.size());
    std::vector<std::size_t> against = {leaderboard_order(standings).front()};
    for (std::size_t i = 0; i < ranked_.size() && against.size() <= kReferencesMost; ++i) {
      if (rows_[ranked_[i]].row.kind == "rule" && i != against[0]) against.push_back(i);
    }
    std::set<std::pair<std::size_t, std::size_t>> pairs;
    for (const std::size_t other : against) {
      for (std::size_t i = 0; i < ranked_.size(); ++i) {
        if (i != other) pairs.emplace(std::min(i, other), std::max(i, other));
      }
    }
    std::vector<PairOf> list;
    for (const auto& [a, b] : pairs) list.push_back({a, b});
    return list;
  }

  // Ranks of the ranked rows; the tests go into the board as `cell`.
  std::vector<int> tested_ranks(std::string cell, std::size_t first_cell, std::size_t end_cell,
                                const std::vector<Standing>& standings) {
    Significance result;
    result.deciding = view_ == 0 && cell.empty();
    result.cell = std::move(cell);
    std::vector<std::vector<double>> series;
    std::vector<ScoreMatrix> rewards;
    for (const std::size_t row : ranked_) {
      series.push_back(tests_.of_row(row, first_cell, end_cell, rewards_under(view_)));
      rewards.push_back(run_rewards(row, first_cell, end_cell));
    }
    result.pairs = test_pairs(tests_.design(), series, pairs_of(standings), tests_.rule());
    std::vector<int> rank = ranks(standings, result.pairs);
    for (PairTest& pair : result.pairs) {
      result.improvement.push_back(probability_of_improvement(rewards[pair.a], rewards[pair.b]));
      pair.a = ranked_[pair.a];
      pair.b = ranked_[pair.b];
    }
    if (board_.all_pairs || result.cell.empty()) board_.significance.push_back(std::move(result));
    return rank;
  }

  void rank_cell(std::size_t c) {
    std::vector<Standing> standings;
    std::vector<TradeOff> trade_offs;
    for (const std::size_t row : ranked_) {
      const CellFigures& cell = rows_[row].cell[c];
      const ScoreFigures& view = cell.view[view_];
      standings.push_back({keeps_budgets(c, cell.joint) && may_lead(plan_, rows_[row]), cell.joint.rate,
                           view.score, view.reward});
      trade_offs.push_back({view.quality, cell.per_episode[0], cell.per_episode[1]});
    }
    const std::vector<int> rank = tested_ranks(plan_.cells[c].name, c, c + 1, standings);
    const std::vector<bool> front = pareto_front(trade_offs);
    for (std::size_t i = 0; i < ranked_.size(); ++i) {
      ScoreFigures& view = figures(ranked_[i], c);
      view.tier = standings[i].complies ? 1 : 2;
      view.rank = rank[i];
      view.pareto = front[i];
    }
  }

  // Where what an answer takes is known only afterwards, budgets are broken by chance as well: that a row
  // breaks few of them has to be shown.
  bool keeps_budgets(std::size_t c, const ViolationRate& joint) const {
    const bool unlimited = std::isinf(plan_.cells[c].latency_s) && std::isinf(plan_.cells[c].cost_usd);
    return (plan_.world && !unlimited ? joint.interval.high : joint.rate) <= plan_.max_violation_rate;
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
      standing.complies = standing.complies && keeps_budgets(c, cell.joint);
      curve.push_back({position_[c], view.reward});
      if (bounds_[c]) causal.push_back({position_[c], bounds_[c]->causal});
      if (view.score) score += *view.score, ++scored;
    }
    if (scored > 0) entry.score = score / static_cast<double>(scored);
    entry.joint = {violations, tests, static_cast<double>(violations) / static_cast<double>(tests),
                   claimed_rate(tests_.moments(joint_violations(tests_, row, cells_)), tests_.rule())};
    entry.area = area_under_curve(curve);
    if (causal.size() == cells_ && area_under_curve(causal) > 0) {
      entry.normalised_area = entry.area / area_under_curve(causal);
    }
    claimed_.set(entry, rows_[row].cell, view_, position_);
    standing.violation_rate = entry.joint.rate;
    standing.score = entry.score;
    standing.reward = entry.reward;
    return entry;
  }

  // Of several rows, whose bootstraps share their drawings.
  void set_aggregates(std::span<LeaderboardEntry> entries) {
    std::vector<ScoreMatrix> rewards, scores;
    for (LeaderboardEntry& entry : entries) {
      rewards.push_back(run_rewards(entry.row, 0, cells_));
      scores.push_back(run_scores(rewards.back()));
      entry.interquartile_mean = interquartile_mean(rewards.back());
      entry.median = median_of_task_means(rewards.back());
      if (scores.back().tasks > 0) entry.optimality_gap = optimality_gap(scores.back());
    }
    const std::uint64_t seed = stream(kStratifiedSeed);
    const auto of_rewards = stratified_bootstrap(rewards, kBootstrapRepetitions, seed),
               of_scores = stratified_bootstrap(scores, kBootstrapRepetitions, seed);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      entries[i].stratified = of_rewards[i].mean;
      entries[i].iqm_interval = of_rewards[i].interquartile_mean;
      entries[i].median_interval = of_rewards[i].median_of_task_means;
      entries[i].gap_interval = of_scores[i].optimality_gap;
    }
  }

  // S of every run by the bounds of its own split, [runs][cells where all of them are apart].
  ScoreMatrix run_scores(const ScoreMatrix& rewards) const {
    std::vector<std::vector<double>> columns;
    for (std::size_t c = 0; c < cells_; ++c) {
      std::vector<double> column;
      for (std::size_t run = 0; bounds_[c] && run < rewards.runs; ++run) {
        const auto score = normalised_score(rewards(run, c), run_bounds_[c][run]->bounds);
        if (score) column.push_back(*score);
      }
      if (column.size() == rewards.runs) columns.push_back(std::move(column));
    }
    ScoreMatrix scores{rewards.runs, columns.size(), {}};
    for (std::size_t run = 0; run < rewards.runs; ++run) {
      for (const std::vector<double>& column : columns) scores.value.push_back(column[run]);
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
    for (std::span<LeaderboardEntry> left = entries; !left.empty();) {
      const std::size_t count = std::min(left.size(), kBootstrapsAtOnce);
      set_aggregates(left.first(count));
      left = left.subspan(count);
    }
    const std::vector<int> rank = tested_ranks("", 0, cells_, standings);
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
  const TestSeries& tests_;
  const std::size_t view_;
  const std::vector<double>& position_;
  std::vector<RowFigures>& rows_;
  const std::size_t cells_;
  const std::vector<OracleBounds>& oracle_bounds_;
  const std::vector<std::optional<CellBounds>> bounds_;       // [cells]
  std::vector<std::vector<const OracleBounds*>> run_bounds_;  // [cells][splits]
  std::vector<std::size_t> ranked_;                           // complete rows
  ClaimedFigures claimed_;
  Leaderboard board_;
};

}  // namespace

Leaderboard make_leaderboard(const ReportPlan& plan, const MatchedTrials& matched, const TestSeries& tests,
                             std::size_t view, const std::vector<OracleBounds>& bounds,
                             const std::vector<double>& position, std::vector<RowFigures>& rows) {
  return BoardBuilder(plan, matched, tests, view, bounds, position, rows).build();
}

std::string unscored_sentence(const Leaderboard& board) {
  const auto same = [&](const UnscoredCell& c) { return c.reason == board.unscored[0].reason; };
  if (board.unscored.size() > 1 && std::all_of(board.unscored.begin(), board.unscored.end(), same)) {
    return fmt::format("Left out of S: {} ({}).", counted(board.unscored.size(), "cell"),
                       board.unscored[0].reason);
  }
  std::string out = "Left out of S:";
  for (const UnscoredCell& c : board.unscored) {
    out += fmt::format("{} cell {} ({})", &c == &board.unscored[0] ? "" : ",", text::shown(c.cell, 40),
                       c.reason);
  }
  return out + ".";
}

}  // namespace offload
