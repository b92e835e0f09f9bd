// How a learner computes: forward, gradients and optimiser steps over a Store. Two implementations do the
// same arithmetic: `fused` with hand-written kernels, `autograd` with plain LibTorch (autograd_library.hpp),
// the check of the other and the place to try something new. Losses and optimisers are stable-baselines3's.
#pragma once

#include <offload/agent.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "learning/store.hpp"

namespace offload::learning {

// Network 0 is the policy; network 1 + k is the critic that `returns[k]` trains. A = actions.
struct ActorCriticBatch {
  int rows = 0;
  int actions = 0;
  const float* x = nullptr;                    // [rows][inputs]
  const std::uint8_t* mask = nullptr;          // [rows][A], or nullptr where every action is allowed
  const std::int32_t* action = nullptr;        // [rows]
  const float* advantage = nullptr;            // [rows]
  const float* old_log_probability = nullptr;  // [rows]: PPO's clipped surrogate; nullptr: -log pi(a) A
  std::vector<const float*> returns;           // [critic][rows]
  double clip_range = 0;
  double ent_coef = 0;
  double vf_coef = 0;
};

// Means over the minibatch.
struct ActorCriticLosses {
  double policy = 0;  // without entropy
  double value = 0;   // summed over critics, without vf_coef
  double entropy = 0;
  double kl = 0;
  double clip_fraction = 0;
};

// Network 0 has heads x A outputs, head h's value of action a at h * A + a.
struct QBatch {
  int rows = 0;
  int actions = 0;
  const float* x = nullptr;              // [rows][inputs]
  const std::int32_t* action = nullptr;  // [rows]
  std::vector<const float*> targets;     // [head][rows]
};

struct Optimiser {
  enum class Kind { adam, rmsprop } kind = Kind::adam;
  double epsilon = 1e-5;
  double max_grad_norm = 0.5;
};

class Compute {
 public:
  virtual ~Compute() = default;
  virtual std::string name() const = 0;
  // What bits depend on beside the parameters; what of it is a number, to plot.
  virtual std::vector<Fact> facts() const = 0;
  virtual std::vector<Scalar> scalars() const = 0;
  // Whether all of it is the same bits on every machine.
  virtual bool portable_bits() const = 0;
  // As many rows as a forward takes at once with, for each, the bits that it would have alone.
  virtual int alike_rows() const = 0;
  // y is [rows][stride].
  virtual void forward(const Store& store, int network, int rows, const float* x, float* y) = 0;
  // Of as many of the first rows as are cheaper decided together, the first of the largest of their first
  // `actions` outputs; how many that was. The others are for forward, which comes to the same.
  virtual int decide(const Store& store, int network, int rows, const float* x, int actions,
                     std::int32_t* best) = 0;
  // Both set the store's gradient.
  virtual ActorCriticLosses actor_critic_gradient(Store& store, const ActorCriticBatch& batch) = 0;
  virtual double q_gradient(Store& store, const QBatch& batch) = 0;  // the loss: smooth L1, mean over rows
  // Clips the gradient by its norm and takes a step; returns the norm before clipping.
  virtual double optimise(Store& store, const Optimiser& optimiser, double learning_rate) = 0;
};

// kernel: "auto", "baseline", "avx2" or "avx512"; auto takes the widest that this machine has, or what the
// environment variable OFFLOAD_ISA names. Throws when the machine lacks what was asked for.
std::unique_ptr<Compute> make_fused(const std::string& kernel);
// In a library that is loaded by the first call. Throws when there is none or one of another build.
std::unique_ptr<Compute> make_autograd();
const offload_kernels& choose_kernels(const std::string& kernel);

}  // namespace offload::learning
