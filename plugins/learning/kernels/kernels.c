#include "kernels.h"

#include "simd.h"

#include "functions.h"
#include "matmul.h"

INLINE void tangents_at(float* values, const int count) {
  vec x[MOST_AT_ONCE];
  EACH x[i] = load(values + i * WIDTH);
  tangents(x, count);
  EACH store(values + i * WIDTH, x[i]);
}

static void activate(int activation, size_t n, float* values) {
  size_t i = 0;
  if (activation == OFFLOAD_TANH) {
    for (; i + MOST_AT_ONCE * WIDTH <= n; i += MOST_AT_ONCE * WIDTH) tangents_at(values + i, MOST_AT_ONCE);
    for (; i < n; i += WIDTH) tangents_at(values + i, 1);
  }
  for (; i < n; i += WIDTH) store(values + i, larger(all(0.0f), load(values + i)));
}

/* dz = dh * f'(z), expressed in h = f(z). */
static void deactivate(int activation, size_t n, const float* h, float* dh) {
  for (size_t i = 0; i < n; i += WIDTH) {
    const vec value = load(h + i);
    const vec d = load(dh + i);
    if (activation == OFFLOAD_TANH) {
      store(dh + i, d * (all(1.0f) - value * value));
    } else {
      /* Where the value is NaN the slope is not 0. */
      store(dh + i, choose(value <= all(0.0f), all(0.0f), d));
    }
  }
}

static void dense(int rows, int inputs, int outputs, const float* x, const float* w, const float* b,
                  float* y) {
  const product p = {rows, outputs, inputs, x, inputs, 1, w, outputs, b, 0, 1, y, outputs};
  multiply(&p);
}

/* sum[i] += a[i] * b[i] for 16 elements. */
INLINE void add_products(const float* a, const float* b, lanes* sum) {
  UNROLL for (int k = 0; k < PARTS; ++k) {
    sum->part[k] = fma_(load(a + k * WIDTH), load(b + k * WIDTH), sum->part[k]);
  }
}

static void forward(offload_network network, const float* parameters, int rows, const float* x, float* h1,
                    float* h2, float* y) {
  const offload_network_layout at = offload_layout_of(network);
  const int hidden = network.hidden;
  const size_t units = (size_t)rows * (size_t)hidden;
  dense(rows, network.inputs, hidden, x, parameters + at.w1, parameters + at.b1, h1);
  activate(network.activation, units, h1);
  dense(rows, hidden, hidden, h1, parameters + at.w2, parameters + at.b2, h2);
  activate(network.activation, units, h2);
  if (at.stride > 1) {
    dense(rows, hidden, at.stride, h2, parameters + at.w3, parameters + at.b3, y);
    return;
  }
  for (int r = 0; r < rows; ++r) {
    lanes sum = zeros();
    for (int i = 0; i < hidden; i += LANES) add_products(h2 + r * hidden + i, parameters + at.w3 + i, &sum);
    y[r] = sum_of(sum) + parameters[at.b3];
  }
}

#include "backward.h"
#include "decide.h"

/* What the head computes of each row before it takes the derivative. Whole vectors of rows: what is beyond
 * the last row is 1 and counts for nothing. */
typedef struct policy_state {
  float most[OFFLOAD_CHUNK];     /* the largest logit */
  float log_sum[OFFLOAD_CHUNK];  /* first of e^(logit - most) the sum, then of e^logit the sum's logarithm */
  float scale[OFFLOAD_CHUNK];    /* 1 / the first */
  float negative[OFFLOAD_CHUNK]; /* the negative entropy */
  float ratio[OFFLOAD_CHUNK];    /* of the action's probability to the old one; first its logarithm */
  float log_ratio[OFFLOAD_CHUNK];
  float log_chosen[OFFLOAD_CHUNK]; /* of the action's probability */
} policy_state;

/* All ones where the action is allowed. */
INLINE ivec allowed_lanes(const uint8_t* mask, int from, int actions) {
  float allowed[WIDTH];
  for (int i = 0; i < WIDTH; ++i) allowed[i] = from + i < actions && (!mask || mask[from + i]) ? 1.0f : 0.0f;
  return load(allowed) > all(0.0f);
}

INLINE float largest_allowed(const float* logits, const uint8_t* mask, int actions) {
  float most = -INFINITY;
  for (int a = 0; a < actions; ++a) {
    const float value = mask && !mask[a] ? -INFINITY : logits[a];
    most = value > most ? value : most;
  }
  return most;
}

