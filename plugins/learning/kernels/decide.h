/* The decision's forward: kernels.h says what it computes. Everything is transposed, [units][rows]: a
 * register holds one unit of several rows, so that of the last layer only the outputs that there are get
 * computed, and the best of many rows is found at once.
 */
#ifndef OFFLOAD_LEARNING_DECIDE_H
#define OFFLOAD_LEARNING_DECIDE_H

/* y [outputs][rows] of x [inputs][rows]; w has rows of `stride`. */
static void dense_across(int rows, int inputs, int outputs, int stride, const float* x, const float* w,
                         const float* b, float* y) {
  const product p = {outputs, rows, inputs, w, 1, stride, x, rows, b, 1, 0, y, rows};
  multiply(&p);
}

/* The first of the largest of each row's first `actions` outputs. */
static void best_across(int rows, int actions, const float* y, int32_t* best) {
  for (int r = 0; r < rows; r += WIDTH) {
    vec most = load(y + r);
    ivec at = (ivec)all(0.0f);
    for (int a = 1; a < actions; ++a) {
      const vec value = load(y + a * rows + r);
      const ivec better = value > most;
      most = choose(better, value, most);
      at = (better & a) | (~better & at);
    }
    memcpy(best + r, &at, sizeof at);
  }
}

static void decide(offload_network network, const float* parameters, int rows, const float* x, float* y,
                   int actions, int32_t* best, float* scratch) {
  const offload_network_layout at = offload_layout_of(network);
  const int hidden = network.hidden, stride = at.stride;
  const size_t units = (size_t)rows * (size_t)hidden;
  float* h1 = scratch;
  float* h2 = h1 + units;
  float* out = h2 + units;
  float* across = out + rows * stride;
  transpose(rows, network.inputs, x, network.inputs, across, rows);
  dense_across(rows, network.inputs, hidden, hidden, across, parameters + at.w1, parameters + at.b1, h1);
  activate(network.activation, units, h1);
  dense_across(rows, hidden, hidden, hidden, h1, parameters + at.w2, parameters + at.b2, h2);
  activate(network.activation, units, h2);
  dense_across(rows, hidden, network.outputs, stride, h2, parameters + at.w3, parameters + at.b3, out);
  if (best) best_across(rows, actions, out, best);
  if (!y) return;
  for (int i = network.outputs * rows; i < stride * rows; i += WIDTH) store(out + i, all(0.0f));
  transpose(stride, rows, out, rows, y, stride);
}

#endif
