#include "report/boards/bounds.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.hpp"
#include "core/statistics/aggregates.hpp"
#include "offload/random.hpp"
#include "report/boards/advantage.hpp"
#include "report/boards/clusters.hpp"
#include "report/figures/world.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

constexpr int kShareRepetitions = 2000;
constexpr std::uint64_t kShareSeed = 0x676170;  // "gap"
constexpr double kHalf = .5, kQueriesPer1k = 1000;

double mean_of_known(const std::vector<double>& values) {
  std::vector<double> known;
  for (const double v : values) {
    if (!std::isnan(v)) known.push_back(v);
  }
  return mean_of(known);
}

class BoundBuilder {
 public:
  BoundBuilder(const ReportPlan& plan, const MatchedTrials& trials, const MatchedReferences& references)
      : plan_(plan),
        trials_(trials),
        references_(references),
        names_(action_names(plan)),
        cluster_(clusters_of(trials, references)) {
    for (std::size_t a = 0; a < names_.size(); ++a) {
      const auto over = [&](double ArmMeans::*figure) {
        return over_splits([&](const WorldBounds& w) { return w.arms[a].*figure; });
      };
      arms_.push_back({0, 0, 0, over(&ArmMeans::quality), kNan, usd() ? over(&ArmMeans::cost_usd) : kNan});
    }
  }

  BoundFigures build() {
    BoundFigures figures;
    figures.oracle_quality = over_splits([](const WorldBounds& w) { return w.oracle.quality; });
    figures.luck = luck();
    figures.range = cost_range();
    for (std::size_t c = 0; c < plan_.cells.size(); ++c) figures.cells.push_back(cell(c));
    for (std::size_t row = 0; row < plan_.rows.size(); ++row) {
      std::vector<GapShare> shares;
      for (std::size_t c = 0; c < plan_.cells.size(); ++c) shares.push_back(share(row, c, c + 1));
      figures.share.push_back(std::move(shares));
      figures.overall.push_back(share(row, 0, plan_.cells.size()));
      figures.peers.push_back(peers(row, figures.oracle_quality));
      largest_cost_ = std::max(largest_cost_, dearest(figures.peers.back()));
    }
    for (const auto& cells : figures.peers) figures.peer_rows.push_back(peer_row(cells, figures.range));
    return figures;
  }

 private:
  bool usd() const { return plan_.world && plan_.world->cost == "stated"; }
  const WorldBounds& world(std::size_t split) const { return *references_.split[split]->world; }

  template <typename Get>
  double over_splits(const Get& get) const {
    std::vector<double> values;
    for (const ReferenceResult* result : references_.split) values.push_back(get(*result->world));
    return mean_of(values);
  }

  std::string luck() const {
    const double means = over_splits([](const WorldBounds& w) { return w.luck.oracle_of_means; });
    const double one = over_splits([](const WorldBounds& w) { return w.luck.one_draw; });
    if (std::isfinite(one)) {
      return fmt::format(
          "Knowing every cell's mean is worth {}; the oracle of one draw per cell would show {}: the "
          "difference is luck.",
          text::fixed(means, 4), text::fixed(one, 4));
    }
    return "Hindsight knows how single draws fell: an upper bound, part of it luck, and no regret that could "
           "be "
           "closed. How much is not known from one draw per cell.";
  }

  CostRange cost_range() const {
    CostRange range{kNan, kNan, kNan};
    for (const ArmMeans& arm : arms_) {
      if (std::isnan(arm.cost_usd)) return {kNan, kNan, kNan};
      if (!(arm.cost_usd >= range.low)) {
        range.low = arm.cost_usd;
        range.quality_at_low = arm.quality;
      }
      if (!(arm.cost_usd <= range.high)) range.high = arm.cost_usd;
    }
    return range;
  }