/* e^(logit - the row's largest) to d, zero for what is masked. */
static void exponentials(const offload_policy_rows* batch, float* d, policy_state* state) {
  ivec last[PARTS];
  UNROLL for (int k = 0; k < PARTS; ++k) {
    last[k] = allowed_lanes(NULL, batch->stride - LANES + k * WIDTH, batch->actions);
  }
  for (int r = 0; r < batch->rows; ++r, d += batch->stride) {
    const float* logits = batch->logits + r * batch->stride;
    const uint8_t* mask = batch->mask ? batch->mask + r * batch->actions : NULL;
    const float most = largest_allowed(logits, mask, batch->actions);
    lanes sum = zeros();
    for (int a = 0; a < batch->stride; a += LANES) {
      UNROLL for (int k = 0; k < PARTS; ++k) {
        const int at = a + k * WIDTH;
        vec e = exponential(load(logits + at) - all(most));
        if (mask) {
          e = choose(allowed_lanes(mask, at, batch->actions), e, all(0.0f));
        } else if (a + LANES == batch->stride) {
          e = choose(last[k], e, all(0.0f));
        }
        store(d + at, e);
        sum.part[k] += e;
      }
    }
    state->most[r] = most;
    state->log_sum[r] = sum_of(sum);
  }
}

static void log_sums(int rows, policy_state* state) {
  for (int r = rows; r % LANES != 0; ++r) state->log_sum[r] = state->most[r] = 1.0f;
  for (int r = 0; r < rows; r += WIDTH) {
    const vec total = load(state->log_sum + r);
    store(state->scale + r, all(1.0f) / total);
    store(state->log_sum + r, load(state->most + r) + logarithm(total));
  }
}

/* d becomes the probabilities; negative what p log p over what is allowed sums to. */
static void probabilities(const offload_policy_rows* batch, float* d, policy_state* state) {
  for (int r = 0; r < batch->rows; ++r, d += batch->stride) {
    const float* logits = batch->logits + r * batch->stride;
    const vec scale = all(state->scale[r]), log_sum = all(state->log_sum[r]);
    lanes sum = zeros();
    for (int a = 0; a < batch->stride; a += LANES) {
      UNROLL for (int k = 0; k < PARTS; ++k) {
        const vec p = load(d + a + k * WIDTH) * scale;
        store(d + a + k * WIDTH, p);
        sum.part[k] = fma_(p, load(logits + a + k * WIDTH) - log_sum, sum.part[k]);
      }
    }
    state->negative[r] = sum_of(sum);
  }
}

static void ratios(const offload_policy_rows* batch, policy_state* state) {
  for (int r = 0; r < batch->rows; ++r) {
    state->log_chosen[r] = batch->logits[r * batch->stride + batch->action[r]] - state->log_sum[r];
  }
  if (!batch->old_log_probability) return;
  for (int r = 0; r < batch->rows; ++r) {
    state->log_ratio[r] = state->log_chosen[r] - batch->old_log_probability[r];
  }
  for (int r = batch->rows; r % LANES != 0; ++r) state->log_ratio[r] = 1.0f;
  for (int r = 0; r < batch->rows; r += WIDTH) {
    store(state->ratio + r, exponential(load(state->log_ratio + r)));
  }
}

/* The loss's derivative by log pi(action); adds the row to the sums. */
static float policy_slope(const offload_policy_rows* batch, const policy_state* state, int r,
                          offload_policy_sums* sums) {
  const float advantage = batch->advantage[r];
  if (!batch->old_log_probability) {
    sums->loss -= advantage * state->log_chosen[r];
    return -advantage;
  }
  const float log_ratio = state->log_ratio[r], ratio = state->ratio[r];
  const float low = 1 - batch->clip, high = 1 + batch->clip;
  const float bounded = ratio < low ? low : ratio > high ? high : ratio;
  const int outside = bounded != ratio;
  const int cut = outside && bounded * advantage < ratio * advantage;
  sums->loss -= cut ? bounded * advantage : ratio * advantage;
  sums->kl += (ratio - 1) - log_ratio;
  sums->clipped += fabsf(ratio - 1) > batch->clip;
  return cut ? 0.0f : -advantage * ratio;
}

