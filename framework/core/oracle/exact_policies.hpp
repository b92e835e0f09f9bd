// The reference policies that are computed, not learned (environment.md 10): the causal oracle (the best
// policy that sees only what an agent sees), masked random, and the hindsight oracle (the best action
// sequence of every test episode). A value is exact, or, past a limit on expanded states, bounded from both
// sides.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/induction/induction.hpp"
#include "core/oracle/playout.hpp"
#include "core/outcomes/signatures.hpp"
#include "core/simulation/rollout.hpp"

namespace offload {

struct OracleLimits {
  // States that one budget cell may expand: of the causal oracle, and of the hindsight oracle over all test
  // episodes together. States are histories (task sequence, action sequence), merged where the model forgets
  // and as much was consumed (MergedStates); one of more than kActionsPerNode actions counts as several.
  // Counted beforehand, so results never depend on time.
  std::int64_t nodes = 20'000'000;
  std::uint64_t seed = 0;  // of the playouts past it
};

// Of one cell under the causal model.
struct CausalCell {
  bool exact = false;
  std::string inexact_reason;   // one sentence where not exact
  double lower = 0, upper = 0;  // equal where exact; else the greedy policy's value and Relaxation's bound
  double lower_standard_error = 0;
  Estimate masked_random;
  std::int64_t nodes = 0;  // states that the cell has; where merging ended past the limit, so far
};

// Values under the causal model are with respect to `planning`, the response model of the training split.
class Relaxation;

class CausalOracle {
 public:
  // Uses one thread per reward model, each called from one thread at a time only while this runs. References
  // must outlive the oracle.
  CausalOracle(const Scenario& scenario, const ResponseModel& planning, const CausalModel& model,
               std::span<const BudgetCell> cells, std::span<RewardModel* const> rewards,
               const OracleLimits& limits);
  CausalOracle(const CausalOracle&) = delete;
  CausalOracle& operator=(const CausalOracle&) = delete;
  ~CausalOracle();

  const CausalCell& cell(std::size_t i) const { return cells_[i]; }
  // What the policy does after these tasks [t + 1] and its own actions [t]. Only where the cell is exact.
  Decision decide(std::size_t cell, std::span<const std::uint8_t> task,
                  std::span<const std::uint16_t> action) const;

 private:
  struct Merged;

  bool merge(std::size_t cell, const Amounts& limit, const ResponseModel& planning,
             std::span<RewardModel* const> rewards, std::int64_t nodes);
  void bound(std::size_t cell, const Amounts& limit, Relaxation& relaxation, const ResponseModel& planning,
             std::span<RewardModel* const> rewards, const OracleLimits& limits);
  void set_exact(std::size_t cell, const Value& value);

  const Scenario* scenario_;
  Game game_;
  std::unique_ptr<Futures> futures_;
  std::shared_ptr<Signatures> signatures_;  // of cells whose states are merged
  std::vector<CausalCell> cells_;
  // [cells], exact ones: whose histories are states, lanes of one induction; and whose states are merged.
  std::vector<std::unique_ptr<BudgetStates>> states_;
  std::vector<std::size_t> lane_;
  std::unique_ptr<Induction> induction_;
  std::vector<std::unique_ptr<Merged>> merged_;
};

// A deterministic policy run on the test episodes.
struct TestRun {
  std::vector<std::vector<std::uint16_t>> decisions;  // [episodes][turns]
  std::vector<double> reward;                         // [episodes] mean over turns
  std::vector<Amounts> total;                         // [episodes] as it enters the report
  int violations = 0;                                 // episodes over a budget
  int tied_states = 0;                                // visited states in which another action is as good
  double mean_reward = 0, mean_latency_s = 0, mean_cost_usd = 0;
};
// The causal policy of an exact cell, scored under a lens.
TestRun run_causal_policy(const Scenario& scenario, const CausalOracle& oracle, std::size_t cell,
                          const Amounts& limit, const Lens& lens, RewardModel& reward,
                          std::span<const std::uint32_t> test);

// Per cell, of every test episode under a lens, mean reward over turns.
struct TestBounds {
  bool exact = false;
  std::vector<double> hindsight;  // [episodes] the optimum within the budgets, NaN where nothing fits; where
                                  // not exact a lower bound, the greedy sequence
  std::vector<double> hindsight_upper;  // [episodes] equal where exact
  std::vector<Estimate> masked_random;  // [episodes] expected reward
  double hindsight_mean = 0;            // over the episodes in which something fits; NaN without any
  double hindsight_upper_mean = 0;
  Estimate masked_random_mean;
  std::int64_t nodes = 0;
  // Nodes of the states that were made to solve it, which serve all episodes of a length that can share them;
  // 0 where no histories are merged or it is not exact.
  std::int64_t made = 0;
};
std::vector<TestBounds> bound_test_episodes(const Scenario& scenario, const Lens& lens,
                                            std::span<const std::uint32_t> test,
                                            std::span<const BudgetCell> cells,
                                            std::span<RewardModel* const> rewards,
                                            const OracleLimits& limits);

// What separates a policy from the unlimited hindsight optimum, on the test episodes; the parts add up.
struct Regret {
  double constraint = 0;  // unlimited hindsight - budgeted hindsight
  double foresight = 0;   // budgeted hindsight - causal oracle
  double learning = 0;    // causal oracle - policy; meant for rows without violations only
};
Regret split_regret(double unlimited_hindsight, double hindsight, double causal, double policy);

}  // namespace offload
