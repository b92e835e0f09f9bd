/* Vectors of floats at the width the file is compiled for (OFFLOAD_VECTOR_BITS: 128, 256 or 512), with the
 * exponential and the hyperbolic tangent. Everything is static: included by kernels.c alone.
 */
#ifndef OFFLOAD_LEARNING_SIMD_H
#define OFFLOAD_LEARNING_SIMD_H

#if OFFLOAD_VECTOR_BITS > 128 || defined(__SSE2__)
#include <immintrin.h>
#endif
#include <math.h>
#include <string.h>

enum { WIDTH = OFFLOAD_VECTOR_BITS / 32 };
typedef float vec __attribute__((vector_size(OFFLOAD_VECTOR_BITS / 8)));
typedef int32_t ivec __attribute__((vector_size(OFFLOAD_VECTOR_BITS / 8)));
typedef float loose __attribute__((vector_size(OFFLOAD_VECTOR_BITS / 8), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

INLINE vec load(const float* from) { return (vec) * (const loose*)from; }
INLINE void store(float* to, vec value) { *(loose*)to = value; }
INLINE vec all(float value) { return value - (vec){0}; }

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
#elif defined(__SSE2__)
INLINE vec fma_(vec a, vec b, vec c) { return a * b + c; }
INLINE vec larger(vec a, vec b) { return _mm_max_ps(a, b); }
INLINE vec smaller(vec a, vec b) { return _mm_min_ps(a, b); }
INLINE vec root(vec a) { return _mm_sqrt_ps(a); }
#else
INLINE vec fma_(vec a, vec b, vec c) { return a * b + c; }
INLINE vec larger(vec a, vec b) {
  const ivec first = a > b;
  return (vec)((first & (ivec)a) | (~first & (ivec)b));
}
INLINE vec smaller(vec a, vec b) { return -larger(-a, -b); }
INLINE vec root(vec a) {
  for (int i = 0; i < WIDTH; ++i) a[i] = sqrtf(a[i]);
  return a;
}
#endif

typedef float four __attribute__((vector_size(16)));
typedef float loose_four __attribute__((vector_size(16), aligned(4), may_alias));

/* to[j][i] = from[i][j] for i, j < 4. */
INLINE void transpose4(const float* from, ptrdiff_t from_row, float* to, ptrdiff_t to_row) {
  const four a = (four) * (const loose_four*)from;
  const four b = (four) * (const loose_four*)(from + from_row);
  const four c = (four) * (const loose_four*)(from + 2 * from_row);
  const four d = (four) * (const loose_four*)(from + 3 * from_row);
  const four ab01 = __builtin_shufflevector(a, b, 0, 4, 1, 5),
             ab23 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const four cd01 = __builtin_shufflevector(c, d, 0, 4, 1, 5),
             cd23 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(loose_four*)to = __builtin_shufflevector(ab01, cd01, 0, 1, 4, 5);
  *(loose_four*)(to + to_row) = __builtin_shufflevector(ab01, cd01, 2, 3, 6, 7);
  *(loose_four*)(to + 2 * to_row) = __builtin_shufflevector(ab23, cd23, 0, 1, 4, 5);
  *(loose_four*)(to + 3 * to_row) = __builtin_shufflevector(ab23, cd23, 2, 3, 6, 7);
}

/* In the order of the lanes, so that the sum depends on the width alone. */
INLINE float sum_of(vec a) {
  float sum = a[0];
  UNROLL for (int i = 1; i < WIDTH; ++i) sum += a[i];
  return sum;
}

/* e^y = scale * (1 + rest) for y in [-87, 88]. Cody and Waite's reduction to |r| <= ln 2 / 2, then the Taylor
 * series to r^7, whose remainder is below 2e-8 of r. Adding 1.5 * 2^23 rounds to the nearest integer and
 * leaves it in the low bits. */
INLINE void split_exponential(vec y, vec* scale, vec* rest) {
  const vec shifted = fma_(y, all(1.44269504088896341f), all(12582912.0f));
  const vec n = shifted - all(12582912.0f);
  const vec r = fma_(n, all(2.12194440e-4f), fma_(n, all(-0.693359375f), y));
  vec p = all(1.0f / 5040);
  p = fma_(p, r, all(1.0f / 720));
  p = fma_(p, r, all(1.0f / 120));
  p = fma_(p, r, all(1.0f / 24));
  p = fma_(p, r, all(1.0f / 6));
  p = fma_(p, r, all(0.5f));
  *rest = fma_(p, r * r, r);
  *scale = (vec)(((ivec)shifted << 23) + 0x3f800000);
}

INLINE vec exponential(vec y) {
  vec scale, rest;
  split_exponential(larger(smaller(y, all(88.0f)), all(-87.0f)), &scale, &rest);
  return fma_(scale, rest, scale);
}

/* t / (t + 2) with t = e^2x - 1, which keeps its relative precision at zero. Beyond 9.1 the result is 1. */
INLINE vec tangent(vec x) {
  const vec bounded = larger(smaller(x, all(9.5f)), all(-9.5f));
  vec scale, rest;
  split_exponential(bounded + bounded, &scale, &rest);
  const vec t = fma_(scale, rest, scale - all(1.0f));
  return t / (t + all(2.0f));
}

#endif
