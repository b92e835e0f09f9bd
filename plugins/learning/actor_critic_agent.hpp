// PPO and A2C (stable-baselines3's, algorithms.md 1) with the constraint mechanisms of algorithms.md 2, as
// one agent: they differ in defaults, in the surrogate and in how often a rollout is used. Separate tanh
// networks for the policy, the reward critic and, under `lagrangian`, one cost critic per budget.
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
#include "learning/rollout.hpp"
#include "learning/settings.hpp"

namespace offload::learning {

enum class OnPolicy { ppo, a2c };

class ActorCriticAgent : public Agent {
 public:
  ActorCriticAgent(const Environment& environment, ParameterReader& parameters, OnPolicy algorithm);

  void act(const View& view, Mode mode, std::span<std::int32_t> action) override;
  int slots() const override { return settings_.slots; }
  void observe(const Transition& step);
  // Learns when a slot has n_steps steps, and from what is left at the end of training.
  std::int64_t update();
  void save(CheckpointWriter& out) const;
  void load(CheckpointReader& in);
  std::vector<Scalar> scalars() const;
  std::vector<Fact> facts() const { return compute_->facts(); }
  bool portable_bits() const { return compute_->portable_bits(); }

  const Store& store() const { return store_; }
  const Compute& compute() const { return *compute_; }

 private:
  struct Own {  // parameters that only these two have
    bool ppo;
    int n_steps;
    int batch_size;
    int n_epochs;
    double gae_lambda;
    double clip_range;
    double ent_coef;
    double vf_coef;
    bool normalize_advantage;
  };
  struct Lesson {  // a rollout with what is computed from it
    Steps steps;
    std::vector<float> advantage;
    std::vector<float> old_log_probability;
    std::vector<std::vector<float>> returns;  // [critic][rows]
  };
  struct Diagnostics {
    double loss, policy, value, entropy, kl, clip_fraction, gradient_norm, learning_rate, penalty;
  };

  static Own read_own(ParameterReader& parameters, OnPolicy algorithm);
  static std::vector<offload_network> shapes(const Environment& environment, const Encoder& encoder,
                                             const Constraint& constraint, int hidden);
  const char* name() const { return own_.ppo ? "rc-ppo" : "rc-a2c"; }
  std::string layout() const;
  int critics() const { return store_.networks() - 1; }

  Lesson prepare();
  std::vector<float> critic_advantages(const Rollout::Flat& flat, int critic, std::vector<float>& returns);
  void combine_advantages(std::vector<std::vector<float>>& advantages) const;
  void compute_old_log_probabilities(Lesson& lesson);
  const Lesson& pick(const Lesson& lesson, std::span<const std::int32_t> rows, Lesson& batch) const;
  void learn(const Lesson& batch, double learning_rate);

  Environment environment_;
  Settings settings_;
  Own own_;
  Constraint constraint_;
  Sight sight_;
  std::vector<float> room_;  // of what is seen
  Encoder encoder_;
  std::unique_ptr<Compute> compute_;
  Store store_;
  Multipliers multipliers_;
  Random random_;
  Rollout rollout_;
  std::int64_t steps_ = 0;
  std::int64_t updates_ = 0;
  Diagnostics last_;  // sums over the minibatches of the latest update
  int last_count_ = 0;
  AlignedFloats x_;  // scratch of act
  AlignedFloats y_;
};

}  // namespace offload::learning
