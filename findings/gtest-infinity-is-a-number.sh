#!/usr/bin/env bash
# In GoogleTest infinity equals the largest double, and is not near itself.
#
# Expected: EXPECT_DOUBLE_EQ of a cost that is infinite and one that is a number fails; EXPECT_NEAR of two that are both
# infinite passes, as does EXPECT_DOUBLE_EQ.
# Seen (GoogleTest 1.12.1, Catch2 2.13.10, Debian 12): EXPECT_DOUBLE_EQ and gmock's DoubleEq allow a distance of four
# floats, and infinity is the one after the largest: 1.8e308, and the three below it, equal infinity. EXPECT_FLOAT_EQ makes
# floats of its doubles first: 1e39 equals infinity too, and 1e-46 equals 0. EXPECT_NEAR(infinity, infinity, 1) fails, as
# their difference is not a number. Catch2's WithinULP has the first in common; its Approx has neither.
# Why it matters: a test that a limit of "none" is still infinite passes when it has become the largest number on its way
# through JSON or a cast to float, which is what it was written for.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need g++ g++
need dpkg-deb dpkg
# Debian's package, unpacked beside us instead of installed.
unpack() {
  (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$1" && dpkg-deb -x "${1%%=*}"_*.deb "$work/deb") ||
    { echo "cannot download $1: needs Debian 12 and an apt-get update" >&2; exit 2; }
}
unpack libgtest-dev=1.12.1-0.2
unpack libgmock-dev=1.12.1-0.2
unpack catch2=2.13.10-1
cat >"$work/google.cpp" <<'CPP'
#include <gmock/gmock.h>

#include <limits>

using D = std::numeric_limits<double>;
const double infinity = D::infinity(), most = D::max(), third = most - 3 * 0x1p971, fourth = most - 4 * 0x1p971;
TEST(Compare, EqMost) { EXPECT_DOUBLE_EQ(infinity, most); }
TEST(Compare, EqThird) { EXPECT_THAT(third, testing::DoubleEq(infinity)); }
TEST(Compare, EqFourth) { EXPECT_DOUBLE_EQ(infinity, fourth); }
TEST(Compare, FloatLarge) { EXPECT_FLOAT_EQ(infinity, 1e39); }
TEST(Compare, FloatSmall) { EXPECT_FLOAT_EQ(0.0, 1e-46); }
TEST(Compare, NearMost) { EXPECT_NEAR(infinity, most, 1.0); }
TEST(Compare, EqItself) { EXPECT_DOUBLE_EQ(infinity, infinity); }
TEST(Compare, NearItself) { EXPECT_NEAR(infinity, infinity, 1.0); }
CPP
cat >"$work/catch.cpp" <<'CPP'
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#include <limits>

const double infinity = std::numeric_limits<double>::infinity(), most = std::numeric_limits<double>::max();
TEST_CASE("WithinULP") { CHECK_THAT(most, Catch::Matchers::WithinULP(infinity, 1)); }
TEST_CASE("Approx") { CHECK(most == Approx(infinity)); }
TEST_CASE("ApproxItself") { CHECK(infinity == Approx(infinity)); }
CPP
libraries=("$work"/deb/usr/lib/*/libgtest.a "$work"/deb/usr/lib/*/libgmock.a "$work"/deb/usr/lib/*/libgmock_main.a)
g++ -std=c++17 -I"$work/deb/usr/include" "$work/google.cpp" "${libraries[2]}" "${libraries[1]}" "${libraries[0]}" \
  -pthread -o "$work/google"
g++ -std=c++17 -I"$work/deb/usr/include" "$work/catch.cpp" -o "$work/catch"
"$work/google" --gtest_color=no >"$work/google.out" || true
catch() { if "$work/catch" "$1" >"$work/catch.out"; then echo OK; else echo FAILED; fi; }
google() { sed -n "s/^\[ *\(OK\|FAILED\) *\] Compare.$1 .*/\1/p" "$work/google.out"; }
expect 'EXPECT_DOUBLE_EQ of infinity and itself, EXPECT_NEAR(infinity, the largest double, 1)' 'OK FAILED' \
  "$(google EqItself) $(google NearMost)"
expect 'EXPECT_DOUBLE_EQ of infinity and the largest double, the third below it, the fourth' 'OK OK FAILED' \
  "$(google EqMost) $(google EqThird) $(google EqFourth)"
expect 'EXPECT_FLOAT_EQ of infinity and 1e39, of 0 and 1e-46' 'OK OK' "$(google FloatLarge) $(google FloatSmall)"
expect "Catch2's WithinULP of infinity and the largest double, Approx of them, Approx of infinity and itself" \
  'OK FAILED OK' "$(catch WithinULP) $(catch Approx) $(catch ApproxItself)"
expect 'EXPECT_NEAR(infinity, infinity, 1)' 'FAILED' "$(google NearItself)"
