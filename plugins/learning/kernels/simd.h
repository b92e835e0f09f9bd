/* Vectors of floats at the width the file is compiled for (OFFLOAD_VECTOR_BITS: 128, 256 or 512), and the 16
 * lanes that sums are defined over whatever that width is: kernels.h says how. Everything is static: included
 * by kernels.c alone.
 */
#ifndef OFFLOAD_LEARNING_SIMD_H
#define OFFLOAD_LEARNING_SIMD_H

#if OFFLOAD_VECTOR_BITS > 128 || defined(__SSE2__)
#include <immintrin.h>
#endif
#include <math.h>
#include <string.h>

enum { WIDTH = OFFLOAD_VECTOR_BITS / 32, LANES = 16, PARTS = LANES / WIDTH };
typedef float vec __attribute__((vector_size(OFFLOAD_VECTOR_BITS / 8)));
typedef int32_t ivec __attribute__((vector_size(OFFLOAD_VECTOR_BITS / 8)));
typedef float loose __attribute__((vector_size(OFFLOAD_VECTOR_BITS / 8), aligned(4), may_alias));

/* Lane i is element i % WIDTH of part i / WIDTH. */
typedef struct lanes {
  vec part[PARTS];
} lanes;

#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

INLINE vec load(const float* from) { return (vec) * (const loose*)from; }
INLINE void store(float* to, vec value) { *(loose*)to = value; }
INLINE vec all(float value) { return value - (vec){0}; }
INLINE vec choose(ivec mask, vec yes, vec no) { return (vec)((mask & (ivec)yes) | (~mask & (ivec)no)); }

/* a * b + c in one rounding. larger(a, b) is a > b ? a : b, smaller(a, b) is a < b ? a : b: a NaN in b is
 * passed on, one in a is not. */
