#include "learning/constraint.hpp"

#include <offload/portable_math.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace offload::learning {

Constraint read_constraint(ParameterReader& parameters, std::int64_t multiplier_steps) {
  Constraint constraint;
  const std::string name =
      parameters.text("constraint", "none", "none|tmo-penalty|tmo-budget|lagrangian",
                      "how budgets enter learning: not at all, TMO's penalty without gradient (conference), "
                      "TMO's zero reward once over budget (journal), learned multipliers");
  constraint.mechanism = name == "tmo-penalty"  ? Mechanism::tmo_penalty
                         : name == "tmo-budget" ? Mechanism::tmo_budget
                         : name == "lagrangian" ? Mechanism::lagrangian
                                                : Mechanism::none;
  constraint.shield = parameters.boolean(
      "shield", false, "never take an action after which the budgets cannot be kept to the episode's end");
  constraint.penalty_weight = parameters.number("penalty_weight", 10, {0, 1e9},
                                                "tmo-penalty: weight of the excess in the loss's value");
  constraint.multiplier_learning_rate = parameters.number(
      "multiplier_learning_rate", 0.035, {0, 1e3}, "lagrangian: Adam learning rate of the multipliers");
  constraint.multiplier_initial =
      parameters.number("multiplier_initial", 0.001, {0, 1e6}, "lagrangian: multipliers at the start");
  constraint.multiplier_max =
      parameters.number("multiplier_max", 20, {0, 1e6}, "lagrangian: largest value of a multiplier");
  constraint.multiplier_steps =
      parameters.integer("multiplier_steps", multiplier_steps, {1, std::int64_t{1} << 40},
                         "lagrangian: at least this many environment steps between multiplier updates");
  return constraint;
}

bool exceeds(int budget, double total, double limit) {
  if (std::isinf(limit)) return false;
  const double unit = budget == 0 ? 1e9 : 1e12;
  return std::round(total * unit) > std::round(limit * unit);
}

double total_after(const Transition& step, int i, int budget) {
  const auto k = static_cast<std::size_t>(budget);
  return step.before().spent(i)[k] + step.consumed(i)[k];
}

double learning_reward(const Constraint& constraint, const Transition& step, int i) {
  if (constraint.mechanism == Mechanism::tmo_budget) {
    const std::span<const double> limit = step.before().limit(i);
    for (std::size_t k = 0; k < limit.size(); ++k) {
      if (exceeds(static_cast<int>(k), total_after(step, i, static_cast<int>(k)), limit[k])) return 0;
    }
  }
  return step.reward(i);
}

double excess(const Transition& step, int i) {
  const std::span<const double> limit = step.before().limit(i);
  double sum = 0;
  for (std::size_t k = 0; k < limit.size(); ++k) {
    const double over = std::max(0.0, total_after(step, i, static_cast<int>(k)) - limit[k]);
    sum += k == 1 ? 1000 * over : over;
  }
  return sum;
}

double cost_fraction(const Transition& step, int i, int budget) {
  const auto k = static_cast<std::size_t>(budget);
  const double consumed = step.consumed(i)[k];
  const double limit = step.before().limit(i)[k];
  if (limit > 0) return consumed / limit;
  return consumed > 0 ? 1 : 0;
}

Multipliers::Multipliers(const Constraint& constraint, int budgets)
    : learning_rate_(constraint.multiplier_learning_rate),
      maximum_(constraint.multiplier_max),
      interval_(constraint.multiplier_steps),
      budgets_(static_cast<std::size_t>(budgets)),
      values_(budgets_, std::min(constraint.multiplier_initial, constraint.multiplier_max)),
      first_moment_(budgets_),
      second_moment_(budgets_),
      mean_costs_(budgets_, std::numeric_limits<double>::quiet_NaN()),
      ended_costs_(budgets_) {
  for (int k = 0; k < budgets; ++k) {
    for (const char* name : {"multiplier_", "mean_cost_"}) names_.push_back(name + std::to_string(k));
  }
}

void Multipliers::observe(const Transition& step) {
  for (int i = 0; i < step.size(); ++i) {
    const std::size_t at = static_cast<std::size_t>(step.before().slot(i)) * budgets_;
    if (at + budgets_ > running_.size()) running_.resize(at + budgets_);
    for (std::size_t k = 0; k < budgets_; ++k) {
      double& cost = running_[at + k];
      if (step.before().first(i)) cost = 0;
      cost += cost_fraction(step, i, static_cast<int>(k));
      if (step.terminal(i)) ended_costs_[k] += cost;
    }
    if (step.terminal(i)) ++ended_;
  }
}

void Multipliers::update(std::int64_t steps) {
  if (ended_ == 0 || steps - last_steps_ < interval_) return;
  last_steps_ = steps;
  ++updates_;
  for (std::size_t k = 0; k < budgets_; ++k) {
    mean_costs_[k] = ended_costs_[k] / static_cast<double>(ended_);
    ended_costs_[k] = 0;
    const double slope = mean_costs_[k] - 1;
    first_moment_[k] = 0.9 * first_moment_[k] + 0.1 * slope;
    second_moment_[k] = 0.999 * second_moment_[k] + 0.001 * slope * slope;
    const double mean = first_moment_[k] / (1 - portable_power(0.9, updates_));
    const double root = std::sqrt(second_moment_[k] / (1 - portable_power(0.999, updates_)));
    values_[k] = std::clamp(values_[k] + learning_rate_ * mean / (root + 1e-8), 0.0, maximum_);
  }
  ended_ = 0;
}

double Multipliers::sum() const { return std::accumulate(values_.begin(), values_.end(), 0.0); }

void Multipliers::append_scalars(std::vector<Scalar>& all) const {
  for (std::size_t k = 0; k < budgets_; ++k) {
    all.push_back({names_[2 * k].c_str(), values_[k]});
    all.push_back({names_[2 * k + 1].c_str(), mean_costs_[k]});
  }
}

void Multipliers::save(CheckpointWriter& out) const {
  for (const auto* column :
       {&values_, &first_moment_, &second_moment_, &mean_costs_, &ended_costs_, &running_}) {
    out.values(*column);
  }
  for (const std::int64_t number : {ended_, updates_, last_steps_}) out.value(number);
}

void Multipliers::load(CheckpointReader& in) {
  for (auto* column : {&values_, &first_moment_, &second_moment_, &mean_costs_, &ended_costs_}) {
    in.values(*column);
  }
  running_ = in.values<double>();
  for (std::int64_t* number : {&ended_, &updates_, &last_steps_}) *number = in.value<std::int64_t>();
}

}  // namespace offload::learning