/* In passes over the rows, so that chains of additions and whole vectors of rows run side by side. */
static void policy_head(const offload_policy_rows* batch, float* dlogits, offload_policy_sums* sums) {
  policy_state state;
  exponentials(batch, dlogits, &state);
  log_sums(batch->rows, &state);
  probabilities(batch, dlogits, &state);
  ratios(batch, &state);
  const float entropy = batch->entropy_coefficient * batch->weight;
  for (int r = 0; r < batch->rows; ++r) {
    const float* logits = batch->logits + r * batch->stride;
    float* d = dlogits + r * batch->stride;
    sums->entropy -= state.negative[r];
    const float own = policy_slope(batch, &state, r, sums) * batch->weight;
    const float centre = state.log_sum[r] + state.negative[r];
    for (int a = 0; a < batch->stride; a += WIDTH) {
      const vec p = load(d + a);
      store(d + a, p * (all(entropy) * (load(logits + a) - all(centre)) - all(own)));
    }
    d[batch->action[r]] += own;
  }
}

/* Four times 16 lanes, since one sum alone would wait for its last product. */
static double square_norm(size_t n, const float* values) {
  enum { BLOCK = 1024 };
  double total = 0;
  for (size_t from = 0; from < n; from += BLOCK) {
    const size_t to = n - from < BLOCK ? n : from + BLOCK;
    lanes sum[4] = {zeros(), zeros(), zeros(), zeros()};
    size_t i = from;
    for (; i + 4 * LANES <= to; i += 4 * LANES) {
      UNROLL for (int s = 0; s < 4; ++s)
          add_products(values + i + s * LANES, values + i + s * LANES, &sum[s]);
    }
    for (int s = 0; i < to; i += LANES, ++s) add_products(values + i, values + i, &sum[s]);
    total += (double)sum_of(plus(plus(sum[0], sum[1]), plus(sum[2], sum[3])));
  }
  return total;
}

typedef struct adam_step {
  vec scale, keep1, take1, keep2, take2, step, unbias, epsilon;
  ivec mean_rests, square_rests; /* units of the smallest float up to which rounding keeps them */
} adam_step;

/* The most units of the smallest float of which `keep` times as many round to as many again, and `take` and
 * `step` times as many to none. */
static int rests_at(float keep, float take, float step) {
  const double below_half = 0.4999999;
  return (int)fmin(fmin(below_half / fmax(1 - (double)keep, take), below_half / step), 1 << 23);
}

/* A weight of a unit that is never active has no gradient any more. Its mean and its square end where
 * rounding keeps them, at 4 and at 500 units of the smallest float, as 4 * .9 is 4 again. Products of such
 * numbers take a processor several times as long, so where a mean is at rest nothing is computed of it: it
 * stays, and its step is zero. */
INLINE void adam_at(const adam_step* s, const float* gradient, float* parameters, float* mean, float* square,
                    const int squares_rest) {
  const vec g = load(gradient) * s->scale, old_mean = load(mean), old_square = load(square);
  const ivec alive = (s->mean_rests - (((ivec)old_mean | (ivec)g) & INT32_MAX)) >> 31;
  const vec m = (vec)((ivec)old_mean & alive) * s->keep1 + g * s->take1; /* 0 at rest */
  store(mean, choose(alive, m, old_mean));
  vec v = g * g * s->take2;
  if (squares_rest) {
    const ivec falls = alive | ((s->square_rests - (ivec)old_square) >> 31);
    v += (vec)((ivec)old_square & falls) * s->keep2; /* 0 at rest */
    store(square, choose(falls, v, old_square));
  } else {
    v += old_square * s->keep2;
    store(square, v);
  }
  store(parameters, load(parameters) - s->step * m / (root(v) * s->unbias + s->epsilon));
}

static void adam(size_t n, float* parameters, const float* gradient, float* mean, float* square, float scale,
                 float step, double beta1, double beta2, float unbias, float epsilon) {
  const int mean_rests = rests_at((float)beta1, (float)(1 - beta1), step);
  const int square_rests = rests_at((float)beta2, 0, 0);
  const adam_step s = {all(scale),
                       all((float)beta1),
                       all((float)(1 - beta1)),
                       all((float)beta2),
                       all((float)(1 - beta2)),
                       all(step),
                       all(unbias),
                       all(epsilon),
                       (ivec){0} + (mean_rests > 0 && epsilon > 0 ? mean_rests : -1),
                       (ivec){0} + square_rests};
  if (unbias > 1) { /* too early for a square to be that small */
    for (size_t i = 0; i < n; i += WIDTH) adam_at(&s, gradient + i, parameters + i, mean + i, square + i, 0);
  } else {
    for (size_t i = 0; i < n; i += WIDTH) adam_at(&s, gradient + i, parameters + i, mean + i, square + i, 1);
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

const offload_kernels OFFLOAD_KERNEL_TABLE = {
    OFFLOAD_KERNEL_NAME, OFFLOAD_VECTOR_BITS, forward,     decide, backward,
    backward_chosen,     policy_head,         square_norm, adam,   rmsprop};
