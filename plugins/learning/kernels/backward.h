/* The backwards: kernels.h says what they compute. */
#ifndef OFFLOAD_LEARNING_BACKWARD_H
#define OFFLOAD_LEARNING_BACKWARD_H

/* db [`vectors` registers] += the sum of dy over its rows; one register alone would wait for its last sum. */
INLINE void column_sums(int rows, int outputs, const float* dy, int add, float* db, const int vectors) {
  vec sum[4];
  UNROLL for (int v = 0; v < vectors; ++v) sum[v] = add ? load(db + v * WIDTH) : all(0.0f);
  for (int r = 0; r < rows; ++r) {
    UNROLL for (int v = 0; v < vectors; ++v) sum[v] += load(dy + r * outputs + v * WIDTH);
  }
  UNROLL for (int v = 0; v < vectors; ++v) store(db + v * WIDTH, sum[v]);
}

/* The gradients of weights [inputs][outputs] and bias of a dense layer. */
static void dense_gradient(int rows, int inputs, int outputs, const float* x, const float* dy, int add,
                           float* dw, float* db) {
  const product p = {inputs,  outputs,         rows,    x, 1,  inputs, dy,
                     outputs, add ? dw : NULL, outputs, 1, dw, outputs};
  multiply(&p);
  int j = 0;
  for (; j + 4 * WIDTH <= outputs; j += 4 * WIDTH) column_sums(rows, outputs, dy + j, add, db + j, 4);
  for (; j < outputs; j += WIDTH) column_sums(rows, outputs, dy + j, add, db + j, 1);
}

/* dx = dy w^T for w [hidden][stride] of which `outputs` columns count. */
static void dense_input(int rows, int hidden, int outputs, int stride, const float* dy, const float* w,
                        float* transposed, float* dx) {
  transpose(hidden, stride, w, stride, transposed, hidden);
  const product p = {rows, hidden, outputs, dy, stride, 1, transposed, hidden, NULL, 0, 0, dx, hidden};
  multiply(&p);
}

/* The last layer with one output: vectors where the others have matrices. */
static void single_output_backward(int rows, int hidden, const float* h2, const float* w3, const float* dy,
                                   int add, float* dw3, float* db3, float* dh2) {
  for (int i = 0; i < hidden; i += WIDTH) {
    const vec w = load(w3 + i);
    vec sum = add ? load(dw3 + i) : all(0.0f);
    for (int r = 0; r < rows; ++r) {
      const vec d = all(dy[r]);
      sum = fma_(d, load(h2 + r * hidden + i), sum);
      store(dh2 + r * hidden + i, d * w);
    }
    store(dw3 + i, sum);
  }
  float sum = add ? *db3 : 0;
  for (int r = 0; r < rows; ++r) sum += dy[r];
  *db3 = sum;
}

/* Where the parts of `scratch` of a backward start. */
typedef struct backward_room {
  float* d1;
  float* d2;
  float* transposed;
} backward_room;

INLINE backward_room rooms_of(offload_network network, float* scratch) {
  const int units = OFFLOAD_CHUNK * network.hidden;
  return (backward_room){scratch, scratch + units, scratch + 2 * units};
}

/* From the derivatives of h2, in room.d2, on. */
static void backward_below(offload_network network, const float* parameters, int rows, const float* x,
                           const float* h1, const float* h2, int add, float* gradient, backward_room room) {
  const offload_network_layout at = offload_layout_of(network);
  const int hidden = network.hidden;
  const size_t units = (size_t)rows * (size_t)hidden;
  deactivate(network.activation, units, h2, room.d2);
  dense_gradient(rows, hidden, hidden, h1, room.d2, add, gradient + at.w2, gradient + at.b2);
  dense_input(rows, hidden, hidden, hidden, room.d2, parameters + at.w2, room.transposed, room.d1);
  deactivate(network.activation, units, h1, room.d1);
  dense_gradient(rows, network.inputs, hidden, x, room.d1, add, gradient + at.w1, gradient + at.b1);
}

static void backward(offload_network network, const float* parameters, int rows, const float* x,
                     const float* h1, const float* h2, const float* dy, int add, float* gradient,
                     float* scratch) {
  const offload_network_layout at = offload_layout_of(network);
  const int hidden = network.hidden;
  const backward_room room = rooms_of(network, scratch);
  if (at.stride > 1) {
    dense_gradient(rows, hidden, at.stride, h2, dy, add, gradient + at.w3, gradient + at.b3);
    dense_input(rows, hidden, network.outputs, at.stride, dy, parameters + at.w3, room.transposed, room.d2);
  } else {
    single_output_backward(rows, hidden, h2, parameters + at.w3, dy, add, gradient + at.w3, gradient + at.b3,
                           room.d2);
  }
  backward_below(network, parameters, rows, x, h1, h2, add, gradient, room);
}

/* dw [stride][hidden] and db [stride] take in what is chosen; dh2 is set. The last layer's weights w and
 * their gradient are transposed, so that what belongs to an output lies together. */
static void chosen_rows(int rows, int hidden, const float* h2, const float* w, const offload_chosen* chosen,
                        float* dw, float* db, float* dh2) {
  for (int r = 0; r < rows; ++r, h2 += hidden, dh2 += hidden) {
    for (int head = 0; head < chosen->heads; ++head) {
      const int output = head * chosen->actions + chosen->action[r];
      const vec d = all(chosen->dy[r * chosen->heads + head]);
      for (int i = 0; i < hidden; i += WIDTH) {
        float* sums = dw + output * hidden + i;
        store(sums, fma_(load(h2 + i), d, load(sums)));
        const vec before = head == 0 ? all(0.0f) : load(dh2 + i);
        store(dh2 + i, fma_(d, load(w + output * hidden + i), before));
      }
      db[output] += d[0];
    }
  }
}

static void backward_chosen(offload_network network, const float* parameters, int rows, const float* x,
                            const float* h1, const float* h2, const offload_chosen* chosen, int add,
                            float* gradient, float* scratch) {
  const offload_network_layout at = offload_layout_of(network);
  const int hidden = network.hidden, stride = at.stride;
  if (stride == 1) {
    backward(network, parameters, rows, x, h1, h2, chosen->dy, add, gradient, scratch);
    return;
  }
  const backward_room room = rooms_of(network, scratch);
  float* w = room.transposed;
  float* dw = w + hidden * stride;
  transpose(hidden, stride, parameters + at.w3, stride, w, hidden);
  if (add) {
    transpose(hidden, stride, gradient + at.w3, stride, dw, hidden);
  } else {
    memset(dw, 0, sizeof(float) * (size_t)hidden * (size_t)stride);
    memset(gradient + at.b3, 0, sizeof(float) * (size_t)stride);
  }
  chosen_rows(rows, hidden, h2, w, chosen, dw, gradient + at.b3, room.d2);
  transpose(stride, hidden, dw, hidden, gradient + at.w3, stride);
  backward_below(network, parameters, rows, x, h1, h2, add, gradient, room);
}

#endif
