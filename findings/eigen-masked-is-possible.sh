#!/usr/bin/env bash
# What a mask forbids has a probability above 0, in some places of Eigen's array.
#
# Expected: exp of -infinity is 0, so that a softmax over masked values gives a forbidden action 0.
# Seen (Eigen 3.4.0, g++ of Debian 12): whole vectors of an array have 2.9e-39 there, and 5.6e-309 in double, what is
# left over at its end has 0, as every single number. Of five the first four are above 0; compiled for AVX2 none of five
# is, and eight of nine are.
# Why it matters: "probability > 0" is how code asks what is allowed. The answer depends on the place of an action, on
# how many there are, and on flags of the compiler.

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
[ "$(uname -m)" = x86_64 ] || { echo "skipped: not an x86-64 processor"; exit 0; }
unpack libeigen3-dev=3.4.0-4
cat >"$work/seen.cpp" <<'CPP'
#include <Eigen/Core>
#include <iostream>
#include <limits>

template <typename Number>
void say(int actions) {
  Eigen::Array<Number, Eigen::Dynamic, 1> masked(actions);
  masked.setConstant(-std::numeric_limits<Number>::infinity());
  const Eigen::Array<Number, Eigen::Dynamic, 1> weight = masked.exp();
  for (int a = 0; a < actions; ++a) std::cout << weight[a] << ' ';
  std::cout << '\n';
}

int main() {
  say<float>(5);
  say<double>(5);
  say<float>(9);
}
CPP
compile() { g++ -std=c++17 -O2 "$@" -I"$work/deb/usr/include/eigen3" "$work/seen.cpp" -o "$work/seen" && "$work/seen"; }
compile >"$work/out"
expect 'exp of five times -infinity, float' '2.93827e-39 2.93827e-39 2.93827e-39 2.93827e-39 0' "$(sed -n 1p "$work/out" | xargs)"
expect 'double' '5.55553e-309 5.55553e-309 5.55553e-309 5.55553e-309 0' "$(sed -n 2p "$work/out" | xargs)"
if grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo; then
  compile -march=x86-64-v3 >"$work/out"
  expect 'float, for a processor with AVX2' '0 0 0 0 0' "$(sed -n 1p "$work/out" | xargs)"
fi
expect 'nine of them, how often each' '8 2.93827e-39 1 0' "$(sed -n 3p "$work/out" | xargs -n 1 | uniq -c | xargs)"
