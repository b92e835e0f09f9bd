#include "unit/learning/reference_kernels.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace offload::learning {

namespace {

constexpr float kRounder = 12582912.0f;

float larger(float a, float b) { return a > b ? a : b; }
float smaller(float a, float b) { return a < b ? a : b; }

float power_of_two(float rounded) {
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(rounded) << 23) + 0x3f800000u);
}

struct Split {
  float rounded, rest;
};

Split split_exponential(float y) {
  const float rounded = std::fma(y, 1.44269504088896341f, kRounder);
  const float n = rounded - kRounder;
  const float r = std::fma(n, 2.12194440e-4f, std::fma(n, -0.693359375f, y));
  float p = 1.0f / 5040;
  for (const float factorial : {720.0f, 120.0f, 24.0f, 6.0f, 2.0f}) p = std::fma(p, r, 1.0f / factorial);
  return {rounded, std::fma(p, r * r, r)};
}

// 16 lanes, element i into lane i % 16.
class Lanes {
 public:
  void add(std::size_t i, float value) { lane_[i % 16] += value; }
  void add_product(std::size_t i, float a, float b) { lane_[i % 16] = std::fma(a, b, lane_[i % 16]); }
  void add(const Lanes& other) {
    for (std::size_t i = 0; i < 16; ++i) lane_[i] += other.lane_[i];
  }
  float sum() const {
    std::array<float, 16> lane = lane_;
    for (const std::size_t half : {8u, 4u, 2u, 1u}) {
      for (std::size_t i = 0; i < half; ++i) lane[i] += lane[i + half];
    }
    return lane[0];
  }

 private:
  std::array<float, 16> lane_ = {};
};

void activate(int activation, int n, float* values) {
  for (int i = 0; i < n; ++i) {
    values[i] = activation == OFFLOAD_TANH ? reference_tangent(values[i]) : larger(0, values[i]);
  }
}

void deactivate(int activation, int n, const float* h, float* dh) {
  for (int i = 0; i < n; ++i) {
    if (activation == OFFLOAD_TANH) {
      dh[i] *= 1 - h[i] * h[i];
    } else if (h[i] <= 0) {
      dh[i] = 0;
    }
  }
}

void dense(int rows, int inputs, int outputs, const float* x, const float* w, const float* b, float* y) {
  for (int r = 0; r < rows; ++r) {
    for (int o = 0; o < outputs; ++o) {
      float sum = b[o];
      for (int i = 0; i < inputs; ++i) sum = std::fma(x[r * inputs + i], w[i * outputs + o], sum);
      y[r * outputs + o] = sum;
    }
  }
}

void dense_gradient(int rows, int inputs, int outputs, const float* x, const float* dy, int add, float* dw,
                    float* db) {
  for (int o = 0; o < outputs; ++o) {
    for (int i = 0; i < inputs; ++i) {
      float sum = add ? dw[i * outputs + o] : 0;
      for (int r = 0; r < rows; ++r) sum = std::fma(x[r * inputs + i], dy[r * outputs + o], sum);
      dw[i * outputs + o] = sum;
    }
    float sum = add ? db[o] : 0;
    for (int r = 0; r < rows; ++r) sum += dy[r * outputs + o];
    db[o] = sum;
  }
}

void dense_input(int rows, int hidden, int outputs, int stride, const float* dy, const float* w, float* dx) {
  for (int r = 0; r < rows; ++r) {
    for (int i = 0; i < hidden; ++i) {
      float sum = 0;
      for (int o = 0; o < outputs; ++o) sum = std::fma(dy[r * stride + o], w[i * stride + o], sum);
      dx[r * hidden + i] = sum;
    }
  }
}

void forward(offload_network network, const float* parameters, int rows, const float* x, float* h1, float* h2,
             float* y) {
  const offload_network_layout at = offload_layout_of(network);
  const int hidden = network.hidden;
  dense(rows, network.inputs, hidden, x, parameters + at.w1, parameters + at.b1, h1);
  activate(network.activation, rows * hidden, h1);
  dense(rows, hidden, hidden, h1, parameters + at.w2, parameters + at.b2, h2);
  activate(network.activation, rows * hidden, h2);
  if (at.stride > 1) {
    dense(rows, hidden, at.stride, h2, parameters + at.w3, parameters + at.b3, y);
    return;
  }
  for (int r = 0; r < rows; ++r) {
    Lanes sum;
    for (int i = 0; i < hidden; ++i) {
      const auto at_i = static_cast<std::size_t>(i);
      sum.add_product(at_i, h2[r * hidden + i], parameters[at.w3 + at_i]);
    }
    y[r] = sum.sum() + parameters[at.b3];
  }
}

