/* The fused learning kernels: forward, backward, loss head and optimisers of small multilayer perceptrons, as
 * one table of C functions per instruction set. kernels.c is compiled once for each; nothing but the table
 * leaves the object file and nothing inline from a library enters it, so wider instructions cannot leak into
 * code that runs on every machine.
 *
 * A network is inputs -> H -> H -> outputs, H a multiple of 16. Its parameters are one block of floats, every
 * part starting at a multiple of 16: w1 [inputs][H], b1 [H], w2 [H][H], b2 [H], w3 [H][stride], b3 [stride];
 * stride is 1 for one output, else outputs rounded up to 16, the padding kept at zero. Arrays are row-major;
 * h1 and h2 are [rows][H], y and dy [rows][stride]. The same arithmetic is done for a row wherever it stands
 * in a batch.
 *
 * Every table gives the same bits, those of plain loops (tests/unit/learning/reference_kernels.cpp):
 * - An element of a matrix product starts at the bias, at what is added to, or at 0, and takes in its
 *   products in the order of k, each by one fused multiply-add. Sums of columns go over the rows in order.
 * - A sum over a vector has 16 lanes; element i goes to lane i % 16, in the order of i, products by fused
 *   multiply-adds. Then each lane takes in the one 8 further on, then 4, 2 and 1. square_norm has four times
 *   16 lanes, (0 + 1) + (2 + 3), for every 1024 elements, and adds the sums of those as doubles.
 * - All else rounds each operation by itself: the compiler contracts nothing (-ffp-contract=off).
 * - e^x, tanh and log are those of functions.h.
 * The bits of a NaN alone are not defined.
 */
#ifndef OFFLOAD_LEARNING_KERNELS_H
#define OFFLOAD_LEARNING_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { OFFLOAD_CHUNK = 64 };
enum { OFFLOAD_TANH = 0, OFFLOAD_RELU = 1 };

typedef struct offload_network {
  int inputs;
  int outputs;
  int activation; /* OFFLOAD_TANH or OFFLOAD_RELU */
  int hidden;     /* H */
} offload_network;

/* Where the parts of a network start in its block, in floats, and the block's size. */
typedef struct offload_network_layout {
  size_t w1, b1, w2, b2, w3, b3, size;
  int stride;
} offload_network_layout;

static inline offload_network_layout offload_layout_of(offload_network network) {
  offload_network_layout at;
  const size_t hidden = (size_t)network.hidden;
  at.stride = network.outputs == 1 ? 1 : (network.outputs + 15) / 16 * 16;
  at.w1 = 0;
  at.b1 = at.w1 + (size_t)network.inputs * hidden;
  at.w2 = at.b1 + hidden;
  at.b2 = at.w2 + hidden * hidden;
  at.w3 = at.b2 + hidden;
  at.b3 = at.w3 + hidden * (size_t)at.stride;
  at.size = at.b3 + ((size_t)at.stride + 15) / 16 * 16;
  return at;
}

static inline size_t offload_decide_scratch(offload_network network) {
  return (size_t)OFFLOAD_CHUNK *
         ((size_t)network.inputs + 2 * (size_t)network.hidden + (size_t)offload_layout_of(network).stride);
}

static inline size_t offload_backward_scratch(offload_network network) {
  const size_t hidden = (size_t)network.hidden;
  return hidden * (2 * (size_t)OFFLOAD_CHUNK + hidden + 2 * (size_t)offload_layout_of(network).stride);
}

/* The policy's loss on some rows of a minibatch of 1/weight rows: the mean of
 * -min(ratio A, clamp(ratio, 1 - clip, 1 + clip) A), or of -log pi(a) A where old_log_probability is NULL,
 * less entropy_coefficient times the mean entropy. */
typedef struct offload_policy_rows {
  int rows;
  int actions;
  int stride;
  const float* logits;              /* [rows][stride] */
  const uint8_t* mask;              /* [rows][actions] or NULL: all allowed */
  const int32_t* action;            /* [rows] */
  const float* advantage;           /* [rows] */
  const float* old_log_probability; /* [rows] or NULL */
  float clip;
  float entropy_coefficient;
  float weight;
} offload_policy_rows;

/* Sums over rows; divide by the minibatch size for means. */
typedef struct offload_policy_sums {
  double loss; /* without the entropy term */
  double entropy;
  double kl; /* (ratio - 1) - log ratio */
  double clipped;
} offload_policy_sums;

/* Of each row the outputs that a loss of chosen actions reaches: action[r] of every head, `actions` apart. */
typedef struct offload_chosen {
  int heads;
  int actions;
  const int32_t* action; /* [rows] */
  const float* dy;       /* [rows][heads] */
} offload_chosen;

typedef struct offload_kernels {
  const char* name;
  int bits; /* of a vector register */
  /* rows <= OFFLOAD_CHUNK. */
  void (*forward)(offload_network network, const float* parameters, int rows, const float* x, float* h1,
                  float* h2, float* y);
  /* forward for decisions: nobody wants the activations, and `rows`, a multiple of 16, go side by side, unit
   * by unit, so that the padding of the last layer costs nothing. To y (or NULL) goes what forward gives, its
   * padding zero; to `best` (or NULL) the first of the largest of each row's first `actions` outputs, where a
   * NaN is larger than nothing and nothing larger than it. Networks of more than one output, rows <=
   * OFFLOAD_CHUNK; scratch: offload_decide_scratch floats. */
  void (*decide)(offload_network network, const float* parameters, int rows, const float* x, float* y,
                 int actions, int32_t* best, float* scratch);
  /* Sets the gradient block, or adds to it. rows <= OFFLOAD_CHUNK; scratch: offload_backward_scratch floats.
   */
  void (*backward)(offload_network network, const float* parameters, int rows, const float* x,
                   const float* h1, const float* h2, const float* dy, int add, float* gradient,
                   float* scratch);
  /* The same of a dy that is zero but for what is chosen: without the products of those zeros, so to the bit,
   * but for the sign of a zero, where parameters and activations are finite. */
  void (*backward_chosen)(offload_network network, const float* parameters, int rows, const float* x,
                          const float* h1, const float* h2, const offload_chosen* chosen, int add,
                          float* gradient, float* scratch);
  /* rows <= OFFLOAD_CHUNK. Writes the loss's derivative to dlogits [rows][stride], padding zero, and adds to
   * sums. */
  void (*policy_head)(const offload_policy_rows* batch, float* dlogits, offload_policy_sums* sums);
  /* n a multiple of 16. */
  double (*square_norm)(size_t n, const float* values);
  /* torch.optim.Adam on scale * gradient: step = lr / (1 - beta1^t), root = 1 / sqrt(1 - beta2^t). To the bit
   * where all are finite, squares not negative and neither parameters nor means -0, which they never become.
   */
  void (*adam)(size_t n, float* parameters, const float* gradient, float* mean, float* square, float scale,
               float step, double beta1, double beta2, float root, float epsilon);
  /* torch.optim.RMSprop without momentum on scale * gradient. */
  void (*rmsprop)(size_t n, float* parameters, const float* gradient, float* square, float scale,
                  float learning_rate, double alpha, float epsilon);
} offload_kernels;

extern const offload_kernels offload_kernels_baseline;
#if defined(__x86_64__)
extern const offload_kernels offload_kernels_avx2;
extern const offload_kernels offload_kernels_avx512;
#endif

#ifdef __cplusplus
}
#endif
#endif
