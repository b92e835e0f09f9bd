#include "core/statistics/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

namespace offload {
namespace {

double clip(double value) { return std::min(1.0, std::max(0.0, value)); }

std::array<double, 2> maxima(const std::vector<std::array<double, 2>>& consumption) {
  std::array<double, 2> most = {0, 0};
  for (const auto& c : consumption) {
    for (std::size_t k = 0; k < 2; ++k) most[k] = std::max(most[k], c[k]);
  }
  return most;
}

std::array<double, 2> least_consuming(const std::vector<std::array<double, 2>>& consumption,
                                      const std::array<double, 2>& most) {
  std::array<double, 2> best = {0, 0};
  double least = std::numeric_limits<double>::infinity();
  for (const auto& c : consumption) {
    double largest = 0;
    for (std::size_t k = 0; k < 2; ++k) largest = std::max(largest, most[k] > 0 ? c[k] / most[k] : 0);
    if (largest < least) std::tie(least, best) = std::tie(largest, c);
  }
  return best;
}

bool dominates(const TradeOff& a, const TradeOff& b) {
  return a.quality >= b.quality && a.latency_s <= b.latency_s && a.cost_usd <= b.cost_usd &&
         (a.quality > b.quality || a.latency_s < b.latency_s || a.cost_usd < b.cost_usd);
}

}  // namespace

std::optional<double> normalised_score(double reward, const std::optional<CellBounds>& bounds) {
  if (!bounds || !(bounds->causal - bounds->masked_random >= kLeastBoundsDistance)) return std::nullopt;
  return (reward - bounds->masked_random) / (bounds->causal - bounds->masked_random);
}

std::vector<std::size_t> leaderboard_order(const std::vector<Standing>& standings) {
  std::vector<std::size_t> order(standings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t i) {
    const Standing& s = standings[i];
    return std::tuple(!s.complies, s.complies ? 0.0 : s.violation_rate, !s.score.has_value(),
                      -s.score.value_or(s.reward));
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  return order;
}

double budget_position(const std::array<double, 2>& budget,
                       const std::vector<std::array<double, 2>>& consumption, int turns_max) {
  const auto most = maxima(consumption);
  const auto least = least_consuming(consumption, most);
  double position = 1;
  for (std::size_t k = 0; k < 2; ++k) {
    const double range = turns_max * (most[k] - least[k]);
    if (std::isinf(budget[k]) || !(range > 0)) continue;
    position = std::min(position, clip((budget[k] - turns_max * least[k]) / range));
  }
  return position;
}

double area_under_curve(std::vector<BudgetPoint> points) {
  std::stable_sort(points.begin(), points.end(),
                   [](const BudgetPoint& a, const BudgetPoint& b) { return a.x < b.x; });
  if (points.empty() || points.front().x == points.back().x) return std::numeric_limits<double>::quiet_NaN();
  double area = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    area += (points[i].x - points[i - 1].x) * (points[i].reward + points[i - 1].reward) / 2;
  }
  return area;
}

std::vector<bool> pareto_front(const std::vector<TradeOff>& points) {
  std::vector<bool> front;
  for (const TradeOff& point : points) {
    const bool measured = !std::isnan(point.quality + point.latency_s + point.cost_usd);
    front.push_back(measured && std::none_of(points.begin(), points.end(),
                                             [&](const TradeOff& other) { return dominates(other, point); }));
  }
  return front;
}

}  // namespace offload
