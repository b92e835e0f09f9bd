#include "kernels.h"

#include "simd.h"

#include "matmul.h"

enum { HIDDEN = OFFLOAD_HIDDEN };

static void activate(int activation, size_t n, float* values) {
  for (size_t i = 0; i < n; i += WIDTH) {
    const vec x = load(values + i);
    store(values + i, activation == OFFLOAD_TANH ? tangent(x) : larger(x, all(0.0f)));
  }
}

/* dz = dh * f'(z), expressed in h = f(z). */
static void deactivate(int activation, size_t n, const float* h, float* dh) {
  for (size_t i = 0; i < n; i += WIDTH) {
    const vec value = load(h + i);
    const vec d = load(dh + i);
    if (activation == OFFLOAD_TANH) {
      store(dh + i, d * (all(1.0f) - value * value));
    } else {
      store(dh + i, (vec)((ivec)d & (value > all(0.0f))));
    }
  }
}

static void dense(int rows, int inputs, int outputs, const float* x, const float* w, const float* b,
                  float* y) {
  const product p = {rows, outputs, inputs, x, inputs, 1, w, outputs, b, 0, y, outputs};
  multiply(&p);
}

static void forward(offload_network network, const float* parameters, int rows, const float* x, float* h1,
                    float* h2, float* y) {
  const offload_network_layout at = offload_layout_of(network);
  dense(rows, network.inputs, HIDDEN, x, parameters + at.w1, parameters + at.b1, h1);
  activate(network.activation, (size_t)rows * HIDDEN, h1);
  dense(rows, HIDDEN, HIDDEN, h1, parameters + at.w2, parameters + at.b2, h2);
  activate(network.activation, (size_t)rows * HIDDEN, h2);
  if (at.stride > 1) {
    dense(rows, HIDDEN, at.stride, h2, parameters + at.w3, parameters + at.b3, y);
    return;
  }
  for (int r = 0; r < rows; ++r) {
    vec sum = all(0.0f);
    for (int i = 0; i < HIDDEN; i += WIDTH) {
      sum = fma_(load(h2 + r * HIDDEN + i), load(parameters + at.w3 + i), sum);
    }
    y[r] = sum_of(sum) + parameters[at.b3];
  }
}

/* The gradients of weights [inputs][outputs] and bias of a dense layer. */
static void dense_gradient(int rows, int inputs, int outputs, const float* x, const float* dy, float* dw,
                           float* db) {
  const product p = {inputs, outputs, rows, x, 1, inputs, dy, outputs, dw, outputs, dw, outputs};
  multiply(&p);
  for (int j = 0; j < outputs; j += WIDTH) {
    vec sum = load(db + j);
    for (int r = 0; r < rows; ++r) sum += load(dy + r * outputs + j);
    store(db + j, sum);
  }
}

/* dx = dy w^T for w [64][stride] of which `outputs` columns count. */
static void dense_input(int rows, int outputs, int stride, const float* dy, const float* w, float* transposed,
                        float* dx) {
  for (int i = 0; i < HIDDEN; i += 4) {
    for (int j = 0; j < outputs; j += 4) transpose4(w + i * stride + j, stride, transposed + j * HIDDEN + i, HIDDEN);
  }
  const product p = {rows, HIDDEN, outputs, dy, stride, 1, transposed, HIDDEN, NULL, 0, dx, HIDDEN};
  multiply(&p);
}

/* The last layer with one output: vectors where the others have matrices. */
static void single_output_backward(int rows, const float* h2, const float* w3, const float* dy, float* dw3,
                                   float* db3, float* dh2) {
  for (int i = 0; i < HIDDEN; i += WIDTH) {
    const vec w = load(w3 + i);
    vec sum = load(dw3 + i);
    for (int r = 0; r < rows; ++r) {
      const vec d = all(dy[r]);
      sum = fma_(d, load(h2 + r * HIDDEN + i), sum);
      store(dh2 + r * HIDDEN + i, d * w);
    }
    store(dw3 + i, sum);
  }
  for (int r = 0; r < rows; ++r) *db3 += dy[r];
}

static void backward(offload_network network, const float* parameters, int rows, const float* x,
                     const float* h1, const float* h2, const float* dy, float* gradient, float* scratch) {
  const offload_network_layout at = offload_layout_of(network);
  const size_t hidden = (size_t)rows * HIDDEN;
  float* d1 = scratch;
  float* d2 = scratch + OFFLOAD_CHUNK * HIDDEN;
  float* transposed = scratch + 2 * OFFLOAD_CHUNK * HIDDEN;
  if (at.stride > 1) {
    dense_gradient(rows, HIDDEN, at.stride, h2, dy, gradient + at.w3, gradient + at.b3);
    dense_input(rows, network.outputs, at.stride, dy, parameters + at.w3, transposed, d2);
  } else {
    single_output_backward(rows, h2, parameters + at.w3, dy, gradient + at.w3, gradient + at.b3, d2);
  }
  deactivate(network.activation, hidden, h2, d2);
  dense_gradient(rows, HIDDEN, HIDDEN, h1, d2, gradient + at.w2, gradient + at.b2);
  dense_input(rows, HIDDEN, HIDDEN, d2, parameters + at.w2, transposed, d1);
  deactivate(network.activation, hidden, h1, d1);
  dense_gradient(rows, network.inputs, HIDDEN, x, d1, gradient + at.w1, gradient + at.b1);
}

