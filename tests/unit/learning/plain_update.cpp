#include "unit/learning/plain_update.hpp"

// clang 14 parses LibTorch in C++20 only with this header first.
#include <ATen/core/ivalue.h>

#include <torch/torch.h>

namespace offload::learning {

std::vector<PlainLayer> layers_of(const Store& store, int network) {
  const offload_network shape = store.network(network);
  const offload_network_layout at = offload_layout_of(shape);
  const float* block = store.of(network);
  const int inputs[] = {shape.inputs, shape.hidden, shape.hidden};
  const int outputs[] = {shape.hidden, shape.hidden, shape.outputs};
  const int strides[] = {shape.hidden, shape.hidden, at.stride};
  const std::size_t weights[] = {at.w1, at.w2, at.w3};
  const std::size_t biases[] = {at.b1, at.b2, at.b3};
  std::vector<PlainLayer> layers(3);
  for (std::size_t l = 0; l < 3; ++l) {
    for (int o = 0; o < outputs[l]; ++o) {
      for (int i = 0; i < inputs[l]; ++i)
        layers[l].weight.push_back(block[weights[l] + static_cast<std::size_t>(i * strides[l] + o)]);
      layers[l].bias.push_back(block[biases[l] + static_cast<std::size_t>(o)]);
    }
  }
  return layers;
}

namespace {

torch::nn::Sequential network_of(const Store& store, int index) {
  const std::vector<PlainLayer> layers = layers_of(store, index);
  const offload_network shape = store.network(index);
  const int widths[] = {shape.inputs, shape.hidden, shape.hidden, shape.outputs};
  torch::nn::Sequential network;
  for (std::size_t i = 0; i < 3; ++i) {
    torch::nn::Linear linear(widths[i], widths[i + 1]);
    const torch::NoGradGuard no_grad;
    const auto blob = [](const std::vector<float>& values) {
      return torch::from_blob(const_cast<float*>(values.data()), {static_cast<std::int64_t>(values.size())});
    };
    linear->weight.copy_(blob(layers[i].weight).view({widths[i + 1], widths[i]}));
    linear->bias.copy_(blob(layers[i].bias));
    network->push_back(linear);
    if (i < 2 && shape.activation == OFFLOAD_TANH) network->push_back(torch::nn::Tanh());
    if (i < 2 && shape.activation == OFFLOAD_RELU) network->push_back(torch::nn::ReLU());
  }
  return network;
}

std::vector<float> copied(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.detach().contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

template <typename T>
torch::Tensor column(const T* data, std::int64_t rows, std::int64_t width) {
  return torch::from_blob(const_cast<T*>(data), {rows, width}, c10::CppTypeToScalarType<T>::value).clone();
}

PlainResult take_step(std::vector<torch::nn::Sequential>& networks, torch::Tensor loss,
                      const Optimiser& optimiser, double learning_rate) {
  std::vector<torch::Tensor> parameters;
  for (auto& network : networks) {
    for (const torch::Tensor& parameter : network->parameters()) parameters.push_back(parameter);
  }
  std::unique_ptr<torch::optim::Optimizer> torch_optimiser;
  if (optimiser.kind == Optimiser::Kind::adam) {
    torch_optimiser = std::make_unique<torch::optim::Adam>(
        parameters, torch::optim::AdamOptions(learning_rate).eps(optimiser.epsilon));
  } else {
    torch_optimiser = std::make_unique<torch::optim::RMSprop>(
        parameters, torch::optim::RMSpropOptions(learning_rate).alpha(0.99).eps(optimiser.epsilon));
  }
  torch_optimiser->zero_grad();
  loss.backward();
  PlainResult result;
  result.loss = loss.item<double>();
  result.gradient_norm = torch::nn::utils::clip_grad_norm_(parameters, optimiser.max_grad_norm);
  torch_optimiser->step();
  for (auto& network : networks) {
    const auto tensors = network->parameters();
    result.networks.emplace_back();
    for (std::size_t i = 0; i < tensors.size(); i += 2) {
      result.networks.back().push_back({copied(tensors[i]), copied(tensors[i + 1])});
    }
  }
  return result;
}

}  // namespace

PlainResult plain_actor_critic_update(const Store& store, const ActorCriticBatch& batch,
                                      const Optimiser& optimiser, double learning_rate) {
  std::vector<torch::nn::Sequential> networks;
  for (int i = 0; i < store.networks(); ++i) networks.push_back(network_of(store, i));
  const torch::Tensor x = column(batch.x, batch.rows, store.network(0).inputs);
  torch::Tensor logits = networks[0]->forward(x).narrow(1, 0, batch.actions);
  if (batch.mask)
    logits = logits + (column(batch.mask, batch.rows, batch.actions).to(torch::kFloat) - 1) * 1e9;
  const torch::Tensor all = torch::log_softmax(logits, 1);
  const torch::Tensor log_p = all.gather(1, column(batch.action, batch.rows, 1).to(torch::kLong));
  const torch::Tensor advantage = column(batch.advantage, batch.rows, 1);
  torch::Tensor policy_loss = -(advantage * log_p).mean();
  if (batch.old_log_probability) {
    const torch::Tensor ratio = torch::exp(log_p - column(batch.old_log_probability, batch.rows, 1));
    policy_loss = -torch::minimum(ratio * advantage,
                                  ratio.clamp(1 - batch.clip_range, 1 + batch.clip_range) * advantage)
                       .mean();
  }
  torch::Tensor loss = policy_loss - batch.ent_coef * -(all.exp() * all).sum(1).mean();
  for (std::size_t k = 0; k < batch.returns.size(); ++k) {
    loss = loss + batch.vf_coef *
                      torch::mse_loss(networks[1 + k]->forward(x), column(batch.returns[k], batch.rows, 1));
  }
  return take_step(networks, loss, optimiser, learning_rate);
}

PlainResult plain_q_update(const Store& store, const QBatch& batch, const Optimiser& optimiser,
                           double learning_rate) {
  std::vector<torch::nn::Sequential> networks = {network_of(store, 0)};
  const torch::Tensor q = networks[0]->forward(column(batch.x, batch.rows, store.network(0).inputs));
  const torch::Tensor action = column(batch.action, batch.rows, 1).to(torch::kLong);
  torch::Tensor loss = torch::zeros({});
  for (std::size_t head = 0; head < batch.targets.size(); ++head) {
    const torch::Tensor chosen = q.gather(1, action + static_cast<std::int64_t>(head) * batch.actions);
    loss = loss + torch::smooth_l1_loss(chosen, column(batch.targets[head], batch.rows, 1));
  }
  return take_step(networks, loss, optimiser, learning_rate);
}

}  // namespace offload::learning
