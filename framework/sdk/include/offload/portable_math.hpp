// e^x, log x and whole powers that give the same bits on every machine: the C library's depend on its version
// and on the processor, for which it has several. Additions, multiplications and divisions of double
// precision in this order alone; the compiler must not contract them (-ffp-contract=off, which
// offload_add_plugin sets). NaN gives NaN. Largest errors in units of the last place: e^x 1.0 (where the
// result is a normal number), log x 1.0.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace offload {

namespace detail {

// Adding it rounds to the nearest integer and leaves that in the low bits.
inline constexpr double kRounder = 0x1.8p52;
// ln 2 in two parts; whole multiples of the first, up to 2^11, are exact.
inline constexpr double kLn2High = 0x1.62e42feep-1, kLn2Low = 0x1.a39ef35793c76p-33;

// 2^n for `rounded` = kRounder + n, n in [-1022, 1023].
inline double power_of_two(double rounded) {
  return std::bit_cast<double>((std::bit_cast<std::uint64_t>(rounded) << 52) + 0x3ff0000000000000u);
}

}  // namespace detail

// x = n ln 2 + r with |r| <= ln 2 / 2, and the Taylor series to r^13.
inline double portable_exp(double x) {
  const bool far = !(x > -708 && x < 709);
  if (far) {
    x = x > 710 ? 710 : x;
    x = x < -746 ? -746 : x;
  }
  const double rounded = x * 0x1.71547652b82fep+0 + detail::kRounder;
  const double n = rounded - detail::kRounder;
  const double r = (x - n * detail::kLn2High) - n * detail::kLn2Low;
  const double r2 = r * r, r4 = r2 * r2;
  const double a = (1.0 / 2 + r * (1.0 / 6)) + r2 * (1.0 / 24 + r * (1.0 / 120));
  const double b = (1.0 / 720 + r * (1.0 / 5040)) + r2 * (1.0 / 40320 + r * (1.0 / 362880));
  const double c = (1.0 / 3628800 + r * (1.0 / 39916800)) + r2 * (1.0 / 479001600 + r * (1.0 / 6227020800));
  const double power = 1 + (r + r2 * (a + r4 * (b + r4 * c)));
  if (!far) return power * detail::power_of_two(rounded);
  // In two steps, so that neither leaves the range before the result does.
  const double half = n * 0.5 + detail::kRounder;
  const double others = (n - (half - detail::kRounder)) + detail::kRounder;
  return power * detail::power_of_two(half) * detail::power_of_two(others);
}

// x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), and log(1 + f) = 2 atanh(f / (2 + f)) by its series.
inline double portable_log(double x) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (!(x > 0 && x < kInfinity)) {
    return x == 0 ? -kInfinity : x < 0 ? std::numeric_limits<double>::quiet_NaN() : x;
  }
  const bool subnormal = x < std::numeric_limits<double>::min();
  const auto bits = std::bit_cast<std::int64_t>(subnormal ? x * 0x1p54 : x);
  const std::int64_t k = (bits - 0x3fe6a09e667f3bcd) >> 52;
  const double f = std::bit_cast<double>(bits - (k << 52)) - 1;
  const auto n = static_cast<double>(subnormal ? k - 54 : k);
  const double s = f / (2 + f);
  const double z = s * s;
  double rest = 2.0 / 21;
  for (int i = 19; i >= 3; i -= 2) rest = rest * z + 2.0 / i;
  const double half_square = f * f / 2;
  const double small = s * (half_square + z * rest) + n * detail::kLn2Low;
  return n * detail::kLn2High - ((half_square - small) - f);
}

// base^n for n >= 0, by squaring; the relative error is at most n units of the last place and a half.
inline double portable_power(double base, std::int64_t n) {
  double power = 1;
  for (; n > 0; n >>= 1, base *= base) {
    if (n & 1) power *= base;
  }
  return power;
}

}  // namespace offload