void decide(offload_network network, const float* parameters, int rows, const float* x, float* y, int actions,
            std::int32_t* best, float*) {
  const offload_network_layout at = offload_layout_of(network);
  const auto units = static_cast<std::size_t>(rows * network.hidden);
  std::vector<float> h1(units), h2(units), all(static_cast<std::size_t>(rows * at.stride));
  forward(network, parameters, rows, x, h1.data(), h2.data(), all.data());
  for (int r = 0; r < rows; ++r) {
    float* of_row = all.data() + r * at.stride;
    if (best != nullptr) {
      best[r] = 0;
      for (int a = 1; a < actions; ++a) best[r] = of_row[a] > of_row[best[r]] ? a : best[r];
    }
    std::fill(of_row + network.outputs, of_row + at.stride, 0.0f);
  }
  if (y != nullptr) std::copy(all.begin(), all.end(), y);
}

void backward(offload_network network, const float* parameters, int rows, const float* x, const float* h1,
              const float* h2, const float* dy, int add, float* gradient, float*) {
  const offload_network_layout at = offload_layout_of(network);
  const int hidden = network.hidden, units = rows * hidden;
  std::vector<float> d1(static_cast<std::size_t>(units)), d2(d1);
  dense_gradient(rows, hidden, at.stride, h2, dy, add, gradient + at.w3, gradient + at.b3);
  if (at.stride > 1) {
    dense_input(rows, hidden, network.outputs, at.stride, dy, parameters + at.w3, d2.data());
  } else {
    for (int i = 0; i < units; ++i) {
      d2[static_cast<std::size_t>(i)] =
          dy[i / hidden] * parameters[at.w3 + static_cast<std::size_t>(i % hidden)];
    }
  }
  deactivate(network.activation, units, h2, d2.data());
  dense_gradient(rows, hidden, hidden, h1, d2.data(), add, gradient + at.w2, gradient + at.b2);
  dense_input(rows, hidden, hidden, hidden, d2.data(), parameters + at.w2, d1.data());
  deactivate(network.activation, units, h1, d1.data());
  dense_gradient(rows, network.inputs, hidden, x, d1.data(), add, gradient + at.w1, gradient + at.b1);
}

void backward_chosen(offload_network network, const float* parameters, int rows, const float* x,
                     const float* h1, const float* h2, const offload_chosen* chosen, int add, float* gradient,
                     float* scratch) {
  const int stride = offload_layout_of(network).stride;
  std::vector<float> dy(static_cast<std::size_t>(rows * stride));
  for (int r = 0; r < rows; ++r) {
    for (int head = 0; head < chosen->heads; ++head) {
      dy[static_cast<std::size_t>(r * stride + head * chosen->actions + chosen->action[r])] =
          chosen->dy[r * chosen->heads + head];
    }
  }
  backward(network, parameters, rows, x, h1, h2, dy.data(), add, gradient, scratch);
}

float slope(const offload_policy_rows& batch, int r, float log_p, offload_policy_sums& sums) {
  const float advantage = batch.advantage[r];
  if (batch.old_log_probability == nullptr) {
    sums.loss -= advantage * log_p;
    return -advantage;
  }
  const float log_ratio = log_p - batch.old_log_probability[r];
  const float ratio = reference_exponential(log_ratio);
  const float bounded = ratio < 1 - batch.clip   ? 1 - batch.clip
                        : ratio > 1 + batch.clip ? 1 + batch.clip
                                                 : ratio;
  const bool cut = bounded != ratio && bounded * advantage < ratio * advantage;
  sums.loss -= cut ? bounded * advantage : ratio * advantage;
  sums.kl += (ratio - 1) - log_ratio;
  sums.clipped += std::abs(ratio - 1) > batch.clip;
  return cut ? 0 : -advantage * ratio;
}