/* Masked softmax of one row: probabilities [stride] with zeros for what is masked; returns log pi(action). */
static float probabilities_of(const offload_policy_rows* batch, int row, float* probability,
                              float* log_sum_exp) {
  const float* logits = batch->logits + row * batch->stride;
  const uint8_t* mask = batch->mask ? batch->mask + row * batch->actions : NULL;
  float most = -INFINITY;
  for (int a = 0; a < batch->actions; ++a) {
    if ((!mask || mask[a]) && logits[a] > most) most = logits[a];
  }
  vec sum = all(0.0f);
  for (int a = 0; a < batch->stride; a += WIDTH) {
    float allowed[WIDTH];
    for (int i = 0; i < WIDTH; ++i) {
      allowed[i] = a + i < batch->actions && (!mask || mask[a + i]) ? 1.0f : 0.0f;
    }
    const vec e = exponential(load(logits + a) - all(most)) * load(allowed);
    store(probability + a, e);
    sum += e;
  }
  const float total = sum_of(sum);
  const vec scale = all(1.0f / total);
  for (int a = 0; a < batch->stride; a += WIDTH) store(probability + a, load(probability + a) * scale);
  *log_sum_exp = most + logf(total);
  return logits[batch->action[row]] - *log_sum_exp;
}

/* sum of p log p over what is allowed. */
static float negative_entropy(const float* logits, const float* p, int stride, float log_sum_exp) {
  vec sum = all(0.0f);
  for (int a = 0; a < stride; a += WIDTH) sum = fma_(load(p + a), load(logits + a) - all(log_sum_exp), sum);
  return sum_of(sum);
}

static void policy_head(const offload_policy_rows* batch, float* dlogits, offload_policy_sums* sums) {
  for (int r = 0; r < batch->rows; ++r) {
    const float* logits = batch->logits + r * batch->stride;
    float* d = dlogits + r * batch->stride;
    float log_sum_exp;
    const float log_p = probabilities_of(batch, r, d, &log_sum_exp);
    const float advantage = batch->advantage[r];
    /* The loss's derivative by log pi(action). */
    float slope = -advantage;
    if (batch->old_log_probability) {
      const float log_ratio = log_p - batch->old_log_probability[r];
      const float ratio = expf(log_ratio);
      const float low = 1 - batch->clip, high = 1 + batch->clip;
      const float bounded = ratio < low ? low : ratio > high ? high : ratio;
      const int outside = bounded != ratio;
      const int cut = outside && bounded * advantage < ratio * advantage;
      slope = cut ? 0.0f : -advantage * ratio;
      sums->loss -= cut ? bounded * advantage : ratio * advantage;
      sums->kl += (ratio - 1) - log_ratio;
      sums->clipped += fabsf(ratio - 1) > batch->clip;
    } else {
      sums->loss -= advantage * log_p;
    }
    const float negative = negative_entropy(logits, d, batch->stride, log_sum_exp);
    sums->entropy -= negative;
    const float own = slope * batch->weight;
    const float entropy = batch->entropy_coefficient * batch->weight;
    for (int a = 0; a < batch->stride; a += WIDTH) {
      const vec p = load(d + a);
      const vec from_entropy = all(entropy) * (load(logits + a) - all(log_sum_exp + negative));
      store(d + a, p * (from_entropy - all(own)));
    }
    d[batch->action[r]] += own;
  }
}

static double square_norm(size_t n, const float* values) {
  double total = 0;
  for (size_t from = 0; from < n; from += 1024) {
    const size_t to = n - from < 1024 ? n : from + 1024;
    vec sum[4] = {all(0.0f), all(0.0f), all(0.0f), all(0.0f)};
    size_t i = from;
    for (; i + 4 * WIDTH <= to; i += 4 * WIDTH) {
      UNROLL for (int s = 0; s < 4; ++s) {
        const vec value = load(values + i + (size_t)s * WIDTH);
        sum[s] = fma_(value, value, sum[s]);
      }
    }
    for (; i < to; i += WIDTH) sum[0] = fma_(load(values + i), load(values + i), sum[0]);
    total += (double)sum_of((sum[0] + sum[1]) + (sum[2] + sum[3]));
  }
  return total;
}

static void adam(size_t n, float* parameters, const float* gradient, float* mean, float* square, float scale,
                 float step, double beta1, double beta2, float unbias, float epsilon) {
  const vec keep1 = all((float)beta1), take1 = all((float)(1 - beta1));
  const vec keep2 = all((float)beta2), take2 = all((float)(1 - beta2));
  for (size_t i = 0; i < n; i += WIDTH) {
    const vec g = load(gradient + i) * all(scale);
    const vec m = load(mean + i) * keep1 + g * take1;
    const vec v = load(square + i) * keep2 + g * g * take2;
    store(mean + i, m);
    store(square + i, v);
    store(parameters + i, load(parameters + i) - all(step) * m / (root(v) * all(unbias) + all(epsilon)));
  }
}

static void rmsprop(size_t n, float* parameters, const float* gradient, float* square, float scale,
                    float learning_rate, double alpha, float epsilon) {
  const vec keep = all((float)alpha), take = all((float)(1 - alpha));
  for (size_t i = 0; i < n; i += WIDTH) {
    const vec g = load(gradient + i) * all(scale);
    const vec v = load(square + i) * keep + g * g * take;
    store(square + i, v);
    store(parameters + i, load(parameters + i) - all(learning_rate) * g / (root(v) + all(epsilon)));
  }
}

const offload_kernels OFFLOAD_KERNEL_TABLE = {OFFLOAD_KERNEL_NAME, OFFLOAD_VECTOR_BITS, forward, backward,
                                              policy_head,         square_norm,         adam,    rmsprop};
