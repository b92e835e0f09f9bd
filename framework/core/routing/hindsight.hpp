// The best that could have been done in a session whose outcomes are all known: a multiple-choice knapsack
// with two budgets, on realised amounts. Pareto-optimal totals turn by turn; past a limit on work a value
// from below (a beam) and one from above (Lagrangian relaxation).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/environment/outcome_table.hpp"
#include "core/environment/profile.hpp"

namespace offload {

// Totals that one session may extend before it ends in bounds.
inline constexpr std::int64_t kSessionTotals = 2'000'000;

// Cells lie turn by turn, [turns][arms]. An arm whose cell is unknown cannot be chosen, nor one whose amount
// is unknown where that is limited.
struct SessionProblem {
  std::size_t arms = 0;
  std::span<const std::uint64_t> known;                 // [turns] bit a: arm a
  std::span<const double> value;                        // quality, or a reward of a single turn
  std::span<const std::int64_t> latency_ns, cost_pusd;  // empty: the table has none, and none is limited
  bool same_arm = false;                                // only staying with one arm is known

  std::size_t turns() const { return known.size(); }
};
// Turns first .. first + turns - 1 of the table; `value` [table turns][arms].
SessionProblem session_problem(const OutcomeTable& table, std::span<const double> value, std::size_t first,
                               std::size_t turns);

struct SessionBest {
  bool exact = false;
  // Sum of values over the turns within the limits, equal where exact. Both NaN: nothing fits. Where not
  // exact, `lower` is NaN if nothing was found that fits.
  double lower = 0, upper = 0;
  std::vector<std::uint16_t> arms;  // [turns] that reach `lower`; of equals the cheapest, then the fastest
  Amounts total{};                  // of these; unknown amounts count 0
  std::int64_t totals = 0;          // work done
};
SessionBest best_session(const SessionProblem& problem, const Amounts& limit,
                         std::int64_t totals = kSessionTotals);

}  // namespace offload
