// DQN (stable-baselines3's, algorithms.md 1) with the constraint mechanisms of algorithms.md 2. One ReLU
// network with an output per action; under `lagrangian` one such head more per budget, which learns the cost
// still to come, and actions are chosen by reward value less multiplier times cost value.
#pragma once

#include <offload/agent.hpp>
#include <offload/random.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "learning/compute.hpp"
#include "learning/constraint.hpp"
#include "learning/encoding.hpp"
#include "learning/machine.hpp"
#include "learning/replay.hpp"
#include "learning/settings.hpp"

namespace offload::learning {

class QAgent : public Agent {
 public:
  QAgent(const Environment& environment, ParameterReader& parameters);

  void act(const View& view, Mode mode, std::span<std::int32_t> action) override;
  int slots() const override { return settings_.slots; }
  void observe(const Transition& step);
  std::int64_t update();
  void save(CheckpointWriter& out) const;
  void load(CheckpointReader& in);
  std::vector<Scalar> scalars() const;
  std::vector<Fact> facts() const { return machine_facts(compute_->name()); }

  const Store& store() const { return store_; }
  const Store& target() const { return target_; }
  // The probability of a random action at the present step.
  double exploration_rate() const;

 private:
  struct Own {  // parameters that only this agent has
    std::int64_t buffer_size;
    std::int64_t learning_starts;
    int batch_size;
    double tau;
    std::int64_t train_freq;
    int gradient_steps;
    std::int64_t target_update_interval;
    double exploration_fraction;
    double exploration_initial_eps;
    double exploration_final_eps;
  };
  struct Diagnostics {
    double loss, gradient_norm, learning_rate, penalty;
  };

  static Own read_own(ParameterReader& parameters);
  std::string layout() const;
  int heads() const { return 1 + (constraint_.lagrangian() ? environment_.budgets() : 0); }
  // Reward values less multipliers times cost values, in place of the first A of q.
  std::span<const float> combine(float* q) const;
  void fill_batch();
  void fill_targets();
  void learn();
  void update_target();

  Environment environment_;
  Settings settings_;
  Own own_;
  Constraint constraint_;
  Encoder encoder_;
  std::unique_ptr<Compute> compute_;
  Store store_;
  Store target_;
  Multipliers multipliers_;
  Replay replay_;
  Random random_;
  std::int64_t steps_ = 0;
  std::int64_t handled_steps_ = 0;  // up to which `update` has done what was due
  std::int64_t updates_ = 0;
  Diagnostics last_;
  std::vector<std::string> budget_names_;

  std::vector<float> x_;  // scratch of act and of a batch
  std::vector<float> q_;
  std::vector<std::size_t> picked_;
  std::vector<std::int32_t> action_;
  std::vector<std::vector<float>> targets_;  // [head][rows]
};

}  // namespace offload::learning
