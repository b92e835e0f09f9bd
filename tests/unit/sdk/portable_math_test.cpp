#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "offload/portable_math.hpp"
#include "offload/random.hpp"

namespace offload {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// In units of the last place of the true value, which is given to more digits.
double error_of(double value, long double truth) {
  const double rounded = static_cast<double>(truth);
  const double unit = std::nextafter(std::abs(rounded), kInfinity) - std::abs(rounded);
  return static_cast<double>(std::abs(static_cast<long double>(value) - truth) / unit);
}

TEST(PortableMath, ErrorsAreWithinTheirBounds) {
  Random random(1);
  double of_exp = 0, of_log = 0;
  for (int i = 0; i < 300'000; ++i) {
    const double x = (random.uniform() - .5) * (i % 2 == 0 ? 1400 : 4);
    of_exp = std::max(of_exp, error_of(portable_exp(x), std::exp(static_cast<long double>(x))));
    const double y = i % 2 == 0 ? .4 + 2 * random.uniform() : std::exp(x);
    of_log = std::max(of_log, error_of(portable_log(y), std::log(static_cast<long double>(y))));
  }
  EXPECT_LT(of_exp, 1.0);
  EXPECT_LT(of_log, 1.0);
}

TEST(PortableMath, EndsOfTheRange) {
  EXPECT_EQ(portable_exp(0), 1);
  EXPECT_EQ(portable_exp(kInfinity), kInfinity);
  EXPECT_EQ(portable_exp(710), kInfinity);
  EXPECT_NEAR(portable_exp(709.7) / std::exp(709.7), 1, 1e-15);
  EXPECT_EQ(portable_exp(-kInfinity), 0);
  EXPECT_EQ(portable_exp(-746), 0);
  EXPECT_NEAR(portable_exp(-740), std::exp(-740), 5e-324);
  EXPECT_TRUE(std::isnan(portable_exp(kNan)));
  EXPECT_EQ(portable_log(1), 0);
  EXPECT_EQ(portable_log(kInfinity), kInfinity);
  EXPECT_EQ(portable_log(0), -kInfinity);
  EXPECT_DOUBLE_EQ(portable_log(5e-324), std::log(5e-324));
  EXPECT_TRUE(std::isnan(portable_log(-1)));
  EXPECT_TRUE(std::isnan(portable_log(kNan)));
}

TEST(PortableMath, WholePowers) {
  EXPECT_EQ(portable_power(0.9, 0), 1);
  EXPECT_EQ(portable_power(2, 10), 1024);
  EXPECT_NEAR(portable_power(0.999, 4690) / std::pow(0.999, 4690), 1, 1e-12);
}

// What results are made of: a compiler or a library that computes otherwise shows here.
TEST(PortableMath, TheSameBitsAsEverywhere) {
  Random random(5);
  double exponentials = 0, logarithms = 0, normals = 0, gammas = 0;
  for (int i = 0; i < 1000; ++i) {
    exponentials += portable_exp(-10 * random.uniform());
    logarithms += portable_log(random.uniform());
    normals += random.normal();
    gammas += random.gamma(.5 + random.uniform());
  }
  EXPECT_EQ(exponentials, 0x1.b885e8f1f5cd9p+6);
  EXPECT_EQ(logarithms, -0x1.e826a483e8189p+9);
  EXPECT_EQ(normals, -0x1.234fdaa58a6cap-2);
  EXPECT_EQ(gammas, 0x1.fc67ee2bb9c16p+9);
}

}  // namespace
}  // namespace offload
