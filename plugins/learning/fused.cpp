#include <offload/portable_math.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include "learning/compute.hpp"

namespace offload::learning {

namespace {

// Clamped to the largest coefficient that torch.nn.utils.clip_grad_norm_ would use.
double clip_scale(double norm, double max_norm) { return std::min(1.0, max_norm / (norm + 1e-6)); }

class Fused final : public Compute {
 public:
  explicit Fused(const offload_kernels& kernels) : kernels_(kernels) {}

  std::string name() const override { return std::string("fused ") + kernels_.name; }
  std::vector<Fact> facts() const override { return {{"kernels", name()}}; }
  std::vector<Scalar> scalars() const override { return {}; }
  bool portable_bits() const override { return true; }
  int alike_rows() const override { return OFFLOAD_CHUNK; }

  void forward(const Store& store, int network, int rows, const float* x, float* y) override {
    const int inputs = store.network(network).inputs;
    const int stride = store.stride(network);
    const int together = together_of(store, network, rows);
    for (int from = 0; from < together; from += OFFLOAD_CHUNK) {
      kernels_.decide(store.network(network), store.of(network),
                      std::min<int>(OFFLOAD_CHUNK, together - from), x + from * inputs, y + from * stride, 0,
                      nullptr, room_to_decide(store, network));
    }
    make_room(store);
    for (int from = together; from < rows; from += OFFLOAD_CHUNK) {
      const int count = std::min<int>(OFFLOAD_CHUNK, rows - from);
      kernels_.forward(store.network(network), store.of(network), count, x + from * inputs, h1_.data(),
                       h2_.data(), y + from * stride);
    }
  }

  int decide(const Store& store, int network, int rows, const float* x, int actions,
             std::int32_t* best) override {
    const int together = together_of(store, network, rows);
    for (int from = 0; from < together; from += OFFLOAD_CHUNK) {
      kernels_.decide(store.network(network), store.of(network),
                      std::min<int>(OFFLOAD_CHUNK, together - from), x + from * store.network(network).inputs,
                      nullptr, actions, best + from, room_to_decide(store, network));
    }
    return together;
  }

  ActorCriticLosses actor_critic_gradient(Store& store, const ActorCriticBatch& batch) override {
    prepare(store);
    offload_policy_sums sums = {};
    double value_loss = 0;
    for (int from = 0; from < batch.rows; from += OFFLOAD_CHUNK) {
      const int count = std::min<int>(OFFLOAD_CHUNK, batch.rows - from);
      policy_gradient(store, batch, from, count, sums);
      for (int k = 0; k < static_cast<int>(batch.returns.size()); ++k) {
        value_loss += value_gradient(store, batch, k, from, count);
      }
    }
    const double rows = batch.rows;
    return {sums.loss / rows, value_loss / rows, sums.entropy / rows, sums.kl / rows, sums.clipped / rows};
  }

  double q_gradient(Store& store, const QBatch& batch) override {
    prepare(store);
    double loss = 0;
    for (int from = 0; from < batch.rows; from += OFFLOAD_CHUNK) {
      const int count = std::min<int>(OFFLOAD_CHUNK, batch.rows - from);
      const float* x = batch.x + from * store.network(0).inputs;
      kernels_.forward(store.network(0), store.of(0), count, x, h1_.data(), h2_.data(), y_.data());
      loss += q_head(store, batch, from, count);
      const offload_chosen chosen = {static_cast<int>(batch.targets.size()), batch.actions,
                                     batch.action + from, dy_.data()};
      kernels_.backward_chosen(store.network(0), store.of(0), count, x, h1_.data(), h2_.data(), &chosen,
                               from > 0, store.gradient_of(0), scratch_.data());
    }
    return loss / batch.rows;
  }

  double optimise(Store& store, const Optimiser& optimiser, double learning_rate) override {
    const std::span<float> gradient = store.gradient();
    const double norm = std::sqrt(kernels_.square_norm(gradient.size(), gradient.data()));
    const auto scale = static_cast<float>(clip_scale(norm, optimiser.max_grad_norm));
    ++store.steps;
    const auto epsilon = static_cast<float>(optimiser.epsilon);
    if (optimiser.kind == Optimiser::Kind::rmsprop) {
      kernels_.rmsprop(gradient.size(), store.values().data(), gradient.data(), store.square().data(), scale,
                       static_cast<float>(learning_rate), 0.99, epsilon);
      return norm;
    }
    const double step = learning_rate / (1 - portable_power(0.9, store.steps));
    const double root = 1 / std::sqrt(1 - portable_power(0.999, store.steps));
    kernels_.adam(gradient.size(), store.values().data(), gradient.data(), store.mean().data(),
                  store.square().data(), scale, static_cast<float>(step), 0.9, 0.999,
                  static_cast<float>(root), epsilon);
    return norm;
  }

 private:
  static constexpr std::size_t kChunk = OFFLOAD_CHUNK;

  // All networks of a store have the same hidden units.
  static std::size_t hidden(const Store& store) { return static_cast<std::size_t>(store.network(0).hidden); }

  // What `decide` of the kernels takes, of widths at which it is faster: one unit's weights lie `hidden`
  // apart.
  static int together_of(const Store& store, int network, int rows) {
    constexpr int kWidest = 128;
    const offload_network& shape = store.network(network);
    return shape.outputs > 1 && shape.hidden <= kWidest ? rows / 16 * 16 : 0;
  }

