// DQN (stable-baselines3's, algorithms.md 1) with the constraint mechanisms of algorithms.md 2. One ReLU
// network with an output per action; under `lagrangian` one such head more per budget, which learns the cost
// still to come, and actions are chosen by reward value less multiplier times cost value.
#pragma once

#include <offload/agent.hpp>
#include <offload/random.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "learning/aligned.hpp"
#include "learning/choice.hpp"
#include "learning/compute.hpp"
#include "learning/constraint.hpp"
#include "learning/encoding.hpp"
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
  // Without what it learns from.
  void save_policy(CheckpointWriter& out) const;
  void load_policy(CheckpointReader& in);
  void load(CheckpointReader& in);
  std::vector<Scalar> scalars() const;
  std::vector<Fact> facts() const { return compute_->facts(); }
  bool portable_bits() const { return compute_->portable_bits(); }

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
  int scratch_rows() const { return std::max(own_.batch_size, compute_->alike_rows()); }
  int heads() const { return 1 + (constraint_.lagrangian() ? environment_.budgets() : 0); }
  std::size_t actions() const { return size(environment_.actions()); }
  const std::uint8_t* mask_of(const View& view, int i) const {
    return constraint_.shield ? view.mask(i).data() : nullptr;
  }
  // The action of the largest reward value less multipliers times cost values, of a row of network 0.
  int best(const float* q, const std::uint8_t* mask);
  void explore(const View& view, int from, int rows, std::span<std::int32_t> action);
  void pick_rows();
  bool keeps_values() const;
  bool known(std::size_t row) const;
  void value_next_states();
  void ask_target();
  void fill_targets();
  void fill_targets_anew();
  void fill_batch();
  void learn();
  void update_target();

  Environment environment_;
  Settings settings_;
  Own own_;
  Constraint constraint_;
  Sight sight_;
  std::vector<float> room_, next_room_;  // of what is seen
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
  std::uint32_t target_number_ = 1;  // of those that target_ has been
  Diagnostics last_;

  // Scratch of act and of a batch.
  AlignedFloats x_;
  AlignedFloats q_;
  std::vector<float> combined_;  // [A]
  std::vector<double> cost_;     // [K]
  std::vector<int> thoughtful_;
  std::vector<std::size_t> picked_;
  std::vector<std::size_t> asked_;  // rows for the target network
  std::vector<std::int32_t> action_;
  std::vector<std::vector<float>> targets_;  // [head][rows]
  QBatch batch_;
};

}  // namespace offload::learning