void policy_row(const offload_policy_rows& batch, int r, float* d, offload_policy_sums& sums) {
  const float* logits = batch.logits + r * batch.stride;
  const auto allowed = [&](int a) {
    return a < batch.actions && (batch.mask == nullptr || batch.mask[r * batch.actions + a] != 0);
  };
  float most = -std::numeric_limits<float>::infinity();
  for (int a = 0; a < batch.actions; ++a) {
    if (allowed(a)) most = larger(logits[a], most);
  }
  Lanes total, negative;
  for (int a = 0; a < batch.stride; ++a) {
    d[a] = allowed(a) ? reference_exponential(logits[a] - most) : 0;
    total.add(static_cast<std::size_t>(a), d[a]);
  }
  const float scale = 1 / total.sum(), log_sum = most + reference_logarithm(total.sum());
  for (int a = 0; a < batch.stride; ++a) {
    d[a] *= scale;
    negative.add_product(static_cast<std::size_t>(a), d[a], logits[a] - log_sum);
  }
  sums.entropy -= negative.sum();
  const float own = slope(batch, r, logits[batch.action[r]] - log_sum, sums) * batch.weight;
  const float entropy = batch.entropy_coefficient * batch.weight, centre = log_sum + negative.sum();
  for (int a = 0; a < batch.stride; ++a) d[a] *= entropy * (logits[a] - centre) - own;
  d[batch.action[r]] += own;
}

void policy_head(const offload_policy_rows* batch, float* dlogits, offload_policy_sums* sums) {
  for (int r = 0; r < batch->rows; ++r) policy_row(*batch, r, dlogits + r * batch->stride, *sums);
}

double square_norm(std::size_t n, const float* values) {
  double total = 0;
  for (std::size_t from = 0; from < n; from += 1024) {
    std::array<Lanes, 4> sum;
    for (std::size_t i = from; i < std::min(n, from + 1024); ++i) {
      sum[i / 16 % 4].add_product(i, values[i], values[i]);
    }
    sum[0].add(sum[1]);
    sum[2].add(sum[3]);
    sum[0].add(sum[2]);
    total += sum[0].sum();
  }
  return total;
}

void adam(std::size_t n, float* parameters, const float* gradient, float* mean, float* square, float scale,
          float step, double beta1, double beta2, float unbias, float epsilon) {
  const auto keep1 = static_cast<float>(beta1), take1 = static_cast<float>(1 - beta1);
  const auto keep2 = static_cast<float>(beta2), take2 = static_cast<float>(1 - beta2);
  for (std::size_t i = 0; i < n; ++i) {
    const float g = gradient[i] * scale;
    mean[i] = mean[i] * keep1 + g * take1;
    square[i] = square[i] * keep2 + g * g * take2;
    parameters[i] -= step * mean[i] / (std::sqrt(square[i]) * unbias + epsilon);
  }
}

void rmsprop(std::size_t n, float* parameters, const float* gradient, float* square, float scale,
             float learning_rate, double alpha, float epsilon) {
  const auto keep = static_cast<float>(alpha), take = static_cast<float>(1 - alpha);
  for (std::size_t i = 0; i < n; ++i) {
    const float g = gradient[i] * scale;
    square[i] = square[i] * keep + g * g * take;
    parameters[i] -= learning_rate * g / (std::sqrt(square[i]) + epsilon);
  }
}

}  // namespace

float reference_exponential(float y) {
  const Split s = split_exponential(larger(-104, smaller(89, y)));
  const float n = s.rounded - kRounder;
  const float half = n * 0.5f + kRounder;
  const float others = n - (half - kRounder) + kRounder;
  const float scale = power_of_two(half);
  return std::fma(scale, s.rest, scale) * power_of_two(others);
}

float reference_tangent(float x) {
  const float bounded = larger(-9.5f, smaller(9.5f, x));
  const Split s = split_exponential(bounded + bounded);
  const float scale = power_of_two(s.rounded);
  const float t = std::fma(scale, s.rest, scale - 1);
  return t / (t + 2);
}

float reference_logarithm(float x) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (!(x > 0 && x < kInfinity)) {
    return x == 0 ? -kInfinity : x < 0 ? std::numeric_limits<float>::quiet_NaN() : x;
  }
  const bool subnormal = x < 0x1p-126f;
  const auto bits = std::bit_cast<std::int32_t>(subnormal ? x * 0x1p23f : x);
  const std::int32_t k = (bits - 0x3f3504f3) >> 23;
  const float f = std::bit_cast<float>(bits - k * (1 << 23)) - 1;
  const auto n = static_cast<float>(subnormal ? k - 23 : k);
  const float s = f / (f + 2), z = s * s;
  float p = 2.0f / 9;
  for (const float odd : {7.0f, 5.0f, 3.0f}) p = std::fma(p, z, 2 / odd);
  const float half_square = 0.5f * f * f;
  const float small = std::fma(s, std::fma(p, z, half_square), n * -2.12194440e-4f);
  return std::fma(n, 0.693359375f, f - (half_square - small));
}

const offload_kernels kReferenceKernels = {"reference",     32,          forward,     decide, backward,
                                           backward_chosen, policy_head, square_norm, adam,   rmsprop};

}  // namespace offload::learning