  BoundCell cell(std::size_t c) const {
    std::vector<double> hindsight, upper, constant, per_task, random;
    BoundCell figures;
    std::set<std::string> constants;
    const auto append = [](std::vector<double>& to, const std::vector<double>& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    for (std::size_t s = 0; s < references_.split.size(); ++s) {
      const WorldCell& own = world(s).cells[c];
      append(hindsight, own.hindsight);
      append(upper, own.hindsight_upper);
      append(constant, own.best_constant.reward);
      append(per_task, own.best_per_task.reward);
      append(random, own.random);
      figures.inexact += own.inexact;
      constants.insert(names_[static_cast<std::size_t>(own.constant)]);
    }
    figures.constant = fmt::format("{}", fmt::join(constants, ", "));
    figures.hindsight = mean_of_known(hindsight);
    figures.hindsight_upper = mean_of_known(upper);
    figures.best_constant = mean_of(constant);
    figures.best_per_task = mean_of(per_task);
    figures.random = mean_of(random);
    figures.constant_violations =
        over_splits([c](const WorldBounds& w) { return w.cells[c].best_constant.violation_rate; });
    figures.per_task_violations =
        over_splits([c](const WorldBounds& w) { return w.cells[c].best_per_task.violation_rate; });
    return figures;
  }

  // One sample per test, averaged over the cells; tests in which nothing fits are left out.
  GapShare share(std::size_t row, std::size_t first_cell, std::size_t end_cell) const {
    std::vector<GapSample> samples;
    if (!trials_.has_finished(row)) return gap_share({}, 0, 0);
    const auto columns = trials_.trials.columns(row);
    for (std::size_t s = 0; s < plan_.splits.size(); ++s) {
      if (!trials_.has_finished(row, s)) return gap_share({}, 0, 0);
      for (std::size_t i = 0; i < columns->tests(s); ++i) {
        GapSample sample{static_cast<std::uint32_t>(s), cluster_[s][i], 0, 0, 0};
        const double weight = 1 / static_cast<double>(end_cell - first_cell);
        for (std::size_t c = first_cell; c < end_cell; ++c) {
          const ViewColumns& scores = columns->cells[c].view.front();
          if (scores.mix_reward.empty()) return gap_share({}, 0, 0);
          sample.row += weight * scores.reward[columns->begin(s) + i];
          sample.mix += weight * scores.mix_reward[columns->begin(s) + i];
          sample.hindsight += weight * world(s).cells[c].hindsight_upper[i];
        }
        if (std::isfinite(sample.hindsight) && std::isfinite(sample.mix)) samples.push_back(sample);
      }
    }
    return gap_share(samples, kShareRepetitions, stream(kShareSeed));
  }

  std::vector<PeerCell> peers(std::size_t row, double oracle) const {
    std::vector<PeerCell> cells;
    double best = kNan, random = 0;
    for (const ArmMeans& arm : arms_) {
      if (!(arm.quality <= best)) best = arm.quality;
      random += arm.quality / static_cast<double>(arms_.size());
    }
    for (std::size_t c = 0; c < plan_.cells.size(); ++c) {
      double quality = 0, cost = 0, turns = 0;
      std::vector<double> calls(arms_.size(), 0.0);
      for (std::size_t s = 0; s < plan_.splits.size(); ++s) {
        const auto trial = trials_.finished(row, s);
        if (!trial) return {};
        const CondensedCell& cell = trial->cells[c];
        quality += mean_of(scores_of(cell, trials_.views.front()).quality) /
                   static_cast<double>(plan_.splits.size());
        cost += cell.sums.total[1];
        turns += static_cast<double>(cell.turns);
        for (std::size_t a = 0; a < calls.size(); ++a) calls[a] += static_cast<double>(cell.action_count[a]);
      }
      PeerCell peer;
      peer.quality = quality;
      peer.usd_per_1k = usd() ? kQueriesPer1k * cost / turns : kNan;
      peer.arena_as_published = arena_score_as_published(quality, peer.usd_per_1k);
      peer.arena_as_defined = usd() ? arena_score_as_defined(quality, peer.usd_per_1k) : kNan;
      peer.as_published = gain_and_gap_as_published(quality, best, random, oracle);
      peer.as_defined = gain_and_gap_as_defined(quality, best, random, oracle);
      peer.strong_share = arms_.size() == 2 ? calls[strong()] / turns : kNan;
      cells.push_back(peer);
    }
    return cells;
  }

  std::size_t strong() const { return arms_[1].quality > arms_[0].quality ? 1 : 0; }

  static double dearest(const std::vector<PeerCell>& cells) {
    double most = 0;
    for (const PeerCell& cell : cells) most = std::max(most, cell.usd_per_1k / kQueriesPer1k);
    return most;
  }

  PeerRow peer_row(const std::vector<PeerCell>& cells, const CostRange& range) const {
    PeerRow row{kNan, kNan, kNan, kNan, kNan, kNan, kNan, {kNan, kNan}};
    if (cells.empty()) return row;
    std::vector<CostQuality> points;
    std::vector<CallPoint> curve;
    for (const PeerCell& cell : cells) {
      points.push_back({cell.usd_per_1k / kQueriesPer1k, cell.quality});
      curve.push_back({cell.strong_share, cell.quality});
    }
    if (usd()) {
      row.aiq_as_published = aiq_as_published(points, largest_cost_);
      row.aiq_as_defined = aiq_as_defined(points, range);
      row.nauc_as_published = nauc_as_published(points);
      row.nauc_as_defined = nauc_as_defined(points, range);
    }
    if (arms_.size() != 2) return row;
    std::ranges::stable_sort(curve, {}, &CallPoint::share);
    const double weak = arms_[1 - strong()].quality, best = arms_[strong()].quality;
    row.apgr_as_published = apgr_as_published(curve, weak, best);
    row.apgr_as_defined = apgr_as_defined(curve, weak, best);
    row.cpt50_as_published = cpt_as_published(curve, weak, best, kHalf);
    row.cpt50_as_defined = cpt_as_defined(curve, weak, best, kHalf);
    return row;
  }

  const ReportPlan& plan_;
  const MatchedTrials& trials_;
  const MatchedReferences& references_;
  std::vector<std::string> names_;                   // [arms]
  std::vector<std::vector<std::uint32_t>> cluster_;  // [splits][tests]
  std::vector<ArmMeans> arms_;                       // means over splits
  double largest_cost_ = 0;                          // of any row, USD per query
};

}  // namespace

BoundFigures bound_figures(const ReportPlan& plan, const MatchedTrials& trials,
                           const MatchedReferences& references) {
  if (!references.of_world() || trials.views.empty()) return {};
  BoundFigures figures = BoundBuilder(plan, trials, references).build();
  figures.advantage = advantages(plan, trials, references);
  figures.sentences = feature_sentences(plan, trials, references, figures.advantage);
  return figures;
}

}  // namespace offload
