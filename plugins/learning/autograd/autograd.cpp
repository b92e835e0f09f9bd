// clang parses LibTorch 1.13 in C++20 only with this first.
#include <ATen/core/ivalue.h>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/norm.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/smooth_l1_loss.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tanh.h>

#include <cmath>
#include <limits>
#include <string_view>

#include "learning/autograd/machine.hpp"
#include "learning/autograd_library.hpp"
#include "learning/compute.hpp"

namespace offload::learning {

namespace {

// The six parts of each network as tensors of their own over a block of the store, whose memory they share.
std::vector<at::Tensor> parts_of(const Store& store, std::span<const float> memory) {
  const at::Tensor block = at::from_blob(const_cast<float*>(memory.data()),
                                         {static_cast<std::int64_t>(memory.size())}, at::kFloat);
  std::vector<at::Tensor> parts;
  for (int i = 0; i < store.networks(); ++i) {
    const offload_network network = store.network(i);
    const offload_network_layout at = offload_layout_of(network);
    const auto part = [&](std::size_t from, std::int64_t rows, std::int64_t columns) {
      return block.narrow(0, static_cast<std::int64_t>(store.offset(i) + from), rows * columns)
          .view({rows, columns});
    };
    parts.push_back(part(at.w1, network.inputs, network.hidden));
    parts.push_back(part(at.b1, 1, network.hidden));
    parts.push_back(part(at.w2, network.hidden, network.hidden));
    parts.push_back(part(at.b2, 1, network.hidden));
    parts.push_back(part(at.w3, network.hidden, at.stride));
    parts.push_back(part(at.b3, 1, at.stride));
  }
  return parts;
}

// [rows][stride]: the padding of the last layer is zero and stays so.
at::Tensor apply(const offload_network& network, const at::Tensor* parts, const at::Tensor& x) {
  const auto activate = [&](const at::Tensor& z) {
    return network.activation == OFFLOAD_TANH ? at::tanh(z) : at::relu(z);
  };
  const at::Tensor h1 = activate(at::addmm(parts[1], x, parts[0]));
  const at::Tensor h2 = activate(at::addmm(parts[3], h1, parts[2]));
  return at::addmm(parts[5], h2, parts[4]);
}

at::Tensor floats(const float* data, std::int64_t rows, std::int64_t columns) {
  return at::from_blob(const_cast<float*>(data), {rows, columns}, at::kFloat);
}

at::Tensor indices(const std::int32_t* data, std::int64_t rows) {
  return at::from_blob(const_cast<std::int32_t*>(data), {rows, 1}, at::kInt).to(at::kLong);
}

// The policy's loss from log pi(a) [rows][1]; fills in what PPO reports of the ratio.
at::Tensor surrogate(const ActorCriticBatch& batch, const at::Tensor& log_p, ActorCriticLosses& losses) {
  const at::Tensor advantage = floats(batch.advantage, batch.rows, 1);
  if (!batch.old_log_probability) return -(advantage * log_p).mean();
  const at::Tensor log_ratio = log_p - floats(batch.old_log_probability, batch.rows, 1);
  const at::Tensor ratio = log_ratio.exp();
  const at::Tensor clipped = at::clamp(ratio, 1 - batch.clip_range, 1 + batch.clip_range);
  const at::Tensor fixed = ratio.detach();
  losses.kl = ((fixed - 1) - log_ratio.detach()).mean().item<float>();
  losses.clip_fraction = ((fixed - 1).abs() > batch.clip_range).to(at::kFloat).mean().item<float>();
  return -at::minimum(advantage * ratio, advantage * clipped).mean();
}

class Autograd final : public Compute {
 public:
  Autograd() { use_one_thread(); }

  std::string name() const override { return "autograd"; }
  // The BLAS picks its way by the number of rows.
  int alike_rows() const override { return 1; }
  std::vector<Fact> facts() const override { return autograd_facts(name()); }
  bool portable_bits() const override { return false; }
  std::vector<Scalar> scalars() const override {
    return {{"blas_is_openblas", blas_is_openblas() ? 1.0 : 0.0}};
  }

  void forward(const Store& store, int network, int rows, const float* x, float* y) override {
    const at::NoGradGuard no_grad;
    const at::Tensor rows_of_x = floats(x, rows, store.network(network).inputs);
    at::from_blob(y, {rows, store.stride(network)}, at::kFloat)
        .copy_(
            apply(store.network(network), parts_of(store, store.values()).data() + 6 * network, rows_of_x));
  }

  int decide(const Store&, int, int, const float*, int, std::int32_t*) override { return 0; }

