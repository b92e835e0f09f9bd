#include "core/routing/peers.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/statistics/aggregates.hpp"

namespace offload {
namespace {

void sort_by_cost(std::vector<CostQuality>& points) {
  std::sort(points.begin(), points.end(), [](const CostQuality& a, const CostQuality& b) {
    return a.cost != b.cost ? a.cost < b.cost : a.quality > b.quality;
  });
}

// The area below a curve by ascending cost, flat past its end, over the range.
double area_within(const std::vector<CostQuality>& curve, double low, double high) {
  double area = 0;
  for (std::size_t i = 0; i + 1 < curve.size(); ++i) {
    const CostQuality &a = curve[i], &b = curve[i + 1];
    const double from = std::max(a.cost, low), to = std::min(b.cost, high);
    if (from >= to) continue;
    const double slope = (b.quality - a.quality) / (b.cost - a.cost);
    area += (to - from) * (a.quality + slope * ((from + to) / 2 - a.cost));
  }
  const double end = std::max(curve.back().cost, low);
  return high > end ? area + (high - end) * curve.back().quality : area;
}

std::vector<CostQuality> with_cheapest(std::span<const CostQuality> points, const CostRange& range) {
  std::vector<CostQuality> all(points.begin(), points.end());
  all.push_back({range.low, range.quality_at_low});
  return all;
}

}  // namespace

std::vector<CostQuality> rising_hull(std::vector<CostQuality> points) {
  std::vector<CostQuality> hull;
  for (const CostQuality& p : pareto_frontier(std::move(points))) {
    const auto bends_up = [&] {
      const CostQuality &a = hull[hull.size() - 2], &b = hull.back();
      return (b.quality - a.quality) * (p.cost - a.cost) <= (p.quality - a.quality) * (b.cost - a.cost);
    };
    while (hull.size() > 1 && bends_up()) hull.pop_back();
    hull.push_back(p);
  }
  return hull;
}

std::vector<CostQuality> pareto_frontier(std::vector<CostQuality> points) {
  sort_by_cost(points);
  std::vector<CostQuality> frontier;
  for (const CostQuality& p : points) {
    if (frontier.empty() || p.quality > frontier.back().quality) frontier.push_back(p);
  }
  return frontier;
}

double aiq_as_published(std::span<const CostQuality> points, double largest_cost) {
  const auto hull = rising_hull({points.begin(), points.end()});
  if (hull.empty() || !(largest_cost > 0)) return kNan;
  return area_within(hull, hull.front().cost, largest_cost) / largest_cost;
}

double aiq_as_defined(std::span<const CostQuality> points, const CostRange& range) {
  if (!(range.low < range.high)) return kNan;
  return area_within(rising_hull(with_cheapest(points, range)), range.low, range.high) /
         (range.high - range.low);
}

double nauc_as_published(std::span<const CostQuality> points) {
  const auto frontier = pareto_frontier({points.begin(), points.end()});
  if (frontier.size() < 2) return kNan;
  const double low = frontier.front().cost, high = frontier.back().cost;
  return area_within(frontier, low, high) / (high - low);
}

double nauc_as_defined(std::span<const CostQuality> points, const CostRange& range) {
  if (!(range.low < range.high)) return kNan;
  return area_within(pareto_frontier(with_cheapest(points, range)), range.low, range.high) /
         (range.high - range.low);
}

double arena_score_as_published(double quality, double usd_per_1k, const ArenaScale& scale) {
  const double dear = std::log2(scale.dear_usd_per_1k), cheap = std::log2(scale.cheap_usd_per_1k);
  const double place = (dear - std::log2(usd_per_1k)) / (dear - cheap);
  return (1 + scale.beta) * quality * place / (scale.beta * quality + place);
}

double arena_score_as_defined(double quality, double usd_per_1k, const ArenaScale& scale) {
  const double q = std::clamp(quality, 0.0, 1.0);
  const double cost = std::clamp(usd_per_1k, scale.cheap_usd_per_1k, scale.dear_usd_per_1k);
  return q == 0 ? 0 : arena_score_as_published(q, cost, scale);
}

std::vector<CallPoint> call_curve(std::span<const double> weak, std::span<const double> strong,
                                  std::span<const std::uint32_t> order) {
  const auto n = static_cast<double>(weak.size());
  double sum = std::accumulate(weak.begin(), weak.end(), 0.0);
  std::vector<CallPoint> curve = {{0, sum / n}};
  for (std::size_t i = 0; i < order.size(); ++i) {
    sum += strong[order[i]] - weak[order[i]];
    curve.push_back({static_cast<double>(i + 1) / n, sum / n});
  }
  return curve;
}

std::vector<std::uint32_t> best_call_order(std::span<const double> weak, std::span<const double> strong) {
  std::vector<std::uint32_t> order(weak.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return strong[a] - weak[a] > strong[b] - weak[b];
  });
  return order;
}

double apgr_as_published(std::span<const CallPoint> curve, double weak, double strong) {
  if (curve.size() < 2 || strong == weak) return kNan;
  double area = 0;
  for (std::size_t i = 0; i + 1 < curve.size(); ++i) {
    area += (curve[i + 1].share - curve[i].share) *
            ((curve[i].quality - weak) + (curve[i + 1].quality - weak)) / 2;
  }
  return area / ((strong - weak) * (curve.back().share - curve.front().share));
}

double apgr_as_defined(std::span<const CallPoint> curve, double weak, double strong) {
  if (!(strong > weak)) return kNan;
  std::vector<CallPoint> whole(curve.begin(), curve.end());
  if (whole.empty() || whole.front().share > 0) whole.insert(whole.begin(), {0, weak});
  if (whole.back().share < 1) whole.push_back({1, strong});
  return apgr_as_published(whole, weak, strong);
}

namespace {

double crossing(const CallPoint& a, const CallPoint& b, double target) {
  return a.share + (target - a.quality) / (b.quality - a.quality) * (b.share - a.share);
}

// Where the line first reaches the target; NaN where it never does.
double first_reached(std::span<const CallPoint> curve, double target) {
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (curve[i].quality < target) continue;
    return i == 0 ? curve[0].share : crossing(curve[i - 1], curve[i], target);
  }
  return kNan;
}

}  // namespace

double cpt_as_published(std::span<const CallPoint> curve, double weak, double strong, double part) {
  if (curve.empty()) return kNan;
  const double first = first_reached(curve, weak + part * (strong - weak));
  return std::isnan(first) ? curve.back().share : first;
}

CallThreshold cpt_as_defined(std::span<const CallPoint> curve, double weak, double strong, double part) {
  CallThreshold threshold{kNan, kNan};
  if (!(strong > weak)) return threshold;
  const double target = weak + part * (strong - weak);
  threshold.first = first_reached(curve, target);
  for (std::size_t i = curve.size(); i-- > 0 && curve[i].quality >= target;) {
    const bool below_before = i > 0 && curve[i - 1].quality < target;
    threshold.lasting = below_before ? crossing(curve[i - 1], curve[i], target) : curve[i].share;
  }
  return threshold;
}

GainAndGap gain_and_gap_as_published(double quality, double best, double random, double oracle) {
  return {quality / best - 1, quality / random - 1, 1 - quality / oracle};
}

GainAndGap gain_and_gap_as_defined(double quality, double best, double random, double oracle) {
  return {quality - best, quality - random, oracle - quality};
}

}  // namespace offload
