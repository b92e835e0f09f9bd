/* One matrix product for all of forward and backward: c[m][n] = start + sum over k of a(m, k) * b[k][n], with
 * any strides for a, in register tiles. Each element is summed in the order of k whatever tile it falls in.
 */
#ifndef OFFLOAD_LEARNING_MATMUL_H
#define OFFLOAD_LEARNING_MATMUL_H

typedef struct product {
  int m, n, k; /* n a multiple of 16 */
  const float* a;
  ptrdiff_t a_row, a_step; /* a(m, k) = a[m * a_row + k * a_step] */
  const float* b;          /* [k][b_row] */
  ptrdiff_t b_row;
  const float* start;              /* start[m * start_row + n * start_step], or NULL for zero */
  ptrdiff_t start_row, start_step; /* the latter 0 or 1 */
  float* c;
  ptrdiff_t c_row;
} product;

INLINE void tile(const product* p, int row, int column, const int rows, const int vectors) {
  vec sum[12][8];
  if (p->start && p->start_step) {
    const float* start = p->start + row * p->start_row + column;
    UNROLL for (int i = 0; i < rows; ++i) {
      UNROLL for (int j = 0; j < vectors; ++j) sum[i][j] = load(start + i * p->start_row + j * WIDTH);
    }
  } else {
    UNROLL for (int i = 0; i < rows; ++i) {
      const vec same = all(p->start ? p->start[(row + i) * p->start_row] : 0.0f);
      UNROLL for (int j = 0; j < vectors; ++j) sum[i][j] = same;
    }
  }
  const float* a = p->a + row * p->a_row;
  const float* b = p->b + column;
  const ptrdiff_t a_row = p->a_row, a_step = p->a_step, b_row = p->b_row;
  for (int k = p->k; k > 0; --k) {
    vec right[8];
    UNROLL for (int j = 0; j < vectors; ++j) right[j] = load(b + j * WIDTH);
    UNROLL for (int i = 0; i < rows; ++i) {
      const vec left = all(a[i * a_row]);
      UNROLL for (int j = 0; j < vectors; ++j) sum[i][j] = fma_(left, right[j], sum[i][j]);
    }
    a += a_step;
    b += b_row;
  }
  UNROLL for (int i = 0; i < rows; ++i) {
    UNROLL for (int j = 0; j < vectors; ++j) {
      store(p->c + (row + i) * p->c_row + column + j * WIDTH, sum[i][j]);
    }
  }
}

/* As many registers of sums as hide how long a multiply-add takes; TILE_LAST: of the columns that are left,
 * TILE_LEFT: of the rows, at most. */
#if OFFLOAD_VECTOR_BITS == 512
enum { TILE_ROWS = 6, TILE_VECTORS = 4, TILE_LAST_ROWS = 8, TILE_LAST = 1, TILE_LEFT = 7 };
#elif OFFLOAD_VECTOR_BITS == 256
enum { TILE_ROWS = 6, TILE_VECTORS = 2, TILE_LAST_ROWS = 6, TILE_LAST = 2, TILE_LEFT = 5 };
#else
enum { TILE_ROWS = 4, TILE_VECTORS = 2, TILE_LAST_ROWS = 4, TILE_LAST = 2, TILE_LEFT = 5 };
#endif

/* The columns from `column` that `vectors` registers cover, in tiles of `rows` rows. Of one or two rows each
 * would wait for its last sum, so that what is left is divided otherwise. */
INLINE void panel(const product* p, int column, const int rows, const int vectors) {
  int row = 0;
  for (; p->m - row >= rows + 3 || p->m - row == rows; row += rows) tile(p, row, column, rows, vectors);
  for (; p->m - row > TILE_LEFT; row += 4) tile(p, row, column, 4, vectors);
#define LEFT(count)                                               \
  case count:                                                     \
    if (count <= TILE_LEFT) tile(p, row, column, count, vectors); \
    break;
  switch (p->m - row) { LEFT(7) LEFT(6) LEFT(5) LEFT(4) LEFT(3) LEFT(2) LEFT(1) }
#undef LEFT
}

static void multiply(const product* p) {
  int column = 0;
  /* A single row fills the pipeline by its columns. */
  if (p->m == 1) {
    for (; column + 8 * WIDTH <= p->n; column += 8 * WIDTH) tile(p, 0, column, 1, 8);
    for (; column + TILE_VECTORS * WIDTH <= p->n; column += TILE_VECTORS * WIDTH) {
      tile(p, 0, column, 1, TILE_VECTORS);
    }
    for (; column < p->n; column += TILE_LAST * WIDTH) tile(p, 0, column, 1, TILE_LAST);
    return;
  }
  for (; column + TILE_VECTORS * WIDTH <= p->n; column += TILE_VECTORS * WIDTH) {
    panel(p, column, TILE_ROWS, TILE_VECTORS);
  }
  for (; column < p->n; column += TILE_LAST * WIDTH) panel(p, column, TILE_LAST_ROWS, TILE_LAST);
}

#endif
