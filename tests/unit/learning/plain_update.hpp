// One update of each learner written with torch::nn, torch::optim and nothing of ours: what the learners must
// agree with.
#pragma once

#include <cstdint>
#include <vector>

#include "learning/compute.hpp"

namespace offload::learning {

// The layers of a network as LibTorch keeps them: [outputs][inputs] weights, then biases.
struct PlainLayer {
  std::vector<float> weight, bias;
};
std::vector<PlainLayer> layers_of(const Store& store, int network);

struct PlainResult {
  std::vector<std::vector<PlainLayer>> networks;  // after the update
  double loss = 0;
  double gradient_norm = 0;
};

PlainResult plain_actor_critic_update(const Store& store, const ActorCriticBatch& batch,
                                      const Optimiser& optimiser, double learning_rate);
PlainResult plain_q_update(const Store& store, const QBatch& batch, const Optimiser& optimiser,
                           double learning_rate);

}  // namespace offload::learning
