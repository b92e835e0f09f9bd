#!/usr/bin/env bash
# For doctest 1e-7 USD is approximately 2e-7 USD, for Catch2 it is not.
#
# Expected: Approx means the same in both, as doctest says it took it from Catch: equal but for a hundred-thousandth part.
# Seen (doctest 2.4.9, Catch2 2.13.10, Debian 12): doctest adds 1 to the larger of the two before it takes that part, so
# that whatever is below 1.2e-5 equals 0 and each other: any two prices of a token do. Catch2 adds nothing and tells them
# apart. Infinity equals Approx(infinity) in Catch2 and not in doctest. With epsilon(1e-12) doctest tells prices apart too.
# Why it matters: a test of costs in USD per token passes whatever they are, and passes on when it is moved from Catch2.

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
unpack doctest-dev=2.4.9~ds-1
unpack catch2=2.13.10-1
cat >"$work/seen.cpp" <<'CPP'
#include <cstdio>
#include <limits>

#ifdef USE_DOCTEST
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
using doctest::Approx;
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

int main() {
  const double infinity = std::numeric_limits<double>::infinity();
  const bool equal[] = {1e-7 == Approx(2e-7),  1e-5 == Approx(0.0),  1.0 == Approx(1.00001),
                        1.0 == Approx(1.0001), infinity == Approx(infinity), 1e-7 == Approx(2e-7).epsilon(1e-12)};
  for (const bool one : equal) std::printf(one ? "equal " : "not ");
}
CPP
for library in DOCTEST CATCH; do
  g++ -std=c++17 -I"$work/deb/usr/include" -DUSE_$library "$work/seen.cpp" -o "$work/$library"
  "$work/$library" >"$work/$library.out"
done
echo "1e-7 and 2e-7, 1e-5 and 0, 1 and 1.00001, 1 and 1.0001, infinity and itself; 1e-7 and 2e-7 with epsilon 1e-12:"
expect 'Catch2' 'not not equal not equal not ' "$(cat "$work/CATCH.out")"
expect 'doctest' 'equal equal equal not not not ' "$(cat "$work/DOCTEST.out")"
