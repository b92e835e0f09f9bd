// The leaderboard's rules (statistics.md, "Ranking"): the normalised score S, two tiers by violation rate,
// the area under the budget-reward curve, and the Pareto front.
#pragma once

#include <array>
#include <optional>
#include <vector>

namespace offload {

// Test reward of the causal oracle and exact expectation of masked random, of one budget cell.
struct CellBounds {
  double causal = 0, masked_random = 0;
};

// Cells whose bounds lie closer than this say nothing about a row.
inline constexpr double kLeastBoundsDistance = .05;

// (reward - masked_random)/(causal - masked_random); empty without bounds or with bounds too close.
std::optional<double> normalised_score(double reward, const std::optional<CellBounds>& bounds);

struct Standing {
  bool complies = false;        // joint violation rate <= the suite's maximum in every cell
  double violation_rate = 0;    // joint, over all cells
  std::optional<double> score;  // mean S over cells
  double reward = 0;            // mean over cells; ranks where no row of the board has a score
};

// Indices from first to last. Tier 1 (complying rows) by score; tier 2 (the others) by violation rate, then
// score. Rows without a score rank by reward behind rows with one; ties keep the order given.
std::vector<std::size_t> leaderboard_order(const std::vector<Standing>& standings);

struct BudgetPoint {
  double x = 0, reward = 0;
};

// Tightness of a cell on 0..1: min over budgets of clip((B_k - a_k)/(T_max max_a c_k(a) - a_k), 0, 1), where
// a = T_max times the action of least largest max-normalised consumption. Unlimited budgets count 1.
double budget_position(const std::array<double, 2>& budget,
                       const std::vector<std::array<double, 2>>& consumption, int turns_max);

// Area by trapezoids over x, points in any order; NaN below two different x. Normalise by the causal
// oracle's.
double area_under_curve(std::vector<BudgetPoint> points);

struct TradeOff {
  double quality = 0, latency_s = 0, cost_usd = 0;
};

// True where no other point is at least as good in all three and better in one. NaN points are off the front.
std::vector<bool> pareto_front(const std::vector<TradeOff>& points);

}  // namespace offload
