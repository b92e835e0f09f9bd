// The constraint mechanisms of algorithms.md 2 that an agent itself carries out, and their parameters. Budget
// k of an episode is d_k = View::limit (s, USD; infinite where unlimited).
#pragma once

#include <offload/agent.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace offload::learning {

enum class Mechanism { none, tmo_penalty, tmo_budget, lagrangian };

struct Constraint {
  Mechanism mechanism = Mechanism::none;
  bool shield = false;         // masked actions excluded everywhere
  double penalty_weight = 10;  // tmo-penalty's lambda
  double multiplier_learning_rate = 0.035;
  double multiplier_initial = 0.001;
  double multiplier_max = 20;
  std::int64_t multiplier_steps = 1;  // environment steps between updates, at least
  double cost_gae_lambda = 0.95;      // actor-critic only

  bool lagrangian() const { return mechanism == Mechanism::lagrangian; }
  bool penalty() const { return mechanism == Mechanism::tmo_penalty; }
};

Constraint read_constraint(ParameterReader& parameters, std::int64_t multiplier_steps);

// Budgets are integers, nanoseconds and pico-dollars (environment.md 7): the total exceeds the limit.
bool exceeds(int budget, double total, double limit);
// What row i of a step has spent in the episode, this step included.
double total_after(const Transition& step, int i, int budget);
// The reward to learn from: tmo-budget earns nothing once over a budget.
double learning_reward(const Constraint& constraint, const Transition& step, int i);
// Seconds over the latency budget plus 1000 times US dollars over the cost budget.
double excess(const Transition& step, int i);
// consumed_k / d_k; 0 where unlimited. With a budget of 0 any consumption counts as all of it.
double cost_fraction(const Transition& step, int i, int budget);

// lambda_k of the Lagrangian, raised by Adam while episodes cost more than their budgets.
class Multipliers {
 public:
  Multipliers(const Constraint& constraint, int budgets);

  // Adds up the costs of training episodes, slot by slot.
  void observe(const Transition& step);
  // A step of Adam ascent on lambda_k (mean cost_k - 1) over the episodes that ended since the last one; none
  // ended: nothing changes. `steps`: environment steps so far.
  void update(std::int64_t steps);

  const std::vector<double>& values() const { return values_; }
  const std::vector<double>& mean_costs() const { return mean_costs_; }  // NaN before the first update
  double sum() const;
  // multiplier_k and mean_cost_k of every budget k.
  void append_scalars(std::vector<Scalar>& all) const;

  void save(CheckpointWriter& out) const;
  void load(CheckpointReader& in);

 private:
  double learning_rate_;
  double maximum_;
  std::int64_t interval_;
  std::size_t budgets_;
  std::vector<std::string> names_;  // [K][2] of the scalars
  std::vector<double> values_;
  std::vector<double> first_moment_;
  std::vector<double> second_moment_;
  std::vector<double> mean_costs_;
  std::vector<double> ended_costs_;  // [K] summed over episodes that ended
  std::vector<double> running_;      // [slot][K] of the running episodes
  std::int64_t ended_ = 0;
  std::int64_t updates_ = 0;
  std::int64_t last_steps_ = 0;
};

}  // namespace offload::learning
