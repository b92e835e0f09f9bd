// The parameters of a learner's networks with their gradient and optimiser state, each one contiguous block
// of floats that the fused kernels work on in place and that autograd maps as tensors. Kernel layout:
// kernels/kernels.h; the padding between parts stays zero, so whole blocks can be normed, optimised, copied
// and saved.
#pragma once

#include <offload/checkpoint.hpp>
#include <offload/random.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "learning/aligned.hpp"
#include "learning/kernels/kernels.h"

namespace offload::learning {

class Store {
 public:
  explicit Store(std::vector<offload_network> networks);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  int networks() const { return static_cast<int>(networks_.size()); }
  const offload_network& network(int i) const { return networks_[static_cast<std::size_t>(i)]; }
  std::size_t offset(int i) const { return offsets_[static_cast<std::size_t>(i)]; }
  int stride(int i) const { return offload_layout_of(network(i)).stride; }

  std::span<float> values() { return values_; }
  std::span<const float> values() const { return values_; }
  std::span<float> gradient() { return gradient_; }
  std::span<float> mean() { return mean_; }      // Adam's first moment
  std::span<float> square() { return square_; }  // Adam's and RMSprop's second moment
  const float* of(int i) const { return values_.data() + offset(i); }
  float* gradient_of(int i) { return gradient_.data() + offset(i); }

  // Weights orthogonal with these gains per layer, biases zero (PPO, A2C).
  void initialise_orthogonal(int network, const float (&gains)[3], Random& random);
  // Weights and biases uniform within 1/sqrt(inputs of the layer): torch.nn.Linear's own (DQN).
  void initialise_uniform(int network, Random& random);

  // One line that says which networks these are; a checkpoint carries it.
  std::string describe() const;
  void save(CheckpointWriter& out) const;
  void load(CheckpointReader& in);

  std::int64_t steps = 0;  // of the optimiser

 private:
  std::vector<offload_network> networks_;
  std::vector<std::size_t> offsets_;
  AlignedFloats values_;
  AlignedFloats gradient_;
  AlignedFloats mean_;
  AlignedFloats square_;
};

// rows x columns, row-major, with W W^T = gain^2 I if rows <= columns and W^T W = gain^2 I otherwise:
// torch.nn.init.orthogonal_ (a QR decomposition of standard normals, signs of R's diagonal taken into Q).
std::vector<double> orthogonal(int rows, int columns, double gain, Random& random);

}  // namespace offload::learning