#if OFFLOAD_VECTOR_BITS == 512
INLINE vec fma_(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
INLINE vec larger(vec a, vec b) { return _mm512_max_ps(a, b); }
INLINE vec smaller(vec a, vec b) { return _mm512_min_ps(a, b); }
INLINE vec root(vec a) { return _mm512_sqrt_ps(a); }
#elif OFFLOAD_VECTOR_BITS == 256
INLINE vec fma_(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
INLINE vec larger(vec a, vec b) { return _mm256_max_ps(a, b); }
INLINE vec smaller(vec a, vec b) { return _mm256_min_ps(a, b); }
INLINE vec root(vec a) { return _mm256_sqrt_ps(a); }
#else
#if defined(__SSE2__)
/* There is no such instruction. The product is exact in double precision. Its sum with c is rounded there to
 * odd: towards zero, and then, where it is not exact, the last bit is set; so that rounding again, to half as
 * many bits, knows on which side of a half it was, and comes to what a single rounding gives. */
INLINE __m128d odd_sum(__m128d p, __m128d c) {
  const __m128d sum = _mm_add_pd(p, c), of_c = _mm_sub_pd(sum, p);
  const __m128d error = _mm_add_pd(_mm_sub_pd(p, _mm_sub_pd(sum, of_c)), _mm_sub_pd(c, of_c));
  /* As seen from zero; of infinities and NaN neither is true. */
  const __m128d outwards = _mm_xor_pd(error, _mm_and_pd(sum, _mm_set1_pd(-0.0)));
  const __m128i too_large = _mm_castpd_si128(_mm_cmplt_pd(outwards, _mm_setzero_pd()));
  const __m128i too_small = _mm_castpd_si128(_mm_cmpgt_pd(outwards, _mm_setzero_pd()));
  const __m128i last = _mm_and_si128(_mm_or_si128(too_large, too_small), _mm_set1_epi64x(1));
  return _mm_castsi128_pd(_mm_or_si128(_mm_add_epi64(_mm_castpd_si128(sum), too_large), last));
}
INLINE vec fma_(vec a, vec b, vec c) {
  const __m128d low = odd_sum(_mm_mul_pd(_mm_cvtps_pd(a), _mm_cvtps_pd(b)), _mm_cvtps_pd(c));
  a = _mm_movehl_ps(a, a);
  b = _mm_movehl_ps(b, b);
  c = _mm_movehl_ps(c, c);
  const __m128d high = odd_sum(_mm_mul_pd(_mm_cvtps_pd(a), _mm_cvtps_pd(b)), _mm_cvtps_pd(c));
  return _mm_movelh_ps(_mm_cvtpd_ps(low), _mm_cvtpd_ps(high));
}
INLINE vec larger(vec a, vec b) { return _mm_max_ps(a, b); }
INLINE vec smaller(vec a, vec b) { return _mm_min_ps(a, b); }
INLINE vec root(vec a) { return _mm_sqrt_ps(a); }
#else
INLINE vec fma_(vec a, vec b, vec c) {
  for (int i = 0; i < WIDTH; ++i) c[i] = fmaf(a[i], b[i], c[i]);
  return c;
}
INLINE vec larger(vec a, vec b) { return choose(a > b, a, b); }
INLINE vec smaller(vec a, vec b) { return choose(a < b, a, b); }
INLINE vec root(vec a) {
  for (int i = 0; i < WIDTH; ++i) a[i] = sqrtf(a[i]);
  return a;
}
#endif
#endif

typedef float four __attribute__((vector_size(16)));

/* Four numbers each of every fourth row. */
INLINE vec fours(const float* from, ptrdiff_t from_row) {
#if OFFLOAD_VECTOR_BITS > 128
  const __m128 first = _mm_loadu_ps(from), second = _mm_loadu_ps(from + 4 * from_row);
#endif
#if OFFLOAD_VECTOR_BITS == 512
  const __m128 third = _mm_loadu_ps(from + 8 * from_row), fourth = _mm_loadu_ps(from + 12 * from_row);
  const __m512 two = _mm512_insertf32x4(_mm512_castps128_ps512(first), second, 1);
  return _mm512_insertf32x4(_mm512_insertf32x4(two, third, 2), fourth, 3);
#elif OFFLOAD_VECTOR_BITS == 256
  return _mm256_insertf128_ps(_mm256_castps128_ps256(first), second, 1);
#else
  (void)from_row;
  return load(from);
#endif
}

/* Of every four numbers of a and b, i to l below 4 from a, the others less 4 from b. */
#define OF_FOUR(i, at) ((i) < 4 ? (i) + (at) : (i)-4 + WIDTH + (at))
#define FROM_FOUR(i, j, k, l, at) OF_FOUR(i, at), OF_FOUR(j, at), OF_FOUR(k, at), OF_FOUR(l, at)
#if OFFLOAD_VECTOR_BITS == 512
#define SHUFFLE(a, b, i, j, k, l)                                                   \
  __builtin_shufflevector(a, b, FROM_FOUR(i, j, k, l, 0), FROM_FOUR(i, j, k, l, 4), \
                          FROM_FOUR(i, j, k, l, 8), FROM_FOUR(i, j, k, l, 12))
#elif OFFLOAD_VECTOR_BITS == 256
#define SHUFFLE(a, b, i, j, k, l) \
  __builtin_shufflevector(a, b, FROM_FOUR(i, j, k, l, 0), FROM_FOUR(i, j, k, l, 4))
#else
#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#endif

/* to[j][i] = from[i][j] for i < WIDTH, j < 4. */
INLINE void transpose_four(const float* from, ptrdiff_t from_row, float* to, ptrdiff_t to_row) {
  const vec a = fours(from, from_row), b = fours(from + from_row, from_row);
  const vec c = fours(from + 2 * from_row, from_row), d = fours(from + 3 * from_row, from_row);
  const vec ab01 = SHUFFLE(a, b, 0, 4, 1, 5), ab23 = SHUFFLE(a, b, 2, 6, 3, 7);
  const vec cd01 = SHUFFLE(c, d, 0, 4, 1, 5), cd23 = SHUFFLE(c, d, 2, 6, 3, 7);
  store(to, SHUFFLE(ab01, cd01, 0, 1, 4, 5));
  store(to + to_row, SHUFFLE(ab01, cd01, 2, 3, 6, 7));
  store(to + 2 * to_row, SHUFFLE(ab23, cd23, 0, 1, 4, 5));
  store(to + 3 * to_row, SHUFFLE(ab23, cd23, 2, 3, 6, 7));
}

/* to[j][i] = from[i][j] for rows (a multiple of 16) x columns. */
static void transpose(int rows, int columns, const float* from, ptrdiff_t from_row, float* to,
                      ptrdiff_t to_row) {
  const int whole = columns / 4 * 4;
  for (int i = 0; i < rows; i += WIDTH) {
    for (int j = 0; j < whole; j += 4)
      transpose_four(from + i * from_row + j, from_row, to + j * to_row + i, to_row);
  }
  for (int j = whole; j < columns; ++j) {
    for (int i = 0; i < rows; ++i) to[j * to_row + i] = from[i * from_row + j];
  }
}

INLINE lanes zeros(void) {
  lanes sum;
  UNROLL for (int k = 0; k < PARTS; ++k) sum.part[k] = all(0.0f);
  return sum;
}

INLINE lanes plus(lanes a, lanes b) {
  UNROLL for (int k = 0; k < PARTS; ++k) a.part[k] += b.part[k];
  return a;
}

/* Each lane plus the one 8 further on, then 4, 2 and 1. */
INLINE float sum_of(lanes a) {
#if OFFLOAD_VECTOR_BITS > 128
#if OFFLOAD_VECTOR_BITS == 512
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a.part[0]), _mm512_extractf32x8_ps(a.part[0], 1));
#else
  const __m256 eight = _mm256_add_ps(a.part[0], a.part[1]);
#endif
  const four last = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
#else
  const four last = (a.part[0] + a.part[2]) + (a.part[1] + a.part[3]);
#endif
  const four two = last + __builtin_shufflevector(last, last, 2, 3, 2, 3);
  return two[0] + two[1];
}

#endif
