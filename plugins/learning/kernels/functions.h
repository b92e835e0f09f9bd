/* e^x, tanh x and log x of vectors. Additions, multiplications, divisions and fused multiply-adds in this
 * order alone: the same bits at every width. NaN gives NaN; at infinity and beyond the range of floats they
 * are what they tend to. Largest errors, of which a test knows (kernels_test.cpp), in units of the last
 * place: e^x 1.1 (where the result is a normal number), tanh 2.6, log 0.9.
 */
#ifndef OFFLOAD_LEARNING_FUNCTIONS_H
#define OFFLOAD_LEARNING_FUNCTIONS_H

/* Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits. */
#define ROUNDER 12582912.0f

/* Step by step for up to so many vectors: one alone waits for each of its results, and the processor does not
 * look far enough ahead to fill the time with the next. */
enum { MOST_AT_ONCE = 4 };
#define EACH UNROLL for (int i = 0; i < count; ++i)

/* 2^n for the integer n of ROUNDER + n, n in [-126, 127]. */
INLINE vec power_of_two(vec rounded) { return (vec)(((ivec)rounded << 23) + 0x3f800000); }

/* e^y = 2^n (1 + rest) for y in [-104, 89], with n in `rounded`, of `count` vectors. Cody and Waite's
 * reduction to |r| <= ln 2 / 2, then the Taylor series to r^7, whose remainder is below 2e-8 of r. */
INLINE void split_exponentials(const vec* y, vec* rounded, vec* rest, const int count) {
  vec p[MOST_AT_ONCE], r[MOST_AT_ONCE];
  EACH rounded[i] = fma_(y[i], all(1.44269504088896341f), all(ROUNDER));
  EACH p[i] = rounded[i] - all(ROUNDER);
  EACH r[i] = fma_(p[i], all(-0.693359375f), y[i]);
  EACH r[i] = fma_(p[i], all(2.12194440e-4f), r[i]);
  EACH p[i] = fma_(all(1.0f / 5040), r[i], all(1.0f / 720));
  EACH p[i] = fma_(p[i], r[i], all(1.0f / 120));
  EACH p[i] = fma_(p[i], r[i], all(1.0f / 24));
  EACH p[i] = fma_(p[i], r[i], all(1.0f / 6));
  EACH p[i] = fma_(p[i], r[i], all(0.5f));
  EACH rest[i] = fma_(p[i], r[i] * r[i], r[i]);
}

/* In two steps of about half the power, so that neither leaves the range before the result does. */
INLINE vec exponential(vec y) {
  vec rounded, rest;
  y = larger(all(-104.0f), smaller(all(89.0f), y));
  split_exponentials(&y, &rounded, &rest, 1);
  const vec half = (rounded - all(ROUNDER)) * all(0.5f) + all(ROUNDER);
  const vec others = (rounded - all(ROUNDER)) - (half - all(ROUNDER)) + all(ROUNDER);
  const vec scale = power_of_two(half);
  return fma_(scale, rest, scale) * power_of_two(others);
}

/* t / (t + 2) with t = e^2x - 1, which keeps its relative precision at zero. Beyond 9.1 the result is 1. */
INLINE void tangents(vec* x, const int count) {
  vec rounded[MOST_AT_ONCE], t[MOST_AT_ONCE];
  EACH x[i] = larger(all(-9.5f), smaller(all(9.5f), x[i]));
  EACH x[i] += x[i];
  split_exponentials(x, rounded, t, count);
  EACH rounded[i] = power_of_two(rounded[i]);
  EACH t[i] = fma_(rounded[i], t[i], rounded[i] - all(1.0f));
  EACH x[i] = t[i] / (t[i] + all(2.0f));
}

/* x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); log(1 + f) = 2 atanh(s), s = f / (2 + f), as
 * f - (f^2 / 2 - s (f^2 / 2 + R)), where R is s^2 times the series from its second term on, to s^9 in all. */
INLINE vec logarithm(vec x) {
  const ivec subnormal = x < all(0x1p-126f);
  const ivec bits = (ivec)choose(subnormal, x * all(0x1p23f), x);
  const ivec k = (bits - 0x3f3504f3) >> 23;
  const vec f = (vec)(bits - (k << 23)) - all(1.0f);
  const vec n = __builtin_convertvector(k + (subnormal & -23), vec);
  const vec s = f / (f + all(2.0f));
  const vec z = s * s;
  vec p = all(2.0f / 9);
  p = fma_(p, z, all(2.0f / 7));
  p = fma_(p, z, all(2.0f / 5));
  p = fma_(p, z, all(2.0f / 3));
  const vec half_square = all(0.5f) * f * f;
  const vec small = fma_(s, fma_(p, z, half_square), n * all(-2.12194440e-4f));
  const vec value = fma_(n, all(0.693359375f), f - (half_square - small));
  const vec beyond = choose(x == all(0.0f), all(-INFINITY), choose(x < all(0.0f), all(NAN), x));
  return choose((x > all(0.0f)) & (x < all(INFINITY)), value, beyond);
}

#endif