  float* room_to_decide(const Store& store, int network) {
    const std::size_t needed = offload_decide_scratch(store.network(network));
    if (decide_room_.size() < needed) decide_room_.assign(needed, 0);
    return decide_room_.data();
  }

  void make_room(const Store& store) {
    if (h1_.size() >= kChunk * hidden(store)) return;
    h1_.assign(kChunk * hidden(store), 0);
    h2_.assign(kChunk * hidden(store), 0);
  }

  void prepare(const Store& store) {
    make_room(store);
    std::size_t outputs = 0, needed = 0;
    for (int i = 0; i < store.networks(); ++i) {
      outputs = std::max(outputs, kChunk * static_cast<std::size_t>(store.stride(i)));
      needed = std::max(needed, offload_backward_scratch(store.network(i)));
    }
    if (y_.size() < outputs) {
      y_.assign(outputs, 0);
      dy_.assign(outputs, 0);
    }
    if (scratch_.size() < needed) scratch_.assign(needed, 0);
  }

  // The first rows of a batch set the gradient, the others add to it.
  void backward(Store& store, int network, int from, int rows, const float* x) {
    kernels_.backward(store.network(network), store.of(network), rows, x, h1_.data(), h2_.data(), dy_.data(),
                      from > 0, store.gradient_of(network), scratch_.data());
  }

  void policy_gradient(Store& store, const ActorCriticBatch& batch, int from, int count,
                       offload_policy_sums& sums) {
    const offload_network& network = store.network(0);
    const float* x = batch.x + from * network.inputs;
    kernels_.forward(network, store.of(0), count, x, h1_.data(), h2_.data(), y_.data());
    const offload_policy_rows rows = {count,
                                      batch.actions,
                                      store.stride(0),
                                      y_.data(),
                                      batch.mask ? batch.mask + from * batch.actions : nullptr,
                                      batch.action + from,
                                      batch.advantage + from,
                                      batch.old_log_probability ? batch.old_log_probability + from : nullptr,
                                      static_cast<float>(batch.clip_range),
                                      static_cast<float>(batch.ent_coef),
                                      1.0f / static_cast<float>(batch.rows)};
    kernels_.policy_head(&rows, dy_.data(), &sums);
    backward(store, 0, from, count, x);
  }

  double value_gradient(Store& store, const ActorCriticBatch& batch, int critic, int from, int count) {
    const int network = 1 + critic;
    const float* x = batch.x + from * store.network(network).inputs;
    kernels_.forward(store.network(network), store.of(network), count, x, h1_.data(), h2_.data(), y_.data());
    const float* returns = batch.returns[static_cast<std::size_t>(critic)] + from;
    const auto scale = static_cast<float>(2 * batch.vf_coef / batch.rows);
    double loss = 0;
    for (int i = 0; i < count; ++i) {
      const float error = y_[static_cast<std::size_t>(i)] - returns[i];
      loss += static_cast<double>(error) * error;
      dy_[static_cast<std::size_t>(i)] = scale * error;
    }
    backward(store, network, from, count, x);
    return loss;
  }

  // The loss's derivative by what is chosen goes to dy, [rows][heads].
  double q_head(const Store& store, const QBatch& batch, int from, int count) {
    const auto stride = static_cast<std::size_t>(store.stride(0));
    const float scale = 1.0f / static_cast<float>(batch.rows);
    const std::size_t heads = batch.targets.size();
    double loss = 0;
    for (std::size_t head = 0; head < heads; ++head) {
      for (int i = 0; i < count; ++i) {
        const std::size_t at = static_cast<std::size_t>(i) * stride +
                               head * static_cast<std::size_t>(batch.actions) +
                               static_cast<std::size_t>(batch.action[from + i]);
        const float error = y_[at] - batch.targets[head][from + i];
        const float size = std::abs(error);
        loss += size < 1 ? 0.5 * error * error : size - 0.5;
        dy_[static_cast<std::size_t>(i) * heads + head] = scale * std::clamp(error, -1.0f, 1.0f);
      }
    }
    return loss;
  }

  const offload_kernels& kernels_;
  AlignedFloats h1_;
  AlignedFloats h2_;
  AlignedFloats y_;
  AlignedFloats dy_;
  AlignedFloats scratch_;
  AlignedFloats decide_room_;
};

}  // namespace

const offload_kernels& choose_kernels(const std::string& kernel) {
  std::string wanted = kernel;
  if (wanted == "auto") {
    const char* variable = std::getenv("OFFLOAD_ISA");
    if (variable && *variable) wanted = variable;
  }
  if (wanted == "baseline") return offload_kernels_baseline;
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
  if (avx512 && (wanted == "avx512" || wanted == "auto")) return offload_kernels_avx512;
  if (avx2 && (wanted == "avx2" || wanted == "auto")) return offload_kernels_avx2;
#endif
  if (wanted == "auto") return offload_kernels_baseline;
  throw std::runtime_error("kernel '" + wanted +
                           "' is unknown or not supported by this processor; use auto, baseline, avx2 or "
                           "avx512");
}

std::unique_ptr<Compute> make_fused(const std::string& kernel) {
  return std::make_unique<Fused>(choose_kernels(kernel));
}

}  // namespace offload::learning
