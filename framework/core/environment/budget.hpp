// Budget cells and the exact mask (environment.md 7): an action is allowed when some choice of actions for
// all turns up to T_max after it fits all budgets jointly. Exact over action kinds, since consumption depends
// on the kind alone. Where a world's table charges other amounts than are declared, the mask is exact for the
// declared ones.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/environment/profile.hpp"

namespace offload {

struct BudgetCell {
  std::string name;
  Amounts limit = {kUnlimited, kUnlimited};
};

// What agents and masks see of a limit under a margin, in percent of it; what is unlimited stays so.
Amounts lowered(const Amounts& limit, int margin_percent);

// Margins come in steps of this.
inline constexpr int kMarginStep = 5;  // percent

// Masks by the limit lowered by the margin, or, where nothing fits that any more, by the largest smaller one
// under which something does: less than needed is not given back, so that a larger margin stays the more
// careful one. `mask(limit)` writes the mask and says whether anything fits; so does this.
template <typename Mask>
bool mask_with_margin(const Amounts& limit, int margin_percent, const Mask& mask) {
  for (int margin = margin_percent;; margin -= kMarginStep) {
    if (margin <= 0) return mask(limit);
    if (mask(lowered(limit, margin))) return true;
  }
}

// Bit k: action kind k. At most kMostArms of them.
using KindSet = std::uint64_t;

// Which continuations fit: for every number of remaining turns the Pareto-minimal totals of action kinds.
class Feasibility {
 public:
  // `same_arm`: an episode stays with its first choice, so that nothing else continues it. Throws
  // Error(config) where episodes are so long that the totals to compare are too many.
  Feasibility(const ActionSpace& actions, const Consumption& consumption, int turns_max,
              bool same_arm = false);

  int turns_max() const { return turns_max_; }

  // Writes mask [actions] for turn index `turn` after `spent` was consumed; returns false, and writes all 1,
  // when no action is allowed.
  bool mask(int turn, const Amounts& spent, const Amounts& limit, std::uint8_t* mask) const;

  // The same by action kind: bit k, all where nothing is allowed.
  KindSet kinds(int turn, const Amounts& spent, const Amounts& limit) const;

  // Bit k: kind k may be taken where `turns` more follow; 0 where nothing fits.
  KindSet within(int turns, const Amounts& spent, const Amounts& limit) const;
  // Whether an episode of T_max turns fits the limits at all.
  bool any(const Amounts& limit) const { return within(turns_max_ - 1, {}, limit) != 0; }

  // Whether the remaining `turns` turns can be done within `room`.
  bool reachable(int turns, const Amounts& room) const;

 private:
  struct Total {
    std::int64_t latency_ns, cost_pusd;
  };
  std::vector<Total> next_front(int turns) const;

  const Consumption* consumption_;
  int turns_max_;
  std::vector<std::uint8_t> kind_;          // [actions]
  std::vector<std::vector<Total>> fronts_;  // [turns] ascending latency, descending cost
  // [turns][kinds] what the kind and the front's point take together, where that is the front's only point,
  // or what the kind takes in all turns, where nothing else follows it; else empty.
  std::vector<std::vector<Total>> least_;
};

// Number of multisets of `turns` action kinds whose totals fit the limits, counted up to `enough`.
int fitting_multisets(const Consumption& consumption, int turns, const Amounts& limit, int enough);

// Throws Error(config) for a cell in which nothing is left to decide: fewer than 3 multisets of T_max action
// kinds fit or, where an episode is one choice (one turn, or `same_arm`), fewer than 2 kinds.
void require_choice(const BudgetCell& cell, const Consumption& consumption, int turns_max,
                    bool same_arm = false);

// The relative grid: B_k(rho) = a_k + rho * (T_max * max_a c_k(a) - a_k), where a is T_max times the constant
// action of least largest max-normalised consumption (ties to the lowest action).
Amounts relative_anchor(const Consumption& consumption, int turns_max);
Amounts relative_budget(const Consumption& consumption, int turns_max, double latency_rho, double cost_rho);

}  // namespace offload