  ActorCriticLosses actor_critic_gradient(Store& store, const ActorCriticBatch& batch) override {
    bind(store);
    const at::Tensor x = floats(batch.x, batch.rows, store.network(0).inputs);
    at::Tensor logits = apply(store.network(0), parameters_.data(), x).narrow(1, 0, batch.actions);
    if (batch.mask) {
      const at::Tensor mask =
          at::from_blob(const_cast<std::uint8_t*>(batch.mask), {batch.rows, batch.actions}, at::kByte);
      logits = logits.masked_fill(mask.eq(0), -std::numeric_limits<double>::infinity());
    }
    const at::Tensor log_all = at::log_softmax(logits, 1);
    const at::Tensor log_p = at::gather(log_all, 1, indices(batch.action, batch.rows));
    const at::Tensor finite = at::clamp(log_all, std::numeric_limits<float>::lowest());
    const at::Tensor entropy = -(finite * log_all.exp()).sum(1).mean();

    ActorCriticLosses losses;
    const at::Tensor policy_loss = surrogate(batch, log_p, losses);
    at::Tensor loss = policy_loss - batch.ent_coef * entropy;
    for (std::size_t k = 0; k < batch.returns.size(); ++k) {
      const int network = 1 + static_cast<int>(k);
      const at::Tensor value = apply(store.network(network), parameters_.data() + 6 * network, x);
      const at::Tensor value_loss = at::mse_loss(value, floats(batch.returns[k], batch.rows, 1));
      losses.value += value_loss.item<float>();
      loss = loss + batch.vf_coef * value_loss;
    }
    loss.backward();
    losses.policy = policy_loss.item<float>();
    losses.entropy = entropy.item<float>();
    return losses;
  }

  double q_gradient(Store& store, const QBatch& batch) override {
    bind(store);
    const at::Tensor x = floats(batch.x, batch.rows, store.network(0).inputs);
    const at::Tensor q = apply(store.network(0), parameters_.data(), x);
    at::Tensor loss;
    for (std::size_t head = 0; head < batch.targets.size(); ++head) {
      const at::Tensor own = q.narrow(1, static_cast<std::int64_t>(head) * batch.actions, batch.actions);
      const at::Tensor chosen = at::gather(own, 1, indices(batch.action, batch.rows));
      const at::Tensor part = at::smooth_l1_loss(chosen, floats(batch.targets[head], batch.rows, 1));
      loss = head == 0 ? part : loss + part;
    }
    loss.backward();
    return loss.item<float>();
  }

  double optimise(Store& store, const Optimiser& optimiser, double learning_rate) override {
    const at::NoGradGuard no_grad;
    bind_state(store);
    std::vector<at::Tensor> norms;
    for (const at::Tensor& gradient : gradients_) norms.push_back(at::norm(gradient));
    const double norm = at::norm(at::stack(norms)).item<float>();
    const double scale = optimiser.max_grad_norm / (norm + 1e-6);
    if (scale < 1) {
      for (at::Tensor& gradient : gradients_) gradient.mul_(scale);
    }
    ++store.steps;
    const auto steps = static_cast<double>(store.steps);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      if (optimiser.kind == Optimiser::Kind::rmsprop) {
        squares_[i].mul_(0.99).addcmul_(gradients_[i], gradients_[i], 1 - 0.99);
        const at::Tensor root = squares_[i].sqrt().add_(optimiser.epsilon);
        parameters_[i].addcdiv_(gradients_[i], root, -learning_rate);
        continue;
      }
      means_[i].mul_(0.9).add_(gradients_[i], 1 - 0.9);
      squares_[i].mul_(0.999).addcmul_(gradients_[i], gradients_[i], 1 - 0.999);
      const at::Tensor root =
          (squares_[i].sqrt() / std::sqrt(1 - std::pow(0.999, steps))).add_(optimiser.epsilon);
      parameters_[i].addcdiv_(means_[i], root, -learning_rate / (1 - std::pow(0.9, steps)));
    }
    return norm;
  }

 private:
  // Leaves share the store's memory, and so do their gradients, into which backward adds.
  void bind(Store& store) {
    bind_state(store);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      gradients_[i].zero_();
      parameters_[i].mutable_grad() = gradients_[i];
    }
  }

  void bind_state(Store& store) {
    if (bound_ == &store) return;
    bound_ = &store;
    parameters_ = parts_of(store, store.values());
    for (at::Tensor& leaf : parameters_) leaf = leaf.detach().set_requires_grad(true);
    gradients_ = parts_of(store, store.gradient());
    means_ = parts_of(store, store.mean());
    squares_ = parts_of(store, store.square());
  }

  const Store* bound_ = nullptr;
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> gradients_;
  std::vector<at::Tensor> means_;
  std::vector<at::Tensor> squares_;
};

Compute* make() { return new Autograd; }

}  // namespace
}  // namespace offload::learning

extern "C" __attribute__((visibility("default"))) offload::learning::AutogradFactory offload_autograd_factory(
    const char* stamp) {
  using namespace offload::learning;
  return std::string_view(stamp) == OFFLOAD_AUTOGRAD_STAMP ? &make : nullptr;
}
